"""A residual is a branch of layers whose output is added to its input: the branch learns what to change."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta

from nnlite.chain import Chain
from nnlite.errors import ShapeError
from nnlite.layer import Layer
from nnlite.parameters import Parameter
from nnlite.types import Array, Shape


class Residual(Layer):
    """y = x + F(x), or y = x·P + F(x) where the layers F change the width; P is trained.

    Shapes: x (batch, …), y like the output of the layers. Where these differ, both must be rows of features:
    x (batch, inputs), P (inputs, units), y (batch, units).

    Args:
        layers: of the branch, one after the other; at least one.

    Raises:
        ShapeError: on build, when the layers change a shape that is not a row of features.

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
        self.chain = Chain(self.layers)
        output_shape = self.chain.build(input_shape, rng.spawn(len(self.layers)), "layers")[-1]
        self.projection: Parameter | None = None
        if output_shape != input_shape:
            if not len(input_shape) == len(output_shape) == 1:
                raise ShapeError(
                    f"its layers turn shape {input_shape} into {output_shape}, and the two cannot be added; only "
                    "rows of features are projected: let the layers keep the shape, or put a Flatten before"
                )
            self.projection = self.add_parameter("projection", input_shape + output_shape, "glorot_uniform")
        return output_shape

    def adapt(self, x: Array) -> None:
        self.chain.adapt(x)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        branch = self.chain.forward(x, training=training)
        if self.projection is None:
            return x + branch  # the branch's output may be an array that one of its layers keeps
        self.x = x
        y: Array = x.dot(self.projection.value)  # (batch, units)
        y += branch
        return y

    def backward(self, dy: Array) -> Array:
        # ∂L/∂x = ∂L/∂y·Pᵀ + what comes back through the branch
        branch = self.chain.backward(dy)
        if self.projection is None:
            return dy + branch
        self._backward_projection(dy)
        dx: Array = dy.dot(self.projection.value.T)  # (batch, inputs)
        dx += branch
        return dx

    def backward_parameters(self, dy: Array) -> None:
        self.chain.backward_parameters(dy)
        self._backward_projection(dy)

    def _backward_projection(self, dy: Array) -> None:
        if self.projection is not None:
            # ∂L/∂P = xᵀ · ∂L/∂y
            self.x.T.dot(dy, out=self.projection.grad)  # (inputs, units)
