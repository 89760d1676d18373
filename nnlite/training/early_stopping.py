"""Early stopping ends training when validation stops improving, and goes back to the best epoch."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal

from nnlite.core import snapshot
from nnlite.core.sequential import Sequential
from nnlite.core.state import State
from nnlite.metrics.monitor import RISING, Best, never_finite, words
from nnlite.signature import Configured, NonNegativeFloat, PositiveInt
from nnlite.types import Array


class EarlyStopping(Configured):
    """Ends a fit after `patience` epochs without a better figure, and restores the weights of the best epoch.

    The best epoch's weights, and the state of its layers, are restored however the fit ends: also when it goes
    through all its epochs, is interrupted, or diverges. A figure that is NaN or
    infinite is no improvement, and said in a warning.

    Args:
        patience: epochs in a row without improvement after which the fit ends.
        monitor: the column of the history to look at, such as "validation_accuracy": a loss or metric that the
            trainer records, its own `metrics` among them, not a figure that a callback adds. Without one it is the
            validation loss, or the training loss where there are no validation rows. The model's loss says which
            of its metrics rise when they improve (accuracy, R²), and so does each of the trainer's.
        min_delta: an improvement counts only if it is greater than this; with 0, however small it is. As in Keras.
        ties: which of several epochs with the same best figure is the best, the "first" or the "last". A figure that
            few values can have, such as the accuracy on some hundred rows, ties often while the model still
            learns: the last is then the better choice. An epoch that ties is none better, and uses up patience.

    Attributes:
        best: the best figure so far, its column and epoch, and how many epochs have passed since then.
        kept: what the model had learnt at that epoch's end, by path.
        rising: the metrics that are better the higher they are.

    >>> from nnlite import EarlyStopping
    >>> EarlyStopping(patience=20, monitor="validation_accuracy")
    EarlyStopping(patience=20, monitor='validation_accuracy')

    Source: Prechelt, "Early stopping, but when?" (1998).
    """

    def __init__(
        self,
        patience: PositiveInt = 10,
        monitor: str | None = None,
        min_delta: NonNegativeFloat = 0.0,
        ties: Literal["first", "last"] = "first",
    ) -> None:
        self.patience = patience
        self.monitor = monitor
        self.min_delta = min_delta
        self.ties = ties
        self.best = Best()
        self.kept: dict[str, Array] = {}
        self.rising = RISING

    @property
    def state(self) -> State:
        """The best figure so far, and what the model had learnt then."""
        return State({"best": asdict(self.best), "rising": list(self.rising)}, self.kept)

    @state.setter
    def state(self, state: State) -> None:
        self.best, self.rising = Best(**state.values["best"]), tuple(state.values["rising"])
        self.kept = state.copy().arrays

    def forget(self) -> None:
        """Forgets the best epoch: it is of another model, or of other rows."""
        self.best.forget()
        self.kept = {}

    def begin(self, rising: tuple[str, ...], comparable: bool) -> None:
        """Prepares for another fit: patience that is used up starts again, otherwise the count continues.

        Args:
            rising: the metrics that are better the higher they are.
            comparable: whether this fit's figures compare with those before; if not, the best epoch is forgotten.
        """
        self.rising = rising
        if not comparable:
            self.forget()
        elif self.over:
            self.best.waited = 0

    def after_epoch(self, row: Mapping[str, float], model: Sequential) -> None:
        """Keeps what the model has learnt if this epoch, with its row of the history, is the best so far."""
        if self.best.update(row, self.monitor, self.rising, least=self.min_delta, ties=self.ties):
            self.kept = snapshot.take(model)
        elif not self.best.epoch:  # what was kept belonged to another column
            self.kept = {}

    @property
    def best_epoch(self) -> int | None:
        """The epoch with the best figure so far, of several the one that `ties` says; None before any."""
        return self.best.epoch or None

    @property
    def over(self) -> bool:
        """Whether patience is used up."""
        return self.best.waited >= self.patience

    def verdict(self) -> str:
        """Why the fit should end, in words; "" while there is patience."""
        if not self.over:
            return ""
        if not self.best.epoch:
            return never_finite(self.best.column, self.best.waited)
        how, epochs = "fallen" if self.best.falls else "risen", "epoch" if self.best.waited == 1 else "epochs"
        more = f" by more than {self.min_delta:g}" if self.min_delta else ""
        waited = f"{words(self.best.column)} has not {how}{more} for {self.best.waited} {epochs}"
        return f"{waited}; weights of epoch {self.best.epoch}"
