"""A filter is what one unit of the first layer looks for in an image: its weights, laid out as pixels."""

import math
from typing import TYPE_CHECKING

import numpy as np

from nnlite import chain
from nnlite.layers import Conv2D, Dense
from nnlite.model import Sequential
from nnlite.plots.images import channels_first
from nnlite.plots.picture import plain
from nnlite.types import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 64  # filters in a picture
_PIXELS = 48  # a small filter is drawn at least as large, so that the gaps between filters are fine lines


def filters(model: Sequential, title: str = "") -> "Figure | None":
    """The filters of the model's first `Conv2D` or `Dense` layer as small images, the first 64 of them.

    All have the same scale, the largest weight's. Of one channel: red above zero, blue below it, white at zero. Of
    three: their colours, grey at zero. Of another number: the mean over the channels.

    Args:
        model: built, trained or not.
        title: above the picture.

    Returns:
        The picture; None if the layer's weights are no images: a `Dense` on rows of features.
    """
    from matplotlib.figure import Figure

    weights = _first_filters(model)  # (filters, channels, height, width)
    if weights is None:
        return None
    count, colours = len(weights), weights.shape[1] == 3
    weights = np.asarray(weights[:MOST], np.float64)
    largest = float(np.abs(weights if colours else weights.mean(axis=1)).max()) or 1.0
    columns = math.ceil(math.sqrt(len(weights)))
    rows = math.ceil(len(weights) / columns)
    height, width = weights.shape[2:]
    size = min(6.0, 2.0 + columns) / max(columns * width, rows * height)  # of a pixel, in inches
    picture = Figure(
        figsize=(max(columns * width * size, 3.0) + 1.2, rows * height * size + 0.8), layout="constrained"
    )
    axes = picture.add_subplot()
    axes.set_axis_off()
    if colours:
        axes.imshow(_mosaic(0.5 + weights / (2 * largest), columns).transpose(1, 2, 0), interpolation="nearest")
    else:
        image = axes.imshow(
            _mosaic(weights.mean(axis=1, keepdims=True), columns)[0],
            cmap="RdBu_r",
            vmin=-largest,
            vmax=largest,
            interpolation="nearest",
        )
        channels = weights.shape[1]
        picture.colorbar(image, ax=axes, label="weight" if channels == 1 else f"mean weight of {channels} channels")
    shown = f"{count} filters" if count > 1 else "1 filter"
    shown = f"the first {MOST} of {shown}" if count > MOST else shown
    picture.suptitle(plain(f"{title}: {shown}" if title else shown))
    return picture


def _first_filters(model: Sequential) -> Array | None:
    """(filters, channels, height, width), or None."""
    model.check_built()
    shape = model.input_shape  # of the images, as far as they still are some
    for _, layer, _ in chain.walk(model.layers):
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


def _mosaic(images: Array, columns: int) -> Array:
    """The images side by side, a fine gap around each: (images, channels, …) to (channels, height, width).

    What shows no image is NaN, or white where there are colours.
    """
    count, channels, height, width = images.shape
    times = math.ceil(_PIXELS / max(height, width))
    images = images.repeat(times, axis=2).repeat(times, axis=3)
    height, width = height * times + 2, width * times + 2
    rows = math.ceil(count / columns)
    empty = math.nan if channels == 1 else 1.0
    mosaic = np.full((channels, rows * height, columns * width), empty)
    for index, image in enumerate(images):
        top, left = index // columns * height, index % columns * width
        mosaic[:, top + 1 : top + height - 1, left + 1 : left + width - 1] = image
    return mosaic
