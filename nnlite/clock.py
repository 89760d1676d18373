"""The clock: every file that needs the time asks here, so that a test can give them all another clock."""

import time


def seconds() -> float:
    """The seconds since some fixed moment; only differences mean anything."""
    return time.perf_counter()


def now() -> float:
    """The seconds since the beginning of 1970, for what is shown as a date."""
    return time.time()
