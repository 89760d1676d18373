"""How much a model goes by each column: a bar for each, with its spread."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.plots.figure import plain, shortened
from nnlite.plots.style import FIRST, INK, WIDTH, head, quiet
from nnlite.text import printable
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.plots.picture import Picture

MOST = 20
"""Columns in a figure."""


@quiet()
def importance(
    columns: Sequence[Any],
    mean: Array | Sequence[float],
    spread: Array | Sequence[float],
    figure: str,
    title: str = "",
) -> "Picture":
    """By how much a figure becomes worse where a column's values are shuffled, for the 20 columns with the most.

    A column whose bar is not longer than its spread is grey: that may be chance.

    Args:
        columns: the names of the columns.
        mean: (columns,) by how much the figure changes, the mean over the shuffles.
        spread: (columns,) the standard deviation over the shuffles.
        figure: what changes, such as "log loss".
        title: what stands above.
    """
    from nnlite.plots.picture import Picture

    mean, spread = np.asarray(mean, np.float64), np.asarray(spread, np.float64)
    order = np.argsort(-mean, kind="stable")[:MOST]
    names = [shortened(columns[index], 28) for index in order]
    more = f", the first {MOST} of {len(columns)} columns" if len(columns) > MOST else ""
    said = f"rise of the {figure} where a column is shuffled, ± a standard deviation{more}"
    told = ", ".join(f"{each} {mean[index]:.3g}" for each, index in zip(names[:5], order, strict=False))
    words = printable(f"{title}: {said}. {told}.".removeprefix(": "))
    picture = Picture(figsize=(WIDTH, 0.26 * len(order) + 1.2), layout="constrained", words=words)
    head(picture, [plain(title), plain(said)], WIDTH)
    axes = picture.add_subplot()
    sure = np.abs(mean[order]) > spread[order]
    places = np.arange(len(order))
    axes.barh(places, mean[order], 0.66, color=[FIRST if each else INK for each in sure], alpha=0.8)
    axes.hlines(places, mean[order] - spread[order], mean[order] + spread[order], color=INK, linewidth=1.2)
    axes.axvline(0, color=INK, linewidth=0.7)
    axes.set_yticks(places, [plain(each) for each in names])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(order) - 0.4, -0.6)
    return picture
