"""A residual layer adds the output of a branch of layers to its input: the branch learns what to change."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta

from nnlite.core.container import Container
from nnlite.core.layer import Layer
from nnlite.core.parameters import Parameter
from nnlite.errors import ShapeError
from nnlite.layers.matrices import product
from nnlite.layers.windows import batch_first, batch_last
from nnlite.types import Array, Shape


class Residual(Container):
    """y = x + F(x), or y = x·P + F(x) where the layers F change the width or the channels; P is trained.

    Shapes: x (batch, …), y like the output of the layers. Where these differ, both must be rows of features,
    x (batch, inputs), P (inputs, units), y (batch, units); or images that differ in their channels alone,
    x (batch, inputs, height, width), y (batch, units, height, width): P is then a convolution of kernel size 1.

    Args:
        layers: the layers of the branch, one after the other; at least one.

    Raises:
        ShapeError: on build, if the layers change the shape in another way, such as the size of images.

    >>> import numpy as np
    >>> from nnlite import Dense, ReLU, Residual, Sequential
    >>> model = Sequential([Residual([Dense(3, weight_init="ones"), ReLU()])]).build((3,))
    >>> model.forward(np.array([[1.0, 2.0, 3.0]]))
    array([[7., 8., 9.]], dtype=float32)

    Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2015), equations 1 and 2.
    """

    def __init__(self, layers: Annotated[Sequence[Layer], Meta(min_length=1)], *, trainable: bool = True) -> None:
        self.layers = tuple(layers)
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.chain = self.add_chain("layers", self.layers, input_shape, rng)
        output_shape = self.chain.output_shape
        self.projection: Parameter | None = None
        if output_shape != input_shape:
            if len(input_shape) not in (1, 3) or input_shape[1:] != output_shape[1:]:
                raise ShapeError(
                    f"its layers turn shape {input_shape} into {output_shape}, and the two cannot be added; only "
                    "the width of rows and the channels of images are projected: let the layers keep the rest"
                )
            self.projection = self.add_parameter("projection", (input_shape[0], output_shape[0]), "glorot_uniform")
        return output_shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        branch = self.chain.forward(x, training=training)
        if self.projection is None:
            return x + branch  # the branch's output may be an array that one of its layers keeps
        if training or self.passes_gradient:
            self.x = x
        y = _product(x, self.projection.value)  # (batch, units, …)
        y += branch
        return y

    def backward(self, dy: Array) -> Array:
        # ∂L/∂x = ∂L/∂y·Pᵀ + what comes back through the branch
        branch = self.chain.backward(dy)
        if self.projection is None:
            return dy + branch
        self._backward_projection(dy)
        dx = _product(dy, self.projection.value.T)  # (batch, inputs, …)
        dx += branch
        return dx

    def backward_parameters(self, dy: Array) -> None:
        self.chain.backward_parameters(dy)
        self._backward_projection(dy)

    def _backward_projection(self, dy: Array) -> None:
        if self.projection is not None:
            # ∂L/∂P = xᵀ · ∂L/∂y, for images summed over all places
            product(_by_feature(self.x), _by_feature(dy).T, out=self.projection.grad)  # (inputs, units)


def _product(x: Array, matrix: Array) -> Array:
    """x·matrix along the axis of features or channels."""
    if x.ndim == 2:
        y: Array = x.dot(matrix)
        return y
    height, width = x.shape[2:]
    return batch_first(matrix.T.dot(_by_feature(x)).reshape(matrix.shape[1], height, width, len(x)))


def _by_feature(x: Array) -> Array:
    """x with the features or channels first: (features, batch), or (channels, height·width·batch)."""
    return x.T if x.ndim == 2 else batch_last(x).reshape(x.shape[1], -1)
