"""The learning-rate schedules, one family a file."""

from nnlite.schedules.cosine import Cosine, OneCycle
from nnlite.schedules.decay import ExponentialDecay, StepDecay
from nnlite.schedules.plateau import ReduceOnPlateau

__all__ = ["Cosine", "ExponentialDecay", "OneCycle", "ReduceOnPlateau", "StepDecay"]
