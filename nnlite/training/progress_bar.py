"""A progress bar: how far a fit is, on a terminal or in a notebook, with the figures that matter first."""

import contextlib
import errno
import os
import sys
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from nnlite.text import rounded
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit
from nnlite.training.history import History

_FORMAT = "{desc} |{bar}| {percentage:3.0f}% {elapsed}<{remaining}"
_FORMAT_ENDED_EARLY = "{desc} |{bar}| {elapsed}"
_ROOM_BESIDE_WORDS = len(" |12345678| 00:00:00")


def possible() -> bool:
    """Whether a bar can be drawn: standard error is a terminal, or this is a notebook."""
    return in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def in_notebook() -> bool:
    """Whether the code runs in a Jupyter kernel, whose standard error is no terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in getattr(shell, "config", {})


def terminal_size() -> tuple[int, int]:
    """The columns and rows of the terminal; 0 where it does not say, as those of `script` and of containers."""
    try:
        columns, rows = os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):  # no terminal, or a stream that is no file
        return 0, 0
    return columns, rows


class ProgressBar(Callback):
    """A bar over all steps of a fit; `Trainer.fit` adds one by itself where it can be drawn.

    After each epoch it says the figure that decides which epoch is best, and the model's main metric. When the fit
    ends early, the bar ends there, complete, and says why.
    """

    def __init__(self) -> None:
        self.bar: Any = None

    def begin(self, fit: Fit) -> None:
        """Draws the bar, as far as an interrupted fit had come."""
        with warnings.catch_warnings(), while_there_is_a_terminal():
            warnings.simplefilter("ignore")  # tqdm falls back to text where a notebook lacks its widgets
            from tqdm.auto import tqdm

            columns, rows = terminal_size()
            fixed = {"ncols": (columns or 80) - 1, "nrows": rows or 24}  # in 0 rows tqdm would draw nothing
            self.bar = tqdm(
                initial=fit.epoch * fit.steps + fit.step,
                total=fit.epochs * fit.steps,
                desc=f"epoch {fit.epoch}/{fit.epochs}",
                bar_format=_FORMAT,
                **({"dynamic_ncols": True} if columns and rows else fixed),
            )

    def after_step(self, fit: Fit) -> None:
        """Moves the bar on."""
        with while_there_is_a_terminal():
            self.bar.update()

    def after_epoch(self, fit: Fit, row: dict[str, float]) -> None:
        """Says the epoch's figures."""
        with while_there_is_a_terminal():
            self.bar.set_description_str(
                f"epoch {fit.epoch}/{fit.epochs} {figures_in_words(row, fit.history)}", refresh=False
            )

    def end(self, fit: Fit) -> None:
        """Leaves the bar as it is; complete, if the fit is over."""
        if self.bar is None:
            return
        with while_there_is_a_terminal():
            if fit.over:
                # The fit may have been over before all steps were made, or even the first.
                self.bar.total = self.bar.n = max(self.bar.n, 1)
                if (widgets := getattr(self.bar, "container", None)) is not None:
                    widgets.children[1].max = self.bar.n  # in a notebook tqdm sets the bar's length only once
            if fit.ended_early:
                self.bar.bar_format = _FORMAT_ENDED_EARLY
                room = (terminal_size()[0] or 80) - 1 - _ROOM_BESIDE_WORDS
                self.bar.set_description_str(_early_end_in_words(fit, room), refresh=False)
            self.bar.refresh()
            self.bar.close()
        self.bar = None


def _early_end_in_words(fit: Fit, room: int) -> str:
    """Why a fit ended early, in at most `room` characters; with the last epoch's figures, if they fit in too."""
    epoch, figures = f"epoch {fit.epoch}", figures_in_words(fit.history.rows[-1], fit.history) if fit.epoch else ""
    why = fit.ended_early.removeprefix(f"stopped after epoch {len(fit.history)}: ").partition("; ")[0]
    whole = f"{epoch} {figures}: {why}"
    return textwrap.shorten(whole if len(whole) <= room else f"{epoch}: {why}", room, placeholder="…")


def figures_in_words(row: Mapping[str, float], history: History) -> str:
    """The figure that decides which epoch is best, and the main metric: "validation loss 0.1234 accuracy 0.9722"."""
    part = history.decisive.partition("_")[0]
    shown = [f"{column.removeprefix(f'{part}_')} {rounded(row[column])}" for column in main_columns(row, history)]
    return " ".join([part, *shown])


def main_columns(row: Mapping[str, float], history: History) -> list[str]:
    """The column that decides which epoch is best, and the loss or main metric of the same rows beside it."""
    part = history.decisive.partition("_")[0]
    columns = [column for column in row if column.startswith(f"{part}_")]  # the loss, then the metrics
    return list(dict.fromkeys([history.decisive, *columns]))[:2]


@contextlib.contextmanager
def while_there_is_a_terminal() -> Iterator[None]:
    """Within the block, what is printed to a terminal that was closed is lost, which is no error."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        mute()


def mute() -> None:
    """Sends whatever is printed from now on nowhere, Python's own last flush too."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
