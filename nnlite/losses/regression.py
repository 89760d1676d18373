"""A regression loss is the mean cost of the differences between predicted and true numbers."""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlite.annotations import PositiveFloat
from nnlite.core.loss import Loss
from nnlite.errors import DataError, RowError, ShapeError
from nnlite.layers.preprocessing import mean_and_scale
from nnlite.types import Array, Shape, float_dtype


class RegressionLoss(Loss):
    """L = mean over batch and outputs of the cost of d = z − (t − mean) / scale.

    The model learns standardized targets: `adapt` learns mean and scale of each output from the training targets
    (the deviation of the population; 1 for a constant target), ignoring sample weights. Until then mean is 0 and
    scale 1. `predict` gives the targets' own units, in float64.

    Where the last layers do not let an output be any number (a ReLU or a Sigmoid behind the last weights), its mean
    stays 0 and its scale 1: standardized targets of both signs would be out of its reach. If it can be any number of
    one sign, as behind a ReLU, its scale is the root of the mean squared target, so that their unit does not matter.

    Shapes: outputs z (batch, …), targets t alike, or (batch,) for a single output; then `predict` gives
    (rows,). Sample weights w (batch,) make the mean Σ w·L / Σ w.

    The metrics are in the targets' own units: `r2` (1 − Σ(t − prediction)² / Σ(t − mean of these t)²), `mae` (mean
    absolute error) and `rmse` (root of the mean squared error); for several outputs the mean over them, as in
    scikit-learn. If all t are alike, `r2` is 1 for perfect predictions and else 0. They count as alike if their
    spread is below a millionth of their distance from the training targets' mean.

    A loss of your own derives from this class and gives `costs` and `slopes`.

    Raises:
        DataError: by `encode`, when a target is no finite number; by `adapt`, when one is too large to square, or
            beyond what the model's outputs can be.
        ShapeError: by `encode`, when there is not one target for each output.
    """

    task = "regression"

    @abstractmethod
    def costs(self, difference: Array) -> Array:
        """The cost of each difference d."""

    @abstractmethod
    def slopes(self, difference: Array) -> Array:
        """The derivative of each cost by d."""

    def build(self, output_shape: Shape) -> None:
        self.add_statistic("mean", output_shape, 0)
        self.add_statistic("scale", output_shape, 1)

    def adapt(self, targets: Array) -> None:
        mean, scale = mean_and_scale(targets, "a target")
        free = np.ones(mean.shape, bool)  # for each output, whether it takes all values
        scaled = np.ones(mean.shape, bool)  # and whether it takes, with a number, each multiple of it
        for each in self.output_ranges:
            each.check(targets)
            free &= each.free
            scaled &= each.scalable
        size = np.sqrt(np.mean(np.square(targets), axis=0))
        self.statistics["mean"] = np.where(free, mean, 0.0)
        self.statistics["scale"] = np.where(free, scale, np.where(scaled & (size > 0), size, 1.0))

    def encode(self, targets: Array | Sequence[Any], output_shape: Shape) -> Array:
        targets = np.asarray(targets)
        if targets.dtype.kind not in "iubf":
            raise DataError(f"the targets have dtype {targets.dtype}; expected numbers")
        alone = math.prod(output_shape) == 1 == math.prod(targets.shape[1:])
        if targets.ndim == 0 or not (alone or targets.shape[1:] == output_shape):
            raise ShapeError(
                f"the targets have shape {targets.shape}, but the model's output has shape {output_shape}: expected "
                f"(rows, {', '.join(map(str, output_shape))}), so the last layer needs an output for each target"
            )
        wrong = np.argwhere(~np.isfinite(targets))
        if wrong.size:
            value = targets[tuple(wrong[0])]
            raise RowError(
                "the target in ", wrong[0][0], f" is {value}; expected finite numbers: leave out such rows first"
            )
        return targets.reshape(len(targets), *output_shape).astype(np.float64, copy=False)

    def forward(self, outputs: Array, targets: Array, sample_weight: Array | None = None) -> float:
        if targets.shape != outputs.shape:
            raise ShapeError(f"targets of shape {targets.shape} do not belong to outputs of shape {outputs.shape}")
        self.difference = outputs - self._standardized(targets)  # (batch, …), in float64
        self.dtype = float_dtype(outputs)
        costs = self.costs(self.difference)
        self.share: Array | float
        if sample_weight is None:
            self.weight = float(len(outputs))
            self.share = 1 / max(costs.size, 1)
            return float(costs.sum()) * self.share
        self.weight = float(sample_weight.sum())
        of_rows = sample_weight / ((self.weight or 1) * math.prod(outputs.shape[1:]))
        self.share = of_rows.reshape(-1, *(1 for _ in outputs.shape[1:]))  # (batch, 1, …)
        return float((costs * self.share).sum())

    def backward(self) -> Array:
        # ∂L/∂z = ∂cost/∂d · w / (Σw · outputs)
        dz = self.slopes(self.difference) * self.share
        return dz.astype(self.dtype, copy=False)

    def predict(self, outputs: Array) -> Array:
        """The numbers in the targets' own units, (rows, …), or (rows,) for a single output."""
        raw: Array = outputs.astype(np.float64)
        if self.statistics:
            raw = raw * self.statistics["scale"] + self.statistics["mean"]
        return raw.reshape(len(raw)) if math.prod(raw.shape[1:]) == 1 else raw

    def outputs_from(self, predictions: Array) -> Array:
        standardized = self._standardized(predictions)
        return standardized[:, None] if standardized.ndim == 1 else standardized

    def row_figures(self, outputs: Array, targets: Array) -> dict[str, Array]:
        # Computed from standardized numbers: the moments of targets such as 1e6 ± 1e-3 would cancel.
        t = self._standardized(targets)
        d = outputs - t
        figures = {"absolute": np.abs(d), "squared": d * d, "target": t, "squared_target": t * t}
        return {name: figure.reshape(len(outputs), -1) for name, figure in figures.items()}  # (rows, outputs)

    def metrics(self, means: Mapping[str, Any]) -> dict[str, float]:
        scale = np.reshape(self.statistics.get("scale", 1.0), -1)  # (outputs,)
        squared, second = means["squared"], means["squared_target"]
        variance = second - means["target"] ** 2
        alike = variance <= 1e-12 * second
        r2 = np.where(alike, squared == 0, 1 - squared / np.where(alike, 1.0, variance))
        r2 = np.where(np.isnan(squared), np.nan, r2)
        return {
            "r2": float(np.mean(r2)),
            "mae": float(np.mean(scale * means["absolute"])),
            "rmse": float(np.mean(scale * np.sqrt(squared))),
        }

    def _standardized(self, targets: Array) -> Array:
        if not self.statistics:  # the loss is in no model
            return targets
        standardized: Array = (targets - self.statistics["mean"]) / self.statistics["scale"]
        return standardized


