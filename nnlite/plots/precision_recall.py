"""The precision-recall curve: how many of those that are taken for a class have it, over how many are found."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.metrics.thresholds import AtThresholds, of_each_class
from nnlite.plots.confusion import percent
from nnlite.plots.figure import plain
from nnlite.plots.style import INK, clear_side, head, quiet, write_beside
from nnlite.plots.threshold_curves import (
    LETTER,
    LINE,
    SIDE,
    Curve,
    draw_curves,
    height_of,
    mark,
    shown_first,
    summary,
)
from nnlite.text import printable
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.plots.picture import Picture


@quiet()
def precision_recall(
    labels: Array,
    probabilities: Array,
    classes: Sequence[Any],
    title: str = "",
    *,
    threshold: float = 0.5,
    sample_weight: Array | None = None,
) -> "Picture":
    """The precision of a classifier over its recall, as the threshold falls; of a rare class it says more than ROC.

    Of two classes it is the curve of the second one, with thresholds at points of it; of more a curve for each class
    against the rest, those with the smallest average precision named. A classifier that guesses stays at the share of
    the class, which is a line.

    Args:
        labels: (rows,) the true class indices.
        probabilities: (rows, classes), as the model predicts them; a row with one that is not finite is left out.
        classes: the names of the classes.
        title: what stands above.
        threshold: of two classes, the one to mark: the model takes a row for the second class from it on.
        sample_weight: (rows,) how much each row counts; None if all count alike.
    """
    from nnlite.plots.picture import Picture

    found = dict(of_each_class(labels, probabilities, sample_weight))
    first = shown_first(found, lambda each: each.average_precision)
    curves = [_curve(found[index], str(classes[index])) for index in first]
    of_two = len(curves) == 1
    what = f"precision and recall of {classes[1]}" if len(classes) == 2 else "precision and recall of each class"
    lines = [title, what, summary(curves, "average precision")]
    if of_two and (at := found[1].nearest(threshold)) >= 0:
        recall, precision = percent(found[1].recall[at]), percent(found[1].precision[at])
        lines.append(f"threshold {threshold:g}: recall {recall}, precision {precision}")
    lines = [line for line in lines if line]
    figure = Picture(
        figsize=(SIDE, height_of(len(curves))), layout="constrained", words=printable(f"{'; '.join(lines)}.")
    )
    head(figure, [plain(line) for line in lines], SIDE)
    axes = figure.add_subplot()
    draw_curves(axes, curves)
    if of_two:
        share = found[1].share
        axes.axhline(share, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        said = f"share of the class {percent(share)}"
        beside = clear_side(axes, (0.0, share), LETTER * len(said) + 0.03, LINE, first=(1, 1 if share < 0.5 else -1))
        write_beside(axes, (0.0, share), said, beside)
        mark(axes, found[1].thresholds, found[1].recall, found[1].precision, threshold, (-1, -1), [beside.box])
    axes.set_xlabel("found (recall)")
    axes.set_ylabel("right of those taken (precision)")
    return figure


def _curve(found: AtThresholds, name: str) -> Curve:
    x, y = np.concatenate([[0.0], found.recall]), np.concatenate([found.precision[:1], found.precision])
    return Curve(x, y, name, found.average_precision, steps=True)
