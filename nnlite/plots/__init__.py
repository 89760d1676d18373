"""Figures of what training recorded or a model learnt; each function returns one, and `save` writes it to a file."""

from nnlite.plots.confusion import confusion
from nnlite.plots.curves import curves
from nnlite.plots.figure import as_png, as_svg, import_quickly, save
from nnlite.plots.filters import filters
from nnlite.plots.images import image_shape
from nnlite.plots.learning_rate import range_test
from nnlite.plots.mistakes import mistakes
from nnlite.plots.predictions import predictions, residuals

__all__ = [
    "as_png",
    "as_svg",
    "confusion",
    "curves",
    "filters",
    "image_shape",
    "import_quickly",
    "mistakes",
    "predictions",
    "range_test",
    "residuals",
    "save",
]
