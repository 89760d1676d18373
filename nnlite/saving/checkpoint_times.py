"""When checkpoints are written: after each epoch, and in between if a run asks for it."""

from nnlite import clock
from nnlite.annotations import PositiveFloat, PositiveInt
from nnlite.signature import Configured

SHARE_OF_TIME = 0.1
"""The share of the time that writing checkpoints may take."""

FIRST_COST = 0.01
"""Seconds that the first checkpoint is taken to cost, so that a run of a moment writes none."""


class CheckpointTimes(Configured):
    """The times of a run's checkpoints.

    One is written after an epoch, unless writing would take more than a tenth of the time since the last one: a run
    of many tiny epochs is not slowed.

    Args:
        every_steps: the number of steps after which one is written as well.
        every_seconds: the number of seconds after which one is written as well, at the end of a step.
    """

    def __init__(self, every_steps: PositiveInt | None = None, every_seconds: PositiveFloat | None = None) -> None:
        self.every_steps = every_steps
        self.every_seconds = every_seconds
        self.written(FIRST_COST)

    def written(self, seconds: float) -> None:
        """Notes that a checkpoint was written just now, and how long that took."""
        self._last, self._cost, self._steps = clock.seconds(), seconds, 0

    def after_step(self) -> bool:
        """Whether a checkpoint is due after this step; is to be called after each step."""
        self._steps += 1
        if self.every_steps is not None and self._steps >= self.every_steps:
            return True
        return self.every_seconds is not None and clock.seconds() - self._last >= self.every_seconds

    def after_epoch(self) -> bool:
        """Whether one is due at this epoch's end."""
        return SHARE_OF_TIME * (clock.seconds() - self._last) >= self._cost
