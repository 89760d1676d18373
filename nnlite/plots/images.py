"""When the rows of a model are images, of shape (height, width) or (channels, height, width)."""

import math

from nnlite.core.sequential import Sequential
from nnlite.core.tree import walk
from nnlite.errors import DataError
from nnlite.types import Array, Shape


def image_shape(model: Sequential) -> Shape | None:
    """The shape of the images that the model's raw rows are; None if they are not images.

    It is that of the input, if this has two or three axes, or the one that a `Reshape` before the first layer with
    parameters gives to flat rows.

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
    """Images in any of the usual layouts as (images, channels, height, width): a view.

    A last axis of 1 or 3 is taken for the channels if the first cannot be.

    Raises `DataError` if the arrays are not images.
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
