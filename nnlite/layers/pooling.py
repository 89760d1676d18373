"""Pooling reduces each window on an image to one number, channel by channel: its maximum, or its mean."""

import functools

import numpy as np

from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.layers.windows import Padding, Sizes, Windows, batch_first, batch_last, check_image
from nnlite.types import Array, Shape


class MaxPool2D(Layer):
    """y = the largest x in each window; its gradient goes to that x, of several equal ones to the first.

    Shapes: x (batch, channels, height, width), y (batch, channels, …): ⌊(n + 2p − k)/s⌋ + 1 along a side of
    length n, with kernel size k, stride s, padding p. Rows and columns left over at the end are ignored.

    Args:
        kernel_size: the size of a window. This and the next two are a number, or a pair (height, width).
        stride: the step from one window to the next; None for the kernel size.
        padding: rows and columns of −∞ around the image, at most half the kernel size.

    Raises:
        ShapeError: on build, when the input is not an image or smaller than a window, or the padding too large.

    >>> import numpy as np
    >>> from nnlite import MaxPool2D, Sequential
    >>> model = Sequential([MaxPool2D(2)]).build((1, 2, 4))
    >>> model.forward(np.array([[[[1.0, 2.0, 3.0, 4.0], [8.0, 7.0, 6.0, 5.0]]]]))
    array([[[[8., 6.]]]], dtype=float32)

    Source: Zhou, Chellappa, "Computation of optical flow using a neural network" (1988); Scherer, Müller, Behnke,
    "Evaluation of pooling operations in convolutional architectures for object recognition" (2010).
    """

    def __init__(
        self, kernel_size: Sizes, *, stride: Sizes | None = None, padding: Padding = 0, trainable: bool = True
    ) -> None:
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.windows = _pooled(input_shape, self.kernel_size, self.stride, self.padding)
        return (input_shape[0], *self.windows.output)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        windows = self.windows.over(self.windows.pad(x, -np.inf))
        y = windows[:, 0, 0].copy()  # (channels, height, width, batch)
        first = np.zeros(y.shape, np.min_scalar_type(self.windows.area))  # which place of its window y is from
        for number, place in list(enumerate(self.windows.places))[1:]:
            candidate = windows[:, *place]
            larger = (candidate > y).astype(first.dtype)  # not if equal: the first one stays
            larger *= number
            np.maximum(first, larger, out=first)
            np.maximum(y, candidate, out=y)
        if training or self.passes_gradient:
            self.first = first
        return batch_first(y)

    def backward(self, dy: Array) -> Array:
        last = batch_last(dy)  # (channels, height, width, batch)
        dx = np.zeros_like(last, shape=(len(last), *self.windows.padded, len(dy)))
        windows = self.windows.over(dx)
        for number, place in enumerate(self.windows.places):
            # ∂y/∂x = 1 at the first largest place, 0 at the others
            if self.windows.apart:
                np.multiply(last, self.first == number, out=windows[:, *place])
            else:
                windows[:, *place] += last * (self.first == number)
        return self.windows.unpad(dx)


class AveragePool2D(Layer):
    """y = the mean of each window.

    Shapes: x (batch, channels, height, width), y (batch, channels, …), with the sides of `MaxPool2D`.

    Args:
        kernel_size: the size of a window. This and the next two are a number, or a pair (height, width).
        stride: the step from one window to the next; None for the kernel size.
        padding: rows and columns of zeros around the image, at most half the kernel size.
        count_include_pad: whether the zeros of the padding count in a mean. PyTorch's default is True, ONNX's False.

    Raises:
        ShapeError: on build, when the input is not an image or smaller than a window, or the padding too large.

    >>> import numpy as np
    >>> from nnlite import AveragePool2D, Sequential
    >>> model = Sequential([AveragePool2D(2)]).build((1, 2, 4))
    >>> model.forward(np.array([[[[1.0, 2.0, 3.0, 4.0], [8.0, 7.0, 6.0, 5.0]]]]))
    array([[[[4.5, 4.5]]]], dtype=float32)

    Source: LeCun et al., "Handwritten digit recognition with a back-propagation network" (1989).
    """

    def __init__(
        self,
        kernel_size: Sizes,
        *,
        stride: Sizes | None = None,
        padding: Padding = 0,
        count_include_pad: bool = True,
        trainable: bool = True,
    ) -> None:
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.count_include_pad = count_include_pad
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.windows = _pooled(input_shape, self.kernel_size, self.stride, self.padding)
        vars(self).pop("count", None)
        return (input_shape[0], *self.windows.output)

    @functools.cached_property
    def count(self) -> Array:
        """The number of pixels in each window, (1, height, width, 1); computed when the first image comes."""
        height, width = self.windows.padded
        (top, bottom), (left, right) = self.windows.padding
        image = np.ones((1, 1, height - top - bottom, width - left - right))
        windows = self.windows.over(self.windows.pad(image, float(self.count_include_pad)))
        counts: Array = windows.sum(axis=(1, 2))
        return counts

    def forward(self, x: Array, *, training: bool = False) -> Array:
        windows = self.windows.over(self.windows.pad(x))
        y = windows[:, 0, 0].copy()  # (channels, height, width, batch)
        for place in self.windows.places[1:]:
            y += windows[:, *place]
        y /= self.count.astype(y.dtype)
        return batch_first(y)

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = 1/count for every x in the window
        share = batch_last(dy) / self.count.astype(dy.dtype)  # (channels, height, width, batch)
        dx = np.zeros_like(share, shape=(len(share), *self.windows.padded, len(dy)))
        windows = self.windows.over(dx)
        for place in self.windows.places:
            windows[:, *place] += share
        return self.windows.unpad(dx)


class GlobalAveragePool2D(Layer):
    """y = the mean of each channel of an image.

    Shapes: x (batch, channels, height, width), y (batch, channels, 1, 1), as in PyTorch and ONNX; a Flatten makes
    rows of them.

    Raises:
        ShapeError: on build, when the input is not an image.

    >>> import numpy as np
    >>> from nnlite import GlobalAveragePool2D, Sequential
    >>> model = Sequential([GlobalAveragePool2D()]).build((1, 1, 4))
    >>> model.forward(np.array([[[[1.0, 2.0, 3.0, 4.0]]]]))
    array([[[[2.5]]]], dtype=float32)

    Source: Lin, Chen, Yan, "Network in network" (2013).
    """

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        check_image(input_shape)
        self.places = input_shape[1] * input_shape[2]
        self.input_shape = input_shape
        return (input_shape[0], 1, 1)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        y: Array = x.sum(axis=(2, 3), keepdims=True) / self.places
        return y

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = 1/places for every x of the channel
        last = batch_last(dy) / self.places  # (channels, 1, 1, batch)
        return batch_first(last.repeat(self.input_shape[1], axis=1).repeat(self.input_shape[2], axis=2))


def _pooled(input_shape: Shape, kernel_size: Sizes, stride: Sizes | None, padding: Padding) -> Windows:
    """The windows of a pooling layer; raises `ShapeError` if there is too much padding."""
    windows = Windows(input_shape, kernel_size, kernel_size if stride is None else stride, padding)
    if any(2 * max(p) > k for p, k in zip(windows.padding, windows.kernel, strict=True)):
        raise ShapeError(
            f"its padding {padding} is more than half of its kernel_size {kernel_size}, so that on an input of shape "
            f"{input_shape} windows might hold padding alone: expected at most half"
        )
    return windows
