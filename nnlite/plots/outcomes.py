"""An outcome is what a model made of a test row, beside what was true."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nnlite.plots.picture import FIRST, plain, put_title, shortened
from nnlite.types import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion(matrix: Array, classes: Sequence[Any], title: str = "") -> "Figure":
    """A confusion matrix: how many rows of each true class were given each class.

    Args:
        matrix: (classes, classes) counts; rows are the true classes, columns the predicted ones.
        classes: their names.
        title: above the picture.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    size = min(max(4.0, 0.5 * len(classes) + 2), 12.0)
    picture = Figure(figsize=(size + 1, size), layout="constrained")
    axes = picture.add_subplot()
    image = axes.imshow(matrix, cmap="Blues", vmin=0)
    every = 1 + (len(classes) - 1) // 50  # more names would not be read
    ticks, names = range(0, len(classes), every), [plain(shortened(str(name))) for name in classes[::every]]
    longest = max(map(len, names))
    axes.set_xticks(ticks, names, rotation=45 if longest > 3 else 0, ha="right" if longest > 3 else "center")
    axes.set_yticks(ticks, names)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    if title:
        put_title(axes, plain(title))
    if len(classes) <= 25:
        for true, row in enumerate(matrix):
            for predicted, count in enumerate(row):
                if count:
                    colour = "white" if count > matrix.max() / 2 else "black"
                    axes.text(predicted, true, str(count), ha="center", va="center", color=colour)
    else:
        picture.colorbar(image, ax=axes, label="rows", shrink=0.8, ticks=MaxNLocator(integer=True))
    return picture


def predictions(true: Array, predicted: Array, title: str = "") -> "Figure":
    """Predicted against true numbers, a point for each row: on the diagonal the two are the same.

    Args:
        true: (rows,), or (rows, …) for several outputs, each of which has a square of its own, six at most.
        predicted: as many.
        title: above the picture.
    """
    from matplotlib.figure import Figure

    true, predicted = true.reshape(len(true), -1), predicted.reshape(len(true), -1)
    outputs = min(true.shape[1], 6)
    if outputs < true.shape[1]:
        title = f"{title}, the first {outputs} of {true.shape[1]} outputs".removeprefix(", ")
    picture = Figure(figsize=(4.8 * outputs, 4.8), layout="constrained")
    for output in range(outputs):
        axes = picture.add_subplot(1, outputs, output + 1)
        low, high = _range(true[:, output], predicted[:, output])
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
        picture.suptitle(plain(title))
    return picture


def _range(*values: Array) -> tuple[float, float]:
    """From a little below all of them to a little above."""
    low, high = min(float(each.min()) for each in values), max(float(each.max()) for each in values)
    margin = 0.04 * (high - low) or 1.0
    return low - margin, high + margin
