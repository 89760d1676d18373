"""A metric is a number reported beside the loss, such as the accuracy; training does not follow its gradient."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.errors import DataError
from nnlite.finite import all_finite
from nnlite.text import counted
from nnlite.types import Array


def likeliest(outputs: Array) -> Array:
    """The index of each row's largest output, (rows, classes) to (rows,); −1 where it has none that is finite.

    So a row with NaN, or with an infinite output, whose softmax would be NaN, belongs to no class.

    >>> import numpy as np
    >>> from nnlite.metrics.classification import likeliest
    >>> likeliest(np.array([[0.1, 0.9], [np.nan, 0.2]]))
    array([ 1, -1])
    """
    found: Array = outputs.argmax(axis=1)
    if not all_finite(outputs):  # asked first, since a maximum for each row takes long
        found[~np.isfinite(outputs.max(axis=1))] = -1  # the maximum with NaN is NaN
    return found


def is_right(outputs: Array, targets: Array) -> Array:
    """Whether each row's largest output stands at the true class, (rows,); the mean is the accuracy.

    A row without a finite largest output is neither right nor wrong: NaN, as is the accuracy then.

    Args:
        outputs: (rows, classes), logits or probabilities.
        targets: (rows,) class indices, or (rows, classes) whose largest entry marks the class.

    >>> import numpy as np
    >>> from nnlite.metrics.classification import is_right
    >>> is_right(np.array([[0.1, 0.9], [0.8, 0.2], [np.nan, 0.5]]), np.array([1, 1, 1]))
    array([ 1.,  0., nan])
    """
    labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
    right: Array = outputs.argmax(axis=1) == labels
    if not all_finite(outputs):
        right = np.where(likeliest(outputs) < 0, np.nan, right)
    return right


def worst_first(labels: Array, probabilities: Array) -> Array:
    """The rows whose predicted class is not the true one, (mistakes,): those that the model is surest of first.

    Among equals those come first whose true class is less probable. A row with NaN has no predicted class.

    Args:
        labels: (rows,) the true class indices.
        probabilities: (rows, classes).

    >>> import numpy as np
    >>> from nnlite.metrics.classification import worst_first
    >>> worst_first(np.array([0, 0, 1]), np.array([[0.4, 0.6], [0.1, 0.9], [0.2, 0.8]]))
    array([1, 0])
    """
    predicted = likeliest(probabilities)
    wrong = np.flatnonzero((predicted != labels) & (predicted >= 0))
    surest, true = probabilities[wrong, predicted[wrong]], probabilities[wrong, labels[wrong]]
    return wrong[np.lexsort((true, -surest))]


def per_label(
    labels: Array, probabilities: Array, names: Sequence[Any], sample_weight: Array | None = None
) -> list[dict[str, Any]]:
    """Precision, recall, F1 and rows of each of several labels; a row has those whose probability is above a half.

    Args:
        labels: (rows, labels), 1 where a row has the label and 0 where not.
        probabilities: (rows, labels); NaN counts as not found.
        names: the names of the labels.
        sample_weight: (rows,) how much each row counts in precision, recall and F1; None if all count alike.

    Returns:
        For each label what `per_class` has of a class.

    >>> import numpy as np
    >>> from nnlite.metrics.classification import per_label
    >>> per_label(np.array([[1, 0], [1, 0]]), np.array([[0.9, 0.2], [0.4, 0.7]]), ["red", "round"])[0]
    {'class': 'red', 'precision': 1.0, 'recall': 0.5, 'f1': 0.6666666666666666, 'rows': 2}
    """
    true, found = labels.astype(np.intp), (probabilities > 0.5).astype(np.intp)
    return [
        per_class(true[:, at], found[:, at], ["without", name], sample_weight)["classes"][1]
        for at, name in enumerate(names)
    ]


def per_class(
    labels: Array, predicted: Array, classes: Sequence[Any], sample_weight: Array | None = None
) -> dict[str, Any]:
    """What to know of each class: precision, recall, F1 and rows; and the confusion matrix.

    Args:
        labels: (rows,) the true class indices.
        predicted: (rows,) the predicted ones; −1 for none, as `likeliest` gives them: such a row was not found, and
            does not stand in the confusion matrix.
        classes: the names of all classes.
        sample_weight: (rows,) how much each row counts in the balanced accuracy, and in precision, recall and F1;
            None if all count alike. The rows of a class and the confusion matrix are numbers of rows all the same.

    Returns:
        Plain values: `balanced_accuracy`, the mean recall of the classes that have rows; `classes`, a table for each
        class; and `confusion`, whose entry [i][j] counts the rows of class i that were taken for class j. A figure
        with nothing to divide by is NaN: the recall of a class without rows, the precision of one never predicted.

    >>> import numpy as np
    >>> from nnlite.metrics.classification import per_class
    >>> figures = per_class(np.array([0, 0, 1]), np.array([0, 1, 1]), ["no", "yes"])
    >>> figures["confusion"], figures["balanced_accuracy"]
    ([[1, 1], [0, 1]], 0.75)

    Raises:
        DataError: when a label or prediction is none of the classes.

    Source: of balanced accuracy, Brodersen et al., "The Balanced Accuracy and Its Posterior Distribution" (2010).
    """
    count = len(classes)
    true, found = _indices(labels, "label", 0, count), _indices(predicted, "prediction", -1, count)
    if len(true) != len(found):
        raise DataError(
            f"{counted(len(true), 'label')} came, but {counted(len(found), 'prediction')}; expected one for each row"
        )
    classed = found >= 0
    pairs = true[classed] * count + found[classed]
    confusion = np.bincount(pairs, minlength=count * count).reshape(count, count)
    rows = of_class = np.bincount(true, minlength=count)
    weighed = confusion
    if sample_weight is not None:
        of_class = np.bincount(true, sample_weight, minlength=count)
        weighed = np.bincount(pairs, sample_weight[classed], minlength=count * count).reshape(count, count)
    right, taken_for = weighed.diagonal(), weighed.sum(axis=0)
    recall = _ratio(right, of_class)
    figures = {
        "precision": _ratio(right, taken_for),
        "recall": recall,
        "f1": _ratio(2 * right, of_class + taken_for),  # = 2 · precision · recall / (precision + recall)
        "rows": rows,
    }
    columns = [figure.tolist() for figure in figures.values()]
    return {
        "balanced_accuracy": float(recall[of_class > 0].mean()) if of_class.any() else np.nan,
        "classes": [
            {"class": name, **dict(zip(figures, of_one, strict=True))}
            for name, *of_one in zip(classes, *columns, strict=True)
        ],
        "confusion": confusion.tolist(),
    }


def _indices(given: Array, what: str, least: int, classes: int) -> Array:
    """The class indices as integers, (rows,); raises `DataError` where one is not from `least` to the last class."""
    given = np.asarray(given)
    if given.ndim != 1 or given.dtype.kind not in "iubf":
        raise DataError(
            f"the {what}s have shape {given.shape} and dtype {given.dtype}; expected a class index for each row, "
            "(rows,): nnlite.data.from_arrays makes indices of names"
        )
    with np.errstate(invalid="ignore"):  # of infinity
        fits = (given >= least) & (given < classes) & (given % 1 == 0)
    if not fits.all():
        row = int(fits.argmin())
        raise DataError(
            f"the {what} in row {row} is {given[row]}; expected a class index from 0 to {classes - 1}"
            f"{', or -1 for none' if least < 0 else ''}"
        )
    return given.astype(np.intp)


def _ratio(part: Array, whole: Array) -> Array:
    """part / whole for each class; NaN where there is nothing to divide by."""
    undefined: Array = np.full(len(whole), np.nan)
    return np.divide(part, whole, out=undefined, where=whole != 0)
