"""An estimator of scikit-learn's is no model, but a fitted one has one: the end of a message says where."""


def estimator_hint(given: object, attribute: str = "model_") -> str:
    """The end of a message to a user who passed this for a model; "" unless it is an estimator.

    Args:
        given: what came.
        attribute: where an `NNClassifier` has what was expected, once it is fitted.
    """
    if not (hasattr(given, "fit") and hasattr(given, "get_params")):
        return ""
    return f": its {attribute} is one" if hasattr(given, attribute) else f": fit it, its {attribute} is then one"
