"""A dense layer is a matrix product and a bias: every output sees every input of its row."""

import math

import numpy as np

from nnlite.annotations import PositiveInt
from nnlite.core.initializers import InitializerName
from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.layers.matrices import product, sum_of_rows
from nnlite.types import Array, Shape


class Dense(Layer):
    """y = x·W + b, a fully connected layer.

    Shapes: x (batch, inputs), W (inputs, units), b (units,), y (batch, units). PyTorch's `Linear` and
    ONNX's `Gemm` store Wᵀ. An x with more axes, (batch, …, inputs), gives y (batch, …, units): each step of a
    sequence (time, features) is a row by itself. A `Flatten` before it makes one row of all.

    Args:
        units: width of the output.
        weight_init: how W starts: a name from `nnlite.core.initializers`.
        bias_init: how b starts.
        use_bias: whether there is a b.

    Raises:
        ShapeError: on build, when the input is a single number without an axis.

    >>> import numpy as np
    >>> from nnlite import Dense, Sequential
    >>> model = Sequential([Dense(2, weight_init="ones")]).build((3,))
    >>> model.forward(np.array([[1.0, 2.0, 3.0]]))
    array([[6., 6.]], dtype=float32)

    Source: Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors" (1986).
    """

    def __init__(
        self,
        units: PositiveInt,
        *,
        weight_init: InitializerName = "glorot_uniform",
        bias_init: InitializerName = "zeros",
        use_bias: bool = True,
        trainable: bool = True,
    ) -> None:
        self.units = units
        self.weight_init = weight_init
        self.bias_init = bias_init
        self.use_bias = use_bias
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        if not input_shape:
            raise ShapeError(
                f"takes rows of features, shape (inputs,), but its input has shape {input_shape}; "
                f"put a Flatten before it"
            )
        self.weight = self.add_parameter("weight", (input_shape[-1], self.units), self.weight_init)
        if self.use_bias:
            self.bias = self.add_parameter("bias", (self.units,), self.bias_init, decay=False)
        return (*input_shape[:-1], self.units)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        rows = _rows(x)  # (batch, inputs), or of sequences (batch·time, inputs)
        if training or self.passes_gradient:
            self.x = rows
        # y = x·W + b; `dot` is called in half the time of `@`
        y: Array = rows.dot(self.weight.value)  # (batch, units)
        if self.use_bias:
            y += self.bias.value
        return y if rows is x else y.reshape(*x.shape[:-1], self.units)

    def backward(self, dy: Array) -> Array:
        self.backward_parameters(dy)
        # ∂L/∂x = ∂L/∂y · Wᵀ
        rows = _rows(dy)
        dx: Array = rows.dot(self.weight.value.T)  # (batch, inputs)
        return dx if rows is dy else dx.reshape(*dy.shape[:-1], dx.shape[1])

    def backward_parameters(self, dy: Array) -> None:
        dy = _rows(dy)
        # ∂L/∂W = xᵀ · ∂L/∂y, written straight into the model's vector of gradients
        product(self.x.T, dy, out=self.weight.grad)  # (inputs, units)
        if self.use_bias:
            # ∂L/∂b = Σ over the batch of ∂L/∂y
            sum_of_rows(dy, out=self.bias.grad)  # (units,)


def _rows(x: Array) -> Array:
    """All rows of features, (rows, features): x itself if it has no further axes."""
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
