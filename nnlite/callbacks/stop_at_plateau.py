"""StopAtPlateau ends a fit when a figure has not become better for some epochs."""

import math
from typing import TYPE_CHECKING

from nnlite.annotations import NonNegativeFloat, PositiveInt
from nnlite.callbacks.figure import figure
from nnlite.core.state import State
from nnlite.metrics.monitor import falls, improves, never_finite, words
from nnlite.text import counted
from nnlite.training.callbacks import Callback

if TYPE_CHECKING:
    from nnlite.training.fit import Fit


class StopAtPlateau(Callback):
    """Ends a fit when a figure has not become better for some epochs; the weights of the last epoch stay.

    `EarlyStopping` does the same and keeps the best epoch's weights. This one may look at any figure, one of a
    callback before it too, and may stand beside early stopping. As there, a second fit with the same rows goes on
    with the best value and the count of epochs, which begins anew if patience was used up; with other rows, whose
    figures do not compare, it forgets both.

    Args:
        monitor: the column of the history; a value that is NaN or infinite is no better one.
        patience: after so many epochs without a better value the fit ends.
        min_delta: a better value has to be better by more than this.
        rising: whether higher is better; None if nnlite knows, as it does of its own figures: any other falls.

    Raises:
        ConfigError: after the first epoch, when it has no such figure.

    >>> from nnlite import StopAtPlateau
    >>> StopAtPlateau("weight_norm", patience=5, rising=True)
    StopAtPlateau('weight_norm', patience=5, rising=True)
    """

    def __init__(
        self,
        monitor: str,
        patience: PositiveInt = 10,
        min_delta: NonNegativeFloat = 0.0,
        rising: bool | None = None,
    ) -> None:
        self.monitor = monitor
        self.patience = patience
        self.min_delta = min_delta
        self.rising = rising
        self._best, self._waited = math.nan, 0

    def begin(self, fit: "Fit") -> None:
        if fit.epoch:  # an interrupted fit goes on, and has its state back
            return
        if not fit.same_rows(self.monitor):
            self._best, self._waited = math.nan, 0
        elif self._waited >= self.patience:
            self._waited = 0

    def after_epoch(self, fit: "Fit", row: dict[str, float]) -> None:
        found = figure(row, self.monitor, self)
        falling = falls(self.monitor, fit.history.rising) if self.rising is None else not self.rising
        if improves(found, self._best + (-self.min_delta if falling else self.min_delta), falling):
            self._best, self._waited = found, 0
            return
        self._waited += 1
        if self._waited >= self.patience:
            how = "fallen" if falling else "risen"
            if math.isnan(self._best):
                fit.stop(never_finite(self.monitor, self._waited))
                return
            fit.stop(f"{words(self.monitor)} has not {how} for {counted(self._waited, 'epoch')}")

    @property
    def state(self) -> State:
        return State({"best": self._best, "waited": self._waited})

    @state.setter
    def state(self, state: State) -> None:
        self._best, self._waited = state.values["best"], state.values["waited"]
