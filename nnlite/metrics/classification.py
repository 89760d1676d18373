"""A metric is a number reported beside the loss, such as the accuracy; training does not follow its gradient."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.types import Array


def is_right(outputs: Array, targets: Array) -> Array:
    """For each row whether its largest output stands at the true class: (rows,); the mean is the accuracy.

    Args:
        outputs: (rows, classes), logits or probabilities.
        targets: (rows,) class indices, or (rows, classes) whose largest entry marks the class.

    >>> import numpy as np
    >>> from nnlite.metrics.classification import is_right
    >>> is_right(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    array([ True, False])
    """
    labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
    right: Array = outputs.argmax(axis=1) == labels
    return right


def per_class(labels: Array, predicted: Array, classes: Sequence[Any]) -> dict[str, Any]:
    """What to know of each class: precision, recall, F1 and rows; and the confusion matrix.

    Args:
        labels: (rows,) the true class indices.
        predicted: (rows,) the predicted ones.
        classes: the names of all classes.

    Returns:
        Plain values: `classes`, a table for each class, and `confusion`, whose entry [i][j] counts the
        rows of class i that were taken for class j. A figure with nothing to divide by is 0.

    >>> import numpy as np
    >>> from nnlite.metrics.classification import per_class
    >>> per_class(np.array([0, 0, 1]), np.array([0, 1, 1]), ["no", "yes"])["confusion"]
    [[1, 1], [0, 1]]
    """
    true, found, count = labels.astype(np.intp), predicted.astype(np.intp), len(classes)
    confusion = np.bincount(true * count + found, minlength=count * count).reshape(count, count)
    right, of_class, taken_for = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    figures = {
        "precision": _ratio(right, taken_for),
        "recall": _ratio(right, of_class),
        "f1": _ratio(2 * right, of_class + taken_for),  # = 2 · precision · recall / (precision + recall)
        "rows": of_class,
    }
    columns = [figure.tolist() for figure in figures.values()]
    return {
        "classes": [
            {"class": name, **dict(zip(figures, of_one, strict=True))}
            for name, *of_one in zip(classes, *columns, strict=True)
        ],
        "confusion": confusion.tolist(),
    }


def _ratio(part: Array, whole: Array) -> Array:
    """part / whole for each class; 0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole != 0)
