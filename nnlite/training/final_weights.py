"""Keeping decides which weights a fit leaves in the model: the last step's, their average, or the best epoch's."""

import contextlib
from collections.abc import Iterator, Mapping

import numpy as np

from nnlite.core import snapshot
from nnlite.core.sequential import Sequential
from nnlite.core.state import State
from nnlite.optimizers.averaging import Average
from nnlite.training.early_stopping import EarlyStopping
from nnlite.types import Array


class Keeper:
    """Keeps what a trainer's fits need beside the model's own weights.

    A fit goes on from the weights of the last step before, whatever was left in the model; unless somebody
    has changed the model since. After a fit that was interrupted, or has diverged, the next one goes on from what
    is left in the model.

    Attributes:
        average: of the weights, if there is to be one.
        stopping: early stopping, if there is to be some.
        rows: a hash of the rows that monitored figures were of, by the part of the data.
    """

    average: Average | None = None
    stopping: EarlyStopping | None = None
    _model: Sequential

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}
        self._of_last_step: dict[str, Array] = {}
        self._left: dict[str, Array] = {}

    @property
    def state(self) -> State:
        """All that it knows, but for what early stopping knows itself."""
        average = State() if self.average is None else self.average.state
        own = State({"rows": dict(self.rows), "stopping": self.stopping is not None})
        last, left = State(arrays=self._of_last_step), State(arrays=self._left)
        return State.of(own=own, average=average, last_step=last, left=left)

    def put_back(self, state: State, model: Sequential, stopping: EarlyStopping | None) -> None:
        """Goes on from a state, with a model and early stopping that were given theirs."""
        state = state.copy()
        own, average = state.part("own").values, state.part("average")
        self.rows, self.stopping = own["rows"], stopping if own["stopping"] else None
        self.average = Average.put_back(average, model.parameters) if average.values else None
        self._of_last_step, self._left = state.arrays_of("last_step"), state.arrays_of("left")

    @contextlib.contextmanager
    def fit(self, model: Sequential, stopping: EarlyStopping | None, decay: float | None) -> Iterator[None]:
        """For the length of a fit the model has the weights that are trained.

        However the fit ends, the model then gets those that the user is to have. `decay` is that of the average.
        """
        goes_on = bool(self._left) and snapshot.matches(self._left, model)
        if stopping is not None and not (goes_on and stopping is self.stopping):
            stopping.forget()  # its best weights are of another model, or of other fits
        if not goes_on:
            self.average = None  # the first fit, or other weights than the last one left
        elif self._of_last_step:
            snapshot.put_back(self._of_last_step, model)
        self._model, self.stopping = model, stopping
        self._of_last_step = self._left = {}
        if decay is None:
            self.average = None
        elif self.average is None or self.average.decay != decay:
            self.average = Average(decay)
        try:
            yield
        except BaseException:
            self._leave(whole=False)
            raise
        self._leave(whole=True)

    def shown(self) -> contextlib.AbstractContextManager[None]:
        """For a while the model has the averaged weights, if there are such."""
        return contextlib.nullcontext() if self.average is None else self.average.shown(self._model.parameters)

    def after_epoch(self, row: Mapping[str, float]) -> None:
        """Keeps the weights that the model has now, if this row of the history is the best."""
        if self.stopping is not None:
            self.stopping.after_epoch(row, self._model)

    def verdict(self) -> str:
        """Why the fit should end, in words; nothing as long as it should not."""
        return "" if self.stopping is None else self.stopping.verdict()

    def _leave(self, *, whole: bool) -> None:
        """Gives the model the weights that the user is to have; those of the last step are kept after a whole fit."""
        if self.stopping is None and self.average is None:
            return
        last = snapshot.take(self._model)
        whole = whole and all(np.isfinite(array).all() for array in last.values())
        averaged = (
            self.average is not None and self.average.steps > 0 and bool(np.isfinite(self.average.values).all())
        )
        if self.stopping is not None and self.stopping.kept:
            snapshot.put_back(self.stopping.kept, self._model)
        elif self.average is not None and averaged:
            self.average.put_into(self._model.parameters)
        if self.stopping is not None or averaged:
            self._left = snapshot.take(self._model)
        if whole and self._left:
            self._of_last_step = last
        if not whole:
            self.average = None
