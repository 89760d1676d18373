"""Metrics of probabilities: how near they come to what happened."""

import numpy as np

from nnlite.metrics.metric import Metric, weighted_mean
from nnlite.types import Array

_LEAST = np.nextafter(0.0, 1.0)
"""The smallest number above 0, which a probability of 0 is taken for: its logarithm is −744."""


class LogLoss(Metric):
    """The mean of −log p, where p is the probability of what is true. Falling, from 0 on.

    It is the cross-entropy without class weights and label smoothing. A loss that has either reports it by itself. Of
    several labels it is the mean over them, of −log p where a label applies and −log(1 − p) where not. Where
    scikit-learn takes probabilities to be at least 2.2e-16, this takes them as they are.

    >>> import numpy as np
    >>> from nnlite.metrics import LogLoss
    >>> round(LogLoss()(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1])), 6)
    0.490415

    Source: Good, "Rational Decisions" (1952).
    """

    tasks = ("classification", "multi-label")
    rising = False

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        return max(float(weighted_mean(log_losses(predictions, targets), weights)), 0.0)  # −0.0 reads badly


def log_losses(predictions: Array, targets: Array) -> Array:
    """The log loss of each row, (rows,), as `LogLoss` takes its mean.

    Args:
        predictions: (rows, classes), the probabilities.
        targets: (rows,) the true classes' indices; or (rows, labels) of 0 and 1.
    """
    if targets.ndim == 1:
        costs: Array = -np.log(np.maximum(predictions[np.arange(len(targets)), targets], _LEAST))
        return costs
    of_true = np.where(targets == 1, predictions, 1 - predictions)
    mean: Array = -np.log(np.maximum(of_true, _LEAST)).mean(axis=1)
    return mean


class Brier(Metric):
    """The mean squared distance of probabilities from what happened. Falling, 0 to 1, of more than two classes to 2.

    Of two classes it is (p − t)², with p the probability of the second one and t 1 or 0; of more the sum of that over
    the classes; of several labels the mean over them.

    >>> import numpy as np
    >>> from nnlite.metrics import Brier
    >>> Brier()(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1]))
    0.15625

    Source: Brier, "Verification of forecasts expressed in terms of probability" (1950).
    """

    tasks = ("classification", "multi-label")
    rising = False

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        if targets.ndim == 2:
            costs = ((predictions - targets) ** 2).mean(axis=1)
        elif predictions.shape[1] == 2:
            costs = (predictions[:, 1] - targets) ** 2
        else:
            happened = targets[:, None] == np.arange(predictions.shape[1])  # (rows, classes)
            costs = ((predictions - happened) ** 2).sum(axis=1)
        return float(weighted_mean(costs, weights))
