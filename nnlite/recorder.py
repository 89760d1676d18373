"""A recorder makes a row of the history of each epoch that is over, and tells whoever listens."""

import time
from collections.abc import Callable

from nnlite.evaluation import evaluate_feed
from nnlite.feed import Feed
from nnlite.history import History
from nnlite.model import Sequential


class Recorder:
    """What every kind of training does at the end of an epoch.

    Args:
        history: to be added to.
        model: in training.
        validation: rows to report on, if any.
        on_epoch: called with each row; it may freeze a layer or set one free.
    """

    def __init__(
        self,
        history: History,
        model: Sequential,
        validation: Feed | None,
        on_epoch: Callable[[dict[str, float]], None] | None,
    ) -> None:
        self._history, self._model, self._validation, self._on_epoch = history, model, validation, on_epoch
        self._began = time.perf_counter()

    def end_epoch(self, training: dict[str, float], learning_rate: float | None = None) -> None:
        """Records an epoch with these figures of the training rows."""
        row: dict[str, float] = {"epoch": len(self._history) + 1}
        row |= {f"training_{name}": figure for name, figure in training.items()}
        if self._validation is not None:
            row |= {f"validation_{name}": figure for name, figure in evaluate_feed(self._validation).items()}
        if learning_rate is not None:
            row["learning_rate"] = learning_rate
        row["seconds"] = time.perf_counter() - self._began
        self._history.append(row)
        if self._on_epoch is not None:
            self._on_epoch(row)
            self._model.follow_freezing()
        self._began = time.perf_counter()
