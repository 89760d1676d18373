"""Callbacks that are often wanted; `Callback` itself, to derive your own from, is in `nnlite.training.callbacks`."""

from nnlite.callbacks.figure_log import FigureLog
from nnlite.callbacks.layer_snapshots import LayerSnapshots
from nnlite.callbacks.prediction_snapshots import PredictionSnapshots
from nnlite.callbacks.stop_at_nan import StopAtNaN
from nnlite.callbacks.stop_at_plateau import StopAtPlateau
from nnlite.callbacks.stop_at_target import StopAtTarget
from nnlite.callbacks.tensorboard import TensorBoard

__all__ = [
    "FigureLog",
    "LayerSnapshots",
    "PredictionSnapshots",
    "StopAtNaN",
    "StopAtPlateau",
    "StopAtTarget",
    "TensorBoard",
]
