"""When checkpoints are written: at every epoch's end, and in between if a run asks for it."""

import time

from nnlite.annotations import PositiveFloat, PositiveInt
from nnlite.signature import Configured

_PART = 0.1  # of the time that writing checkpoints may take
_FIRST = 0.01  # seconds: what the first one is taken to cost, so that a run of a moment writes none


class CheckpointTimes(Configured):
    """The times of a run's checkpoints.

    At an epoch's end there is one, unless the last was so long in writing that a tenth of the time since is less: a
    run of many tiny epochs is not slowed.

    Args:
        every_steps: also after so many steps.
        every_seconds: also after the step in which so many seconds have passed.
    """

    def __init__(self, every_steps: PositiveInt | None = None, every_seconds: PositiveFloat | None = None) -> None:
        self.every_steps = every_steps
        self.every_seconds = every_seconds
        self.written(_FIRST)

    def written(self, seconds: float) -> None:
        """Notes that a checkpoint was written just now, and how long that took."""
        self._last, self._cost, self._steps = time.perf_counter(), seconds, 0

    def after_step(self) -> bool:
        """Whether one is due after this step; to be asked after each."""
        self._steps += 1
        if self.every_steps is not None and self._steps >= self.every_steps:
            return True
        return self.every_seconds is not None and time.perf_counter() - self._last >= self.every_seconds

    def after_epoch(self) -> bool:
        """Whether one is due at this epoch's end."""
        return _PART * (time.perf_counter() - self._last) >= self._cost
