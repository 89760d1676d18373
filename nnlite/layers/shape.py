"""Layers that change only the shape of an example, not its numbers."""

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta

from nnlite.annotations import PositiveInt
from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.text import counted
from nnlite.types import MOST_AXES, Array, Shape


class Flatten(Layer):
    """Each example becomes one row of features: (batch, …) to (batch, product of the rest), in C order.

    >>> import numpy as np
    >>> from nnlite import Flatten, Sequential
    >>> Sequential([Flatten()]).build((8, 8)).forward(np.zeros((5, 8, 8))).shape
    (5, 64)

    Source: ONNX's operator Flatten, with axis 1.
    """

    takes_raw_rows = True

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.input_shape = input_shape
        return (math.prod(input_shape),)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        return x.reshape(len(x), math.prod(self.input_shape))

    def backward(self, dy: Array) -> Array:
        return dy.reshape(len(dy), *self.input_shape)


class Reshape(Layer):
    """Each example takes another shape, its numbers in the same order: (batch, …) to (batch, *shape), in C order.

    Args:
        shape: the new shape of one example, without the batch axis: [1, 28, 28] makes images of rows of 784.

    Raises:
        ShapeError: on build, if an example has another count of numbers.

    >>> import numpy as np
    >>> from nnlite import Reshape, Sequential
    >>> Sequential([Reshape((1, 8, 8))]).build((64,)).forward(np.zeros((5, 64))).shape
    (5, 1, 8, 8)

    Source: PyTorch's Unflatten of axis 1.
    """

    takes_raw_rows = True

    def __init__(
        self,
        shape: Annotated[Sequence[PositiveInt], Meta(min_length=1, max_length=MOST_AXES)],
        *,
        trainable: bool = True,
    ) -> None:
        self.shape = tuple(shape)
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        if math.prod(input_shape) != math.prod(self.shape):
            raise ShapeError(
                f"its input has shape {input_shape}, {counted(math.prod(input_shape), 'number')}, but shape "
                f"{self.shape} has "
                f"{math.prod(self.shape)}: expected as many"
            )
        self.input_shape = input_shape
        return self.shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        return x.reshape(len(x), *self.shape)

    def backward(self, dy: Array) -> Array:
        return dy.reshape(len(dy), *self.input_shape)
