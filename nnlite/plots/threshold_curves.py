"""What the curves over all thresholds share: a square, a curve for each class, and thresholds at points of one."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.metrics.thresholds import AtThresholds
from nnlite.plots.figure import plain, shortened
from nnlite.plots.style import COLOURS, FIRST, INK, SMALL, Box, clear_side, write_beside
from nnlite.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE, HEIGHT = 4.2, 4.7  # inches: two of them stand beside each other in a report

_MARKED = (0.5, 0.1, 0.9, 0.3, 0.7, 0.05, 0.95, 0.2, 0.8, 0.01, 0.99)
_APART = 0.09  # of the square, between two thresholds that have their numbers
LETTER, LINE = 0.024, 0.055  # of the square: how wide a letter of small words is, and how high a line
_POINTS = 1000  # of a curve, which more would not change to the eye


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve, its class, and the figure that says how good it is.

    Attributes:
        x, y: (points,).
        name: the class.
        figure: the area under the curve, or the average precision.
        steps: whether a value holds from the point before it on, and does not rise or fall between them.
    """

    x: Array
    y: Array
    name: str
    figure: float
    steps: bool = False


def shown_first(found: Mapping[int, AtThresholds], figure: Callable[[AtThresholds], float]) -> list[int]:
    """The classes, those with the smallest figure first, which are to be looked at; one without it last."""
    known = {index: figure(each) for index, each in found.items()}
    return sorted(known, key=lambda index: (math.isnan(known[index]), known[index], index))


def summary(curves: Sequence[Curve], figure: str) -> str:
    """What stands above: the figure of a single curve; of several that it stands beside each name."""
    if len(curves) > 1:
        return f"{figure} of each class"
    known = bool(curves) and math.isfinite(curves[0].figure)
    return f"{figure} {curves[0].figure:.3f}" if known else f"{figure} undefined (rows of one class)"


def height_of(count: int) -> float:
    """The inches that a picture of so many curves is high: below the square of several stand their names."""
    return HEIGHT if count <= 1 else HEIGHT + 0.2 * (min(count, len(COLOURS)) + (count > len(COLOURS)))


def draw_curves(axes: "Axes", curves: Sequence[Curve]) -> None:
    """Draws the curves into a square; of several the first six have colours, and their names below."""
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set_aspect("equal")
    options: dict[str, Any] = {"solid_joinstyle": "round"}
    for index, curve in reversed(list(enumerate(curves))):
        named = index < len(COLOURS)
        options["color"], options["alpha"] = (COLOURS[index], 1.0) if named else (INK, 0.4)
        every = max(len(curve.x) // _POINTS, 1)
        kept = np.unique(np.append(np.arange(0, len(curve.x), every), len(curve.x) - 1))
        style = "steps-pre" if curve.steps else "default"
        axes.plot(curve.x[kept], curve.y[kept], drawstyle=style, zorder=3 - index / 100, **options)
        axes.lines[-1].set_label(plain(f"{shortened(curve.name)} {curve.figure:.3f}"))
    if len(curves) > 1:
        handles = sorted(axes.lines[-len(curves) :], key=lambda line: -line.get_zorder())[: len(COLOURS)]
        legend: dict[str, Any] = {"loc": "outside lower left", "fontsize": SMALL, "title_fontsize": SMALL}
        if len(handles) < len(curves):
            legend |= {"title": f"the lowest of {len(curves)} classes", "alignment": "left"}
        axes.figure.legend(handles=handles, **legend)


def mark(
    axes: "Axes",
    thresholds: Array,
    x: Array,
    y: Array,
    threshold: float,
    first: tuple[int, int],
    taken: Sequence[Box] = (),
) -> None:
    """Marks the threshold in use, and some others along the curve, as long as no number stands over another.

    Args:
        axes: with the curve.
        thresholds: (points,), falling.
        x, y: (points,), where each of them lies.
        threshold: the one in use.
        first: the side of the curve where the numbers stand if they can, as in `clear_side`.
        taken: where other words stand.
    """
    marked: list[tuple[float, float]] = []
    boxes = list(taken)
    for each in dict.fromkeys((threshold, *_MARKED)):
        index = int((thresholds >= each).sum()) - 1
        if index < 0 or not np.isfinite([x[index], y[index]]).all():
            continue
        at = float(x[index]), float(y[index])
        own = each == threshold
        said = f"threshold {each:g}" if own else f"{each:g}"
        place = clear_side(axes, at, LETTER * len(said) + 0.03, LINE, taken=boxes, first=first)
        if not own and (not place.free or any(math.dist(at, other) < _APART for other in marked)):
            continue
        marked.append(at)
        boxes += [place.box, (at[0] - 0.02, at[1] - 0.02, at[0] + 0.02, at[1] + 0.02)]
        axes.plot(*at, "o", color=FIRST, markersize=7 if own else 4, zorder=5)
        write_beside(axes, at, said, place)
