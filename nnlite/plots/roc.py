"""The ROC curve: how many rows of a class are found, over how many others are taken for it, at each threshold."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.metrics.thresholds import AtThresholds, of_each_class
from nnlite.plots.confusion import percent
from nnlite.plots.figure import plain
from nnlite.plots.style import INK, head, quiet
from nnlite.plots.threshold_curves import SIDE, Curve, draw_curves, height_of, mark, shown_first, summary
from nnlite.text import printable
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.plots.picture import Picture


@quiet()
def roc(
    labels: Array,
    probabilities: Array,
    classes: Sequence[Any],
    title: str = "",
    *,
    threshold: float = 0.5,
    sample_weight: Array | None = None,
) -> "Picture":
    """The ROC curve of a classifier: recall over the rate of false alarms, as the threshold falls.

    Of two classes it is the curve of the second one, with thresholds at points of it; of more a curve for each class
    against the rest, those with the smallest area named. A classifier that guesses follows the diagonal.

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
    curves = [_curve(found[index], str(classes[index])) for index in shown_first(found, lambda each: each.area)]
    what = f"ROC of {classes[1]}" if len(classes) == 2 else "ROC, each class against the rest"
    lines = [title, what, summary(curves, "area under the curve")]
    if len(curves) == 1 and (at := found[1].nearest(threshold)) >= 0:
        recall, alarms = percent(found[1].recall[at]), percent(found[1].false_alarms[at])
        lines.append(f"threshold {threshold:g}: {recall} found, {alarms} false alarms")
    lines = [line for line in lines if line]
    figure = Picture(
        figsize=(SIDE, height_of(len(curves))), layout="constrained", words=printable(f"{'; '.join(lines)}.")
    )
    head(figure, [plain(line) for line in lines], SIDE)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=(0, (4, 3)))
    draw_curves(axes, curves)
    if len(curves) == 1:
        mark(axes, found[1].thresholds, found[1].false_alarms, found[1].recall, threshold, (1, -1))
    axes.set_xlabel("false alarms (false positive rate)")
    axes.set_ylabel("found (recall)")
    return figure


def _curve(found: AtThresholds, name: str) -> Curve:
    x, y = (np.concatenate([[0.0], each]) for each in (found.false_alarms, found.recall))
    return Curve(x, y, name, found.area)
