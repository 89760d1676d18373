"""Layers that only lay the same numbers out in another shape."""

import math

import numpy as np

from nnlite.layer import Layer
from nnlite.types import Array, Shape


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
