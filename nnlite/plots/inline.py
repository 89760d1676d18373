"""A figure as a part of an HTML page, such as a notebook's: an image that needs no file beside it."""

import base64
from typing import TYPE_CHECKING

from nnlite.plots.figure import as_svg
from nnlite.text import as_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def image(figure: "Figure", words: str) -> str:
    """An HTML `img` that holds the figure as SVG; the same figure gives the same text.

    Neither the ids nor the styles in it reach the page around it, as those of an SVG written into the page would.

    Args:
        figure: the figure.
        words: what it shows, for those who cannot see it.
    """
    encoded = base64.b64encode(as_svg(figure, whole=True).encode()).decode("ascii")
    return f'<img alt="{as_html(words)}" style="max-width: 100%" src="data:image/svg+xml;base64,{encoded}">'
