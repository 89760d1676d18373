"""Metrics are reported beside a loss; one column of the history decides which epoch is best."""

from nnlite.metrics.answers import F1, MCC, BalancedAccuracy, TopK
from nnlite.metrics.classification import is_right, likeliest, per_class
from nnlite.metrics.errors_of_numbers import MAE, R2, RMSE, MedianAbsoluteError, QuantileLoss
from nnlite.metrics.probabilities import Brier, LogLoss
from nnlite.metrics.ranking import ROCAUC, AveragePrecision

__all__ = [
    "F1",
    "MAE",
    "MCC",
    "R2",
    "RMSE",
    "ROCAUC",
    "AveragePrecision",
    "BalancedAccuracy",
    "Brier",
    "LogLoss",
    "MedianAbsoluteError",
    "QuantileLoss",
    "TopK",
    "is_right",
    "likeliest",
    "per_class",
]
