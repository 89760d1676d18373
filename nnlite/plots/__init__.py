"""Figures of what training recorded or a model learnt; each function returns one, and `save` writes it to a file."""

from nnlite.plots.calibration import calibration
from nnlite.plots.confusion import confusion
from nnlite.plots.curves import curves
from nnlite.plots.decision_boundary import decision_boundary
from nnlite.plots.figure import as_png, as_svg, import_quickly, save
from nnlite.plots.filters import filters
from nnlite.plots.images import image_shape
from nnlite.plots.importance import importance
from nnlite.plots.layers import activations, weights
from nnlite.plots.learning_rate import range_test
from nnlite.plots.mistaken_rows import mistaken_rows
from nnlite.plots.mistakes import mistakes
from nnlite.plots.precision_recall import precision_recall
from nnlite.plots.predictions import predictions, residuals
from nnlite.plots.roc import roc
from nnlite.plots.seeds import seeds

__all__ = [
    "activations",
    "as_png",
    "as_svg",
    "calibration",
    "confusion",
    "curves",
    "decision_boundary",
    "filters",
    "image_shape",
    "import_quickly",
    "importance",
    "mistaken_rows",
    "mistakes",
    "precision_recall",
    "predictions",
    "range_test",
    "residuals",
    "roc",
    "save",
    "seeds",
    "weights",
]
