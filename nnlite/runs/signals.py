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
    """For the length of a with-block every such signal raises `Interrupted`, as Ctrl-C alone would.

    Once `patient` is set, the first one is only noted, for the training loop to ask after each step, and `on_wait` is
    called: in the middle of whatever goes on, so that it must not print through Python's own streams. A second
    Ctrl-C raises at once; other signals that follow a first one are nothing new: whoever closes a terminal may send
    several. Signals that the process was told to ignore, as by `nohup`, stay ignored.

    Args:
        on_wait: called when the first signal begins to wait.

    Attributes:
        came: the first signal, 0 while none has come.
        patient: whether it waits for the next step's end.
    """

    def __init__(self, on_wait: Callable[[], object] = lambda: None) -> None:
        self.came, self.patient, self._on_wait = 0, False, on_wait
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # Python hands signals to no other
            for number in _NUMBERS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
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
    """For a while no signal is heard: a second Ctrl-C does not stop what the first one began."""
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
