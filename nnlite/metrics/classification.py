"""A metric is a number reported beside the loss, such as the accuracy; training does not follow its gradient."""

from collections.abc import Sequence
from typing import Any

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
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    indices = range(len(classes))
    figures = precision_recall_fscore_support(labels, predicted, labels=indices, zero_division=0.0)
    return {
        "classes": [
            {"class": name, "precision": precision, "recall": recall, "f1": f1, "rows": rows}
            for name, precision, recall, f1, rows in zip(classes, *(f.tolist() for f in figures), strict=True)
        ],
        "confusion": confusion_matrix(labels, predicted, labels=indices).tolist(),
    }
