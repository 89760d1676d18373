"""The style that all figures share: colours, sizes, lines, and words beside lines in place of a legend.

A figure has no background of its own, and what is drawn of it can be read on a white page and on a dark one: the ink
is a grey half-way between, and the colours are neither light nor dark. A colour-blind reader tells them apart.
"""

import contextlib
import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

INK = "#767676"
"""Of words, axes and the grid: its contrast is 4.5 on white and 4.6 on black. SVG has `currentColor` in its place."""

COLOURS = ("#1f6fba", "#dd7d12", "#2aa587", "#b8458c", "#459cd6", "#8a6d1c")
"""Of lines: 3 or more from white and from #111, apart in each of the three kinds of colour blindness."""

FIRST, SECOND = COLOURS[:2]
"""Where there are two kinds, such as training and validation."""

_FULL = "#195fa5"
"""The end of the scale of shares, on which white words can be read."""

WIDTH = 5.6
"""Inches of a common figure; on a telephone, where it is drawn half as large, its words can still be read."""

TEXT, SMALL = 10.0, 9.0
"""The sizes of words, in points: titles; and the numbers at axes, and what stands beside lines."""

DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))
"""Of lines, once all colours are used."""

_SETTINGS = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.formatter.useoffset": False,  # a number at a tick stands for itself
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": SMALL,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": TEXT,
    "axes.ymargin": 0.08,
    "figure.facecolor": "none",
    "figure.titlesize": TEXT,
    "font.family": "DejaVu Sans",  # it comes with Matplotlib, so words are as wide on every machine
    "font.size": TEXT,
    "grid.alpha": 0.25,
    "grid.color": INK,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.7,
    "lines.markersize": 5.0,
    "svg.fonttype": "none",  # words stay words
    "svg.hashsalt": "nnlite",
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": SMALL,
    "ytick.color": INK,
    "ytick.labelsize": SMALL,
}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Within the block, or the function that it decorates, Matplotlib has this style, whatever the user has set."""
    import matplotlib

    with matplotlib.rc_context():
        settings: Any = matplotlib.rcParams
        dict.update(settings, _checked())  # not by its own method: to check 300 settings anew takes 30 ms
        yield


@functools.cache
def _checked() -> dict[str, Any]:
    import matplotlib

    settings = dict(matplotlib.rcParamsDefault) | dict(matplotlib.RcParams(_SETTINGS))
    return {name: value for name, value in settings.items() if not name.startswith(("backend", "interactive"))}


def colour_of(index: int) -> str:
    """The colour of a line by its place among several."""
    return COLOURS[index % len(COLOURS)]


def dashes_of(index: int) -> Any:
    """The dashes of a line by its place: colours that come again have others."""
    return DASHES[index // len(COLOURS) % len(DASHES)]


def shades() -> "Colormap":
    """A scale of shares: a touch of blue, and from one half on a full blue; `on` is the colour of words on it.

    It lets the page through, so that little has about the page's colour, be that white or dark. Between a touch and
    a full blue no words could be read on both; so one half of the class is a step.
    """
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    scale = ((0.0, 0.1), (0.4999, 0.32), (0.5, 0.85), (1.0, 1.0))
    return LinearSegmentedColormap.from_list("shares", [(share, (*to_rgb(_FULL), opaque)) for share, opaque in scale])


def on(share: float) -> str:
    """The colour of words on the shade of this share."""
    return "white" if share >= 0.5 else INK


def densities(colour: str = FIRST) -> "Colormap":
    """A scale of one colour from nearly transparent to full, which shows how many lie in a place on any page."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    return LinearSegmentedColormap.from_list("densities", [(*to_rgb(colour), 0.25), (*to_rgb(colour), 1.0)])


def head(figure: "Figure", lines: Sequence[str], width: float) -> None:
    """Writes the title above the figure, and notes below it, from its left edge on, none wider than the figure."""
    import textwrap

    most = max(int(width * 72 / (0.56 * TEXT)), 20)  # letters in a line
    shown = [part for line in lines for part in textwrap.wrap(line, most)[:3]]
    if shown:
        figure.suptitle("\n".join(shown), x=0.01, ha="left", linespacing=1.35)


def name(axes: "Axes", words: str) -> None:
    """Writes what a panel shows above its left end.

    Without a height Matplotlib measures all numbers on the x axis each time it draws, in case they stand above too.
    """
    axes.set_title(words, x=0.0, y=1.0, ha="left")
    axes.yaxis.get_offset_text().set(x=-0.01, ha="right")  # such as 1e9: it stood where the title stands


def whole_numbers(axes: "Axes", shown: Sequence[float], **options: Any) -> None:
    """Gives the x axis the limits of what is shown on it, and whole numbers at its ticks, however little it is."""
    from matplotlib.ticker import MaxNLocator

    low, high = min(shown), max(shown)
    margin = 0.045 * (high - low) or 0.5
    axes.set_xlim(low - margin, high + margin)
    least = 1 if low == high else 2
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=least, **options))


