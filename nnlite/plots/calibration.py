"""A reliability diagram: how often a classifier is right, over how sure it is."""

from typing import TYPE_CHECKING

import numpy as np

from nnlite.metrics.intervals import wilson
from nnlite.plots.figure import plain
from nnlite.plots.style import FIRST, INK, head, name, quiet
from nnlite.text import counted, printable
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.plots.picture import Picture

_WIDTH, _HEIGHT = 4.4, 5.6  # inches


@quiet()
def calibration(
    confidence: Array, accuracy: Array, rows: Array, error: float | None = None, title: str = ""
) -> "Picture":
    """How often a classifier is right over how sure it is, bin by bin, and the rows of each bin below.

    On the diagonal it is right as often as it says; below it is too sure. The upright lines are 95 % intervals.

    Args:
        confidence: (bins,) the mean probability of the predicted class in each of the bins of equal width from 0 to
            1; NaN without rows.
        accuracy: (bins,) the part of the bin's rows for which it is right; NaN without rows.
        rows: (bins,) how many rows each has.
        error: the expected calibration error to be said; by default Σ rows · |accuracy − confidence| / Σ rows.
        title: what stands above.
    """
    from matplotlib.ticker import MaxNLocator

    from nnlite.plots.picture import Picture

    confidence, accuracy, rows = (np.asarray(each, np.float64) for each in (confidence, accuracy, rows))
    filled = rows > 0
    total = int(rows.sum())
    if error is None:
        error = float((rows * np.abs(accuracy - confidence))[filled].sum() / total) if total else np.nan
    known = f"{error:.3f}" if np.isfinite(error) else "undefined"
    said = f"expected calibration error {known}, {counted(total, 'row')}"
    figure = Picture(
        figsize=(_WIDTH, _HEIGHT),
        layout="constrained",
        words=printable(f"{title}: how often it is right over how sure it is; {said}.".removeprefix(": ")),
    )
    head(figure, [plain(title), said], _WIDTH)
    grid = figure.add_gridspec(2, 1, height_ratios=(4, 1))
    axes = figure.add_subplot(grid[0])
    below = figure.add_subplot(grid[1], sharex=axes)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=(0, (4, 3)))
    bounds = np.array([wilson(share * count, count) for share, count in zip(accuracy, rows, strict=True)])
    axes.vlines(confidence[filled], *bounds[filled].T, color=FIRST, linewidth=1.2, alpha=0.6)
    axes.plot(confidence[filled], accuracy[filled], "o-", color=FIRST, linewidth=1.2)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set_ylabel("part that is right")
    axes.tick_params(labelbottom=False)
    edges = np.linspace(0, 1, len(rows) + 1)
    below.bar(edges[:-1], rows, 0.92 / len(rows), align="edge", color=FIRST, alpha=0.75)
    below.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=2))
    below.set_xlabel("how sure it is (probability of the predicted class)")
    name(below, "rows")
    return figure
