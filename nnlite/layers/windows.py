"""A window is the part of an image that one output depends on; windows lie on the image in steps.

Images have the shape (batch, channels, height, width). But here, and in the layers that use windows, the batch comes
last, (channels, height, width, batch), in memory too. Such a layer then copies and compares runs of at least `batch`
neighbours, whatever the stride; and its output, a view in the usual shape, need not be rearranged for the next one.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import numpy as np
from msgspec import Meta
from numpy.lib.stride_tricks import as_strided

from nnlite.annotations import NonNegativeInt, PositiveInt
from nnlite.errors import ShapeError
from nnlite.types import Array, Shape

# Not tuple[PositiveInt, PositiveInt]: in a union, msgspec 0.22 crashes on a fixed number of constrained items.
_PAIR = Meta(min_length=2, max_length=2)

Sizes: TypeAlias = PositiveInt | Annotated[Sequence[PositiveInt], _PAIR]
"""(height, width), or one number for both."""

Padding: TypeAlias = NonNegativeInt | Annotated[Sequence[NonNegativeInt], _PAIR]
"""(rows above and below, columns left and right), or one number for both."""


class Windows:
    """All windows on images of one shape: ⌊(n + p − d·(k − 1) − 1)/s⌋ + 1 of them along each side.

    n is the side's length, p the padding at both of its ends together, k the kernel's, s the stride, d the dilation.

    Args:
        input_shape: (channels, height, width).
        kernel_size: k, the size of a window.
        stride: s, the step from one window to the next.
        padding: the padding at each end of a side; "same" gives as many windows as the image has places.
        dilation: d, the step from one place in a window to the next.

    Attributes:
        kernel: (height, width) of a window.
        padded: (height, width) of an image with its padding.
        output: (height, width), the number of windows along each side.
        apart: whether no two windows overlap.

    Raises:
        ShapeError: if the shape is not that of an image, or no window fits.
    """

    def __init__(
        self,
        input_shape: Shape,
        kernel_size: Sizes,
        stride: Sizes,
        padding: Padding | Literal["same"],
        dilation: Sizes = 1,
    ) -> None:
        check_image(input_shape)
        self.kernel, self.stride, self.dilation = _pair(kernel_size), _pair(stride), _pair(dilation)
        extent = [d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        if padding == "same":
            if self.stride != (1, 1):
                raise ShapeError(
                    f'padding="same" goes with stride 1, not with {stride}: for an input of shape {input_shape} '
                    "give the padding as a number"
                )
            self.padding = [((e - 1) // 2, e // 2) for e in extent]  # if their sum is odd, the last end gets one more
        else:
            self.padding = [(p, p) for p in _pair(padding)]
        self.padded = [n + sum(p) for n, p in zip(input_shape[1:], self.padding, strict=True)]
        if any(n < e for n, e in zip(self.padded, extent, strict=True)):
            dilated, smaller = "", "kernel_size"
            if self.dilation != (1, 1):
                dilated, smaller = f" with dilation {self.dilation}", "kernel_size or dilation"
            padded = f", with padding {self.padded[0]}×{self.padded[1]}" if any(map(any, self.padding)) else ""
            raise ShapeError(
                f"its kernel covers {extent[0]}×{extent[1]}{dilated}, but its input has shape {input_shape}{padded}: "
                f"expected a smaller {smaller}, or more padding"
            )
        self.apart = all(s >= e for s, e in zip(self.stride, extent, strict=True))
        self.output = tuple((n - e) // s + 1 for n, e, s in zip(self.padded, extent, self.stride, strict=True))

    @property
    def area(self) -> int:
        """The number of places in a window."""
        return math.prod(self.kernel)

    @property
    def places(self) -> list[tuple[int, int]]:
        """(row, column) of every place in a window, row by row."""
        height, width = self.kernel
        return [(row, column) for row in range(height) for column in range(width)]

    def pad(self, x: Array, value: float = 0.0) -> Array:
        """Images (batch, channels, height, width) as an array with the batch last, padded with `value`."""
        if not any(map(any, self.padding)):
            return batch_last(x)
        padded = np.full_like(x, value, shape=(x.shape[1], *self.padded, len(x)), order="C")
        self.unpad(padded)[...] = x
        return padded

    def unpad(self, padded: Array) -> Array:
        """The images without their padding, (batch, channels, height, width): a view."""
        (top, bottom), (left, right) = self.padding
        height, width = self.padded
        return batch_first(padded[:, top : height - bottom, left : width - right])

    def over(self, padded: Array) -> Array:
        """The numbers in each window, (channels, kernel height, kernel width, height, width, batch): a view.

        At one place of every window stand different numbers of the image, so `+=` on them is safe.
        """
        channel, row, column, example = padded.strides
        steps = [d * n for d, n in zip(self.dilation, (row, column), strict=True)]
        strides = [s * n for s, n in zip(self.stride, (row, column), strict=True)]
        return as_strided(
            padded,
            (len(padded), *self.kernel, *self.output, padded.shape[-1]),
            (channel, *steps, *strides, example),
        )


def check_image(input_shape: Shape) -> None:
    """Raises `ShapeError` if an input is not an image, (channels, height, width)."""
    if len(input_shape) != 3:
        places = ", ".join(map(str, input_shape)) if len(input_shape) == 2 else "height, width"
        raise ShapeError(
            f"takes images, shape (channels, height, width), but its input has shape {input_shape}; "
            f"put a Reshape([1, {places}]) before it"
        )


def batch_last(x: Array) -> Array:
    """(batch, channels, height, width) to (channels, height, width, batch), in this order in memory."""
    return np.ascontiguousarray(x.transpose(1, 2, 3, 0))


def batch_first(x: Array) -> Array:
    """(channels, height, width, batch) to (batch, channels, height, width), a view."""
    return x.transpose(3, 0, 1, 2)


def _pair(value: Sizes | Padding) -> tuple[int, int]:
    """(height, width) from a pair, or from one number for both."""
    height, width = (value, value) if isinstance(value, int) else value
    return height, width
