"""What the command line prints during training beside its progress: which member, which epoch was best, a signal."""

import contextlib
import os
import re
import sys
import textwrap
from collections.abc import Callable

from nnlite.metrics.monitor import words
from nnlite.text import rounded
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit
from nnlite.training.progress_bar import while_there_is_a_terminal

WIDTH = 80
"""The longest line, where its words allow."""


def in_lines(text: str) -> str:
    """The text in lines of at most 80 characters, parted at spaces, so that names and paths stay whole.

    Line breaks in it stay, and a line's indentation, two more where it goes on. No line has "error:" alone.

    >>> from nnlite.cli.terminal import in_lines
    >>> print(in_lines("runs/digits: " + "model.safetensors, " * 4))
    runs/digits: model.safetensors, model.safetensors, model.safetensors,
      model.safetensors,
    """
    glued = re.sub(r"^(error|warning): ", "\\1:\0", text)
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            subsequent_indent=" " * (len(line) - len(line.lstrip()) + 2),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in glued.split("\n")
    ).replace("\0", " ", glued != text)


def tell_to_wait() -> None:
    """Prints, at the first signal, what is waited for; not through Python's streams, which may be in use."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # there is no terminal, or no more
        os.write(sys.stderr.fileno(), b"\nfinishing the step, to write a checkpoint; Ctrl-C again leaves at once\n")


class MemberLine(Callback):
    """A line on standard error when the training of a member of an ensemble begins.

    Args:
        which: gives the line.
    """

    def __init__(self, which: Callable[[], str]) -> None:
        self.which = which

    def begin(self, fit: Fit) -> None:
        """Prints the line."""
        with while_there_is_a_terminal():
            print(self.which(), file=sys.stderr)


class BestEpoch(Callback):
    """A line on standard error when a fit is over: which epoch was the best, and of which one the model is.

    It stands after the bar or the lines of progress in the list, and says nothing where the last epoch was the best.
    """

    def end(self, fit: Fit) -> None:
        """Prints the line; not where the fit was interrupted, since its model is of no whole epoch perhaps."""
        best, column = fit.history.best_epoch, fit.history.decisive
        if not (fit.over and fit.epoch) or best in (None, len(fit.history)):
            return
        figure = rounded(fit.history[column][best - 1])
        left = "that epoch" if fit.epoch_of_weights == best else f"epoch {fit.epoch_of_weights}"
        with while_there_is_a_terminal():
            print(f"best was epoch {best} ({words(column)} {figure}); the model is of {left}", file=sys.stderr)
