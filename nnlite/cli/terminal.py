"""What the command line prints during training: lines of progress in a log, and the notice at a signal."""

import contextlib
import math
import os
import sys
from collections.abc import Mapping

from nnlite.text import printable
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit
from nnlite.training.progress_bar import figures_in_words, main_columns, rounded, while_there_is_a_terminal

MOST_LINES = 50
"""About how many lines a long training prints."""

WIDTH = 80
"""The longest line; one that is longer leaves the training rows' figures out."""


def tell_to_wait() -> None:
    """Prints, at the first signal, what is waited for; not through Python's streams, which may be in use."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # there is no terminal, or no more
        os.write(sys.stderr.fileno(), b"\nfinishing the step, to write a checkpoint; Ctrl-C again leaves at once\n")


class ProgressLines(Callback):
    """A line on standard error for an epoch: what a log has in place of a progress bar.

    Of a long training there are about `MOST_LINES`, the first epoch, the best and the last always among them.
    """

    def __init__(self) -> None:
        self.printed: set[int] = set()

    def after_epoch(self, fit: Fit, row: dict[str, float]) -> None:
        """Prints a line for the first epoch and every n-th, so that there are about `MOST_LINES`."""
        if fit.epoch == 1 or fit.epoch % math.ceil(fit.epochs / MOST_LINES) == 0:
            self._print(fit, row)

    def end(self, fit: Fit) -> None:
        """Prints the lines of the best epoch and of the last, if they are not there yet."""
        if not fit.epoch:
            return
        best = fit.history.best_epoch
        for row, name in ((fit.history.rows[(best or 0) - 1], "best "), (fit.history.rows[-1], "epoch")):
            if row["epoch"] not in self.printed:
                self._print(fit, row, name)

    def _print(self, fit: Fit, row: Mapping[str, float], name: str = "epoch") -> None:
        self.printed.add(int(row["epoch"]))
        epoch = int(row["epoch"]) - len(fit.history) + fit.epoch
        columns = main_columns(row, fit.history)
        training = [row[same] for column in columns if (same := f"training_{column.partition('_')[2]}") != column]
        line = f"{name} {epoch:>{len(str(fit.epochs))}}/{fit.epochs}  {figures_in_words(row, fit.history)}"
        beside = f"  training {' '.join(map(rounded, training))}" if training else ""
        with while_there_is_a_terminal():
            print(printable(line + beside if len(line + beside) <= WIDTH else line), file=sys.stderr)
