"""A baseline is the answer that looks at no feature: a model that is worth anything does better."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.metrics.intervals import bootstrap, effective_rows, wilson
from nnlite.types import Array


def majority(
    training: Array,
    labels: Array,
    classes: Sequence[Any],
    training_weight: Array | None = None,
    sample_weight: Array | None = None,
) -> dict[str, Any]:
    """The most frequent class of the training rows (the first of several), and its accuracy where it is the answer.

    Args:
        training: (rows,) the class indices of the training rows.
        labels: (rows,) those of the rows to answer for.
        classes: the names of all classes.
        training_weight, sample_weight: (rows,) how much each of these rows counts; None if all count alike. The most
            frequent class is then that with the largest total weight.

    >>> import numpy as np
    >>> from nnlite.metrics.baseline import majority
    >>> majority(np.array([0, 0, 1]), np.array([0, 1, 0, 0]), ["no", "yes"])
    {'answer': 'no', 'accuracy': 0.75, 'balanced_accuracy': 0.5}
    """
    most = int(np.bincount(training.astype(np.intp), training_weight, minlength=len(classes)).argmax())
    present = np.unique(labels if sample_weight is None else labels[sample_weight > 0])
    return {
        "answer": classes[most],
        "accuracy": min(float(_mean(labels == most, sample_weight)), 1.0),  # rounding may make it more
        "balanced_accuracy": float((present == most).mean())
        if len(present)
        else np.nan,  # it finds all rows of one class, and no others
    }


def mean(
    training: Array, true: Array, training_weight: Array | None = None, sample_weight: Array | None = None
) -> dict[str, Any]:
    """The mean of the training targets, and the errors where it is the answer; of several outputs, their mean.

    Args:
        training: (rows, …) the training targets.
        true: (rows, …) those of the rows to answer for.
        training_weight, sample_weight: (rows,) how much each of these rows counts; None if all count alike.

    >>> import numpy as np
    >>> from nnlite.metrics.baseline import mean
    >>> mean(np.array([1.0, 3.0]), np.array([2.0, 4.0]))
    {'answer': 2.0, 'mae': 1.0, 'rmse': 1.4142135623730951}
    """
    answer = _mean(training.astype(np.float64, copy=False), training_weight)
    error = (true - answer).reshape(len(true), -1)  # (rows, outputs)
    return {
        "answer": answer.tolist(),
        "mae": float(_mean(np.abs(error), sample_weight).mean()),
        "rmse": float(np.sqrt(_mean(error * error, sample_weight)).mean()),
    }


def _mean(figures: Array, weight: Array | None) -> Array:
    """The mean over the rows, (rows, …) to (…), with these weights; NaN where no row has any."""
    if weight is None:
        return np.asarray(figures.mean(axis=0))
    total = weight.sum()
    return np.tensordot(weight, figures, 1) / (total or np.nan)


def of_classes(
    found: Array,
    training: Array,
    labels: Array,
    classes: Sequence[Any],
    training_weight: Array | None = None,
    sample_weight: Array | None = None,
) -> dict[str, Any]:
    """How sure the accuracy of a classifier is, and how it compares with the majority class.

    Of rows with weights the interval is that of as many rows of equal weight as say as much (`effective_rows`).

    Args:
        found: (rows,) the predicted class indices; −1 for none.
        training: (rows,) the class indices of the training rows.
        labels: (rows,) the true ones.
        classes: the names of all classes.
        training_weight, sample_weight: (rows,) how much each of these rows counts; None if all count alike.

    Returns:
        `accuracy_interval`, which is NaN where a row has no prediction; and `baseline`.
    """
    rows = len(labels) if sample_weight is None else effective_rows(sample_weight)
    share = float(_mean(found == labels, sample_weight))
    interval = (np.nan, np.nan) if (found < 0).any() else wilson(share * rows, rows)
    return {
        "accuracy_interval": list(interval),
        "baseline": majority(training, labels, classes, training_weight, sample_weight),
    }


def of_numbers(
    predicted: Array,
    training: Array,
    true: Array,
    rng: np.random.Generator,
    training_weight: Array | None = None,
    sample_weight: Array | None = None,
) -> dict[str, Any]:
    """How sure R² and RMSE of a regression are, and how it compares with the mean of the training targets.

    Args:
        predicted: (rows, …) the predicted numbers.
        training: (rows, …) the training targets.
        true: (rows, …) the true numbers.
        rng: draws the samples of the bootstrap.
        training_weight, sample_weight: (rows,) how much each of these rows counts; None if all count alike.

    Returns:
        `r2_interval` and `rmse_interval`, and `baseline`.
    """
    targets = true.reshape(len(true), -1)  # (rows, outputs)
    squared = (predicted.reshape(len(true), -1) - targets) ** 2
    apart = targets - _mean(targets, sample_weight)  # of numbers about 0 the moments do not cancel

    def figures(means: Array) -> Array:
        errors, first, second = np.split(means, 3, axis=1)  # (samples, outputs)
        variance = second - first * first
        alike = variance <= 1e-12 * second
        r2 = np.where(alike, errors == 0, 1 - errors / np.where(alike, 1.0, variance))
        r2 = np.where(np.isnan(errors), np.nan, r2)
        return np.stack([r2.mean(axis=1), np.sqrt(errors).mean(axis=1)], axis=1)

    bounds = bootstrap(np.concatenate([squared, apart, apart * apart], axis=1), figures, rng, sample_weight)
    return {
        "r2_interval": bounds[:, 0].tolist(),
        "rmse_interval": bounds[:, 1].tolist(),
        "baseline": mean(training, true, training_weight, sample_weight),
    }


def verdict(figures: dict[str, Any]) -> str:
    """A sentence where a model is no better than its baseline, from the figures of its test rows; "" if it is.

    A classifier whose accuracy is not above the baseline's, but whose balanced accuracy is, finds rare classes at the
    cost of the frequent one, which may be what was wanted; the sentence says so.

    >>> from nnlite.metrics.baseline import verdict
    >>> baseline = {"answer": 2.5, "mae": 1.0, "rmse": 1.5}
    >>> verdict({"rmse": 1.6, "rmse_interval": [1.4, 1.8], "baseline": baseline})
    'The model is no better than always answering 2.5, the mean of the training targets.'
    >>> verdict({"rmse": 0.4, "rmse_interval": [0.3, 0.5], "baseline": baseline})
    ''
    """
    baseline = figures["baseline"]
    always = in_words(baseline["answer"])
    if "rmse" in baseline:
        name = "rmse"
        worse = figures.get("rmse", np.nan) >= baseline["rmse"]
        unsure = figures["rmse_interval"][1] >= baseline["rmse"]
        otherwise = False
    else:
        name = "accuracy"
        # Both are sums of weights, but added up in another order: rounding makes no model better.
        worse = figures.get("accuracy", np.nan) <= baseline["accuracy"] + 1e-7
        unsure = figures["accuracy_interval"][0] <= baseline["accuracy"]
        otherwise = figures["balanced_accuracy"] > baseline["balanced_accuracy"]
    if worse and otherwise:
        return f"In accuracy the model is no better than always answering {always}; in balanced accuracy it is."
    if worse:
        return f"The model is no better than always answering {always}."
    if unsure:
        return f"In {name} the model may be no better than always answering {always}: that is within the interval."
    return ""


def in_words(answer: Any) -> str:
    """What a baseline always answers: a class, or the mean of the training targets, of which one has a number.

    >>> from nnlite.metrics.baseline import in_words
    >>> in_words("yes"), in_words(2.5), in_words([2.5, 3.5])
    ("'yes'", '2.5, the mean of the training targets', 'the mean of the training targets')
    """
    if isinstance(answer, str | int):
        return repr(answer)
    return (
        f"{answer:.4g}, the mean of the training targets"
        if isinstance(answer, float)
        else "the mean of the training targets"
    )
