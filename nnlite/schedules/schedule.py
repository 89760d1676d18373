"""A schedule says how the learning rate changes while a model is trained."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeAlias

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
        state: what cannot be told from the moment, as plain values by name. Together with the arguments it is
            all that another schedule needs to go on from here.
        monitor: the figure of the history that `after_epoch` looks at, if the user chose one.
    """

    remembers: ClassVar[Mapping[str, Any]] = {}
    state: dict[str, Any]
    monitor: str | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        schedule = super().__new__(cls)
        schedule.state = copy.deepcopy(dict(cls.remembers))
        return schedule

    @abstractmethod
    def multiplier(self, moment: Moment) -> float:
        """What the learning rate is multiplied by in the step that begins at this moment."""

    def check(self, epochs: int, steps: int) -> None:
        """Raises `ConfigError`, which begins with the argument, where it cannot span a fit of so many epochs of so
        many steps each."""

    def begin(self, rising: tuple[str, ...], comparable: bool) -> None:
        """Begins another fit.

        Args:
            rising: the metrics that are better the higher they are.
            comparable: whether figures are of the same rows as those of the fit before.
        """

    def after_epoch(self, row: Mapping[str, float]) -> None:
        """Learns the figures of the epoch that has ended: a row of the history."""

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # two schedules would share their state
