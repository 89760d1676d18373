"""The same training with several seeds: the mean of their curves, and how far they lie apart."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.plots.figure import plain, shortened
from nnlite.plots.metric_panels import draw_curve, finish, metrics_of, set_epochs, set_scale
from nnlite.plots.style import WIDTH, Beside, colour_of, head, quiet
from nnlite.text import printable
from nnlite.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnlite.plots.picture import Picture

_TALL = 2.2  # inches of a panel


@quiet()
def seeds(groups: Mapping[str, Sequence[History]], title: str = "") -> "Picture":
    """The loss and the main metric of trainings that differ in their seed alone: their mean and their spread.

    The line is the mean of the seeds in the epochs that all of them have, the band goes from the lowest to the
    highest, and each is a pale line. The figures are those of the validation rows, or else of the training rows.

    Args:
        groups: by name, the histories of a group, one for each seed; several groups lie over each other.
        title: what stands above.
    """
    from nnlite.plots.picture import Picture

    every = [history for group in groups.values() for history in group]
    metrics = list(dict.fromkeys(metric for history in every for metric in metrics_of(history)[:2]))
    ends = {
        f"{group}, {metric}": _last_in_words(histories, metric)
        for group, histories in groups.items()
        for metric in metrics
    }
    said = "; ".join(f"{each}: {end}" for each, end in ends.items() if end)
    height = _TALL * len(metrics) + 0.8
    words = printable(f"{title}: mean and spread of several seeds at the end: {said}.".removeprefix(": "))
    figure = Picture(figsize=(WIDTH, height), layout="constrained", words=words)
    counts = {len(histories) for histories in groups.values()}
    of = f"{counts.pop()} seeds" if len(counts) == 1 else "the seeds"
    head(figure, [plain(title), f"mean of {of}, from the lowest to the highest"], WIDTH)
    first: Axes | None = None
    for place, metric in enumerate(metrics, start=1):
        axes = figure.add_subplot(len(metrics), 1, place, sharex=first)
        first = first or axes
        labels = []
        for index, (group, histories) in enumerate(groups.items()):
            label = f"{shortened(group, 24)} " if len(groups) > 1 else ""
            labels += _group(axes, metric, histories, colour_of(index), plain(label))
        set_scale(axes, metric, every)
        set_epochs(axes, every)
        axes.tick_params(labelbottom=place == len(metrics))
        axes.xaxis.label.set_visible(place == len(metrics))
        finish(axes, labels, math.nan, _TALL - 0.45)
    return figure


def _column(history: History, metric: str) -> str:
    known = (f"validation_{metric}", f"training_{metric}", metric)
    return next((column for column in known if column in history), "")


def _group(axes: "Axes", metric: str, histories: Sequence[History], colour: str, label: str) -> list[Beside]:
    lines: list[dict[float, float]] = []
    for history in histories:
        if column := _column(history, metric):
            lines.append(dict(draw_curve(axes, history, column, color=colour, alpha=0.25, linewidth=0.8)))
    common = sorted(set.intersection(*map(set, lines))) if lines else []
    if not common:
        return []
    values = np.array([[line[epoch] for epoch in common] for line in lines])  # (seeds, epochs)
    mean = values.mean(axis=0)
    axes.fill_between(common, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2, linewidth=0)
    axes.plot(common, mean, color=colour, marker="." if len(common) == 1 else "", label="mean")
    return [Beside((common[-1], float(mean[-1])), f"{label}{_last_in_words(histories, metric)}", colour)]


def _last_in_words(histories: Sequence[History], metric: str) -> str:
    """The mean of the last figures and their standard deviation: 0.95 ± 0.01."""
    found: list[Any] = [history[column][-1] for history in histories if (column := _column(history, metric))]
    if not found:
        return ""
    deviation = f" ± {np.std(found, ddof=1):.2g}" if len(found) > 1 else ""
    return f"{np.mean(found):.3g}{deviation}"
