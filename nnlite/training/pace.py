"""The pace of a fit is how far it is, by its steps and by the clock, and so which learning rate is due."""

import math
import time

from nnlite.core.state import State
from nnlite.schedules.schedule import Moment, Schedule


class Pace:
    """How far a fit is, from the moment when this is made.

    Args:
        schedule: of the learning rate, if there is one.
        epochs: of this fit.
        steps: of an epoch.
        earlier: how many epochs, and how many steps, the fits before have made.
        max_seconds: what the fit may take, if there is a limit.

    Attributes:
        epochs: of this fit, at most.
        steps: of an epoch.
        earlier_epochs: how many the fits before have made.
        cut_short: whether an epoch was ended before all its steps were made.
        constant: whether the learning rate stays as it is.
        timed: whether there is a limit to the fit's seconds.
    """

    def __init__(
        self, schedule: Schedule | None, epochs: int, steps: int, earlier: tuple[int, int], max_seconds: float | None
    ) -> None:
        self.schedule = schedule
        self.constant, self.timed = schedule is None, max_seconds is not None
        self.epochs, self.steps, self.cut_short = epochs, steps, False
        self.earlier_epochs, self._earlier_steps = earlier
        self._seconds, self._started = math.inf if max_seconds is None else max_seconds, time.perf_counter()

    @property
    def state(self) -> State:
        """How far the fit is, and what it has taken."""
        earlier = [self.earlier_epochs, self._earlier_steps]
        return State({"earlier": earlier, "cut_short": self.cut_short, "seconds": self.used})

    @state.setter
    def state(self, state: State) -> None:
        self.earlier_epochs, self._earlier_steps = state.values["earlier"]
        self.cut_short, self._started = state.values["cut_short"], time.perf_counter() - state.values["seconds"]

    @property
    def used(self) -> float:
        """The seconds that the fit has taken so far."""
        return time.perf_counter() - self._started

    @property
    def out_of_time(self) -> bool:
        """Whether the fit's seconds are used up."""
        return self.used >= self._seconds

    def verdict(self) -> str:
        """Why the fit should end, in words; nothing while there is time."""
        return f"{self._seconds:g} seconds are used up" if self.out_of_time else ""

    def multiplier(self, epoch: int, step: int) -> float:
        """Of the learning rate, for this step; epoch and step count from 1, the epochs of all fits together."""
        return 1.0 if self.schedule is None else self.schedule.multiplier(self.moment(epoch, step))

    def moment(self, epoch: int, step: int) -> Moment:
        """The beginning of this step, and what part of the seconds is used up by now."""
        return Moment(
            epoch=epoch - self.earlier_epochs - 1,
            step=step - 1,
            epochs=self.epochs,
            steps=self.steps,
            earlier=self.earlier_epochs,
            earlier_steps=self._earlier_steps,
            clock=self.used / self._seconds if self.timed else 0.0,
        )
