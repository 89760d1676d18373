"""A cloud of rows in two numbers: points where they are few, a density where they are many."""

from typing import TYPE_CHECKING

import numpy as np

from nnlite.plots.style import FIRST, SECOND, SMALL, densities
from nnlite.text import counted
from nnlite.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 400
"""Of more rows the density is drawn: points would cover each other, and make the file large."""

_CELLS = 32  # along each axis


def shown_range(values: Array) -> tuple[float, float]:
    """From a little below the values to a little above; those far away from nearly all others do not count.

    The middle 99 % (all but the outermost two, of few values) may have half their extent more on each side.

    >>> import numpy as np
    >>> from nnlite.plots.scatter import shown_range
    >>> shown_range(np.array([*range(101), 1e9]))[1] < 200
    True
    """
    ordered = np.sort(values[np.isfinite(values)])
    if not len(ordered):
        return 0.0, 1.0
    outermost = max(len(ordered) // 200, 2) if len(ordered) >= 10 else 0
    inner = ordered[outermost : len(ordered) - outermost]
    room = 0.5 * float(inner[-1] - inner[0])
    low, high = (
        float(ordered[0]) if not room else max(float(ordered[0]), float(inner[0]) - room),
        float(ordered[-1]) if not room else min(float(ordered[-1]), float(inner[-1]) + room),
    )
    margin = 0.04 * (high - low) or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def cloud(
    axes: "Axes", x: Array, y: Array, across: tuple[float, float], along: tuple[float, float], colour: str = FIRST
) -> None:
    """Draws rows within these limits; those outside are triangles at the edge, and counted in a note.

    Args:
        axes: where to draw.
        x, y: (rows,) the numbers of each row.
        across, along: the limits of the two axes.
        colour: of the rows.
    """
    axes.set(xlim=across, ylim=along)
    inside = (x >= across[0]) & (x <= across[1]) & (y >= along[0]) & (y <= along[1])
    if inside.sum() <= MOST_POINTS:
        size = 5.0 if inside.sum() <= 30 else 3.0 if inside.sum() <= 150 else 2.5
        axes.plot(x[inside], y[inside], "o", color=colour, alpha=0.75, markersize=size, markeredgewidth=0)
    else:
        from matplotlib.colors import LogNorm

        axes.hexbin(
            x[inside],
            y[inside],
            gridsize=_CELLS,
            extent=(*across, *along),
            mincnt=1,
            cmap=densities(colour),
            norm=LogNorm(vmin=1),
            linewidths=0.0,
        )
    if beyond := int((~inside).sum()):
        at = np.clip(x[~inside], *across)[:MOST_POINTS], np.clip(y[~inside], *along)[:MOST_POINTS]
        axes.plot(*at, "^", color=SECOND, markersize=5, markeredgewidth=0, clip_on=False, label="beyond the axes")
        note = f"▲ {counted(beyond, 'row')} beyond the axes"
        axes.annotate(
            note, (0, 1), (2, 3), "axes fraction", textcoords="offset points", fontsize=SMALL - 1, va="bottom"
        )
