"""A confusion matrix: how many rows of each true class were given each class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.plots.figure import plain, put_title, shortened
from nnlite.types import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion(matrix: Array | Sequence[Sequence[int]], classes: Sequence[Any], title: str = "") -> "Figure":
    """A confusion matrix: how many rows of each true class were given each class.

    Args:
        matrix: (classes, classes) counts, an array or lists; rows are the true classes, columns the predicted ones.
        classes: the names of the classes, in order.
        title: the figure's title.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    matrix = np.asarray(matrix)
    size = min(max(4.0, 0.5 * len(classes) + 2), 12.0)
    figure = Figure(figsize=(size + 1, size), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(matrix, cmap="Blues", vmin=0)
    every = 1 + (len(classes) - 1) // 50  # more names would not be read
    ticks, names = range(0, len(classes), every), [plain(shortened(name)) for name in classes[::every]]
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
        figure.colorbar(image, ax=axes, label="rows", shrink=0.8, ticks=MaxNLocator(integer=True))
    return figure
