"""Labels as a user of a classifier hands them over are checked before classes are learnt from them."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from nnlite.data.arrays import listed
from nnlite.missing import is_missing
from nnlite.tables.alike import alike_in_words
from nnlite.text import counted
from nnlite.types import Array
from nnlite.warning import warn


def learn_classes(y: Any) -> tuple[Array, bool]:
    """The classes in order, and whether y has several labels for each row instead, which then are the classes.

    Args:
        y: (rows,), the class of each row, or (rows, labels) of 0 and 1.

    Raises:
        ValueError: when y is sparse, has missing labels, texts among numbers, numbers that are no classes, or a
            single class.
    """
    _refuse_odd_labels(y)
    try:
        check_classification_targets(y)
    except ValueError as error:
        if not _are_amounts(y):
            raise
        raise ValueError(f"{error} y has numbers that are no whole ones: NNRegressor learns amounts") from None
    if type_of_target(y) == "multilabel-indicator":
        return np.arange(np.shape(y)[1]), True
    labels = column_or_1d(y)
    if np.asarray(y).ndim == 2:  # in the words of scikit-learn, whose own warning would point into this file
        said = "A column-vector y was passed when a 1d array was expected; y.ravel() of an array makes one"
        warn(said, DataConversionWarning)
    classes: Array
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2:
        raise ValueError(f"y has 1 class, {classes.tolist()[0]!r}; a classifier needs at least two")
    if classes.dtype.kind in "OU" and (
        said := alike_in_words(dict(zip(map(str, classes), counts.tolist(), strict=True)))
    ):
        warn(f"the classes {said}")
    return classes, False


def _refuse_odd_labels(y: Any) -> None:
    """Raises `ValueError` for a sparse matrix, for missing labels, and for texts among numbers."""
    if hasattr(y, "toarray"):
        raise ValueError(f"y is a sparse matrix of shape {y.shape}; expected an array, as y.toarray() gives one")
    if (
        isinstance(y, list | tuple)
        and len({isinstance(label, str) for label in y}) > 1
        and not any(map(is_missing, y))
    ):
        raise ValueError("y has texts and numbers; expected labels of one kind")
    labels = np.asarray(y)
    if labels.dtype.kind in "fO" and labels.ndim == 1:
        gone = (
            labels != labels if labels.dtype.kind == "f" else np.array([is_missing(label) for label in labels], bool)
        )
        if gone.any():
            raise ValueError(
                f"Input y contains NaN, or another missing label, in {counted(int(gone.sum()), 'row')}, first in row "
                f"{int(gone.argmax())}: leave such rows out"
            )


def _are_amounts(y: Any) -> bool:
    """Whether y has numbers that are no whole ones, also in an array of objects."""
    values = np.asarray(y)
    if values.dtype.kind == "O" and not all(isinstance(value, Real) for value in values.ravel()):
        return False
    return values.dtype.kind in "fO" and bool((values.astype(np.float64) % 1 != 0).any())


def warn_of_weightless(targets: Array, weight: Array, classes: Array) -> None:
    """Warns of classes all rows of which have the weight 0.

    Args:
        targets: (rows,), the class of each row, an index.
        weight: (rows,).
        classes: the classes in order.
    """
    names = classes.tolist()
    ignored = [names[place] for place in np.unique(targets) if not weight[targets == place].any()]
    if ignored:
        many = len(ignored) > 1
        warn(
            f"sample_weight is 0 for all rows of the class{'es' * many} {listed(ignored)}, so that "
            f"{'they are' if many else 'it is'} not learnt, and hardly ever predicted"
        )
