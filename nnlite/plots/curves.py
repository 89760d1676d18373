"""Learning curves: the loss, and metrics below it, over the epochs."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnlite.metrics.monitor import falls, monitored, words
from nnlite.plots.figure import plain, shortened
from nnlite.plots.metric_panels import columns_of, draw_curve, finish, metrics_of, set_epochs, set_scale
from nnlite.plots.style import (
    FIRST,
    INK,
    SECOND,
    WIDTH,
    Beside,
    clear_side,
    colour_of,
    dashes_of,
    head,
    logarithmic,
    name,
    quiet,
    write_beside,
)
from nnlite.text import counted, printable
from nnlite.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnlite.plots.picture import Picture

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
    from nnlite.plots.picture import Picture

    metrics = list(dict.fromkeys(m for history in histories.values() for m in metrics_of(history))) or ["loss"]
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
        set_epochs(axes, list(histories.values()))
        axes.tick_params(labelbottom=last)
        axes.xaxis.label.set_visible(last)
        tall = heights[place] - 0.45
        if metric == "learning_rate":
            _learning_rate(axes, histories)
        elif single is not None:
            _one_run(axes, metric, single, (baseline or {}).get(metric, math.nan), tall)
        else:
            _several_runs(axes, metric, histories, (baseline or {}).get(metric, math.nan), tall)
    for each in figure.axes:
        for epoch in marked:
            each.axvline(epoch, color=INK, linestyle=(0, (1, 2)), linewidth=1, zorder=0)
    return figure


def _changes(history: History) -> bool:
    return len({row["learning_rate"] for row in history.rows if "learning_rate" in row}) > 1


def _one_run(axes: "Axes", metric: str, history: History, baseline: float, tall: float) -> None:
    columns = columns_of(metric, history)
    labels = []
    for column, part in columns:
        colour = SECOND if part == "validation" else FIRST
        line = draw_curve(axes, history, column, color=colour, label=part or plain(metric))
        if line and part and len(columns) > 1:
            labels.append(Beside(line[-1], part, colour))
    set_scale(axes, metric, [history])
    marked = [] if (best := _best(history)) is None else [row for row in history.rows if row["epoch"] == best]
    at = [(row["epoch"], row.get(f"validation_{metric}", math.nan)) for row in marked]
    at = [each for each in at if math.isfinite(each[1])]
    for epoch, value in at:
        axes.plot([epoch], [value], "o", color=SECOND, markersize=6, label=f"best epoch {epoch}")
    finish(axes, labels, baseline, tall)
    for epoch, value in at:
        shown = f"best: {value:.4g}"
        place = clear_side(axes, (epoch, value), 0.02 * len(shown) + 0.02, 0.17 / tall)
        write_beside(axes, (epoch, value), shown, place)


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
        columns = columns_of(metric, history)
        for column, part in columns:
            pale = part == "training" and len(columns) > 1
            style: dict[str, Any] = {"linestyle": dashes_of(index), "alpha": 1.0 if named else 0.4}
            if pale or part == "training":
                style |= {"linestyle": (0, (2, 2)), "alpha": style["alpha"] * 0.55, "linewidth": 1.1}
            line = draw_curve(axes, history, column, color=colour, label=plain(run), zorder=2 - index / 1000, **style)
            if line and named and column == columns[-1][0]:
                labels.append(Beside(line[-1], plain(shortened(run, 32)), colour))
    set_scale(axes, metric, list(histories.values()))
    finish(axes, labels, baseline, tall)


def _learning_rate(axes: "Axes", histories: Mapping[str, History]) -> None:
    several = len(histories) > 1
    drawn = []
    for index, history in enumerate(histories.values()):
        if "learning_rate" in history:
            colour = INK if not several or index >= MOST_NAMED else colour_of(index)
            drawn += [value for _, value in draw_curve(axes, history, "learning_rate", color=colour, linewidth=1.2)]
    name(axes, "learning rate")
    if drawn and sorted(drawn)[len(drawn) // 2] * 10 < max(drawn) and min(drawn) > 0:
        logarithmic(axes, "y", min(drawn), max(drawn))
        name(axes, "learning rate (logarithmic)")
    else:
        axes.set_ylim(bottom=0)
        axes.locator_params(axis="y", nbins=3)


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
            for column, _ in columns_of(m, history)
            if column in row
        ]
        if last:
            said.append(f"At the end {', '.join(last)}.")
        if (best := _best(history)) is not None:
            said.append(f"The best epoch is {best}.")
    return printable(" ".join(said))
