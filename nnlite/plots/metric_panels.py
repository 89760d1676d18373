"""What panels of metrics over the epochs share: which metrics have one, the scales, lines and words beside them."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nnlite.metrics.monitor import falls
from nnlite.plots.figure import plain, shortened
from nnlite.plots.style import INK, Beside, beside, logarithmic, name, whole_numbers
from nnlite.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEEP = 50
"""A figure that falls to less than this part of what it was is drawn on a logarithmic scale: on another, all that
happens after the first epochs would lie on the axis."""


def metrics_of(history: History) -> list[str]:
    """What is drawn: the loss, the main metric beside it, the trainer's metrics, and every figure of a callback.

    `Trainer` records the seconds last, so columns after them are a callback's.
    """
    columns = history.columns
    end = columns.index("seconds") + 1 if "seconds" in columns else len(columns)
    recorded = [name.removeprefix("training_") for name in columns[:end] if name.startswith("training_")]
    added = [name.removeprefix("training_").removeprefix("validation_") for name in columns[end:]]
    shown = [*recorded[:2], *(name for name in recorded[2:] if name in history.metrics)]
    return shown + [name for name in dict.fromkeys(added) if name not in (*recorded, "learning_rate")]


def columns_of(metric: str, history: History) -> list[tuple[str, str]]:
    """The columns of a metric that the history has, each with what it is of; "" where it is of neither part."""
    known = ((metric, ""), (f"training_{metric}", "training"), (f"validation_{metric}", "validation"))
    return [(column, part) for column, part in known if column in history]


def set_epochs(axes: "Axes", histories: Sequence[History]) -> None:
    """Gives the x axis whole numbers, from the first epoch of all to the last, whatever is drawn of them."""
    epochs = [row["epoch"] for history in histories for row in history.rows[:: max(len(history) - 1, 1)]] or [1]
    whole_numbers(axes, epochs)
    axes.set_xlabel("epoch")


def set_scale(axes: "Axes", metric: str, histories: Sequence[History]) -> None:
    """Names the panel; its scale is logarithmic if a figure that is the better the lower it is falls far."""
    drawn = [value for history in histories for value in _finite(history, metric)]
    falling = all(falls(f"training_{metric}", history.rising) for history in histories)
    steep = falling and bool(drawn) and max(drawn) > STEEP * min(drawn) > 0
    if steep:
        logarithmic(axes, "y", min(drawn), max(drawn))
    name(axes, plain(shortened(metric, 60)) + (" (logarithmic)" if steep else ""))


def finish(axes: "Axes", labels: Sequence[Beside], baseline: float, tall: float) -> None:
    """Sets the limits for good, the baseline among the lines if it lies near them, and writes the words beside."""
    labels = list(labels)
    end = axes.get_xlim()[1]
    if math.isfinite(baseline) and not (axes.get_yscale() == "log" and baseline <= 0):
        low, high = axes.get_ylim()
        away = max(low - baseline, baseline - high) / ((high - low) or 1)
        if away < 1.5:
            axes.axhline(baseline, color=INK, linestyle=(0, (4, 3)), linewidth=1, zorder=1, label="baseline")
            labels.append(Beside((end, baseline), f"baseline {baseline:.3g}"))
        else:
            where = "below" if baseline < low else "above"
            labels.append(Beside((end, low if baseline < low else high), f"baseline {baseline:.3g}, {where}"))
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    beside(axes, labels, tall)


def _finite(history: History, metric: str) -> list[float]:
    columns = columns_of(metric, history)
    return [row[column] for row in history.rows for column, _ in columns if math.isfinite(row.get(column, math.nan))]


def draw_curve(axes: "Axes", history: History, column: str, **style: Any) -> list[tuple[float, float]]:
    """A line through the epochs that have the metric, which is not NaN; a single one is a point, without a line."""
    points = [(row["epoch"], row[column]) for row in history.rows if not math.isnan(row.get(column, math.nan))]
    epochs, values = zip(*points, strict=True) if points else ((), ())
    axes.plot(epochs, values, marker="." if len(points) == 1 else "", **style)
    return points
