"""The activations and the weights of each layer over the epochs: small panels, one for each layer."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nnlite.plots.figure import plain, shortened
from nnlite.plots.style import FIRST, INK, WIDTH, head, name, quiet, whole_numbers
from nnlite.text import counted, printable
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.plots.picture import Picture

Layers: TypeAlias = Mapping[str, Array | Sequence[Sequence[float]]]
"""By the name of a layer, five quantiles for each epoch."""

MOST = 24
"""Layers in a figure."""

_COLUMNS, _PANEL = 3, 1.35  # panels beside each other, and inches of one


def activations(epochs: Sequence[int], layers: Layers, title: str = "") -> "Picture":
    """What each layer gives over the epochs: the median, and bands with the middle 50 % and 90 % of the numbers.

    A ReLU whose bands lie at 0 is dead; a Sigmoid or Tanh whose bands lie at its ends is saturated. `LayerSnapshots`
    records what is drawn.

    Args:
        epochs: (epochs,) which they are.
        layers: by name, (epochs, 5): the quantiles of 5, 25, 50, 75 and 95 %.
        title: what stands above.
    """
    return _panels(epochs, layers, title, "activations")


def weights(epochs: Sequence[int], layers: Layers, title: str = "") -> "Picture":
    """The weights of each layer over the epochs: the median, and bands with the middle 50 % and 90 % of them.

    Bands that stand still belong to a layer that does not learn; those that grow on and on to one whose training may
    diverge. `LayerSnapshots` records what is drawn.

    Args:
        epochs: (epochs,) which they are.
        layers: by name, (epochs, 5): the quantiles of 5, 25, 50, 75 and 95 %.
        title: what stands above.
    """
    return _panels(epochs, layers, title, "weights")


@quiet()
def _panels(epochs: Sequence[int], layers: Layers, title: str, what: str) -> "Picture":
    from matplotlib.ticker import MaxNLocator

    from nnlite.plots.picture import Picture

    shown = list(layers.items())[:MOST]
    rows = math.ceil(len(shown) / _COLUMNS)
    said = f"{what} of each layer: median, middle 50 % and 90 %"
    if len(shown) < len(layers):
        said += f"; the first {MOST} of {counted(len(layers), 'layer')}"
    figure = Picture(
        figsize=(WIDTH, _PANEL * rows + 0.9),
        layout="constrained",
        words=printable(f"{title}: {said}: {', '.join(layers)}.".removeprefix(": ")),
    )
    head(figure, [plain(title), said], WIDTH)
    for place, (layer, quantiles) in enumerate(shown):
        axes = figure.add_subplot(rows, _COLUMNS, place + 1)
        low, lower, middle, upper, high = np.asarray(quantiles, np.float64).T
        axes.axhline(0, color=INK, linewidth=0.7)
        band: dict[str, Any] = {"color": FIRST, "linewidth": 0}
        axes.fill_between(epochs, low, high, alpha=0.22, **band)
        axes.fill_between(epochs, lower, upper, alpha=0.35, **band)
        axes.plot(epochs, middle, color=FIRST, linewidth=1.3, marker="." if len(epochs) == 1 else "")
        name(axes, plain(shortened(layer, 18)))
        whole_numbers(axes, list(epochs), nbins=3)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3))
        if place >= len(shown) - _COLUMNS:
            axes.set_xlabel("epoch")
    return figure
