"""What the command line prints during training: lines of progress in a log, and the notice at a signal."""

import contextlib
import math
import os
import re
import sys
import textwrap
from collections.abc import Callable, Mapping

from nnlite.metrics.monitor import words
from nnlite.text import printable
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit
from nnlite.training.progress_bar import figures_in_words, main_columns, rounded, while_there_is_a_terminal

MOST_LINES = 50
"""About how many lines a long training prints."""

WIDTH = 80
"""The longest line; one that is longer leaves the training rows' figures out."""


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


class ProgressLines(Callback):
    """A line on standard error for an epoch: what a log has in place of a progress bar.

    Of a long training there are about as many as `most`, the first epoch and the last always among them.
    """

    def __init__(self, most: int = MOST_LINES) -> None:
        self.most = max(1, most)
        self.printed = 0  # the last epoch that was printed

    def begin(self, fit: Fit) -> None:
        """Begins anew, with the next member of an ensemble."""
        self.printed = 0

    def after_epoch(self, fit: Fit, row: dict[str, float]) -> None:
        """Prints a line for the first epoch and every n-th, so that there are about as many as `most`."""
        if fit.epoch == 1 or fit.epoch % math.ceil(fit.epochs / self.most) == 0:
            self._print(fit, row)

    def end(self, fit: Fit) -> None:
        """Prints the line of the last epoch, if it is not there yet."""
        if self.printed < fit.epoch:
            self._print(fit, fit.history.rows[-1])

    def _print(self, fit: Fit, row: Mapping[str, float]) -> None:
        self.printed = fit.epoch
        columns = main_columns(row, fit.history)
        training = [row[same] for column in columns if (same := f"training_{column.partition('_')[2]}") != column]
        line = f"epoch {fit.epoch:>{len(str(fit.epochs))}}/{fit.epochs}  {figures_in_words(row, fit.history)}"
        beside = f"  training {' '.join(map(rounded, training))}" if training else ""
        with while_there_is_a_terminal():
            print(printable(line + beside if len(line + beside) <= WIDTH else line), file=sys.stderr)


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
