"""A check that predictions in several threads do not disturb each other: `forward` is interrupted at every line."""

import linecache
import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.tree import walk
from nnlite.testing.case import Case
from nnlite.types import Array


def check_predictions_are_apart(case: Case) -> None:
    """A prediction is right although another one, of other rows, comes between any two lines of it.

    In this way threads that predict with one model disturb each other, but seldom, and never twice alike. Here the
    other prediction comes at every line, as a debugger would stop there.
    """
    layer, mine, others = case.build(), case.input(3, seed=3), case.input(5, seed=4)
    for passes_gradient in (False, True):  # a frozen layer keeps something in prediction too
        for _, inner, _ in walk([layer]):
            inner.passes_gradient = passes_gradient
        alone = layer.forward(mine).copy()
        lines = Lines(lambda: layer.forward(others))
        if _differs(lines, layer, mine, alone):
            for number in reversed(range(lines.passed)):  # the last such line reads what was overwritten
                at = Lines(lambda: layer.forward(others), only=number)
                if why := _differs(at, layer, mine, alone):
                    case.fail(_message(at, layer, why))
            case.fail("predictions in several threads disturb each other, though no single line is to blame")


class Lines:
    """Calls a function at the lines of everything that runs within `run`.

    Args:
        function: called before the line runs; what it runs itself is not interrupted.
        only: the number of the one line to call it at, counted as they run, from 0; None for all of them.

    Attributes:
        passed: how many lines have run.
        place: the file and the number of the last line at which the function was called.
    """

    def __init__(self, function: Callable[[], object], only: int | None = None) -> None:
        self.function, self.only = function, only
        self.passed = 0
        self.place = ("", 0)

    def run(self, function: Callable[[], Array]) -> Array:
        """What the function returns; afterwards whoever traced before, such as a coverage tool, traces again."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            return function()
        finally:
            sys.settrace(before)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        # Python traces nothing while a trace function runs, so `function` is not interrupted.
        if event == "line":
            if self.only in (None, self.passed):
                self.place = (frame.f_code.co_filename, frame.f_lineno)
                self.function()
            self.passed += 1
        return self._trace


def _differs(lines: Lines, layer: Layer, x: Array, alone: Array) -> str:
    """How the interrupted prediction differs from the one alone, in words; "" if it does not."""
    try:
        found = lines.run(lambda: layer.forward(x))
    except Exception as error:
        return f"it raises {type(error).__name__} ({error})"
    if found.shape != alone.shape:
        return f"it has shape {found.shape}, expected {alone.shape}"
    if np.array_equal(found, alone, equal_nan=True):
        return ""
    index = tuple(int(i) for i in np.argwhere(found != alone)[0])
    return f"at index {index} it is {found[index]:.9g}, expected {alone[index]:.9g}"


def _message(at: Lines, layer: Layer, why: str) -> str:
    file, number = at.place
    line = linecache.getline(file, number).strip()
    of_self = {name for _, inner, _ in walk([layer]) for name in vars(inner)}
    read = [name for name in re.findall(r"self\.(\w+)", line) if name in of_self]
    which = f", which reads self.{read[0]}," if read else ""
    return (
        f"a prediction is wrong if another one, of other rows, comes before line {number} of {file}{which} as that "
        f"of another thread may: {why}. The line is `{line}`. Compute the output from local variables; write to self "
        "only what backward needs, `if training or self.passes_gradient:`"
    )
