"""What a missing value is."""


def is_missing(value: object) -> bool:
    """Whether a value stands for none: None, NaN, NaT, or the NA of pandas, which is not equal even to itself.

    >>> import numpy as np
    >>> from nnlite.missing import is_missing
    >>> [is_missing(value) for value in (None, float("nan"), np.datetime64("NaT"), 0, "")]
    [True, True, True, False, False]
    """
    try:
        return value is None or not bool(value == value)
    except (TypeError, ValueError):  # as pandas.NA and an array raise for a question that has no answer
        return type(value).__name__ in ("NAType", "NaTType")