def logarithmic(axes: "Axes", along: Literal["x", "y"], low: float, high: float) -> None:
    """Gives an axis a logarithmic scale, with numbers such as 0.01 in place of powers of ten.

    Args:
        axes: whose axis it is.
        along: which of the two.
        low, high: the smallest and the largest number on it, above 0.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    if along == "x":
        axes.set_xscale("log")
    else:
        axes.set_yscale("log")
    axis = axes.xaxis if along == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=(1.0,) if high > 300 * low else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    axis.set_minor_locator(NullLocator())


@dataclass(frozen=True)
class Beside:
    """Words beside the end of a line.

    Attributes:
        at: where the line ends, in its numbers.
        words: what stands there.
        colour: the line's.
    """

    at: tuple[float, float]
    words: str
    colour: str = INK


def beside(axes: "Axes", labels: Sequence[Beside], height: float) -> None:
    """Writes words to the right of the axes, each at the height where its line ends; none over another.

    Args:
        axes: with its limits and scales as they stay.
        labels: what to write.
        height: of the axes, in inches, or a little less.
    """
    low, high = sorted(axes.get_ylim())
    labels = sorted((each for each in labels if np.isfinite(each.at).all()), key=lambda each: each.at[1])
    to_axes = axes.transScale + axes.transLimits
    heights = [to_axes.transform((each.at[0], min(max(each.at[1], low), high)))[1] for each in labels]
    for each, place in zip(labels, _apart(heights, 1.35 * SMALL / 72 / height), strict=True):
        axes.annotate(
            each.words,
            (each.at[0], min(max(each.at[1], low), high)),
            (1.04, place),
            textcoords="axes fraction",
            fontsize=SMALL,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": each.colour,
                "alpha": 0.7,
                "linewidth": 0.7,
                "shrinkA": 1,
                "shrinkB": 0,
                "relpos": (0, 0.5),
            },
        )


def _apart(places: Sequence[float], gap: float) -> list[float]:
    """Rising places, moved as little as can be so that each is a gap above the one before, and within 0 and 1."""
    groups: list[list[float]] = []  # the sum of what the places would be at the group's lowest, and how many
    for index, place in enumerate(places):
        groups.append([place - index * gap, 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            total, count = groups.pop()
            groups[-1][0] += total
            groups[-1][1] += count
    top = max(1 - (len(places) - 1) * gap, 0.0)
    lowest = [min(max(total / count, 0.0), top) for total, count in groups for _ in range(int(count))]
    return [each + index * gap for index, each in enumerate(lowest)]


Box = tuple[float, float, float, float]
"""Left, bottom, right and top, each as a part of the axes' width or height."""


_CLOSE = 4.0  # points above or below what a word is about
_STEP = 0.005  # of the axes, from one looked-at point of a line to the next
_FAR = 0.02  # so much of a line a word may cover rather than stand a line of words farther away
_COVERED = 0.07  # of a line, which is hardly any


@dataclass(frozen=True)
class Place:
    """Where a word stands beside a point.

    Attributes:
        offset: how far to the right of the point and above it, in points.
        across, along: how the word is aligned there.
        box: what it takes of the axes.
        free: whether it lies close to the point, within the axes, over no other word and hardly any line.
    """

    offset: tuple[float, float]
    across: str
    along: str
    box: Box
    free: bool


def clear_side(
    axes: "Axes",
    at: tuple[float, float],
    wide: float,
    high: float,
    *,
    taken: Sequence[Box] = (),
    first: tuple[int, int] = (1, 1),
) -> Place:
    """Where a word at a point covers no other word if that can be, and then the fewest lines.

    Args:
        axes: with its limits, scales and lines as they stay.
        at: the point, in its numbers.
        wide, high: how much of the axes' width and height the word takes.
        taken: where other words stand.
        first: the side where it stands if others are no better: 1 or −1 for right or left, and for above or below.
    """
    to_axes = axes.transScale + axes.transLimits
    x, y = to_axes.transform(at)
    paths = []
    for line in axes.lines:
        points = np.asarray(line.get_xydata(), np.float64)
        points = points[np.isfinite(points).all(axis=1)]
        if len(points):
            ends = (line.get_transform() + axes.transAxes.inverted()).transform(points)  # also of a line across all
            way = np.concatenate([[0.0], np.hypot(*np.diff(ends, axis=0).T).cumsum()])
            along = np.arange(0.0, way[-1] + _STEP, _STEP)
            paths.append(np.column_stack([np.interp(along, way, each) for each in ends.T]))
    path = np.concatenate(paths) if paths else np.empty((0, 2))
    best: tuple[tuple[bool, float], Place] | None = None
    for away, up, right in itertools.product((1, 2.5, 4), (first[1], -first[1]), (first[0], -first[0])):
        low_x, high_x = sorted((x + right * _STEP, x + right * wide))
        low_y, high_y = sorted((y + up * ((away - 1) * high + _STEP), y + up * away * high))
        inside = (path > (low_x, low_y)).all(axis=1) & (path < (high_x, high_y)).all(axis=1)
        over = any(low_x < box[2] and box[0] < high_x and low_y < box[3] and box[1] < high_y for box in taken)
        free = not over and low_x >= 0 and high_x <= 1 and low_y >= 0 and high_y <= 1.02
        covered = _STEP * float(inside.sum()) + _FAR * (away - 1)
        cost = (not free, covered)
        if best is None or cost < best[0]:
            offset = right * 5.0, up * (_CLOSE + (away - 1) * 1.3 * SMALL)
            sides = "left" if right > 0 else "right", "bottom" if up > 0 else "top"
            clear = free and away == 1 and covered < _COVERED
            best = cost, Place(offset, *sides, (low_x, low_y, high_x, high_y), clear)
    assert best is not None
    return best[1]


def write_beside(axes: "Axes", at: tuple[float, float], words: str, place: Place) -> None:
    """Writes small words at a place beside a point; a thin line leads from those that stand farther away."""
    options: dict[str, Any] = {"ha": place.across, "va": place.along, "fontsize": SMALL}
    if abs(place.offset[1]) > _CLOSE:
        options["arrowprops"] = {"arrowstyle": "-", "color": INK, "alpha": 0.7, "linewidth": 0.7, "shrinkB": 0}
    axes.annotate(words, at, place.offset, textcoords="offset points", **options)
