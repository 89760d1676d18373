"""Lines of progress: how far a fit is, in a log or a pipe, where no progress bar can be drawn."""

import math
import sys
from collections.abc import Mapping

from nnlite.text import printable, rounded
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit
from nnlite.training.progress_bar import figures_in_words, main_columns, while_there_is_a_terminal

MOST_LINES = 50
"""About how many lines a long training prints."""

WIDTH = 80
"""The longest line; one that is longer leaves the training rows' figures out."""


class ProgressLines(Callback):
    """A line on standard error for an epoch: what a log has in place of a progress bar.

    Of a long training there are about as many as `most`, the first epoch and the last always among them.

    Args:
        most: about how many lines there are of a fit.
        before: what each line begins with, such as the name of a member.
    """

    def __init__(self, most: int = MOST_LINES, before: str = "") -> None:
        self.most, self.before = max(1, most), before
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
        epoch = f"{self.before}epoch {fit.epoch:>{len(str(fit.epochs))}}/{fit.epochs}"
        line = f"{epoch}  {figures_in_words(row, fit.history)}"
        beside = f"  training {' '.join(map(rounded, training))}" if training else ""
        with while_there_is_a_terminal():
            sys.stderr.write(printable(line + beside if len(line + beside) <= WIDTH else line) + "\n")
