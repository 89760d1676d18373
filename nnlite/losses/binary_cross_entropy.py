"""Binary cross-entropy is the loss for two classes, or for several labels that each apply or not."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.errors import DataError, RowError, ShapeError
from nnlite.layers.activations import Sigmoid
from nnlite.losses.class_weight import ClassifierLoss, ClassWeight
from nnlite.losses.labels import check_logits, log, product_where_nonzero
from nnlite.text import counted
from nnlite.types import Array, Shape, float_dtype


class BinaryCrossEntropy(ClassifierLoss):
    """L = mean over batch and outputs of −t·log σ(z) − (1 − t)·log(1 − σ(z)): one question, or several labels.

    Contains the sigmoid, so the layer before it gives the raw numbers z ("logits"). With one output the model is
    a classifier for two classes, the second of which is z > 0; with several outputs each says whether
    its label applies (multi-label), and the loss is the mean over them, as in PyTorch.

    Shapes: z (batch, outputs). Targets t: numbers from 0 to 1, (batch, outputs), or for one output (batch,), such
    as class indices 0 and 1. Sample weights w (batch,) make the mean Σ w·L / Σ w. `predict` gives the
    probabilities of the two classes, (rows, 2), or of each of several labels, (rows, outputs).

    Args:
        class_weight: for one output, a weight for each of the two classes, in order, or by its name ({"spam": 5,
            "ham": 1}; where the dataset names no classes, by its index), or "balanced", which learns rows / (2 · rows
            of the class) from the training rows. A row of target t counts as (1 − t)·w₀ + t·w₁, times its sample
            weight, in evaluation too; accuracy and `log_loss` are not weighted by it. PyTorch's `pos_weight` is
            w₁/w₀ for targets 0 and 1, but its mean is over the rows, not over their weights. Several labels that
            each apply or not have no classes to weigh, so that there it is refused.

    Raises:
        ConfigError: before training, when `class_weight` has a name that is no class, or lacks a class.
        DataError: by `encode`, when a target is not between 0 and 1.
        ShapeError: by `encode`, when there is not one target for each output; by `build`, when there are not two
            class weights, or more outputs than one for them.

    >>> import numpy as np
    >>> from nnlite import BinaryCrossEntropy
    >>> loss = BinaryCrossEntropy()
    >>> round(loss.forward(np.array([[2.0]]), np.array([[1.0]])), 6)
    0.126928
    >>> loss.backward().round(6)
    array([[-0.119203]])

    Source: Cox, "The Regression Analysis of Binary Sequences" (1958).
    """

    contains = Sigmoid

    def __init__(self, class_weight: ClassWeight = None) -> None:
        self.class_weight = class_weight

    def build(self, output_shape: Shape) -> None:
        check_logits(output_shape)
        self.task = "classification" if output_shape == (1,) else "multi-label"
        if self.task == "multi-label" and self.class_weight is not None:
            raise ShapeError(
                f"class_weight is for two classes, but the model has {counted(output_shape[0], 'output')}, "
                "each for a label "
                "that applies or not; leave it out, or give the rows sample weights"
            )
        self.build_class_weight(2)

    def shares(self, targets: Array) -> Array:
        return np.concatenate([1 - targets, targets], axis=1)  # (rows, 1) of the second class to (rows, 2)

    def outputs_for(self, classes: int) -> int | None:
        return 1 if classes == 2 else None

    def encode(self, targets: Array | Sequence[Any], output_shape: Shape) -> Array:
        check_logits(output_shape)
        targets = np.asarray(targets)
        shaped = targets[:, None] if targets.ndim == 1 and output_shape == (1,) else targets
        if shaped.shape[1:] != output_shape:
            raise ShapeError(
                f"the targets have shape {targets.shape}, but the model has {output_shape[0]} outputs: expected a "
                f"number from 0 to 1 for each, (rows, {output_shape[0]}); {_OTHER_LOSS}"
            )
        if shaped.dtype.kind not in "iubf":
            raise DataError(f"the targets have dtype {targets.dtype}; expected numbers from 0 to 1")
        wrong = np.argwhere(~((shaped >= 0) & (shaped <= 1)))
        if wrong.size:
            value = shaped[tuple(wrong[0])]
            raise RowError(f"target {value} in ", wrong[0][0], f" is not between 0 and 1; {_OTHER_LOSS}")
        return shaped.astype(np.float64, copy=False)

    def forward(self, outputs: Array, targets: Array, sample_weight: Array | None = None) -> float:
        if targets.shape != outputs.shape:
            raise ShapeError(f"targets of shape {targets.shape} do not belong to outputs of shape {outputs.shape}")
        z = outputs.astype(np.float64)  # (batch, outputs)
        self.is_yes, self.dtype = z > 0, float_dtype(outputs)
        size = np.abs(z)
        self.small = np.exp(-size)  # at most 1: it cannot overflow
        self.wrong = np.abs(targets - self.is_yes)  # how far the likelier answer is from the target
        # L = log(1 + exp(−|z|)) + |z|·|t − [z > 0]|: no logarithm of 0, and infinite only if L is
        costs = np.log1p(self.small)
        if self.class_weight is not None:
            sample_weight = self.weights(targets, sample_weight)
        self.share: Array | float
        if sample_weight is None:
            self.weight = float(len(z))
            self.share = 1 / max(z.size, 1)
            total = float(np.vdot(size, self.wrong))
            if not math.isfinite(total):
                total = float(product_where_nonzero(self.wrong, size).sum())
            return (float(costs.sum()) + total) * self.share
        self.weight = float(sample_weight.sum())
        self.share = sample_weight[:, None] / ((self.weight or 1) * z.shape[1])  # (batch, 1)
        costs += product_where_nonzero(self.wrong, size)
        return float(np.vdot(costs.sum(axis=1), self.share))

    def backward(self) -> Array:
        # ∂L/∂z = σ(z) − t = ±(|t − [z > 0]| − σ(−|z|)), plus for z > 0; exact where 1 − σ(z) would cancel
        dz: Array = self.small / (1 + self.small) - self.wrong  # σ(−|z|) = exp(−|z|) / (1 + exp(−|z|))
        np.negative(dz, out=dz, where=self.is_yes)
        dz *= self.share
        return dz.astype(self.dtype, copy=False)

    def row_figures(self, outputs: Array, targets: Array) -> dict[str, Array]:
        right = ((outputs > 0) == (targets > 0.5)).mean(axis=1)
        figures = {"accuracy": np.where(np.isnan(outputs).any(axis=1), np.nan, right)}
        if self.class_weight is not None:  # else the loss is the log loss
            z = outputs.astype(np.float64)
            size, wrong = np.abs(z), np.abs(targets - (z > 0))
            costs = np.log1p(np.exp(-size)) + product_where_nonzero(wrong, size)  # as in `forward`
            figures["log_loss"] = costs.mean(axis=1)
        return figures

    def predict(self, outputs: Array) -> Array:
        """The probabilities: for one output of the two classes, (rows, 2), else of the labels, (rows, labels)."""
        z = outputs.astype(np.float64)
        small = np.exp(-np.abs(z))
        yes: Array = np.where(z > 0, 1.0, small) / (1 + small)
        if z.shape[1] == 1:
            yes = np.concatenate([np.where(z > 0, small, 1.0) / (1 + small), yes], axis=1)
        return yes.astype(float_dtype(outputs), copy=False)

    def outputs_from(self, predictions: Array) -> Array:
        # sigmoid(z) = p for z = log p − log(1 − p); for two classes, p and 1 − p are there already
        p = predictions.astype(np.float64)
        yes, no = (p, 1 - p) if self.task == "multi-label" else (p[:, 1:], p[:, :1])
        return log(yes) - log(no)


_OTHER_LOSS = "SoftmaxCrossEntropy is the loss for more than two classes that exclude each other"
