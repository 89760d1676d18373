"""Augmentation changes images at random in training, in ways that keep their class."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnlite.annotations import PositiveInt
from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.layers.windows import check_image
from nnlite.types import Array, Shape


class RandomShift(Layer):
    """y[c, i, j] = x[c, i + s, j + t] in training, with whole s and t drawn for each image; y = x otherwise.

    Both are drawn from −pixels to pixels, all equally likely. Zeros come in at the edges, so the layer belongs behind
    the `Rescale` that makes the background 0, and before the first layer with parameters.

    Shapes: x and y (batch, channels, height, width), alike.

    Args:
        pixels: how far an image may be moved along each side, less than its shorter one.

    Raises:
        ShapeError: on build, when the input is not an image, or one that could be moved out of sight.

    >>> import numpy as np
    >>> from nnlite import RandomShift, Sequential
    >>> x = np.ones((5, 1, 8, 8))
    >>> bool((Sequential([RandomShift(2)]).build((1, 8, 8)).forward(x) == x).all())
    True

    Source: Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to visual document
    analysis" (2003), section 2, translations.
    """

    def __init__(self, pixels: PositiveInt = 2, *, trainable: bool = True) -> None:
        self.pixels = pixels
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        check_image(input_shape)
        if self.pixels >= min(input_shape[1:]):
            raise ShapeError(
                f"its pixels, {self.pixels}, could move an image of shape {input_shape} out of sight: expected less "
                "than height and width"
            )
        self.rng = rng
        return input_shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        places = None
        if training:
            # Each image is seen through a window of its own size, which has another place on the padded image.
            places = self.rng.integers(0, 2 * self.pixels, (2, len(x)), endpoint=True)
        if training or self.passes_gradient:
            self.places = places
        return x if places is None else self._seen_from(x, *places)

    def backward(self, dy: Array) -> Array:
        # ∂y[c, i, j]/∂x[c, i + s, j + t] = 1: the gradient moves back
        return dy if self.places is None else self._seen_from(dy, *(2 * self.pixels - self.places))

    def _seen_from(self, x: Array, rows: Array, columns: Array) -> Array:
        """Each image moved by its own offset, (batch, channels, height, width); zeros come in at the edges."""
        batch, channels, height, width = x.shape
        edge = self.pixels
        padded = np.zeros_like(x, shape=(batch, channels, height + 2 * edge, width + 2 * edge), order="C")
        padded[:, :, edge:-edge, edge:-edge] = x
        windows = sliding_window_view(padded, x.shape[1:], axis=(1, 2, 3))[:, 0]
        return windows[np.arange(batch), rows, columns]


class RandomFlip(Layer):
    """y = x with left and right exchanged, in training, for each image with probability ½; y = x otherwise.

    For images whose mirror image has the same class: things and animals, but not digits and letters. The layer
    belongs before the first layer with parameters.

    Shapes: x and y (batch, channels, height, width), alike.

    Raises:
        ShapeError: on build, when the input is not an image.

    >>> import numpy as np
    >>> from nnlite import RandomFlip, Sequential
    >>> x = np.array([[[[1.0, 2.0, 3.0]]]])
    >>> Sequential([RandomFlip()]).build((1, 1, 3)).forward(x)
    array([[[[1., 2., 3.]]]], dtype=float32)

    Source: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural networks" (2012),
    section 4.1.
    """

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        check_image(input_shape)
        self.rng = rng
        return input_shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        flipped = self.rng.integers(0, 2, (len(x), 1, 1, 1), dtype=bool) if training else None
        if training or self.passes_gradient:
            self.flipped = flipped
        return x if flipped is None else np.where(flipped, x[..., ::-1], x)

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = 1 at the place that a number came from, so the gradient is flipped back
        return dy if self.flipped is None else np.where(self.flipped, dy[..., ::-1], dy)
