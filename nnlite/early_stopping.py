"""Early stopping ends training when it helps no more, and goes back to the epoch where it had helped most."""

import math
from collections.abc import Mapping

from nnlite import snapshot
from nnlite.history import falls, improves, monitored, words
from nnlite.model import Sequential
from nnlite.signature import Configured, PositiveInt
from nnlite.types import Array


class EarlyStopping(Configured):
    """Ends a fit after so many epochs without a better figure, and restores the weights of the best epoch.

    The best epoch's weights, and the state of its layers, are restored however the fit ends: also when it goes
    through all its epochs, is interrupted, or diverges. Any improvement counts, however small; NaN is none.

    Args:
        patience: epochs in a row without improvement after which the fit ends.
        monitor: the column of the history to look at, such as "validation_accuracy". Without one it is the
            validation loss, or the training loss where there are no validation rows. What falls when it
            improves (losses, errors) and what rises (accuracy, R²) is known.

    Attributes:
        best_epoch: the first epoch with the best figure so far; None before any.
        best: that figure.
        waited: how many epochs have passed since then.
        column: what is monitored.
        kept: what the model had learnt at that epoch's end, by path.

    >>> from nnlite import EarlyStopping
    >>> EarlyStopping(patience=20, monitor="validation_accuracy")
    EarlyStopping(patience=20, monitor='validation_accuracy')

    Source: Prechelt, "Early stopping, but when?" (1998).
    """

    def __init__(self, patience: PositiveInt = 10, monitor: str | None = None) -> None:
        self.patience = patience
        self.monitor = monitor
        self.column = ""
        self._forget()

    def _forget(self) -> None:
        self.best, self.waited = math.nan, 0
        self.best_epoch: int | None = None
        self.kept: dict[str, Array] = {}

    def begin(self) -> None:
        """Begins another fit: patience that was at its end begins anew, otherwise the count goes on."""
        if self.over:
            self.waited = 0

    def after_epoch(self, row: Mapping[str, float], model: Sequential) -> None:
        """Looks at an epoch's row of the history, and keeps what the model has learnt if that is the best."""
        column = monitored(self.monitor, row)
        if column != self.column:  # validation rows came or went: its figures cannot be compared with those before
            self._forget()
            self.column = column
        if improves(row[column], self.best, column):
            self.best, self.best_epoch, self.waited = row[column], int(row["epoch"]), 0
            self.kept = snapshot.take(model)
        else:
            self.waited += 1

    @property
    def over(self) -> bool:
        """Whether patience is at its end."""
        return self.waited >= self.patience

    def verdict(self) -> str:
        """Why the fit should end, in words; nothing while there is patience."""
        if not self.over:
            return ""
        how, epochs = "fallen" if falls(self.column) else "risen", "epoch" if self.waited == 1 else "epochs"
        return f"{words(self.column)} has not {how} for {self.waited} {epochs}; weights of epoch {self.best_epoch}"
