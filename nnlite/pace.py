"""The pace of a fit is how far it is, by its steps and by the clock, and so which learning rate is due."""

import math
import time

from nnlite.schedules import Moment, Schedule


class Pace:
    """How far a fit is, from the moment when this is made.

    Args:
        schedule: of the learning rate, if there is one.
        epochs: of this fit.
        steps: of an epoch.
        earlier: epochs of the fits before.
        max_seconds: what the fit may take, if there is a limit.

    Attributes:
        constant: whether the learning rate stays as it is.
        timed: whether there is a limit to the fit's seconds.
    """

    def __init__(
        self, schedule: Schedule | None, epochs: int, steps: int, earlier: int, max_seconds: float | None
    ) -> None:
        self.schedule = schedule
        self.constant, self.timed = schedule is None, max_seconds is not None
        self._epochs, self._steps, self._earlier = epochs, steps, earlier
        self._seconds, self._started = math.inf if max_seconds is None else max_seconds, time.perf_counter()

    @property
    def out_of_time(self) -> bool:
        """Whether the fit's seconds are used up."""
        return time.perf_counter() - self._started >= self._seconds

    def verdict(self) -> str:
        """Why the fit should end, in words; nothing while there is time."""
        return f"{self._seconds:g} seconds are used up" if self.out_of_time else ""

    def multiplier(self, epoch: int, step: int) -> float:
        """Of the learning rate, for this step; epoch and step count from 1, the epochs of all fits together."""
        return 1.0 if self.schedule is None else self.schedule.multiplier(self.moment(epoch, step))

    def moment(self, epoch: int, step: int) -> Moment:
        """The beginning of this step, or of that for which the time used would have been enough if it is ahead."""
        done, of = (epoch - self._earlier - 1) * self._steps + step - 1, self._epochs * self._steps
        if self.timed:
            used = (time.perf_counter() - self._started) / self._seconds
            done = max(done, min(int(used * of), of - 1))
        return Moment(*divmod(done, self._steps), self._epochs, self._steps, self._earlier)
