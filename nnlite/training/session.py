"""A session is one fit under way: which step of which epoch comes next, and what is known of the epoch so far."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from nnlite.core.state import State
from nnlite.errors import ConfigError, DataError
from nnlite.training.evaluation import Means
from nnlite.training.feed import Batch, Feed
from nnlite.training.pace import Pace
from nnlite.training.recorder import Recorder
from nnlite.types import Array

Feeds: TypeAlias = tuple[Feed, Feed | None]
"""The training rows, and those to report on, if any."""

OnStep: TypeAlias = Callable[[int, int], None] | None
"""Called after every step with its number in the epoch, from 1, and how many there are."""


class Session:
    """What a fit moves along, step by step; given the state of another, it goes on after that one's last step.

    Args:
        feeds: the rows of the fit.
        batch_size: rows of a step.
        pace: of the fit.
        recorder: of its epochs.

    Attributes:
        feed: the training rows.
        step: how many steps of the epoch are done, all while its row is made; 0 between two epochs.
        rate: the learning rate of the last step.
        means: the figures of the epoch so far.
        turn: the trainer's state where an optimizer that can be left nowhere else last began; None for the others.
    """

    def __init__(self, feeds: Feeds, batch_size: int, pace: Pace, recorder: Recorder) -> None:
        self.feed, self.pace, self.recorder = feeds[0], pace, recorder
        self.step, self.rate = 0, 0.0
        self.means = Means(self.feed.model.network.criterion)
        self.turn: State | None = None
        self._feeds, self._batch_size = feeds, batch_size
        self._order: Array | None = None

    def batches(self, shuffle: np.random.Generator) -> Iterator[Batch]:
        """The batches of the epoch that are still to come: all, in a new order, unless it has begun already."""
        if self._order is None:
            self._order = shuffle.permutation(len(self.feed))
            self.means = Means(self.feed.model.network.criterion)
        return self.feed.batches(self._batch_size, self._order, self.step)

    def end_epoch(self) -> None:
        """Records the epoch; the next step is the first of another one."""
        row = self.recorder.row(self.means.figures(), self.rate)
        self.step, self._order = 0, None
        self.recorder.record(row)

    def verdict(self) -> str:
        """Why the fit should end now, in words; "" as long as it should not, or an epoch is under way."""
        return "" if self.step else self.recorder.verdict()

    @property
    def epochs_left(self) -> int:
        """How many epochs are still to be made, one that is under way among them."""
        return self.pace.epochs - self.recorder.epochs

    @property
    def state(self) -> State:
        """Where the fit is, to the step; the order of the rows too, as it cannot be drawn again."""
        own, means = State({"rows": _rows(self._feeds), "step": self.step, "rate": self.rate}), State()
        if self._order is not None:
            own.arrays["order"] = self._order.astype(np.min_scalar_type(len(self._order) - 1))
            means = self.means.state
        return State.of(own=own, means=means, pace=self.pace.state, recorder=self.recorder.state)

    @state.setter
    def state(self, state: State) -> None:
        own = state.part("own")
        self.step, self.rate = own.values["step"], own.values["rate"]
        self.pace.state, self.recorder.state = state.part("pace"), state.part("recorder")
        self._order = None
        if "order" in own.arrays:
            self._order, self.means.state = own.arrays["order"].astype(np.intp), state.part("means")


def check(state: State, feeds: Feeds) -> None:
    """Raises `DataError` where a session with these rows cannot go on from the state."""
    own = state.part("own")
    if own.values["rows"] != (rows := _rows(feeds)):
        raise DataError(
            f"the fit to go on with has {_words(own.values['rows'])}, but was given {_words(rows)}; give it the "
            "same rows, or make a new trainer to train on others"
        )
    order = own.arrays.get("order")
    if order is not None and not np.array_equal(np.sort(order), np.arange(rows[0] or 0)):
        raise ConfigError("the state is damaged: its order of the rows is none")


def _rows(feeds: Feeds) -> list[int | None]:
    return [None if feed is None else len(feed) for feed in feeds]


def _words(rows: list[int | None]) -> str:
    return f"{rows[0]} rows to train and {rows[1] or 'none'} to validate"
