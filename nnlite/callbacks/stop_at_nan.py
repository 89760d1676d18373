"""StopAtNaN ends a fit as soon as a figure is not a number."""

import math
from typing import TYPE_CHECKING

from nnlite.callbacks.figure import figure
from nnlite.metrics.monitor import words
from nnlite.training.callbacks import Callback

if TYPE_CHECKING:
    from nnlite.training.fit import Fit


class StopAtNaN(Callback):
    """Ends a fit after the first epoch that has an infinite figure, or one that is NaN.

    A trainer itself ends, with a `DivergenceError`, where the training loss or a weight becomes such; a validation
    loss may do so before, and so may a figure of your own.

    Args:
        monitor: the column of the history to look at; None for all of them.

    Raises:
        ConfigError: after the first epoch, when it has no such figure.

    >>> from nnlite import StopAtNaN
    >>> StopAtNaN("validation_loss")
    StopAtNaN(monitor='validation_loss')
    """

    def __init__(self, monitor: str | None = None) -> None:
        self.monitor = monitor

    def after_epoch(self, fit: "Fit", row: dict[str, float]) -> None:
        looked_at = row if self.monitor is None else {self.monitor: figure(row, self.monitor, self)}
        for name, found in looked_at.items():
            if not math.isfinite(found):
                fit.stop(f"{words(name)} is {found}")
                return
