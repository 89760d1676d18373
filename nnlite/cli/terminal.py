"""Progress is shown on the terminal, a line an epoch elsewhere; a terminal closed meanwhile is no error."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Any, Self


@contextlib.contextmanager
def while_there_is_one() -> Iterator[None]:
    """What is printed to a terminal that was closed is lost, and no error; the signal that says so is for others."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        mute()


def mute() -> None:
    """Lets whatever is still printed go nowhere, Python's own last flush too."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def tell_to_wait() -> None:
    """Says at the first signal what is waited for; past Python's streams, which may be in the middle of a line."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # there is no terminal, or no more
        os.write(sys.stderr.fileno(), b"\nfinishing the step, to write a checkpoint; Ctrl-C again leaves at once\n")


def shown(figure: float) -> str:
    """A figure with four decimals, or four digits where those would be too few or far too many."""
    return f"{figure:.4f}" if figure == 0 or 1e-3 <= abs(figure) < 1e5 else f"{figure:.4g}"


class Progress:
    """How far training is: a bar on a terminal, a line for each epoch elsewhere; on standard error."""

    def __init__(self, epochs: int, done: int = 0) -> None:
        self.epochs, self.done = epochs, done
        self.bar: Any = None
        self.on_terminal = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            with while_there_is_one():
                self.bar.close()

    def step(self, step: int, steps: int) -> None:
        """After a step."""
        if self.on_terminal:
            if self.bar is None:
                from tqdm import tqdm

                before = self.done * steps + step - 1
                self.bar = tqdm(initial=before, total=self.epochs * steps, unit="step", dynamic_ncols=True)
            with while_there_is_one():
                self.bar.update()

    @while_there_is_one()
    def epoch(self, row: dict[str, float]) -> None:
        """After an epoch."""
        if self.bar is not None:
            self.bar.set_description(f"epoch {row['epoch']}/{self.epochs}", refresh=False)
            parts = [part for part in ("training", "validation") if f"{part}_loss" in row]
            self.bar.set_postfix({part: f"{row[f'{part}_loss']:.4f}" for part in parts}, refresh=False)
        else:
            figures = ", ".join(
                f"{name.replace('_', ' ')} {shown(figure)}"
                for name, figure in row.items()
                if name.startswith(("training_", "validation_"))
            )
            print(f"epoch {row['epoch']}/{self.epochs}: {figures}", file=sys.stderr)
