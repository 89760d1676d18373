"""A signal asks a command to end: Ctrl-C, `kill`, or a terminal that was closed."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Self

_NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupted(KeyboardInterrupt):
    """A signal has come; `number` is which."""

    def __init__(self, number: int, where: str = "") -> None:
        super().__init__(where)
        self.number = number


class Signals:
    """Within the block every such signal raises `Interrupted`, as Python's own handler does for Ctrl-C.

    Once `patient` is set, the first signal is only noted, so that training can end after a step; `on_wait` is then
    called inside the signal handler: it must not use `print`. A second Ctrl-C raises at once; other signals after the
    first are ignored, since closing a terminal may send several. Signals that the process ignores, as under `nohup`,
    stay ignored, and those but Ctrl-C for which the program has a handler of its own stay with that.

    Args:
        on_wait: called when the first signal is noted.

    Attributes:
        came: the first signal, 0 while none has come.
        patient: whether the first signal waits for the end of a step.
    """

    def __init__(self, on_wait: Callable[[], object] = lambda: None) -> None:
        self.came, self.patient, self._on_wait = 0, False, on_wait
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # Python hands signals to no other
            for number in _NUMBERS:
                handler = signal.getsignal(number)
                if handler == signal.SIG_DFL or (number == signal.SIGINT and handler not in (signal.SIG_IGN, None)):
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        again, self.came = bool(self.came), self.came or number
        if number == signal.SIGINT if again else not self.patient:
            raise Interrupted(self.came)
        if not again:
            self._on_wait()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Within the block no signal is heard: a second Ctrl-C does not stop what the first one began."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    python = [number for number in _NUMBERS if signal.getsignal(number) is not None]  # others' could not be put back
    before = {number: signal.signal(number, signal.SIG_IGN) for number in python}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
