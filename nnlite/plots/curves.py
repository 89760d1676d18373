"""A learning curve is the loss, or a metric, over the epochs; of a range test, the loss over the learning rate."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnlite.metrics.monitor import falls, monitored, words
from nnlite.plots.picture import FIRST, SECOND, plain, put_title
from nnlite.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def curves(histories: Mapping[str, History]) -> "Figure":
    """Loss, and the main metric beside it (the first in the history), over the epochs.

    One history: training and validation, the best epoch marked. Several: each in
    its own colour, training dashed, validation solid.

    Args:
        histories: name of the run to its history.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figures = list(dict.fromkeys(f for history in histories.values() for f in _figures(history)[:2]))
    picture = Figure(figsize=(5.2 * len(figures), 4), layout="constrained")
    for position, figure in enumerate(figures, start=1):
        axes = picture.add_subplot(1, len(figures), position)
        if len(histories) == 1:
            _one_run(axes, figure, *histories.values())
        else:
            _several_runs(axes, figure, histories)
        axes.set_xlabel("epoch")
        axes.set_ylabel(figure)
        put_title(axes, figure)
        axes.grid(alpha=0.3)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        drawn = [value for history in histories.values() for value in _finite(history, figure)]
        if figure == "loss" and drawn and max(drawn) > 1000 * min(drawn) > 0:
            axes.set_yscale("log")  # one huge loss would press all others flat
        if len(histories) == 1:
            axes.legend().set_in_layout(False)  # it stands inside the axes, and finding its place takes time
    if len(histories) > 1:
        handles, labels = picture.axes[0].get_legend_handles_labels()
        picture.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 4))
        picture.suptitle("validation solid, training dashed")
    else:
        picture.suptitle(plain(next(iter(histories))))
    return picture


def range_test(rates: Sequence[float], losses: Sequence[float], suggestion: float, name: str) -> "Figure":
    """A learning-rate range test: the smoothed loss over the learning rate, the suggested one marked.

    Args:
        rates: of the steps.
        losses: the smoothed loss at each.
        suggestion: a learning rate.
        name: of what was trained, above the picture.
    """
    from matplotlib.figure import Figure

    picture = Figure(figsize=(6, 4), layout="constrained")
    axes = picture.add_subplot()
    lowest = min(range(len(losses)), key=losses.__getitem__)
    axes.plot(rates, losses, color=FIRST)
    axes.plot([rates[lowest]], [losses[lowest]], "o", color=FIRST, label=f"lowest loss, at {rates[lowest]:.2g}")
    axes.axvline(suggestion, color=SECOND, linestyle="--", label=f"suggested: {suggestion:g}")
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("training loss, smoothed")
    axes.set_title(plain(f"{name}: learning-rate range test"))
    axes.grid(alpha=0.3)
    axes.legend()
    return picture


def _figures(history: History) -> list[str]:
    return [name.removeprefix("training_") for name in history.columns if name.startswith("training_")]


def _one_run(axes: "Axes", figure: str, history: History) -> None:
    _curve(axes, history, f"training_{figure}", color=FIRST, label="training")
    if f"validation_{figure}" not in history:
        return
    _curve(axes, history, f"validation_{figure}", color=SECOND, label="validation")
    best, column = history.best_epoch, monitored(history.monitor, history.columns)
    if best is not None and column.startswith("validation_"):
        value = history[f"validation_{figure}"][history["epoch"].index(best)]
        extreme = "lowest" if falls(column, history.rising) else "highest"
        axes.axvline(best, color="0.5", linestyle=":", linewidth=1)
        axes.plot(
            [best],
            [value],
            "o",
            color=SECOND,
            label=f"best epoch {best} ({extreme} {words(column)}): {figure} {value:.4g}",
        )


def _finite(history: History, figure: str) -> list[float]:
    columns = (f"training_{figure}", f"validation_{figure}")
    return [row[name] for row in history.rows for name in columns if math.isfinite(row.get(name, math.nan))]


def _several_runs(axes: "Axes", figure: str, histories: Mapping[str, History]) -> None:
    for index, (name, history) in enumerate(histories.items()):
        parts = [part for part in ("training", "validation") if f"{part}_{figure}" in history]
        for part in parts:
            style = "--" if part == "training" else "-"
            label = plain(name) if part == parts[-1] else None
            _curve(axes, history, f"{part}_{figure}", linestyle=style, color=f"C{index % 10}", label=label)


def _curve(axes: "Axes", history: History, column: str, **style: Any) -> None:
    """A line through the epochs that have the figure; a single one is a point, since it shows no line."""
    points = [(row["epoch"], row[column]) for row in history.rows if column in row]
    epochs, figures = zip(*points, strict=True)
    axes.plot(epochs, figures, marker="." if len(points) == 1 else "", **style)
