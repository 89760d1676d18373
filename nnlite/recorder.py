"""A recorder makes a row of the history of each epoch that is over, and tells whoever listens."""

import time
from collections.abc import Callable

from nnlite.evaluation import evaluate_feed, figure_names
from nnlite.feed import Feed
from nnlite.history import History, monitored
from nnlite.keeping import Keeper
from nnlite.pace import Pace


class Recorder:
    """What every kind of training does at the end of an epoch.

    Args:
        history: to be added to.
        keeper: of the best weights and of averaged ones; its model is the one in training.
        pace: of the fit.
        feeds: the training rows, and those to report on, if any.
        on_epoch: called with each row; it may freeze a layer or set one free.

    Raises:
        ConfigError: where a figure shall be monitored that will not be recorded.
    """

    def __init__(
        self,
        history: History,
        keeper: Keeper,
        pace: Pace,
        feeds: tuple[Feed, Feed | None],
        on_epoch: Callable[[dict[str, float]], None] | None,
    ) -> None:
        self._history, self._keeper, self._pace, self._on_epoch = history, keeper, pace, on_epoch
        self._model, self._validation = feeds[0].model, feeds[1]
        self._check_monitored(feeds[0])
        self._began = time.perf_counter()

    def _check_monitored(self, feed: Feed) -> None:
        schedule, stopping = self._pace.schedule, self._keeper.stopping
        self._history.monitor = None if stopping is None else stopping.monitor
        parts = ("training",) if self._validation is None else ("training", "validation")
        for monitor in (None if schedule is None else schedule.monitor, self._history.monitor):
            if monitor is not None:
                monitored(monitor, [f"{part}_{name}" for name in figure_names(feed) for part in parts])

    def end_epoch(self, training: dict[str, float], learning_rate: float | None = None) -> str:
        """Records an epoch with these figures of the training rows; returns why the fit should end now, or ""."""
        row: dict[str, float] = {"epoch": len(self._history) + 1}
        row |= {f"training_{name}": figure for name, figure in training.items()}
        with self._keeper.shown():
            if self._validation is not None:
                row |= {f"validation_{name}": figure for name, figure in evaluate_feed(self._validation).items()}
            if learning_rate is not None:
                row["learning_rate"] = learning_rate
            row["seconds"] = time.perf_counter() - self._began
            self._keeper.after_epoch(row)
        if self._pace.schedule is not None:
            self._pace.schedule.after_epoch(row)
        self._history.append(row)
        if self._on_epoch is not None:
            self._on_epoch(row)
            self._model.follow_freezing()
        self._began = time.perf_counter()
        why = self._keeper.verdict() or self._pace.verdict()
        return f"stopped after epoch {row['epoch']}: {why}" if why else ""
