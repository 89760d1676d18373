"""What losses for classes need: checked labels, and one-hot columns."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.errors import DataError, RowError, ShapeError
from nnlite.text import counted
from nnlite.types import Array, Shape


def encode(targets: Array | Sequence[Any], output_shape: Shape) -> Array:
    """Class indices as integers, or rows of probabilities in float64; raises `DataError` for anything else."""
    check_logits(output_shape)
    targets, classes = np.asarray(targets), output_shape[0]
    if targets.ndim == 1 and (targets.dtype.kind in "iub" or not targets.size):
        wrong = np.flatnonzero((targets < 0) | (targets >= classes))
        if wrong.size:
            raise RowError(
                f"label {targets[wrong[0]]} in ",
                wrong[0],
                f" is not a class index: the model has {counted(classes, 'output')}, so labels are 0 to "
                f"{classes - 1}",
            )
        return targets.astype(np.intp, copy=False)
    if targets.ndim == 2 and targets.shape[1] == classes and targets.dtype.kind in "iubf":
        rows = targets.astype(np.float64)
        wrong = np.flatnonzero(~((rows >= 0).all(axis=1) & (np.abs(rows.sum(axis=1) - 1) < 1e-4)))
        if wrong.size:
            raise RowError(
                "target ",
                wrong[0],
                f" is {targets[wrong[0]].tolist()}; expected probabilities: none negative, with sum 1",
            )
        return rows
    raise DataError(
        f"the targets have dtype {targets.dtype} and shape {targets.shape}; expected class indices, "
        f"integers of shape (rows,), or probabilities of shape (rows, {classes}); "
        "nnlite.data.from_arrays(x, y) turns labels of any kind into indices"
    )


def check_logits(output_shape: Shape) -> None:
    """Raises `ShapeError` if a model's output is not a row of logits."""
    if len(output_shape) != 1:
        raise ShapeError(
            f"the loss takes rows of logits, but the model's output has shape {output_shape}; "
            "end the layers with a Dense, and put a Flatten before it (for a sequence a MeanOverTime, say)"
        )


def one_hot(labels: Array, classes: int) -> Array:
    """A column for each class index, 1 at the index and 0 elsewhere: (rows,) to (classes, rows).

    >>> import numpy as np
    >>> from nnlite.losses.labels import one_hot
    >>> one_hot(np.array([2, 0]), 3)
    array([[0., 1.],
           [0., 0.],
           [1., 0.]])
    """
    if classes <= CLASSES_IN_CACHE:
        return _identity(classes).take(labels, axis=1)
    columns = np.zeros((classes, len(labels)))
    columns[labels, np.arange(len(labels))] = 1
    return columns


CLASSES_IN_CACHE = 1024
"""The most classes for which an identity matrix is kept: taking its columns is three times faster."""


@functools.lru_cache(maxsize=8)
def _identity(classes: int) -> Array:
    return np.eye(classes)


def product_where_nonzero(factor: Array, size: Array) -> Array:
    """factor · size, but 0 where the factor is 0, also for an infinite size."""
    found = np.zeros_like(size)
    np.multiply(factor, size, out=found, where=factor != 0)
    return found


def log(probabilities: Array) -> Array:
    """The logarithms in float64; of a probability that was rounded to 0 that of the smallest number, about −708."""
    logarithms: Array = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny, dtype=np.float64))
    return logarithms
