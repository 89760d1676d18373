"""A picture is a Matplotlib figure in nnlite's style, which a notebook shows by itself.

This file imports Matplotlib, so that it is imported inside functions alone.
"""

from typing import Any

from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure

from nnlite.plots.style import quiet


class Picture(Figure):
    """A Matplotlib figure that is drawn in the style of `nnlite.plots`, whatever the user's own settings are.

    What else Matplotlib does with figures it does with this one: more can be drawn on its `axes`, and `savefig`
    writes it.

    Attributes:
        words: what the picture shows, in a sentence or two, for those who do not see it; an SVG file holds them.
    """

    def __init__(self, *args: Any, words: str = "", **options: Any) -> None:
        with quiet():
            super().__init__(*args, **options)
        self.words = words

    def draw(self, renderer: RendererBase) -> None:
        with quiet():  # numbers at axes are made, and styled, when they are drawn
            super().draw(renderer)

    def _repr_svg_(self) -> str:
        from nnlite.plots.figure import as_svg

        return as_svg(self)

    def _repr_png_(self) -> bytes:
        from nnlite.plots.figure import as_png

        return as_png(self)
