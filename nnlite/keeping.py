"""Keeping decides which weights a fit leaves in the model: the last step's, their average, or the best epoch's."""

import contextlib
from collections.abc import Iterator, Mapping

from nnlite import snapshot
from nnlite.averaging import Average
from nnlite.early_stopping import EarlyStopping
from nnlite.model import Sequential
from nnlite.types import Array


class Keeper:
    """Keeps what a trainer's fits need beside the model's own weights.

    A fit goes on from the weights of the last step before, whatever was left in the model; unless somebody
    has changed the model since.

    Attributes:
        average: of the weights, if there is to be one.
        stopping: early stopping, if there is to be some.
    """

    average: Average | None = None
    stopping: EarlyStopping | None = None
    _model: Sequential

    def __init__(self) -> None:
        self._of_last_step: dict[str, Array] = {}
        self._left: dict[str, Array] = {}

    @contextlib.contextmanager
    def fit(self, model: Sequential, stopping: EarlyStopping | None, decay: float | None) -> Iterator[None]:
        """For the length of a fit the model has the weights that are trained.

        However the fit ends, the model then gets those that the user is to have. `decay` is that of the average.
        """
        self._model, self.stopping = model, stopping
        if stopping is not None:
            stopping.begin()
        if self._left and snapshot.matches(self._left, model):
            snapshot.put_back(self._of_last_step, model)
        else:
            self.average = None  # the first fit, or other weights than the last one left
        self._of_last_step = self._left = {}
        if decay is None:
            self.average = None
        elif self.average is None or self.average.decay != decay:
            self.average = Average(decay)
        try:
            yield
        finally:
            self._leave()

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

    def _leave(self) -> None:
        best = {} if self.stopping is None else self.stopping.kept
        averaged = self.average is not None and self.average.steps > 0
        if best or averaged:
            self._of_last_step = snapshot.take(self._model)
            if best:
                snapshot.put_back(best, self._model)
            elif self.average is not None:
                self.average.put_into(self._model.parameters)
            self._left = snapshot.take(self._model)
