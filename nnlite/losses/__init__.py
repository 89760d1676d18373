"""The built-in losses, one family a file."""

from nnlite.losses.binary_cross_entropy import BinaryCrossEntropy
from nnlite.losses.cross_entropy import SoftmaxCrossEntropy
from nnlite.losses.regression import Huber, MeanAbsoluteError, MeanSquaredError

__all__ = ["BinaryCrossEntropy", "Huber", "MeanAbsoluteError", "MeanSquaredError", "SoftmaxCrossEntropy"]