class MeanSquaredError(RegressionLoss):
    """L = mean of d², where d is the difference from the standardized target: predicts the mean.

    Shapes, standardized targets, metrics and errors are those of `RegressionLoss`.

    >>> import numpy as np
    >>> from nnlite import MeanSquaredError
    >>> loss = MeanSquaredError()
    >>> loss.forward(np.array([[1.0], [4.0]]), np.array([[2.0], [2.0]]))
    2.5
    >>> loss.backward()
    array([[-1.],
           [ 2.]])

    Source: Gauss, "Theoria motus" (1809).
    """

    def costs(self, difference: Array) -> Array:
        return difference * difference

    def slopes(self, difference: Array) -> Array:
        # ∂d²/∂d = 2d
        return 2 * difference


class MeanAbsoluteError(RegressionLoss):
    """L = mean of |d|, where d is the difference from the standardized target: predicts the median.

    Where d = 0 the slope is taken to be 0, as in PyTorch. Shapes, standardized targets, metrics and errors are those
    of `RegressionLoss`.

    >>> import numpy as np
    >>> from nnlite import MeanAbsoluteError
    >>> loss = MeanAbsoluteError()
    >>> loss.forward(np.array([[1.0], [4.0]]), np.array([[2.0], [2.0]]))
    1.5
    >>> loss.backward()
    array([[-0.5],
           [ 0.5]])

    Source: Laplace, "Sur quelques points du système du monde" (1793).
    """

    def costs(self, difference: Array) -> Array:
        return np.abs(difference)

    def slopes(self, difference: Array) -> Array:
        # ∂|d|/∂d = sign(d)
        return np.sign(difference)


class Huber(RegressionLoss):
    """L = mean of d²/2 where |d| ≤ δ, and of δ·(|d| − δ/2) beyond: outliers pull with no more than force δ.

    d is the difference from the standardized target, so δ is in deviations of the targets, whatever their units.
    Shapes, standardized targets, metrics and errors are those of `RegressionLoss`.

    Args:
        delta: where the square ends and the straight line begins.

    >>> import numpy as np
    >>> from nnlite import Huber
    >>> loss = Huber(delta=1.0)
    >>> loss.forward(np.array([[1.0], [5.0]]), np.array([[2.0], [2.0]]))
    1.5
    >>> loss.backward()
    array([[-0.5],
           [ 0.5]])

    Source: Huber, "Robust Estimation of a Location Parameter" (1964).
    """

    def __init__(self, delta: PositiveFloat = 1.0) -> None:
        self.delta = delta

    def costs(self, difference: Array) -> Array:
        bounded = self.slopes(difference)
        # d·d/2 within ±δ, and c·(d − c/2) with c = ±δ beyond: no square of a large d
        return bounded * (difference - bounded / 2)

    def slopes(self, difference: Array) -> Array:
        # ∂L/∂d = d within ±δ, ±δ beyond
        return difference.clip(-self.delta, self.delta)
