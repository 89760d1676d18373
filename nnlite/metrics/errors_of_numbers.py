"""Metrics of predicted numbers, in the targets' own units; of several numbers a row the mean over them."""

from typing import Annotated, TypeAlias

import numpy as np
from msgspec import Meta

from nnlite.metrics.metric import Metric, weighted_mean
from nnlite.types import Array

Quantile: TypeAlias = Annotated[float, Meta(gt=0, lt=1)]


class _OfNumbers(Metric):
    tasks = ("regression",)
    rising = False


def _differences(predictions: Array, targets: Array) -> Array:
    """Target minus prediction, (rows, numbers)."""
    return (targets - predictions).reshape(len(targets), -1)


class MAE(_OfNumbers):
    """The mean absolute error, the mean of |t − prediction|. Falling, from 0 on. nnlite's own losses report it.

    >>> import numpy as np
    >>> from nnlite.metrics import MAE
    >>> MAE()(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    1.0

    Source: Laplace, "Sur quelques points du système du monde" (1793).
    """

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        return float(weighted_mean(np.abs(_differences(predictions, targets)), weights).mean())


class RMSE(_OfNumbers):
    """The root of the mean squared error, √ of the mean of (t − prediction)². Falling. nnlite's own losses report it.

    >>> import numpy as np
    >>> from nnlite.metrics import RMSE
    >>> round(RMSE()(np.array([1.0, 2.0]), np.array([1.0, 4.0])), 6)
    1.414214

    Source: Gauss, "Theoria motus" (1809).
    """

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        return float(np.sqrt(weighted_mean(_differences(predictions, targets) ** 2, weights)).mean())


class R2(Metric):
    """The part of the targets' variance that is explained, 1 − Σ(t − prediction)² / Σ(t − mean of t)².

    Rising, 1 at best, and 0 for the mean of these targets. nnlite's own losses report it.

    >>> import numpy as np
    >>> from nnlite.metrics import R2
    >>> R2()(np.array([1.0, 3.0]), np.array([1.0, 5.0]))
    0.5

    Source: Wright, "Correlation and Causation" (1921).
    """

    tasks = ("regression",)
    rising = True
    needs = "targets that differ"

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        t = targets.reshape(len(targets), -1)  # (rows, numbers)
        if (t == t[0]).all(axis=0).any():
            return np.nan
        errors = weighted_mean(_differences(predictions, targets) ** 2, weights)
        variance = weighted_mean((t - weighted_mean(t, weights)) ** 2, weights)
        return float((1 - errors / variance).mean())


class MedianAbsoluteError(_OfNumbers):
    """The median of |t − prediction|: half of the rows are as near. Falling; a few outliers change it little.

    With weights it is where half of the weight is reached; between two rows, their mean.

    >>> import numpy as np
    >>> from nnlite.metrics import MedianAbsoluteError
    >>> MedianAbsoluteError()(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 30.0]))
    2.0

    Source: Hampel, "The Influence Curve and Its Role in Robust Estimation" (1974).
    """

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        errors = np.abs(_differences(predictions, targets))
        if weights is None:
            return float(np.median(errors, axis=0).mean())
        return float(np.mean([_weighted_median(each, weights) for each in errors.T]))


def _weighted_median(values: Array, weights: Array) -> float:
    """The value at which half of the weight is reached; exactly at half, the mean with the next one."""
    order = values.argsort()
    share = weights[order].cumsum() / weights.sum()  # (rows,)
    low, high = (share < 0.5 - 1e-12).sum(), (share < 0.5 + 1e-12).sum()  # rounding makes no half less
    last = len(values) - 1
    return float(values[order[min(low, last)]] + values[order[min(high, last)]]) / 2


class QuantileLoss(_OfNumbers):
    """The mean of q·(t − prediction) where that is positive, and (q − 1)·(t − prediction) where not. Falling.

    It is lowest for predictions that the part q of the targets lies below; with q = 0.5 it is half the mean absolute
    error. Also called pinball loss.

    Args:
        quantile: q, above 0 and below 1.

    >>> import numpy as np
    >>> from nnlite.metrics import QuantileLoss
    >>> round(QuantileLoss(0.9)(np.array([1.0, 2.0]), np.array([3.0, 1.0])), 6), QuantileLoss(0.9).name
    (0.95, 'quantile_loss_0.9')

    Source: Koenker, Bassett, "Regression Quantiles" (1978).
    """

    def __init__(self, quantile: Quantile = 0.5) -> None:
        self.quantile = quantile

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        d = _differences(predictions, targets)
        return float(weighted_mean(np.maximum(self.quantile * d, (self.quantile - 1) * d), weights).mean())
