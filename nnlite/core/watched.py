"""The first step of training is watched: an output or a gradient of a wrong shape or dtype names its layer."""

import numpy as np

from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.types import Array, Shape


class Watched(Layer):
    """Runs a layer, and checks the shape and the dtype of its output and of the gradient that it passes back."""

    def __init__(self, layer: Layer, shape: Shape) -> None:
        self.layer, self.shape = layer, shape
        self.trainable = layer.trainable
        self._declared = layer._parameters

    @property
    def children(self) -> tuple[Layer, ...]:
        return self.layer.children

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self.x = x
        y = self.layer.forward(x, training=training)
        check_like(y, np.empty((len(x), *self.shape), x.dtype), f"{self.layer!r}.forward", "an output")
        return y

    def backward(self, dy: Array) -> Array:
        dx = self.layer.backward(dy)
        check_like(dx, self.x, f"{self.layer!r}.backward", "an input")
        return dx

    def backward_parameters(self, dy: Array) -> None:
        self.layer.backward_parameters(dy)


def check_like(found: object, expected: Array, what: str, where: str) -> None:
    """Raises `ShapeError` if `found` is no array of the shape and the dtype of `expected`.

    Args:
        found: what a layer or a loss returned.
        expected: an array as it should be.
        what: what returned it, for the message: "Dense(3).forward".
        where: the array that it belongs to, for the message: "an output".
    """
    if not isinstance(found, np.ndarray):
        raise ShapeError(f"{what} gives a {type(found).__name__}, expected an array")
    if found.shape != expected.shape or found.dtype != expected.dtype:
        raise ShapeError(
            f"{what} gives {found.dtype} {found.shape} where it should give {expected.dtype} {expected.shape}, "
            f"for {where} of that kind"
        )
