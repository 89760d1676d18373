"""Predicted numbers beside the true ones, a point for each row."""

from typing import TYPE_CHECKING

import numpy as np

from nnlite.plots.figure import FIRST, plain, put_title
from nnlite.types import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def predictions(true: Array, predicted: Array, title: str = "") -> "Figure":
    """Predicted against true numbers, a point for each row: on the diagonal they are equal.

    Rows for which a predicted number is not finite are left out, and the title says how many.

    Args:
        true: (rows,), or (rows, …) for several outputs; each output has axes of its own, for the first six.
        predicted: the predicted numbers, in the shape of `true`.
        title: the figure's title.
    """
    from matplotlib.figure import Figure

    true, predicted = true.reshape(len(true), -1), predicted.reshape(len(true), -1)
    outputs = min(true.shape[1], 6)
    if outputs < true.shape[1]:
        title = f"{title}, the first {outputs} of {true.shape[1]} outputs".removeprefix(", ")
    defined = np.isfinite(predicted).all(axis=1)
    if without := int((~defined).sum()):
        title = f"{title}, without {without} of {len(true)} rows: no finite prediction".removeprefix(", ")
    true, predicted = true[defined], predicted[defined]
    figure = Figure(figsize=(4.8 * outputs, 4.8), layout="constrained")
    for output in range(outputs):
        axes = figure.add_subplot(1, outputs, output + 1)
        low, high = _range(true[:, output], predicted[:, output]) if defined.any() else (0.0, 1.0)
        axes.plot([low, high], [low, high], color="0.5", linewidth=1)
        axes.plot(true[:, output], predicted[:, output], ".", color=FIRST, alpha=0.6)
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        axes.set_aspect("equal")
        axes.set_xlabel("true")
        axes.set_ylabel("predicted")
        axes.grid(alpha=0.3)
        if outputs > 1:
            put_title(axes, f"output {output}")
    if title:
        figure.suptitle(plain(title))
    return figure


def _range(*values: Array) -> tuple[float, float]:
    """From a little below all of them to a little above."""
    low, high = min(float(each.min()) for each in values), max(float(each.max()) for each in values)
    margin = 0.04 * (high - low) or 1.0
    return low - margin, high + margin
