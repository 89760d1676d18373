"""A picture is a Matplotlib figure that nobody shows: it goes into a file, the same bytes each time."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlite.saving import files

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

# Matplotlib's own first colours: told apart by most colour-blind eyes, and on paper by their line styles.
FIRST, SECOND = "tab:blue", "tab:orange"
DPI = 150


def save(picture: "Figure", path: Path) -> None:
    """Writes the picture in the format of the file's ending; the same picture gives the same bytes.

    Its parts stay where the first writing puts them. Raises `RunError` when the file cannot be written.
    """
    import matplotlib

    kind = path.suffix.lstrip(".").lower()
    undated: dict[str, dict[str, Any]] = {
        "svg": {"Date": None},
        "pdf": {"CreationDate": None},
        "png": {"Software": None},
    }
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "nnlite"}), _whatever_the_names():
        _lay_out(picture)
        picture.savefig(buffer, format=kind, dpi=DPI, metadata=undated.get(kind))
    files.write(path, buffer.getvalue())


@contextlib.contextmanager
def _whatever_the_names() -> Iterator[None]:
    """Names of runs and classes are the user's.

    Where the font lacks a letter, or a label is too long for the margin, the picture shows it.
    """
    with warnings.catch_warnings():
        for message in ("Glyph .* missing from", "constrained_layout not applied"):
            warnings.filterwarnings("ignore", message, UserWarning)
        yield


def _lay_out(picture: "Figure") -> None:
    """Puts the parts of the picture in their places, once: Matplotlib would do it, and draw twice, for every file."""
    engine = picture.get_layout_engine()
    if engine is not None:
        engine.execute(picture)
        picture.set_layout_engine(None)


def put_title(axes: "Axes", words: str) -> None:
    """Writes words above the axes.

    Without a height Matplotlib measures all numbers on the x axis each time it draws, in case they stand above too.
    """
    axes.set_title(words, y=1.0)


def fit(text: "Text", size: float, width: float) -> None:
    """Gives the text its size in points, or a smaller one so that it is no wider than so many inches."""
    with _whatever_the_names():
        for _ in range(3):  # letters do not shrink quite in proportion
            text.set_fontsize(size)
            wide = text.get_window_extent(dpi=DPI).width / DPI
            size *= min(width / max(wide, 0.01), 1.0)


def shortened(name: str) -> str:
    """The name, its end left out where it would take the picture's place."""
    return name if len(name) <= 20 else f"{name[:19]}…"


def plain(name: object) -> str:
    """A user's name as text: Matplotlib takes what stands between dollar signs for a formula."""
    return str(name).encode("utf-8", "replace").decode().replace("$", r"\$")
