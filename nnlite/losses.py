"""A loss is the number that training makes small; it ends a model."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite import metrics
from nnlite.errors import DataError, ShapeError
from nnlite.layer import Loss
from nnlite.layers.softmax import shifted_exponentials, softmax
from nnlite.types import Array, Shape

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
        if targets.shape != outputs.shape[: targets.ndim]:
            raise ShapeError(f"targets of shape {targets.shape} do not belong to outputs of shape {outputs.shape}")
        self.targets, self.sample_weight = targets, sample_weight
        self.probabilities, totals = shifted_exponentials(outputs)  # (batch, classes), (batch, 1)
        self.probabilities /= totals
        # L = log Σₖ exp(zₖ) − Σₖ tₖ·zₖ = log Σₖ exp(zₖ − m) + Σₖ tₖ·(m − zₖ), with m the row's maximum. The gaps
        # m − zₖ are taken in float64: they may be too large for float32 where z is not.
        peaks = outputs.max(axis=1).astype(np.float64)  # (batch,)
        if targets.ndim == 1:
            gaps = peaks - outputs[np.arange(len(targets)), targets]  # (batch,)
        else:
            with np.errstate(over="ignore"):
                gaps = peaks[:, None] - outputs  # (batch, classes)
            gaps = (targets * np.where(targets != 0, gaps, 0)).sum(axis=1)  # (batch,); 0·∞ is no part of the sum
        losses = np.log(totals[:, 0]) + gaps  # (batch,)
        if sample_weight is None:
            self.weight = float(len(losses))
            return float(losses.sum()) / self.weight
        self.weight = float(sample_weight.sum())
        return float(losses @ sample_weight) / self.weight if self.weight else 0.0

    def backward(self) -> Array:
        # ∂L/∂z = (softmax(z) − t)·w / Σw
        dz: Array = self.probabilities.copy()  # (batch, classes)
        if self.targets.ndim == 1:
            dz[np.arange(len(dz)), self.targets] -= 1
        else:
            dz -= self.targets
        if self.sample_weight is not None:
            dz *= self.sample_weight[:, None]
        dz *= 1 / self.weight if self.weight else 0.0
        return dz

    def predict(self, outputs: Array) -> Array:
        """The probabilities of the classes, (rows, classes)."""
        return softmax(outputs)
