"""What every figure needs: it is drawn without a window, and written to a file, the same bytes each time."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlite import files
from nnlite.plots import svg
from nnlite.plots.style import quiet
from nnlite.text import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

DPI = 150

_UNDATED: dict[str, dict[str, Any]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "png": {"Software": None},
}


def save(figure: "Figure", path: Path) -> None:
    """Writes the figure in the format of the file's ending; the same figure gives the same bytes.

    The layout is computed once, for the first file, and kept for the others.

    Raises `RunError` when the file cannot be written.
    """
    kind = path.suffix.lstrip(".").lower()
    files.write(path, as_svg(figure, whole=True) if kind == "svg" else _drawn(figure, kind))


def as_svg(figure: "Figure", *, whole: bool = False) -> str:
    """The figure as an SVG element to be put into an HTML page; the same figure gives the same text.

    Its words are text, and what is grey in it has the colour `currentColor`: in a page with the CSS rule
    `svg {color: inherit}` the colour of the page's text. Several of them may stand in one page.

    Args:
        figure: what to draw.
        whole: whether a file is to be made of it.

    >>> from nnlite import plots
    >>> plots.as_svg(plots.confusion([[3, 1], [0, 2]], ["no", "yes"]))[:15]
    '<svg role="img"'
    """
    text = svg.tidied(_drawn(figure, "svg").decode(), getattr(figure, "words", ""))
    return svg.DECLARATION + text if whole else text


def as_png(figure: "Figure") -> bytes:
    """The figure as the bytes of a PNG file with a transparent background."""
    return _drawn(figure, "png")


def _drawn(figure: "Figure", kind: str) -> bytes:
    buffer = io.BytesIO()
    with quiet(), _whatever_the_names():
        _lay_out(figure)
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=_UNDATED.get(kind))
    return buffer.getvalue()


@contextlib.contextmanager
def _whatever_the_names() -> Iterator[None]:
    """Silences Matplotlib's warnings of letters that the font lacks and of labels too long for the margin.

    The names of runs and classes are the user's, and the figure shows the result.
    """
    with warnings.catch_warnings():
        for message in ("Glyph .* missing from", "constrained_layout not applied"):
            warnings.filterwarnings("ignore", message, UserWarning)
        yield


def _lay_out(figure: "Figure") -> None:
    """Computes the layout once: Matplotlib would do it for every file, and draw twice for that."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)


def import_quickly() -> None:
    """Imports Matplotlib without the lists of properties that it writes into its docstrings while it is imported.

    They take a third of that time. This is for a process that only draws, such as the command line's.
    """
    from matplotlib import artist as artists

    write_list = artists.kwdoc
    artists.kwdoc = lambda artist: ""
    try:
        import matplotlib.figure  # noqa: F401
    finally:
        artists.kwdoc = write_list


def fit(text: "Text", size: float, width: float) -> None:
    """Gives the text `size` in points, or a smaller size, so that it is at most `width` inches wide."""
    with _whatever_the_names():
        for _ in range(3):  # letters do not shrink quite in proportion
            text.set_fontsize(size)
            wide = text.get_window_extent(dpi=DPI).width / DPI
            size *= min(width / max(wide, 0.01), 1.0)


def shortened(name: object, most: int = 20) -> str:
    """The name on one line, cut where it has more characters than these."""
    line = " ".join(str(name).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def plain(name: object) -> str:
    """A user's name as text: no XML file holds control characters; Matplotlib sets what is between $ as a formula."""
    return printable(name, keep="\n").replace("$", r"\$")
