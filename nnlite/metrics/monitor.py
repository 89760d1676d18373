"""Which column of the history decides whether an epoch is better, and which of its values is the best so far."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nnlite.errors import ConfigError, nearest

RISING: tuple[str, ...] = ("accuracy", "r2")
"""The metrics that are better the higher they are; all others, and the loss, are better the lower they are."""


def falls(column: str, rising: tuple[str, ...] = RISING) -> bool:
    """Whether a column such as "validation_loss" is better the lower it is: its metric is not a rising one.

    >>> from nnlite.metrics.monitor import falls
    >>> falls("validation_loss"), falls("training_accuracy")
    (True, False)
    """
    return column.partition("_")[2] not in rising


def improves(figure: float, best: float, falling: bool) -> bool:
    """Whether a value is better than the best before it, which is NaN if there is none.

    One that is NaN or infinite is never better: a figure of a model is a number, or it is undefined.

    Args:
        figure: the new value of the column.
        best: the best value so far.
        falling: whether lower is better.
    """
    if not math.isfinite(figure) or math.isnan(best):
        return math.isfinite(figure)
    return figure < best if falling else figure > best


def monitored(monitor: str | None, columns: Iterable[str]) -> str:
    """The column that decides which epoch is better.

    It is `monitor` if that is given, else the validation loss, or the training loss without validation rows. Raises
    `ConfigError` if `columns` lack it.
    """
    valid = [column for column in columns if column.startswith(("training_", "validation_"))]
    if monitor is None:
        return "validation_loss" if "validation_loss" in valid else "training_loss"
    if monitor not in valid:
        raise ConfigError(f"monitor = {monitor!r}: no such figure is recorded{nearest(monitor, valid)}")
    return monitor


def words(column: str) -> str:
    """The column's name in words: validation loss."""
    return column.replace("_", " ")


def never_finite(column: str, waited: int) -> str:
    """Why a fit ends that waits for a figure which has never been a finite number, in words."""
    return f"{words(column)} was NaN or infinite in {'the epoch' if waited == 1 else f'all {waited} epochs'} so far"


@dataclass
class Best:
    """The best value of a column of the history so far; its fields are plain values, which a checkpoint keeps.

    Attributes:
        column: the column of the history; "" before the first epoch.
        falls: whether the column is better the lower it is.
        figure: the best value so far; NaN before the first epoch.
        epoch: the first or the last epoch with that value, as `ties` says; 0 before any.
        waited: the epochs since the first one with that value, or since the count was set back to 0.

    >>> from nnlite.metrics.monitor import Best
    >>> best = Best()
    >>> [best.update({"epoch": epoch, "training_loss": loss}) for epoch, loss in ((1, 0.5), (2, 0.4), (3, 0.4))]
    [True, True, False]
    >>> best
    Best(column='training_loss', falls=True, figure=0.4, epoch=2, waited=1)
    """

    column: str = ""
    falls: bool = True
    figure: float = math.nan
    epoch: int = 0
    waited: int = 0

    def update(
        self,
        row: Mapping[str, float],
        monitor: str | None = None,
        rising: tuple[str, ...] = RISING,
        threshold: float = 0.0,
        least: float = 0.0,
        ties: str = "first",
    ) -> bool:
        """Takes an epoch's value of the column into account; returns whether it is the best so far.

        Args:
            row: the epoch's row of the history.
            monitor: the column; None for the validation loss, or the training loss without validation rows.
            rising: the metrics that are better the higher they are.
            threshold: an improvement has to be greater than this fraction of the best value.
            least: an improvement has to be greater than this.
            ties: whether the "first" or the "last" of several epochs with the same best value is the best; an epoch
                that ties is waited for all the same.
        """
        column = monitored(monitor, row)
        if column != self.column:  # validation rows came or went: the values cannot be compared
            self.forget()
            self.column, self.falls = column, falls(column, rising)
        margin = threshold * abs(self.figure) + least
        better = improves(row[column], self.figure + (-margin if self.falls else margin), self.falls)
        if better:
            self.figure, self.epoch, self.waited = row[column], int(row.get("epoch", 0)), 0
            return True
        self.waited += 1
        if tied := ties == "last" and row[column] == self.figure:
            self.epoch = int(row.get("epoch", 0))
        return tied

    def forget(self) -> None:
        """Forgets the best value: later ones are of other rows or another column."""
        self.column, self.falls, self.figure, self.epoch, self.waited = "", True, math.nan, 0, 0
