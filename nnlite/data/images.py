"""Images are examples of shape (channels, height, width); rows of some other shapes can be turned into images."""

import math

from nnlite.errors import DataError, ShapeError
from nnlite.types import Array, Shape


def as_images(x: Array, shape: Shape) -> Array:
    """Rows as images of this shape, (rows, channels, height, width): a view.

    x may have that shape already; or be flat, (rows, channels · height · width); or lack the axis of a single
    channel, (rows, height, width). Data sources and predictors both use this function.

    Raises `ShapeError`, which says what came and what is expected.

    >>> import numpy as np
    >>> from nnlite.data.images import as_images
    >>> as_images(np.zeros((5, 64)), (1, 8, 8)).shape, as_images(np.zeros((5, 8, 8)), (1, 8, 8)).shape
    ((5, 1, 8, 8), (5, 1, 8, 8))
    """
    came = x.shape[1:]
    if came == shape:
        return x
    channels, height, width = shape
    flat, plain = (math.prod(shape),), (height, width)
    if came == flat or (channels == 1 and came == plain):
        return x.reshape(len(x), *shape)
    if came == (height, width, channels):
        hint = "its channels come last: x.transpose(0, 3, 1, 2) puts them first"
    elif x.shape == shape or (channels == 1 and x.shape == plain):
        hint = "one image alone is x[None]"
    else:
        others = [f"(rows, {', '.join(map(str, other))})" for other in (flat, *([plain] if channels == 1 else []))]
        hint = f"{' or '.join(others)} {'do' if channels == 1 else 'does'} as well"
    raise ShapeError(
        f"x has shape {x.shape}; expected images (rows, channels, height, width), here (rows, "
        f"{channels}, {height}, {width}): {hint}"
    )


def refuse_channels_last(x: Array) -> None:
    """Raises `DataError` if x looks like images whose channels come last.

    That is, if the last axis has 1, 3 or 4 entries, as colours do, and the axes before it more than 4.
    """
    if x.ndim == 4 and x.shape[3] in (1, 3, 4) and min(x.shape[1:3]) > 4:
        _, height, width, channels = x.shape
        raise DataError(
            f"x has shape {x.shape}, with {channels} channels at the end; expected (rows, channels, height, width): "
            f"save x.transpose(0, 3, 1, 2), or say shape = [{height}, {width}, {channels}] where there are {height} "
            "channels indeed"
        )
