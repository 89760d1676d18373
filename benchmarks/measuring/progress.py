"""Progress is what the command says while it measures: lines on standard error, so that its output stays clean."""

import sys
import time

_STARTED = time.monotonic()


def say(line: str) -> None:
    """Prints one line, after the seconds since the command began."""
    print(f"[{time.monotonic() - _STARTED:6.1f} s] {line}", file=sys.stderr, flush=True)
