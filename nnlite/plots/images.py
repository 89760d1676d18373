"""An image is a row of data whose numbers are pixels: (height, width), or with channels before them."""

import math

from nnlite.core.sequential import Sequential
from nnlite.core.tree import walk
from nnlite.errors import DataError
from nnlite.types import Array, Shape


def image_shape(model: Sequential) -> Shape | None:
    """The shape in which a raw row of the model's is an image; None if its rows are no images.

    That is the input's own, of two or three axes, or the one that a `Reshape` gives flat rows before any layer with
    parameters has seen them.

    >>> from nnlite import Conv2D, Reshape, Sequential, Standardize
    >>> from nnlite.plots import image_shape
    >>> image_shape(Sequential([Standardize(), Reshape([1, 8, 8]), Conv2D(4, kernel_size=3)]).build((64,)))
    (1, 8, 8)
    """
    model.check_built()
    shape = model.input_shape
    for layer in model.layers:
        output = layer._output_shape
        if _is_image(shape) or output is None or math.prod(output) != math.prod(shape):
            break
        if any(inner.parameters for _, inner, _ in walk([layer])):
            break
        shape = output
    return shape if _is_image(shape) else None


def channels_first(images: Array) -> Array:
    """Images of any of the usual layouts as (images, channels, height, width): a view.

    A last axis of 1 or 3 is taken for the channels where the first one cannot be.

    Raises `DataError` where they are no images.
    """
    if images.ndim == 3:
        return images[:, None]
    if images.ndim != 4:
        raise DataError(
            f"the images have shape {images.shape}; expected (images, height, width) or "
            "(images, channels, height, width)"
        )
    if images.shape[1] not in (1, 3) and images.shape[3] in (1, 3):
        return images.transpose(0, 3, 1, 2)
    return images


def _is_image(shape: Shape) -> bool:
    return len(shape) in (2, 3)
