"""The regions of two features in which a classifier says each class, and the rows in them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.plots.figure import plain, shortened
from nnlite.plots.scatter import shown_range
from nnlite.plots.style import COLOURS, INK, SMALL, head, quiet
from nnlite.text import counted, printable
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.plots.picture import Picture

MOST_POINTS = 500
"""About how many rows stand in a figure; of more some are shown, evenly spaced."""

_GRID = 120  # places along each axis at which the model is asked
_MARKERS = "os^Dv*"


@quiet()
def decision_boundary(
    predict: Callable[[Array], Array],
    x: Array,
    labels: Array,
    classes: Sequence[Any],
    features: Sequence[Any],
    title: str = "",
    *,
    columns: tuple[int, int] = (0, 1),
) -> "Picture":
    """Where a classifier says each class, by two of the features; the rows stand in it, those it gets wrong ringed.

    A region has the colour of its class, the fuller, the surer the model is. Other features are held at their
    medians, so that of a model of more than two features this is one slice of many, and a row need not lie in its own
    region. At most six classes have colours.

    Args:
        predict: gives for rows, shaped as x, the probabilities, (rows, classes): a model's `predict`.
        x: (rows, features) finite numbers.
        labels: (rows,) the true class indices.
        classes: the names of the classes.
        features: the names of the columns of x.
        title: what stands above.
        columns: which two of them are the axes.
    """
    from matplotlib.colors import to_rgb

    from nnlite.plots.picture import Picture

    one, two = columns
    across, along = (shown_range(x[:, column].astype(np.float64)) for column in columns)
    grid = np.repeat(np.median(x, axis=0, keepdims=True).astype(x.dtype), _GRID * _GRID, axis=0)
    steps = (np.arange(_GRID) + 0.5) / _GRID
    grid[:, one] = np.tile(across[0] + steps * (across[1] - across[0]), _GRID)
    grid[:, two] = np.repeat(along[0] + steps * (along[1] - along[0]), _GRID)
    count = len(classes)
    found = predict(grid).astype(np.float64)  # (places, classes)
    said = found.argmax(axis=1)
    sure = (found.max(axis=1) - 1 / count) / (1 - 1 / count)
    colours = np.array([to_rgb(COLOURS[index] if index < len(COLOURS) else INK) for index in range(count)])
    region = np.column_stack([colours[said], 0.06 + 0.26 * np.clip(sure, 0, 1)]).reshape(_GRID, _GRID, 4)

    wrong = predict(x).argmax(axis=1) != labels
    right = counted(int((~wrong).sum()), "row")
    slice_of = f"; the other {x.shape[1] - 2} features at their medians" if x.shape[1] > 2 else ""
    note = f"{right} right, {int(wrong.sum())} wrong (ringed){slice_of}"
    names = [shortened(features[column], 30) for column in columns]
    words = printable(f"{title}: regions of {counted(count, 'class', 'classes')} by {' and '.join(names)}; {note}.")
    figure = Picture(figsize=(5.2, 4.4), layout="constrained", words=words.removeprefix(": "))
    head(figure, [plain(title), note], 5.2)
    axes = figure.add_subplot()
    axes.grid(visible=False)
    axes.imshow(region, extent=(*across, *along), origin="lower", aspect="auto", interpolation="nearest")
    edge = np.sort(found, axis=1)
    if len(np.unique(said)) > 1:
        for index in np.unique(said):
            # Above zero where the class is said: the line goes where it is as probable as the best other one.
            ahead = np.where(said == index, edge[:, -1] - edge[:, -2], found[:, index] - edge[:, -1])
            places = (across[0] + steps * (across[1] - across[0]), along[0] + steps * (along[1] - along[0]))
            axes.contour(*places, ahead.reshape(_GRID, _GRID), levels=[0.0], colors=INK, linewidths=0.8)
    every = -(-len(x) // MOST_POINTS)
    for index in range(count):
        of_class = np.flatnonzero(labels == index)[::every]
        marker, colour = _MARKERS[index % len(_MARKERS)], colours[index]
        for rows, ring, width in ((of_class[~wrong[of_class]], "none", 0.0), (of_class[wrong[of_class]], INK, 1.4)):
            axes.plot(x[rows, one], x[rows, two], marker, color=colour, markersize=4.5, mec=ring, mew=width)
        axes.lines[-2].set_label(plain(shortened(classes[index])))
    axes.set(xlim=across, ylim=along, xlabel=plain(names[0]), ylabel=plain(names[1]))
    handles = [line for line in axes.lines if not str(line.get_label()).startswith("_")][:12]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1), fontsize=SMALL)
    return figure
