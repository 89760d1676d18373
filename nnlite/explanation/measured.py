"""A few steps of a training are made and measured: how long an epoch takes, and how much memory a step needs."""

import contextlib
import math
import statistics
import tracemalloc
from dataclasses import dataclass

from nnlite import clock
from nnlite.data.dataset import Dataset
from nnlite.errors import DivergenceError
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit
from nnlite.training.trainer import Trainer

SECONDS = 0.5
"""About how long the steps take that are measured; at least one is made."""


@dataclass(frozen=True)
class Measured:
    """What a few steps have shown.

    Attributes:
        step: the seconds of a step; NaN of a training that diverged at once.
        epoch: the seconds of an epoch, with its validation; an estimate where no whole one was made.
        steps: how many steps an epoch has.
        made: how many steps were measured.
        memory: the bytes that training takes beside rows and weights: what layers keep, gradients, the optimizer's.
        diverged: why training ended at once, in words; "" if it did not.
    """

    step: float
    epoch: float
    steps: int
    made: int
    memory: int
    diverged: str = ""


class _Clock(Callback):
    """Notes when each step and epoch ends, and ends the fit when time is up."""

    def __init__(self) -> None:
        self.steps: list[float] = []  # of each step but the first, which also checks the model
        self.validation = math.nan
        self.made = 0

    def begin(self, fit: Fit) -> None:
        self.began = self.last = clock.seconds()
        self.of_epoch = fit.steps

    def after_step(self, fit: Fit) -> None:
        now = clock.seconds()
        if self.made:
            self.steps.append(now - self.last)
        self.made, self.last = self.made + 1, now
        if now - self.began > SECONDS:
            fit.stop("it was only measured")

    def after_epoch(self, fit: Fit, row: dict[str, float]) -> None:
        now = clock.seconds()
        self.validation, self.last = now - self.last, now
        if now - self.began > SECONDS:
            fit.stop("it was only measured")


class _Memory(Callback):
    """Follows the memory of two steps, and ends the fit."""

    peak = 0

    def begin(self, fit: Fit) -> None:
        tracemalloc.start()

    def after_step(self, fit: Fit) -> None:
        self.peak = tracemalloc.get_traced_memory()[1]
        if fit.step == 2 or fit.steps == 1:
            fit.stop("it was only measured")


def measured(trainer: Trainer, train: Dataset, validation: Dataset | None) -> Measured:
    """Makes a few steps with copies of a trainer, without its callbacks; the trainer stays as it is.

    Args:
        trainer: the trainer.
        train, validation: the rows.

    Raises:
        ConfigError, DataError, ShapeError: as `Trainer.fit` does.
    """
    watch, diverged = _Clock(), ""
    try:
        trainer.copy_without_callbacks().fit(train, validation, callbacks=[watch], progress=False)
    except DivergenceError as error:
        diverged = str(error)
    memory = _memory(trainer, train, validation)  # afterwards: what the first fit imports is not the second one's
    if diverged:
        return Measured(math.nan, math.nan, watch.of_epoch, watch.made, memory, diverged)
    step = statistics.median(watch.steps) if watch.steps else watch.last - watch.began
    return Measured(step, step * watch.of_epoch + watch.validation, watch.of_epoch, watch.made, memory)


def _memory(trainer: Trainer, train: Dataset, validation: Dataset | None) -> int:
    """The most bytes that two steps take beside rows and weights; 0 where another tool follows the memory."""
    if tracemalloc.is_tracing():
        return 0
    follower = _Memory()
    try:
        with contextlib.suppress(DivergenceError):
            trainer.copy_without_callbacks().fit(train, validation, callbacks=[follower], progress=False)
    finally:
        tracemalloc.stop()
    return follower.peak
