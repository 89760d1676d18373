"""Labels as a loss for classes needs them: one-hot columns, and how much each row counts for its class."""

import functools
from typing import Literal, TypeAlias

import numpy as np

from nnlite.errors import ShapeError
from nnlite.signature import NonNegativeFloat
from nnlite.types import Array

ClassWeight: TypeAlias = Literal["balanced"] | tuple[NonNegativeFloat, ...] | None
"""How much the rows of each class count: by how rare they are, as given in the classes' order, or all alike."""


def one_hot(labels: Array, classes: int) -> Array:
    """For each class index a column with 1 there and 0 elsewhere: (rows,) to (classes, rows).

    >>> import numpy as np
    >>> from nnlite.losses.labels import one_hot
    >>> one_hot(np.array([2, 0]), 3)
    array([[0., 1.],
           [0., 0.],
           [1., 0.]])
    """
    if classes <= _FEW:
        return _identity(classes).take(labels, axis=1)
    columns = np.zeros((classes, len(labels)))
    columns[labels, np.arange(len(labels))] = 1
    return columns


_FEW = 1024
"""Classes: the columns of an identity matrix of this size are at hand, which is three times faster."""


@functools.lru_cache(maxsize=8)
def _identity(classes: int) -> Array:
    return np.eye(classes)


def balanced(targets: Array, classes: int) -> Array:
    """Class weights under which every class counts alike: rows / (classes · rows of the class).

    As scikit-learn's "balanced", among the classes that have rows; one that has none gets 1.

    >>> import numpy as np
    >>> from nnlite.losses.labels import balanced
    >>> balanced(np.array([0, 0, 0, 1]), 2).round(6)
    array([0.666667, 2.      ])

    Source: King, Zeng, "Logistic Regression in Rare Events Data" (2001).
    """
    counts = np.bincount(targets, minlength=classes) if targets.ndim == 1 else targets.sum(axis=0)
    present = counts > 0
    weights = np.ones(classes)
    weights[present] = counts.sum() / (np.count_nonzero(present) * counts[present])
    return weights


def weigh(targets: Array, class_weight: Array, sample_weight: Array | None) -> Array:
    """Sample weights that the class weights are part of: (rows,); a row of probabilities takes their mean."""
    of_rows = class_weight.take(targets) if targets.ndim == 1 else targets @ class_weight
    return of_rows if sample_weight is None else sample_weight * of_rows


def check_class_weight(class_weight: ClassWeight, classes: int) -> None:
    """Raises `ShapeError` where there is not one weight for each class."""
    if class_weight is not None and class_weight != "balanced" and len(class_weight) != classes:
        raise ShapeError(f"class_weight has {len(class_weight)} weights, but the model has {classes} outputs")
