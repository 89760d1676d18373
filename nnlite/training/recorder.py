"""A recorder makes a row of the history of each epoch that is over, and tells whoever listens."""

import time
from collections.abc import Callable, Mapping

import numpy as np

from nnlite.core.state import State
from nnlite.errors import ConfigError
from nnlite.metrics.monitor import monitored
from nnlite.schedules.schedule import Schedule
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.evaluation import evaluate_feed, figure_names
from nnlite.training.feed import Feed
from nnlite.training.final_weights import Keeper
from nnlite.training.history import History
from nnlite.training.pace import Pace


class Recorder:
    """What every kind of training does at the end of an epoch.

    Args:
        history: to be added to.
        keeper: of the best weights and of averaged ones; its model is the one in training.
        pace: of the fit.
        feeds: the training rows, and those to report on, if any.
        on_epoch: called with each row; it may freeze a layer or set one free.
        on_portion: called before each portion of rows to report on; a fit that it ends can go on from there.
    """

    def __init__(
        self,
        history: History,
        keeper: Keeper,
        pace: Pace,
        feeds: tuple[Feed, Feed | None],
        on_epoch: Callable[[dict[str, float]], None] | None,
        on_portion: Callable[[], None] | None,
    ) -> None:
        self.on_portion = on_portion
        self._history, self._keeper, self._pace, self._on_epoch = history, keeper, pace, on_epoch
        self._model, self._validation, self._feeds = feeds[0].model, feeds[1], feeds
        self._begin(feeds[0].model.network.criterion.rising)
        self._began = time.perf_counter()

    @property
    def state(self) -> State:
        """What the epoch that is under way has taken so far."""
        return State({"seconds": time.perf_counter() - self._began})

    @state.setter
    def state(self, state: State) -> None:
        self._began = time.perf_counter() - state.values["seconds"]

    def _begin(self, rising: tuple[str, ...]) -> None:
        """Lets all that watch a figure know whether it can be compared with those of the fit before."""
        history, schedule, stopping = self._history, self._pace.schedule, self._keeper.stopping
        default = "training_loss" if self._validation is None else "validation_loss"
        history.monitor, history.rising = (stopping and stopping.monitor) or default, rising
        rows_before, self._keeper.rows = self._keeper.rows, {}
        if schedule is not None and type(schedule).begin is not Schedule.begin:
            schedule.begin(rising, self._same_rows(schedule.monitor or default, rows_before))
        if stopping is not None:
            same_rows = self._same_rows(history.monitor, rows_before)
            stopping.begin(rising, same_rows and stopping.best.column == history.monitor)
            if stopping.best_epoch is None:
                history.since = len(history) + 1

    def _same_rows(self, column: str, before: Mapping[str, str]) -> bool:
        """Whether the column's figures are of the same rows as in the fit before."""
        part, rows = column.partition("_")[0], self._keeper.rows
        feed = self._feeds[0] if part == "training" else self._validation
        if feed is not None and part not in rows:
            rows[part] = feed.digest()
        return before.get(part) == rows.get(part)

    def row(self, training: dict[str, float], learning_rate: float | None = None) -> dict[str, float]:
        """The row of an epoch with these figures of the training rows; nothing is changed by it."""
        row: dict[str, float] = {"epoch": len(self._history) + 1}
        row |= {f"training_{name}": figure for name, figure in training.items()}
        if self._validation is not None:
            figures = evaluate_feed(self._validation, self._keeper.shown, self.on_portion)
            row |= {f"validation_{name}": figure for name, figure in figures.items()}
        if learning_rate is not None:
            row["learning_rate"] = learning_rate
        row["seconds"] = time.perf_counter() - self._began
        return row

    def record(self, row: dict[str, float]) -> None:
        """Ends the epoch that has this row."""
        with self._keeper.shown():
            self._keeper.after_epoch(row)
        if self._pace.schedule is not None:
            self._pace.schedule.after_epoch(row)
        self._history.append(row)
        self._began = time.perf_counter()
        if self._on_epoch is not None:
            self._on_epoch(row)
            self._model.follow_freezing()
            self._began = time.perf_counter()

    @property
    def epochs(self) -> int:
        """How many epochs of this fit are recorded."""
        return len(self._history) - self._pace.earlier_epochs

    def verdict(self) -> str:
        """Why the fit should end before the next epoch, in words; "" as long as it should not."""
        if not self.epochs or (self.epochs == self._pace.epochs and not self._pace.cut_short):
            return ""  # it has just begun, or ends anyway
        why = self._keeper.verdict() or self._pace.verdict()
        return f"stopped after epoch {len(self._history)}: {why}" if why else ""


def check_monitored(
    schedule: Schedule | None, stopping: EarlyStopping | None, training: Feed, validation: Feed | None
) -> None:
    """Raises `ConfigError` where one of the two looks at a figure that will not be recorded."""
    for section, watcher in (("schedule", schedule), ("early_stopping", stopping)):
        if watcher is not None and watcher.monitor is not None:
            try:
                monitored(watcher.monitor, _columns(training, validation))
            except ConfigError as error:
                raise ConfigError(f"{section}.{error}") from None


def _columns(training: Feed, validation: Feed | None) -> list[str]:
    """The columns with figures that a history of such feeds has."""
    parts = ("training",) if validation is None else ("training", "validation")
    with np.errstate(all="ignore"):  # the names alone matter, and the model may have adapted to nothing yet
        return [f"{part}_{name}" for name in figure_names(training) for part in parts]
