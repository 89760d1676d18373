"""A confusion matrix: how many rows of each true class were given each class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.metrics.intervals import wilson
from nnlite.plots.figure import plain, shortened
from nnlite.plots.style import INK, SMALL, TEXT, head, on, quiet, shades
from nnlite.text import counted, printable
from nnlite.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnlite.plots.picture import Picture

_BOTH, _COUNTS, _NAMES = 10, 25, 50
"""The most classes whose cells hold counts and percentages; counts alone; and of which each has its name."""


@quiet()
def confusion(
    matrix: Array | Sequence[Sequence[int]],
    classes: Sequence[Any],
    title: str = "",
    *,
    accuracy: float | None = None,
    interval: Sequence[float] | None = None,
) -> "Picture":
    """A confusion matrix: how many rows of each true class were given each class, and which part of that class.

    The colour is the share of the true class, so that a rare class counts as much as a frequent one; a cell without
    rows has none. Recall stands at the right of each class, precision below. Of more than 10 classes the cells hold
    counts alone, of more than 25 nothing.

    Args:
        matrix: (classes, classes) counts, an array or lists; rows are the true classes, columns the predicted ones.
        classes: the names of the classes, in order.
        title: what stands above.
        accuracy: what the title says; by default that of the matrix. Rows that have weights, or no prediction, make
            another one.
        interval: the accuracy's 95 % interval; by default that of Wilson where `accuracy` is not given.
    """
    from matplotlib.ticker import NullLocator

    from nnlite.plots.picture import Picture

    matrix = np.asarray(matrix)
    count, rows = len(classes), int(matrix.sum())
    right = matrix.diagonal()
    of_class, taken = matrix.sum(axis=1), matrix.sum(axis=0)
    shares, recall, precision = (
        np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
        for part, whole in ((matrix, of_class[:, None]), (right, of_class), (right, taken))
    )
    if accuracy is None:
        accuracy = float(right.sum() / rows) if rows else np.nan
        interval = wilson(float(right.sum()), rows) if interval is None else interval
    said = _accuracy(accuracy, interval, rows)
    every = 1 + (count - 1) // _NAMES  # more names would not be read
    names = [plain(shortened(each)) for each in classes[::every]]
    longest = max(map(len, names), default=0)

    cell = 0.62 if count <= 5 else 0.5 if count <= _BOTH else 0.42 if count <= _COUNTS else max(6.0 / count, 0.02)
    side = cell * (count + (1.3 if count <= _COUNTS else 0))
    room = min(0.085 * longest, 1.7)  # inches for the names
    width = max(side + room + 0.9, 4.2)
    figure = Picture(
        figsize=(width, side + (0.75 * room if longest > 3 else 0.3) + 1.0),
        layout="constrained",
        words=_in_words(title, said, classes, recall, precision),
    )
    head(figure, [plain(title), said], width)
    axes = figure.add_subplot()
    axes.set_aspect("equal")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    filled = np.where(matrix > 0, shares, np.nan)
    rates = count <= _COUNTS
    solid = np.where(filled >= 0.5, filled, np.nan) if rates else filled
    image = axes.imshow(solid, cmap=shades(), vmin=0, vmax=1, interpolation="nearest")
    ticks = [float(each) for each in range(0, count, every)]
    end = count - 0.5 + (1.3 if rates else 0)
    axes.set(xlim=(-0.5, end), ylim=(end, -0.5))
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    beyond = [count + 0.25] if rates else []
    slanted: dict[str, Any] = {"rotation": 45, "ha": "left", "rotation_mode": "anchor"}
    axes.set_xticks(ticks + beyond, names + ["recall"] * rates, **(slanted if longest > 3 else {}))
    axes.set_yticks(ticks + beyond, names + ["precision"] * rates)
    axes.tick_params(length=0, labelsize=SMALL if rates else SMALL - 2)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    lines = np.arange(-0.5, count) if count <= _COUNTS else np.array([-0.5, count - 0.5])
    axes.hlines(lines, -0.5, count - 0.5, color=INK, linewidth=0.6, alpha=0.35)
    axes.vlines(lines, -0.5, count - 0.5, color=INK, linewidth=0.6, alpha=0.35)
    if rates:
        _fill(axes, matrix, shares, count <= _BOTH)
        for index in range(count):
            _word(axes, count + 0.25, index, percent(recall[index]), INK, SMALL if count <= _BOTH else SMALL - 2)
            _word(axes, index, count + 0.25, percent(precision[index]), INK, SMALL if count <= _BOTH else SMALL - 2)
    else:
        bar = figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.7)
        bar.outline.set_visible(False)
    return figure


def percent(share: float) -> str:
    """A share in percent, which is 100 or 0 only where it is all or nothing; a dash where it is NaN.

    >>> from nnlite.plots.confusion import percent
    >>> percent(0.256), percent(0.999), percent(1.0), percent(0.001), percent(float("nan"))
    ('26 %', '>99 %', '100 %', '<1 %', '–')
    """
    if np.isnan(share):
        return "–"
    shown = round(100 * share)
    if shown == 100 and share < 1:
        return ">99 %"
    if shown == 0 and share > 0:
        return "<1 %"
    return f"{shown} %"


def _fill(axes: "Axes", matrix: Array, shares: Array, both: bool) -> None:
    """The count of each cell that has rows, and its share of the true class below."""
    for (true, predicted), rows in np.ndenumerate(matrix):
        if rows:
            share = float(shares[true, predicted])
            if share < 0.5:
                _frame(axes, predicted, true, share)
            _word(axes, predicted, true - 0.14 * both, f"{rows}", on(share), TEXT if both else SMALL - 2)
            if both:
                _word(axes, predicted, true + 0.24, percent(share), on(share), SMALL - 2)


def _frame(axes: "Axes", x: int, y: int, share: float) -> None:
    """A frame within a cell, the wider the larger the share: the words stand on the page, whatever its colour."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    wide = 0.03 + 0.2 * share
    corners = np.array([(-1, -1), (-1, 1), (1, 1), (1, -1), (-1, -1)])
    outer, inner = 0.5 * corners, (0.5 - wide) * corners[::-1]
    codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * 2
    ring = Path(np.concatenate([outer, inner]) + np.array([x, y]), codes)
    axes.add_patch(PathPatch(ring, facecolor=shades()(0.5), alpha=0.35 + share, linewidth=0))


def _word(axes: "Axes", x: float, y: float, word: str, colour: str, size: float) -> None:
    axes.text(x, y, word, ha="center", va="center", color=colour, fontsize=size)


def _accuracy(accuracy: float, interval: Sequence[float] | None, rows: int) -> str:
    said = f"accuracy {accuracy:.3f}" if np.isfinite(accuracy) else "accuracy undefined"
    if interval is not None and np.isfinite(interval).all():
        said += f" (95 %: {interval[0]:.3f} to {interval[1]:.3f})"
    return f"{said}, {counted(rows, 'row')}"


def _in_words(title: str, said: str, classes: Sequence[Any], recall: Array, precision: Array) -> str:
    """What the picture shows, for those who do not see it."""
    of_each = [
        f"{shortened(each)}: recall {percent(found)}, precision {percent(right)}"
        for each, found, right in zip(classes[:_BOTH], recall, precision, strict=False)
    ]
    what = f"Confusion matrix of {title}" if title else "Confusion matrix"
    return printable(f"{what}: {said}. {'; '.join(of_each)}.")
