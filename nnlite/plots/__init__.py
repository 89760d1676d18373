"""A plot is a picture of what training recorded; every function returns a figure, `save` writes it."""

from nnlite.plots.learning_curves import curves, range_test
from nnlite.plots.outcomes import confusion, predictions
from nnlite.plots.picture import save

__all__ = ["confusion", "curves", "predictions", "range_test", "save"]
