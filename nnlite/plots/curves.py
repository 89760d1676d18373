"""Learning curves: the loss, and metrics below it, over the epochs."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnlite.metrics.monitor import falls, monitored, words
from nnlite.plots.figure import plain, shortened
from nnlite.plots.style import (
    FIRST,
    INK,
    SECOND,
    SMALL,
    WIDTH,
    Beside,
    beside,
    clear_side,
    colour_of,
    dashes_of,
    head,
    name,
    quiet,
)
from nnlite.text import counted, printable
from nnlite.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnlite.plots.picture import Picture

STEEP = 50
"""A figure that falls to less than this part of what it was is drawn on a logarithmic scale: on another, all that
happens after the first epochs would lie on the axis."""

MOST_NAMED = 12
"""Of so many runs each line has its name beside it; the others are grey."""

_TALL, _LOW, _THIN = 2.1, 1.7, 0.75  # inches: the panel of the loss, of a metric, of the learning rate


@quiet()
def curves(
    histories: Mapping[str, History],
    *,
    title: str | None = None,
    baseline: Mapping[str, float] | None = None,
    kept: int | None = None,
) -> "Picture":
    """Loss, and the main metric below it (the first in the history), over the epochs.

    A metric of the trainer's, and a figure that a callback has added to the history, has a panel too; the learning
    rate has a thin one where it changes. A loss that falls far has a logarithmic scale, which its panel says.

    With one history it shows training and validation, the best epoch marked; with several each in its own colour,
    training dashed and pale, validation solid. The first twelve have their names beside their lines.

    Args:
        histories: each run's name and history.
        title: what stands above; by default the name of a single run.
        baseline: by metric, what the answer that looks at no feature reaches: a line in the metric's panel.
        kept: of a single history, the epoch whose weights the model has; None where that is not to be marked.
    """
    from matplotlib.ticker import MaxNLocator

    from nnlite.plots.picture import Picture

    metrics = list(dict.fromkeys(m for history in histories.values() for m in _metrics(history)))
    rates = any(_changes(history) for history in histories.values())
    heights = [_TALL, *[_LOW] * (len(metrics) - 1), *[_THIN] * rates]
    height = sum(heights) + 0.7
    figure = Picture(figsize=(WIDTH, height), layout="constrained", words=_in_words(histories, metrics))
    single = next(iter(histories.values())) if len(histories) == 1 else None
    above = next(iter(histories)) if title is None and single is not None else title or ""
    lines = [plain(shortened(above, 120))]
    marked: list[int] = []
    if single is not None:
        marked, said = _of_epochs(single, kept)
        lines.append(plain(said))
    else:
        unnamed = len(histories) - MOST_NAMED
        lines.append("validation solid, training dashed" + (f"; {unnamed} more runs grey" if unnamed > 0 else ""))
    head(figure, [line for line in lines if line], WIDTH)
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    first: Axes | None = None
    for place, metric in enumerate([*metrics, *["learning_rate"] * rates]):
        axes = figure.add_subplot(grid[place, 0], sharex=first)
        first = first or axes
        last = place == len(heights) - 1
        axes.tick_params(labelbottom=last)
        tall = heights[place] - 0.45
        if metric == "learning_rate":
            _learning_rate(axes, histories)
        elif single is not None:
            _one_run(axes, metric, single, (baseline or {}).get(metric, math.nan), tall)
        else:
            _several_runs(axes, metric, histories, (baseline or {}).get(metric, math.nan), tall)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    for each in figure.axes:
        for epoch in marked:
            each.axvline(epoch, color=INK, linestyle=(0, (1, 2)), linewidth=1, zorder=0)
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


def _changes(history: History) -> bool:
    return len({row["learning_rate"] for row in history.rows if "learning_rate" in row}) > 1


def _columns(metric: str, history: History) -> list[tuple[str, str]]:
    """The columns of a metric that the history has, each with what it is of; "" where it is of neither part."""
    known = ((metric, ""), (f"training_{metric}", "training"), (f"validation_{metric}", "validation"))
    return [(column, part) for column, part in known if column in history]


def _one_run(axes: "Axes", metric: str, history: History, baseline: float, tall: float) -> None:
    columns = _columns(metric, history)
    labels = []
    for column, part in columns:
        colour = SECOND if part == "validation" else FIRST
        line = _curve(axes, history, column, color=colour, label=part or plain(metric))
        if line and part and len(columns) > 1:
            labels.append(Beside(line[-1], part, colour))
    _scale(axes, metric, [history])
    marked = [] if (best := _best(history)) is None else [row for row in history.rows if row["epoch"] == best]
    at = [(row["epoch"], row.get(f"validation_{metric}", math.nan)) for row in marked]
    at = [each for each in at if math.isfinite(each[1])]
    for epoch, value in at:
        axes.plot([epoch], [value], "o", color=SECOND, markersize=6, label=f"best epoch {epoch}")
    _finish(axes, labels, baseline, tall)
    for epoch, value in at:
        shown = f"best: {value:.4g}"
        right, up, across, along = clear_side(axes, (epoch, value), 0.02 * len(shown) + 0.02, 0.17 / tall)
        axes.annotate(
            shown, (epoch, value), (right, up), textcoords="offset points", fontsize=SMALL, ha=across, va=along
        )


def _best(history: History) -> int | None:
    """The best epoch by a figure of the validation rows; None where another figure decides, or none."""
    best = history.best_epoch
    return best if best is not None and history.decisive.startswith("validation_") else None


def _of_epochs(history: History, kept: int | None) -> tuple[list[int], str]:
    """The epochs to mark, the best one and that whose weights were kept, and a line on them."""
    best, column = _best(history), monitored(history.monitor, history.columns)
    extreme = "lowest" if falls(column, history.rising) else "highest"
    said = [] if best is None else [f"best epoch {best} ({extreme} {words(column)})"]
    if kept is not None:
        said.append("its weights kept" if kept == best else f"weights of epoch {kept} kept")
    return [epoch for epoch in dict.fromkeys((best, kept)) if epoch is not None], ", ".join(said)


def _several_runs(axes: "Axes", metric: str, histories: Mapping[str, History], baseline: float, tall: float) -> None:
    labels = []
    for index, (run, history) in enumerate(histories.items()):
        named = index < MOST_NAMED
        colour = colour_of(index) if named else INK
        columns = _columns(metric, history)
        for column, part in columns:
            pale = part == "training" and len(columns) > 1
            style: dict[str, Any] = {"linestyle": dashes_of(index), "alpha": 1.0 if named else 0.4}
            if pale or part == "training":
                style |= {"linestyle": (0, (2, 2)), "alpha": style["alpha"] * 0.55, "linewidth": 1.1}
            line = _curve(axes, history, column, color=colour, label=plain(run), zorder=2 - index / 1000, **style)
            if line and named and column == columns[-1][0]:
                labels.append(Beside(line[-1], plain(shortened(run, 32)), colour))
    _scale(axes, metric, list(histories.values()))
    _finish(axes, labels, baseline, tall)


def _learning_rate(axes: "Axes", histories: Mapping[str, History]) -> None:
    several = len(histories) > 1
    drawn = []
    for index, history in enumerate(histories.values()):
        if "learning_rate" in history:
            colour = INK if not several or index >= MOST_NAMED else colour_of(index)
            drawn += [value for _, value in _curve(axes, history, "learning_rate", color=colour, linewidth=1.2)]
    name(axes, "learning rate")
    if drawn and sorted(drawn)[len(drawn) // 2] * 10 < max(drawn) and min(drawn) > 0:
        axes.set_yscale("log")
        name(axes, "learning rate (logarithmic)")
    else:
        axes.set_ylim(bottom=0)
        axes.locator_params(axis="y", nbins=3)


def _scale(axes: "Axes", metric: str, histories: Sequence[History]) -> None:
    """Names the panel; its scale is logarithmic if a figure that is the better the lower it is falls far."""
    drawn = [value for history in histories for value in _finite(history, metric)]
    falling = all(falls(f"training_{metric}", history.rising) for history in histories)
    steep = falling and bool(drawn) and max(drawn) > STEEP * min(drawn) > 0
    if steep:
        axes.set_yscale("log")
    name(axes, plain(shortened(metric, 60)) + (" (logarithmic)" if steep else ""))


def _finish(axes: "Axes", labels: Sequence[Beside], baseline: float, tall: float) -> None:
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
    return [
        row[column]
        for row in history.rows
        for column, _ in _columns(metric, history)
        if math.isfinite(row.get(column, math.nan))
    ]


def _curve(axes: "Axes", history: History, column: str, **style: Any) -> list[tuple[float, float]]:
    """A line through the epochs that have the metric, which is not NaN; a single one is a point, without a line."""
    points = [(row["epoch"], row[column]) for row in history.rows if not math.isnan(row.get(column, math.nan))]
    epochs, values = zip(*points, strict=True) if points else ((), ())
    axes.plot(epochs, values, marker="." if len(points) == 1 else "", **style)
    return points


def _in_words(histories: Mapping[str, History], metrics: Sequence[str]) -> str:
    """What the picture shows, for those who do not see it."""
    longest = max((len(history) for history in histories.values()), default=0)
    shown = " and ".join(words(metric) for metric in metrics)
    said = [f"Learning curves: {shown} over {counted(longest, 'epoch')} of {counted(len(histories), 'run')}."]
    if len(histories) == 1:
        (history,) = histories.values()
        row = history.rows[-1] if len(history) else {}
        last = [
            f"{words(column)} {row[column]:.4g}"
            for m in metrics
            for column, _ in _columns(m, history)
            if column in row
        ]
        if last:
            said.append(f"At the end {', '.join(last)}.")
        if (best := _best(history)) is not None:
            said.append(f"The best epoch is {best}.")
    return printable(" ".join(said))
