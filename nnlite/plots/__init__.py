"""A plot is a picture of what training recorded, or learnt; every function returns a figure, `save` writes it."""

from nnlite.plots.curves import curves, range_test
from nnlite.plots.filters import filters
from nnlite.plots.images import image_shape
from nnlite.plots.mistakes import mistakes
from nnlite.plots.outcomes import confusion, predictions
from nnlite.plots.picture import save

__all__ = ["confusion", "curves", "filters", "image_shape", "mistakes", "predictions", "range_test", "save"]
