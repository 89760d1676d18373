"""Which weights a fit leaves in the model: those of the last step, their average, or the best epoch's."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from nnlite.core import snapshot
from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.core.state import State
from nnlite.optimizers.averaging import Average
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.estimation import estimate, estimating
from nnlite.training.feed import Feed
from nnlite.types import Array

Statistics: TypeAlias = list[tuple[Layer, dict[str, Array]]]
"""Layers, and the statistics of each by name."""


class FinalWeights:
    """Chooses the weights that a fit leaves in the model.

    It remembers the last step's weights too, from which the next fit continues; unless the model was changed since,
    or the fit was interrupted or diverged: then the next fit continues from the model as it is.

    Args:
        model: the model in training.

    Attributes:
        stopping: the early stopping of the last fit, if there was any.
        average: the average of the weights, if there is one.
        rows: a hash of the rows that monitored figures were of, for the training rows and the validation rows.
    """

    def __init__(self, model: Sequential) -> None:
        self.model = model
        self.stopping: EarlyStopping | None = None
        self.average: Average | None = None
        self.rows: dict[str, str] = {}
        self._last_step: dict[str, Array] = {}  # the weights from which the next fit continues, if others were left
        self._left: dict[str, Array] = {}  # the weights that the last fit left, if they were not the last step's
        self._feed: Feed | None = None  # the training rows of the fit under way
        self._estimated: tuple[object, Statistics] | None = None  # for the average, and after which step it was

    @contextlib.contextmanager
    def during(self, feed: Feed, stopping: EarlyStopping | None, decay: float | None) -> Iterator[None]:
        """Within the block the model has the weights in training; when it ends, in whatever way, the final ones.

        Args:
            feed: the training rows, for the model in training.
            stopping: the early stopping of this fit, if there is any.
            decay: the decay of the average of the weights, if there is to be one.
        """
        model = feed.model
        continues = bool(self._left) and snapshot.matches(self._left, model)
        if stopping is not None and not (continues and stopping is self.stopping):
            stopping.forget()  # its best weights are of another model, or of other fits
        if not continues:
            self.average = None  # it is of other weights
        elif self._last_step:
            snapshot.restore(self._last_step, model)
        self.model, self.stopping = model, stopping
        self._feed, self._estimated = feed, None
        self._last_step = self._left = {}
        if decay is None:
            self.average = None
        elif self.average is None or self.average.decay != decay:
            self.average = Average(decay)
        try:
            yield
        except BaseException:
            self._leave(whole=False)
            raise
        else:
            self._leave(whole=True)
        finally:
            self._feed = self._estimated = None

    def shown(self) -> contextlib.AbstractContextManager[None]:
        """Within the block the model has the averaged weights, if there is an average; after it its own again."""
        return contextlib.nullcontext() if self.average is None else self._averaged(self.average)

    @contextlib.contextmanager
    def _averaged(self, average: Average) -> Iterator[None]:
        own = self._statistics()
        with average.shown(self.model.parameters):
            try:
                self._take_estimated(average)
                yield
            finally:
                _put(own)

    def _take_estimated(self, average: Average) -> None:
        """Gives the model, which has the averaged weights, running statistics of the training rows for them."""
        own = self._statistics()
        if self._feed is None or not own:
            return
        of = (average.steps, self.model.parameters.layout)
        if self._estimated is None or self._estimated[0] != of:
            _put([(layer, {name: np.array(array) for name, array in of_layer.items()}) for layer, of_layer in own])
            estimate(self._feed)
            self._estimated = of, self._statistics()
        _put(self._estimated[1])

    def _statistics(self) -> Statistics:
        """The running statistics that the model has now."""
        return [(layer, dict(layer.statistics)) for layer in estimating(self.model.network)]

    def after_epoch(self, row: Mapping[str, float]) -> None:
        """Keeps the weights that the model has now, or their average, if this row of the history is the best."""
        if self.stopping is not None:
            with self.shown():
                self.stopping.after_epoch(row, self.model)

    def verdict(self) -> str:
        """Why early stopping ends the fit, in words; "" as long as it does not."""
        return "" if self.stopping is None else self.stopping.verdict()

    def _leave(self, *, whole: bool) -> None:
        """Gives the model its final weights.

        | early stopping | average | the fit  | the model gets         | the next fit continues from |
        | -------------- | ------- | -------- | ---------------------- | --------------------------- |
        | no             | no      | any      | the last step's        | the last step's             |
        | yes            | any     | whole    | the best epoch's       | the last step's             |
        | no             | yes     | whole    | the average            | the last step's             |
        | yes            | any     | cut off  | the best epoch's       | what the model got          |
        | no             | yes     | cut off  | the average            | what the model got          |

        A fit that was cut off (interrupted, or diverged) begins a new average when it goes on. Where early stopping
        has no best epoch yet, or the average is not finite, the last row that applies without it is taken. With the
        average go running statistics of the training rows for it, such as batch normalization's.
        """
        if self.stopping is None and self.average is None:
            return
        last = snapshot.take(self.model)
        whole = whole and all(np.isfinite(array).all() for array in last.values())
        averaged = (
            self.average is not None and self.average.steps > 0 and bool(np.isfinite(self.average.values).all())
        )
        if self.stopping is not None and self.stopping.kept:
            snapshot.restore(self.stopping.kept, self.model)
        elif self.average is not None and averaged:
            self.average.put_into(self.model.parameters)
            self._take_estimated(self.average)
        if self.stopping is not None or averaged:
            self._left = snapshot.take(self.model)
        if whole and self._left:
            self._last_step = last
        if not whole:
            self.average = None

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_feed": None, "_estimated": None}  # a copy is in no fit

    @property
    def state(self) -> State:
        """All that is remembered between two fits, but for what early stopping remembers itself."""
        average = State() if self.average is None else self.average.state
        own = State({"rows": dict(self.rows), "stopping": self.stopping is not None})
        last, left = State(arrays=self._last_step), State(arrays=self._left)
        return State.of(own=own, average=average, last_step=last, left=left)

    @state.setter
    def state(self, state: State) -> None:
        state = state.copy()
        own, average = state.part("own").values, state.part("average")
        self.rows = own["rows"]
        if not own["stopping"]:
            self.stopping = None
        self.average = None
        if average.values:
            self.average = Average(average.values["decay"])
            self.average.state = average
        self._last_step, self._left = state.arrays_of("last_step"), state.arrays_of("left")


def _put(statistics: Statistics) -> None:
    for layer, arrays in statistics:
        layer.statistics.update(arrays)
