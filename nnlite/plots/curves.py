"""Learning curves: the loss, and a metric beside it, over the epochs."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnlite.metrics.monitor import falls, monitored, words
from nnlite.plots.figure import FIRST, SECOND, plain, put_title
from nnlite.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def curves(histories: Mapping[str, History]) -> "Figure":
    """Loss, and the main metric beside it (the first in the history), over the epochs.

    A metric of the trainer's, and a figure that a callback has added to the history, is drawn beside them.

    With one history it shows training and validation, the best epoch marked; with several each in its own colour,
    training dashed, validation solid.

    Args:
        histories: each run's name and history.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    metrics = list(dict.fromkeys(m for history in histories.values() for m in _metrics(history)))
    figure = Figure(figsize=(5.2 * len(metrics), 4), layout="constrained")
    for position, metric in enumerate(metrics, start=1):
        axes = figure.add_subplot(1, len(metrics), position)
        if len(histories) == 1:
            _one_run(axes, metric, *histories.values())
        else:
            _several_runs(axes, metric, histories)
        axes.set_xlabel("epoch")
        axes.set_ylabel(plain(metric))
        put_title(axes, plain(metric))
        axes.grid(alpha=0.3)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        drawn = [value for history in histories.values() for value in _finite(history, metric)]
        if metric == "loss" and drawn and max(drawn) > 1000 * min(drawn) > 0:
            axes.set_yscale("log")  # one huge loss would press all others flat
        if len(histories) == 1:
            # Where such curves seldom are: Matplotlib's search for the best place takes long, and then warns of it.
            falling = falls(f"training_{metric}", next(iter(histories.values())).rising)
            axes.legend(loc="upper right" if falling else "lower right").set_in_layout(False)
    if len(histories) > 1:
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 4))
        figure.suptitle("validation solid, training dashed")
    else:
        figure.suptitle(plain(next(iter(histories))))
    return figure


def _metrics(history: History) -> list[str]:
    """What is drawn: the loss, the main metric beside it, the trainer's metrics, and every figure of a callback.

    `Trainer` records the seconds last, so columns after them are a callback's.
    """
    columns = history.columns
    end = columns.index("seconds") + 1 if "seconds" in columns else len(columns)
    recorded = [name.removeprefix("training_") for name in columns[:end] if name.startswith("training_")]
    added = [name.removeprefix("training_").removeprefix("validation_") for name in columns[end:]]
    shown = [*recorded[:2], *(name for name in recorded[2:] if name in history.metrics)]
    return shown + [name for name in dict.fromkeys(added) if name not in (*recorded, "learning_rate")]


def _one_run(axes: "Axes", metric: str, history: History) -> None:
    for column, color, label in (
        (metric, FIRST, metric),
        (f"training_{metric}", FIRST, "training"),
        (f"validation_{metric}", SECOND, "validation"),
    ):
        if column in history:
            _curve(axes, history, column, color=color, label=plain(label))
    if f"validation_{metric}" not in history:
        return
    best, column = history.best_epoch, monitored(history.monitor, history.columns)
    if best is not None and column.startswith("validation_"):
        value = history[f"validation_{metric}"][history["epoch"].index(best)]
        extreme = "lowest" if falls(column, history.rising) else "highest"
        axes.axvline(best, color="0.5", linestyle=":", linewidth=1)
        axes.plot(
            [best],
            [value],
            "o",
            color=SECOND,
            label=plain(f"best epoch {best} ({extreme} {words(column)}): {metric} {value:.4g}"),
        )


def _finite(history: History, metric: str) -> list[float]:
    columns = (metric, f"training_{metric}", f"validation_{metric}")
    return [row[name] for row in history.rows for name in columns if math.isfinite(row.get(name, math.nan))]


def _several_runs(axes: "Axes", metric: str, histories: Mapping[str, History]) -> None:
    for index, (name, history) in enumerate(histories.items()):
        columns = [each for each in (f"training_{metric}", f"validation_{metric}", metric) if each in history]
        for column in columns:
            style = "--" if column.startswith("training_") else "-"
            label = plain(name) if column == columns[-1] else None
            _curve(axes, history, column, linestyle=style, color=f"C{index % 10}", label=label)


def _curve(axes: "Axes", history: History, column: str, **style: Any) -> None:
    """A line through the epochs that have the metric, which is not NaN; a single one is a point, without a line."""
    points = [(row["epoch"], row[column]) for row in history.rows if not math.isnan(row.get(column, math.nan))]
    epochs, values = zip(*points, strict=True) if points else ((), ())
    axes.plot(epochs, values, marker="." if len(points) == 1 else "", **style)
