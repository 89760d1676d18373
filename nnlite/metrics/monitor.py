"""The best figure so far is what early stopping and plateaus measure every later one by."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nnlite.errors import ConfigError, nearest

RISING: tuple[str, ...] = ("accuracy", "r2")
"""The metrics that are better the higher they are; of the others, and of a loss, less is better."""


def falls(column: str, rising: tuple[str, ...] = RISING) -> bool:
    """Whether a column such as "validation_loss" is better the lower it is: its figure is none of the rising ones.

    >>> from nnlite.metrics.monitor import falls
    >>> falls("validation_loss"), falls("training_accuracy")
    (True, False)
    """
    return column.partition("_")[2] not in rising


def improves(figure: float, best: float, falling: bool) -> bool:
    """Whether a figure is better than the best before it, which is NaN where there is none.

    NaN is no improvement. Of one that is falling, less is better.
    """
    if math.isnan(best):
        return not math.isnan(figure)
    return figure < best if falling else figure > best


def monitored(monitor: str | None, columns: Iterable[str]) -> str:
    """The column that decides which epoch is better: the one asked for, or else a loss.

    That is the validation loss if there is one, or the training loss. Raises `ConfigError` where `columns` have
    no such figure.
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


@dataclass
class Best:
    """The best figure of a column of the history so far; its fields are plain values, and all that it knows.

    Attributes:
        column: of the history; "" before the first epoch.
        falls: whether the column's figures are better the lower they are.
        figure: the best so far; NaN before any.
        epoch: the first that had it; 0 before any.
        waited: how many epochs have passed since then, or since somebody began to count anew.

    >>> from nnlite.metrics.monitor import Best
    >>> best = Best()
    >>> [best.look({"epoch": epoch, "training_loss": loss}) for epoch, loss in ((1, 0.5), (2, 0.4), (3, 0.4))]
    [True, True, False]
    >>> best
    Best(column='training_loss', falls=True, figure=0.4, epoch=2, waited=1)
    """

    column: str = ""
    falls: bool = True
    figure: float = math.nan
    epoch: int = 0
    waited: int = 0

    def look(
        self,
        row: Mapping[str, float],
        monitor: str | None = None,
        rising: tuple[str, ...] = RISING,
        threshold: float = 0.0,
    ) -> bool:
        """Looks at an epoch's row of the history; returns whether its figure is the best.

        Args:
            row: of the epoch.
            monitor: the column to look at; None for the validation loss, or else the training loss.
            rising: the metrics that are better the higher they are.
            threshold: the least improvement that counts, as a part of the best figure.
        """
        column = monitored(monitor, row)
        if column != self.column:  # validation rows came or went: figures cannot be compared with those before
            self.forget()
            self.column, self.falls = column, falls(column, rising)
        margin = threshold * abs(self.figure)
        better = improves(row[column], self.figure + (-margin if self.falls else margin), self.falls)
        if better:
            self.figure, self.epoch, self.waited = row[column], int(row.get("epoch", 0)), 0
        else:
            self.waited += 1
        return better

    def forget(self) -> None:
        """Begins anew: what comes cannot be compared with what was."""
        self.column, self.falls, self.figure, self.epoch, self.waited = "", True, math.nan, 0, 0
