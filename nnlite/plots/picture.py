"""A picture is a Matplotlib figure that nobody shows: it goes into a file, the same bytes each time."""

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlite import files

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

# Matplotlib's own first colours: told apart by most colour-blind eyes, and on paper by their line styles.
FIRST, SECOND = "tab:blue", "tab:orange"


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
        picture.savefig(buffer, format=kind, dpi=150, metadata=undated.get(kind))
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


def fit(picture: "Figure", texts: Sequence["Text"], size: float, width: float) -> None:
    """Gives all the texts the same size in points, a smaller one if the longest would be wider than so many inches."""
    for text in texts:
        text.set_fontsize(size)
    with _whatever_the_names():
        longest = max((text.get_window_extent().width / picture.dpi for text in texts), default=0.0)
    if longest > width:
        for text in texts:
            text.set_fontsize(size * width / longest)


def shortened(name: str) -> str:
    """The name, its end left out where it would take the picture's place."""
    return name if len(name) <= 20 else f"{name[:19]}…"


def plain(name: object) -> str:
    """A user's name as text: Matplotlib takes what stands between dollar signs for a formula."""
    return str(name).encode("utf-8", "replace").decode().replace("$", r"\$")
