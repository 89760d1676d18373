"""Another clock for a whole test run, to see that no test depends on the clock.

`PYTHONPATH=tests/helpers/other_clock CLOCK_SPEED=1000 python -m pytest -m "not slow"` runs the tests, and every
process that they start, with a clock that is a thousand times faster; 0.001 makes it slower.
"""

import os
import time

SPEED = float(os.environ.get("CLOCK_SPEED", "1"))


def _at_another_speed(clock):
    began = clock()
    return lambda: began + (clock() - began) * SPEED


for _name in ("perf_counter", "monotonic", "time"):
    setattr(time, _name, _at_another_speed(getattr(time, _name)))
