"""A schedule changes the learning rate during training."""

import copy
import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeAlias

from nnlite.core.state import State
from nnlite.errors import ConfigError
from nnlite.signature import Configured

Per: TypeAlias = Literal["epoch", "step"]
"""When the rate changes: after each epoch, or after each step."""


class Moment(NamedTuple):
    """Where training is at the beginning of a step.

    Attributes:
        epoch: the epochs made in this fit: 0 in the first epoch.
        step: the steps made in this epoch: 0 at its first step.
        epochs: the epochs of the fit.
        steps: the steps of an epoch.
        earlier: the epochs of earlier fits.
        earlier_steps: the steps of earlier fits.
        clock: the fraction of the fit's time budget that is used up; 0 without a time budget.

    >>> from nnlite import Moment
    >>> Moment(epoch=1, step=2, epochs=4, steps=5).progress
    0.35
    """

    epoch: int
    step: int
    epochs: int
    steps: int
    earlier: int = 0
    earlier_steps: int = 0
    clock: float = 0.0

    @property
    def progress(self) -> float:
        """The fraction of this fit that is over, by steps or the clock: 0 at its first step, below 1 at its last."""
        done, of = self.elapsed("step")
        return done / of

    def elapsed(self, per: Per) -> tuple[int, int]:
        """The epochs, or steps, of this fit that are over, and how many it has.

        If the clock is ahead of the steps, the clock counts: a schedule that spans the fit, such as a cosine, then
        ends in time.
        """
        of = self.epochs * self.steps
        over = max(self.epoch * self.steps + self.step, min(int(self.clock * of), of - 1))
        return (over // self.steps, self.epochs) if per == "epoch" else (over, of)

    def since_start(self, per: Per) -> int:
        """The epochs, or steps, made since the first fit began, whatever the clock says."""
        if per == "epoch":
            return self.earlier + self.epoch
        return self.earlier_steps + self.epoch * self.steps + self.step


class Schedule(Configured, ABC):
    """The factor by which the optimizer's learning rate is multiplied, from step to step.

    Decays count the steps or epochs made so far, and go on from one fit to the next. `Cosine` and `OneCycle` span one
    fit, also one with a time budget, and start again in the next.

    Attributes:
        remembers: what the schedule remembers from one epoch to the next at first, as plain values by name.
        memory: what it remembers now.
        monitor: the figure of the history that `after_epoch` looks at, if the user chose one.
    """

    remembers: ClassVar[Mapping[str, Any]] = {}
    monitor: str | None = None

    @functools.cached_property
    def memory(self) -> dict[str, Any]:
        """What the schedule remembers, as plain values by name; at first those of `remembers`."""
        return copy.deepcopy(dict(self.remembers))

    @property
    def state(self) -> State:
        """The memory: another schedule with the same arguments that is given it continues from here."""
        return State(self.memory)

    @state.setter
    def state(self, state: State) -> None:
        self.memory = state.copy().values

    @abstractmethod
    def multiplier(self, moment: Moment) -> float:
        """The factor of the learning rate for the step that begins at this moment."""

    def checked_multiplier(self, moment: Moment) -> float:
        """`multiplier`, which has to be a number of at least 0; raises `ConfigError`."""
        factor = self.multiplier(moment)
        try:
            right = bool(0 <= factor < math.inf)
        except (TypeError, ValueError):  # None, or an array
            right = False
        if not right:
            raise ConfigError(
                f"{self!r}.multiplier gives {factor!r} in epoch {moment.epoch + 1}, step {moment.step + 1}; expected "
                "a factor of the learning rate, a finite number of at least 0"
            )
        return factor

    def check(self, epochs: int, steps: int) -> None:
        """Raises `ConfigError` if the schedule cannot span `epochs` epochs of `steps` steps.

        The message begins with the name of the argument to change.
        """

    def begin(self, rising: tuple[str, ...], comparable: bool) -> None:
        """Begins another fit.

        Args:
            rising: the metrics that are better the higher they are.
            comparable: whether the history's values are of the same rows as in the fit before.
        """

    def after_epoch(self, row: Mapping[str, float]) -> None:
        """Takes the epoch that has ended into account; `row` is its row of the history."""

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # two schedules would share their memory
