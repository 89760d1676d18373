"""A loss is the number that training makes small; it ends a model."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite import metrics
from nnlite.errors import DataError, ShapeError
from nnlite.layer import Loss
from nnlite.layers.softmax import Softmax, softmax
from nnlite.rows import sum_of_rows
from nnlite.types import Array, Shape, float_dtype

__all__ = ["SoftmaxCrossEntropy"]


class SoftmaxCrossEntropy(Loss):
    """L = mean over the batch of −Σₖ tₖ·log softmax(z)ₖ: the loss of a classifier with exclusive classes.

    Contains the softmax, so the layer before it gives the raw numbers z ("logits"), one per class.

    Shapes: z (batch, classes). Targets t: (batch,) class indices from 0, or (batch, classes) rows of
    probabilities (one-hot rows, say). Sample weights w (batch,) make the mean Σ w·L / Σ w.

    Raises:
        DataError: by `encode`, when a label is out of range or a row is no row of probabilities.

    >>> import numpy as np
    >>> from nnlite import SoftmaxCrossEntropy
    >>> loss = SoftmaxCrossEntropy()
    >>> round(loss.forward(np.array([[1.0, 2.0, 3.0]]), np.array([1])), 6)
    1.407606
    >>> loss.backward().round(6)
    array([[ 0.090031, -0.755272,  0.665241]])

    Source: Bridle, "Probabilistic interpretation of feedforward classification network outputs" (1990).
    """

    contains = Softmax
    metrics = {"accuracy": metrics.accuracy}  # noqa: RUF012 (declared a ClassVar by Loss)

    def outputs_for(self, classes: int) -> int:
        return classes

    def encode(self, targets: Array | Sequence[Any], output_shape: Shape) -> Array:
        if len(output_shape) != 1:
            raise ShapeError(f"the loss takes rows of logits, but the model's output has shape {output_shape}")
        targets, classes = np.asarray(targets), output_shape[0]
        if targets.ndim == 1 and (targets.dtype.kind in "iub" or not targets.size):
            wrong = np.flatnonzero((targets < 0) | (targets >= classes))
            if wrong.size:
                raise DataError(
                    f"label {targets[wrong[0]]} in row {wrong[0]} is not a class index: the model has "
                    f"{classes} outputs, so labels are 0 to {classes - 1}"
                )
            return targets.astype(np.intp, copy=False)
        if targets.ndim == 2 and targets.shape[1] == classes and targets.dtype.kind in "iubf":
            rows = targets.astype(np.float64)
            wrong = np.flatnonzero(~((rows >= 0).all(axis=1) & (np.abs(rows.sum(axis=1) - 1) < 1e-4)))
            if wrong.size:
                raise DataError(
                    f"target row {wrong[0]} is {targets[wrong[0]].tolist()}; expected probabilities: "
                    "none negative, with sum 1"
                )
            return rows
        raise DataError(
            f"the targets have dtype {targets.dtype} and shape {targets.shape}; expected class indices, "
            f"integers of shape (rows,), or probabilities of shape (rows, {classes}); "
            "nnlite.data.from_arrays(x, y) turns labels of any kind into indices"
        )

    def forward(self, outputs: Array, targets: Array, sample_weight: Array | None = None) -> float:
        if len(targets) != len(outputs):
            raise ShapeError(f"targets of shape {targets.shape} do not belong to outputs of shape {outputs.shape}")
        # Turned round, since NumPy works fastest along a long last axis; in float64, where no difference of two
        # float32 numbers is too large.
        z = outputs.T.astype(np.float64, order="C")  # (classes, batch)
        z -= z.max(axis=0)  # at most 0: exp cannot overflow
        z -= np.log(sum_of_rows(np.exp(z)))
        self.log_softmax, self.dtype = z, float_dtype(outputs)
        self.targets = one_hot(targets, len(z)) if targets.ndim == 1 else targets.T  # (classes, batch)
        self.share: Array | float
        # L = −Σₖ tₖ·log softmax(z)ₖ, written 0 − … since a loss of −0.0 reads badly
        if sample_weight is None:
            self.weight = float(len(outputs))
            self.share = 1 / max(self.weight, 1)
            total = float(np.vdot(self.targets, z))
            return (0 - (total if math.isfinite(total) else float(_expected(z, self.targets).sum()))) * self.share
        self.weight = float(sample_weight.sum())
        self.share = sample_weight / (self.weight or 1)  # (batch,); weights that are all 0 make the loss 0
        return 0 - float(_expected(z, self.targets) @ self.share)

    def backward(self) -> Array:
        # ∂L/∂z = (softmax(z) − t)·w / Σw
        dz: Array = np.exp(self.log_softmax)  # (classes, batch)
        dz -= self.targets
        dz *= self.share
        return dz.T.astype(self.dtype, copy=False)  # (batch, classes)

    def predict(self, outputs: Array) -> Array:
        """The probabilities of the classes, (rows, classes)."""
        return softmax(outputs)


def _expected(log_softmax: Array, targets: Array) -> Array:
    """Σₖ tₖ·log softmax(z)ₖ of each row, where a class that cannot be (z = −∞, t = 0) counts 0: (batch,)."""
    terms = np.zeros_like(log_softmax)  # (classes, batch)
    np.multiply(targets, log_softmax, out=terms, where=targets != 0)
    return np.sum(terms, axis=0)


def one_hot(labels: Array, classes: int) -> Array:
    """For each class index a column with 1 there and 0 elsewhere: (rows,) to (classes, rows).

    >>> import numpy as np
    >>> from nnlite.losses import one_hot
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
