"""Predicted numbers beside the true ones, and what is left over beside them."""

from typing import TYPE_CHECKING

import numpy as np

from nnlite.metrics.errors_of_numbers import R2, RMSE
from nnlite.plots.figure import plain
from nnlite.plots.scatter import cloud, shown_range
from nnlite.plots.style import INK, SECOND, head, name, quiet
from nnlite.text import counted, printable
from nnlite.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnlite.plots.picture import Picture

MOST = 6
"""Outputs in a figure."""

_SIDE, _MARGIN = 3.1, 0.6  # inches: a panel, and the title above it


@quiet()
def predictions(true: Array, predicted: Array, title: str = "", sample_weight: Array | None = None) -> "Picture":
    """Predicted against true numbers, on the diagonal where they are equal; beside them what is left over.

    Of few rows each is a point, of many the colour says how many lie in a place. The axes are those of nearly all
    rows: one far away from the others is drawn at the edge. The title says R², RMSE and the number of rows. Rows for
    which a predicted number is not finite are left out, which the title says too.

    Args:
        true: (rows,), or (rows, …) for several outputs; each output has panels of its own, for the first six.
        predicted: the predicted numbers, in the shape of `true`.
        title: what stands above.
        sample_weight: (rows,) how much each row counts in R² and RMSE; None if all count alike.
    """
    from nnlite.plots.picture import Picture

    true, predicted = true.reshape(len(true), -1), predicted.reshape(len(true), -1)
    outputs = min(true.shape[1], MOST)
    defined = np.isfinite(predicted).all(axis=1)
    notes = []
    if outputs < true.shape[1]:
        notes.append(f"the first {outputs} of {true.shape[1]} outputs")
    if without := int((~defined).sum()):
        notes.append(f"without {without} of {len(true)} rows: no finite prediction")
    true, predicted = true[defined].astype(np.float64), predicted[defined].astype(np.float64)
    weight = None if sample_weight is None else sample_weight[defined]
    figures = [_figures(true[:, output], predicted[:, output], weight) for output in range(outputs)]
    if outputs == 1:
        notes.append(figures[0])
    lines = [plain(title), *notes]
    width, height = 2 * _SIDE + 0.3, outputs * (_SIDE + 0.2) + _MARGIN
    said = f"{title}: predicted against true numbers, {', '.join(notes or figures)}".removeprefix(": ")
    figure = Picture(figsize=(width, height), layout="constrained", words=printable(f"{said}."))
    head(figure, lines, width)
    for output in range(outputs):
        left, right = (figure.add_subplot(outputs, 2, 2 * output + column) for column in (1, 2))
        _against(left, true[:, output], predicted[:, output])
        left_over(right, true[:, output], predicted[:, output])
        if outputs > 1:
            name(left, f"output {output}: {figures[output]}")
    return figure


@quiet()
def residuals(true: Array, predicted: Array, title: str = "") -> "Picture":
    """What is left over, true minus predicted, against the predicted number: a cloud about zero, if all is well.

    Where it bends, the model misses something; where it widens, larger numbers are less sure. The line is the median
    in each tenth of the rows. Rows for which a predicted number is not finite are left out.

    Args:
        true: (rows,) the true numbers.
        predicted: (rows,) the predicted ones.
        title: what stands above.
    """
    from nnlite.plots.picture import Picture

    defined = np.isfinite(predicted)
    true, predicted = true[defined].astype(np.float64), predicted[defined].astype(np.float64)
    words = printable(f"{title}: residuals of {counted(len(true), 'row')}.".removeprefix(": "))
    figure = Picture(figsize=(_SIDE + 0.9, _SIDE + 0.3), layout="constrained", words=words)
    head(figure, [plain(title), counted(len(true), "row")], _SIDE + 0.9)
    left_over(figure.add_subplot(), true, predicted)
    return figure


def _against(axes: "Axes", true: Array, predicted: Array) -> None:
    low, high = shown_range(np.concatenate([true, predicted]))
    axes.plot([low, high], [low, high], color=INK, linewidth=1, linestyle=(0, (4, 3)))
    cloud(axes, true, predicted, (low, high), (low, high))
    axes.set_aspect("equal")
    axes.set_xlabel("true")
    axes.set_ylabel("predicted")


def left_over(axes: "Axes", true: Array, predicted: Array) -> None:
    """Draws true minus predicted against predicted, with a line through the medians of many rows."""
    apart = true - predicted
    across, along = shown_range(predicted), shown_range(np.concatenate([apart, [0.0]]))
    axes.axhline(0, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    cloud(axes, predicted, apart, across, along)
    if len(true) >= 100:
        parts = np.array_split(np.argsort(predicted, kind="stable"), 10)
        middle = [(np.median(predicted[part]), np.median(apart[part])) for part in parts]
        axes.plot(*zip(*middle, strict=True), color=SECOND, label="median of each tenth of the rows")
    axes.set_xlabel("predicted")
    axes.set_ylabel("true − predicted")


def _figures(true: Array, predicted: Array, weight: Array | None) -> str:
    """R², RMSE and the number of rows, in words."""
    if not len(true):
        return "0 rows"
    r2, rmse = (metric(predicted, true, weight) for metric in (R2(), RMSE()))
    said = f"R² {r2:.3f}" if np.isfinite(r2) else "R² undefined"
    return f"{said}, RMSE {rmse:.4g}, {counted(len(true), 'row')}"
