"""A picture is an example of the shape (channels, height, width), and rows of some other shapes become pictures."""

import math

from nnlite.errors import DataError, ShapeError
from nnlite.types import Array, Shape


def as_images(x: Array, shape: Shape) -> Array:
    """Rows as pictures of this shape, (rows, channels, height, width): a view.

    They may come as they shall be, flat, (rows, channels · height · width), or without the axis of a single channel,
    (rows, height, width). The same holds for rows that a source reads and for those that a predictor is given.

    Raises `ShapeError` that says what came and what is expected.

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
        hint = "one picture alone is x[None]"
    else:
        others = [f"(rows, {', '.join(map(str, other))})" for other in (flat, *([plain] if channels == 1 else []))]
        hint = f"{' or '.join(others)} {'do' if channels == 1 else 'does'} as well"
    raise ShapeError(
        f"x has shape {x.shape}; expected pictures (rows, channels, height, width), here (rows, "
        f"{channels}, {height}, {width}): {hint}"
    )


def refuse_channels_last(x: Array) -> None:
    """Raises `DataError` for what can hardly be anything but pictures whose channels come last.

    Colours are three or four at most, and no picture is that high.
    """
    if x.ndim == 4 and x.shape[3] in (1, 3, 4) and min(x.shape[1:3]) > 4:
        _, height, width, channels = x.shape
        raise DataError(
            f"x has shape {x.shape}, with {channels} channels at the end; expected (rows, channels, height, width): "
            f"save x.transpose(0, 3, 1, 2), or say shape = [{height}, {width}, {channels}] where there are {height} "
            "channels indeed"
        )
