"""A schedule says how the learning rate changes while a model is trained."""

import copy
import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeAlias

from nnlite.core.state import State
from nnlite.signature import Configured

Per: TypeAlias = Literal["epoch", "step"]
"""When a rate changes: once an epoch, or with every step."""


class Moment(NamedTuple):
    """Where training is at the beginning of a step.

    Attributes:
        epoch: how many epochs of this fit are done: 0 in its first.
        step: how many steps of this epoch are done: 0 at its first.
        epochs: how many the fit has in all.
        steps: how many an epoch has.
        earlier: how many epochs earlier fits have made.
        earlier_steps: how many steps they have made.
        clock: the part of the fit's seconds that is used up; 0 where it may take any number of them.

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
        """How much of this fit is over, in steps or by the clock: 0 at its first step, below 1 at its last."""
        done, of = self.elapsed("step")
        return done / of

    def elapsed(self, per: Per) -> tuple[int, int]:
        """How many epochs, or steps, of this fit are over, and how many it has in all.

        Where the clock is ahead of the steps, those that it stands for are over: what spans a fit, such as a
        cosine wave, then comes to its end in time.
        """
        of = self.epochs * self.steps
        over = max(self.epoch * self.steps + self.step, min(int(self.clock * of), of - 1))
        return (over // self.steps, self.epochs) if per == "epoch" else (over, of)

    def since_start(self, per: Per) -> int:
        """How many epochs, or steps, were made since the first fit began, whatever the clock says."""
        if per == "epoch":
            return self.earlier + self.epoch
        return self.earlier_steps + self.epoch * self.steps + self.step


class Schedule(Configured, ABC):
    """What the optimizer's learning rate is multiplied by, from step to step.

    The schedules that decay count the steps or epochs that were made, and go on from one fit to the next.
    `Cosine` and `OneCycle` span a fit, also one that is limited in seconds: the next one goes through them anew.

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
        """What the learning rate is multiplied by in the step that begins at this moment."""

    def check(self, epochs: int, steps: int) -> None:
        """Raises `ConfigError` if the schedule cannot span `epochs` epochs of `steps` steps.

        The message begins with the name of the argument to change.
        """

    def begin(self, rising: tuple[str, ...], comparable: bool) -> None:
        """Begins another fit.

        Args:
            rising: the metrics that are better the higher they are.
            comparable: whether figures are of the same rows as those of the fit before.
        """

    def after_epoch(self, row: Mapping[str, float]) -> None:
        """Learns the figures of the epoch that has ended: a row of the history."""

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # two schedules would share their memory
