"""The clock: every file that needs the time asks here, so that a test can give them all another clock."""

import time


def seconds() -> float:
    """The seconds since some fixed moment; only differences mean anything."""
    return time.perf_counter()
