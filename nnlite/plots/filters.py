"""The filters of a first layer: the weights of each unit, drawn as the pixels of an image."""

import math
from typing import TYPE_CHECKING

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.core.tree import walk
from nnlite.layers import Conv2D, Dense
from nnlite.plots.figure import DPI, plain, shortened
from nnlite.plots.images import channels_first, image_shape
from nnlite.plots.style import head, quiet
from nnlite.text import counted, printable
from nnlite.types import Array

if TYPE_CHECKING:
    from nnlite.plots.picture import Picture

MOST = 64  # filters in a figure
_SIDE = 900  # pixels of the figure, at most; fewer where there are few filters
_BAR, _MARGIN, _HEAD = 1.1, 0.2, 0.5  # in inches: for the bar of colours, at the edges, for the title


@quiet()
def filters(model: Sequential, title: str = "") -> "Picture | None":
    """The filters of the model's first `Conv2D` or `Dense` layer as small images, the first 64 of them.

    All have the same scale, that of the largest weight. A filter of one channel is red above zero, blue below it and
    white at zero; one of three channels has their colours, grey at zero. For another number of channels the mean over
    the channels is drawn.

    Args:
        model: built, trained or not.
        title: the figure's title.

    Returns:
        The figure; None if the model's rows are no images (`image_shape`), or the layer's weights are none.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    from nnlite.plots.picture import Picture

    weights = _first_filters(model)
    if weights is None:
        return None
    count, channels = weights.shape[:2]
    weights = weights[:MOST].astype(np.float64).transpose(0, 2, 3, 1)  # (filters, height, width, channels)
    if channels != 3:
        weights = weights.mean(axis=3)
    largest = float(np.abs(weights).max()) or 1.0
    from_0_to_1 = 0.5 + weights / (2 * largest)
    colours = colormaps["RdBu_r"]
    mosaic = _mosaic(from_0_to_1 if channels == 3 else colours(from_0_to_1)[..., :3])

    height, width = mosaic.shape[0] / DPI, mosaic.shape[1] / DPI  # in inches
    bar = 0.0 if channels == 3 else _BAR
    high = max(height, 1.5) if bar else height  # the bar's numbers need their place
    whole = max(width + bar, 2.6) + 2 * _MARGIN, high + _HEAD + _MARGIN
    figure = Picture(figsize=whole, dpi=DPI)
    left = _MARGIN
    bottom = _MARGIN + (high - height) / 2
    axes = figure.add_axes((left / whole[0], bottom / whole[1], width / whole[0], height / whole[1]))
    axes.set_axis_off()
    axes.imshow(mosaic, interpolation="nearest")
    if bar:
        box = ((left + width + 0.15) / whole[0], _MARGIN / whole[1], 0.15 / whole[0], high / whole[1])
        scale = ScalarMappable(Normalize(-largest, largest), colours)
        label = "weight" if channels == 1 else f"mean weight of {channels} channels"
        figure.colorbar(scale, cax=figure.add_axes(box), label=label)
    shown = counted(count, "filter")
    shown = f"the first {MOST} of {shown}" if count > MOST else shown
    figure.words = printable(f"{title}: {shown}, as small images.".removeprefix(": "))
    head(figure, [plain(shortened(title, 28)), shown], whole[0])
    return figure


def _first_filters(model: Sequential) -> Array | None:
    """(filters, channels, height, width), or None."""
    if image_shape(model) is None:
        return None
    shape = model.input_shape  # of the images, as far as they still are some
    for _, layer, _ in walk(model.layers):
        if isinstance(layer, Conv2D):
            return layer.weight.value
        if isinstance(layer, Dense):
            weight = layer.weight.value  # (inputs, units)
            if len(shape) not in (2, 3) or math.prod(shape) != len(weight):
                return None
            return channels_first(weight.T.reshape(-1, *shape))
        output = layer._output_shape or ()
        if len(output) in (2, 3):
            shape = output
    return None


def _mosaic(images: Array) -> Array:
    """Images in colours, from 0 to 1, side by side with a line around each: (count, …, 3) to (height, width, 3)."""
    count, height, width, _ = images.shape
    columns = min(math.ceil(math.sqrt(count * height / width)), count)  # about as wide as high
    rows = math.ceil(count / columns)
    side, pixels = max(columns * width, rows * height), min(_SIDE, 300 + 150 * columns)
    if side > pixels:
        images = images[:, :: math.ceil(side / pixels), :: math.ceil(side / pixels)]
    else:
        images = images.repeat(pixels // side, axis=1).repeat(pixels // side, axis=2)
    framed = images
    for thickness, shade in ((1, 0.6), (3, 1.0)):  # a grey line, white around it
        sides = (thickness, thickness)
        framed = np.pad(framed, [(0, 0), sides, sides, (0, 0)], constant_values=shade)
    whole = np.ones((rows * columns, *framed.shape[1:]))
    whole[:count] = framed
    _, height, width, _ = framed.shape
    whole = whole.reshape(rows, columns, height, width, 3).transpose(0, 2, 1, 3, 4)
    return whole.reshape(rows * height, columns * width, 3)
