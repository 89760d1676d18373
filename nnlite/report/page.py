"""A report becomes one HTML page, which needs no other file, runs no script and asks for nothing from anywhere.

Names in it are a user's, and may be made to do harm: every text is escaped, what no eye can see is shown as an
escape, and the page forbids scripts and requests by its own policy.
"""

import functools
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlite.report.contents import Contents
from nnlite.report.diagram import diagram
from nnlite.report.network import Block, Network
from nnlite.text import counted, cut, printable, rounded

if TYPE_CHECKING:
    from jinja2 import Template

_MOST_CLASSES_ACROSS = 12
"""The most classes whose confusion matrix stands as a table beside its picture."""

_MOST_LETTERS = 80

_PIXELS_A_POINT, _LEAST_SCALE = 4 / 3, 0.6

_SHORT = {"r2": "R²"} | {word.lower(): word for word in ("MAE", "RMSE", "MCC", "ROC", "AUC", "F1")}


def page(contents: Contents) -> str:
    """The report as the text of an HTML file; the same contents give the same text."""
    return _template().render(c=contents, diagram=diagram(contents.network), layers=list(_layers(contents.network)))


@functools.cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # here, since most commands write no report
    from markupsafe import Markup

    def visible(value: Any) -> Any:
        if isinstance(value, Markup) or not isinstance(value, str):
            return value
        return printable(value, keep="\n")

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
        auto_reload=False,
    )
    environment.filters |= {
        "name": lambda name: cut(" ".join(str(name).split()) or "(no name)", _MOST_LETTERS),
        "figure_name": figure_name,
        "least_width": least_width,
        "number": number,
        "change": change,
        "signed": lambda figure: f"{'+' if figure is not None and figure > 0 else ''}{change(figure)}",
        "exact": lambda figure: repr(float(figure)),
        "percent": lambda share: f"{100 * share:.0f} %",
        "counted": counted,
    }
    environment.tests["unknown"] = _unknown
    environment.globals["most_across"] = _MOST_CLASSES_ACROSS
    return environment.get_template("template.html")


def _unknown(figure: float | None) -> bool:
    return figure is None or math.isnan(figure)


def number(figure: float | None) -> str:
    """A figure as `rounded` writes it, with a minus sign; "–" for none.

    >>> from nnlite.report.page import number
    >>> number(0.5), number(-2e-7), number(None)
    ('0.5000', '−2e-07', '–')
    """
    if figure is None or math.isnan(figure):
        return "–"
    text = rounded(figure)
    return text.replace("-", "−", 1) if figure < 0 else text


def change(figure: float | None) -> str:
    """By how much a figure has changed: with four decimals, so that small changes in a column stand below each other.

    >>> from nnlite.report.page import change
    >>> change(0.25), change(-0.00075), change(2e-7)
    ('0.2500', '−0.0008', '2e-07')
    """
    if figure is None or not 5e-5 <= abs(figure) < 1e-3:
        return number(figure)
    return f"{figure:.4f}".replace("-", "−")


def figure_name(name: str) -> str:
    """The name of a figure as people write it.

    >>> from nnlite.report.page import figure_name
    >>> figure_name("balanced_accuracy"), figure_name("r2"), figure_name("roc_auc")
    ('balanced accuracy', 'R²', 'ROC AUC')
    """
    return " ".join(_SHORT.get(word, word) for word in name.split("_"))


def least_width(svg: str) -> int:
    """The pixels below which the words in a picture of Matplotlib become too small, so that it is scrolled instead.

    >>> from nnlite.report.page import least_width
    >>> least_width('<svg role="img" width="300pt" height="200pt">')
    240
    """
    found = re.match(r'<svg\b[^>]*? width="([\d.]+)pt"', svg)
    return round(float(found[1]) * _PIXELS_A_POINT * _LEAST_SCALE) if found else 0


def _layers(network: Network) -> Any:
    """A row for each layer, nested ones after their container: its path, how deep it stands, itself."""

    def rows(blocks: tuple[Block, ...], depth: int) -> Any:
        for block in blocks:
            yield depth, block
            for branch in block.branches:
                yield from rows(branch, depth + 1)

    yield from rows(network.blocks, 0)
