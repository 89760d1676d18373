"""The rows of a table that a classifier is surest and wrong about, as lines of a small table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.metrics.classification import likeliest, worst_first
from nnlite.plots.figure import plain, shortened
from nnlite.plots.style import FIRST, INK, SECOND, SMALL, head, quiet
from nnlite.text import counted, printable
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.plots.picture import Picture

MOST, MOST_COLUMNS = 12, 5
"""Rows and columns in a figure."""

_LETTER, _GAP, _LINE, _BAR = 0.078, 0.18, 0.27, 1.0  # inches: of a letter, between columns, of a line, of a bar


@quiet()
def mistaken_rows(
    rows: Sequence[Sequence[Any]] | Array,
    labels: Array,
    probabilities: Array,
    classes: Sequence[Any],
    columns: Sequence[Any],
    title: str = "",
    *,
    numbers: Sequence[int] | Array | None = None,
) -> "Picture":
    """The worst mistakes of a classifier of tables, 12 at most: each row's true class, the predicted one, and values.

    A mistake is the worse, the higher the probability that the model gives to the wrong class, which is a bar with
    a point where the true class's lies; among equals, the lower that of the true class. Of the columns the first five
    are shown. A row whose probabilities are NaN has no predicted class.

    Args:
        rows: (rows, columns) values of any kind, as they stand in the table.
        labels: (rows,) the true class indices.
        probabilities: (rows, classes), as the model predicts them.
        classes: the names of all classes.
        columns: the names of the columns, those that tell most first.
        title: what stands above.
        numbers: (rows,) what each row is called; by default its place, from 0.
    """
    from nnlite.plots.picture import Picture

    predicted = likeliest(probabilities)
    worst = worst_first(labels, probabilities)
    shown = worst[:MOST]
    said = f"{len(worst) or 'no'} mistake{'s' * (len(worst) != 1)} among {counted(len(labels), 'row')}"
    if len(shown) < len(worst):
        said = f"the {len(shown)} surest of {said}"
    if len(columns) > MOST_COLUMNS:
        said += f", {MOST_COLUMNS} of {len(columns)} columns"
    heads = ["row", "true", "predicted", "how sure", *(shortened(each, 14) for each in columns[:MOST_COLUMNS])]
    lines = [
        [
            f"{row if numbers is None else numbers[row]}",
            shortened(classes[labels[row]], 16),
            shortened(classes[predicted[row]], 16),
            "",
            *(_cell(value) for value in rows[row][:MOST_COLUMNS]),
        ]
        for row in shown
    ]
    widths = [max(len(cell) for cell in column) * _LETTER for column in zip(heads, *lines, strict=True)]
    widths[3] = max(widths[3], _BAR + 0.5)
    left = np.cumsum([0.1, *(width + _GAP for width in widths)])
    width, height = max(float(left[-1]), 4.0), _LINE * (len(lines) + 1) + 0.75
    told = "; ".join(f"row {line[0]}: {line[1]} taken for {line[2]}" for line in lines[:5])
    words = printable(f"{title}: {said}. {told}.".removeprefix(": "))
    figure = Picture(figsize=(width, height), layout="constrained", words=words)
    head(figure, [plain(title), said], width)
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(len(lines) + 0.5, -0.5))
    axes.axhline(0.5, color=INK, linewidth=0.7)
    for line, cells in enumerate([heads, *lines]):
        for column, cell in enumerate(cells):
            right = column > 3
            x = left[column + 1] - _GAP if right else left[column]
            axes.text(x, line, plain(cell), fontsize=SMALL, va="center", ha="right" if right else "left")
    for line, row in enumerate(shown, start=1):
        sure, of_true = probabilities[row, predicted[row]], probabilities[row, labels[row]]
        axes.barh(line, sure * _BAR, 0.55, left=left[3], color=SECOND, alpha=0.8)
        axes.plot([left[3] + of_true * _BAR], [line], "o", color=FIRST, markersize=4)
        axes.text(left[3] + _BAR + 0.05, line, f"{100 * sure:.0f} %", fontsize=SMALL, va="center")
    return figure


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return shortened(value, 14)
