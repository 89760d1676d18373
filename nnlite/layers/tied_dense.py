"""A tied dense layer borrows the weights of another dense layer and runs them the other way, as a decoder does."""

import numpy as np

from nnlite.core.initializers import InitializerName
from nnlite.core.sharing import Sharing
from nnlite.errors import ShapeError
from nnlite.layers.matrices import sum_of_rows
from nnlite.layers.shared import Shared
from nnlite.types import Array, Shape


class TiedDense(Sharing):
    """y = x·Wᵀ + c, where W is the matrix of the `Dense` among the layers of `Shared(to, [...])`; c is its own.

    In an autoencoder `Shared("code", [Dense(32), ReLU()])` encodes and `TiedDense("code")` decodes, with half of the
    weights. They are trained, counted and saved once; ∂L/∂W is the sum of what comes from both.

    Shapes: W (inputs, units), x (batch, units), c (inputs,), y (batch, inputs).

    Args:
        to: the name of the `Shared` layer, which stands before this one. One matrix of weights is in it.
        use_bias: whether there is a c.
        bias_init: how c starts.

    Raises:
        ConfigError: on build, if no layer before is shared under this name.
        ShapeError: on build, if it has not just one matrix, or x is no row of as many features as that has units.

    >>> import numpy as np
    >>> from nnlite import Dense, Sequential, Shared, TiedDense
    >>> model = Sequential([Shared("code", [Dense(1, weight_init="ones")]), TiedDense("code")]).build((3,))
    >>> model.forward(np.array([[1.0, 2.0, 3.0]]))
    array([[6., 6., 6.]], dtype=float32)

    Source: Vincent, Larochelle, Lajoie, Bengio, Manzagol, "Stacked denoising autoencoders" (2010), section 2.2.
    """

    def __init__(
        self, to: str, *, use_bias: bool = True, bias_init: InitializerName = "zeros", trainable: bool = True
    ) -> None:
        self.to = to
        self.use_bias = use_bias
        self.bias_init = bias_init
        self.trainable = trainable

    @property
    def borrows(self) -> str | None:
        return self.to

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        lender = self.loan.lender
        assert isinstance(lender, Shared)
        self.matrix = {
            path: parameter
            for path, parameter in lender.lent.parts.items()
            if parameter.name == "weight" and len(parameter.shape) == 2
        }
        if len(self.matrix) != 1:
            raise ShapeError(
                f"borrows the matrix of a Dense, but there are {len(self.matrix)} in {lender!r}: share each Dense "
                "under a name of its own"
            )
        ((self.path, self.weight),) = self.matrix.items()
        inputs, units = self.weight.shape
        if input_shape != (units,):
            raise ShapeError(
                f"takes rows of {units} features, as many as the layer whose weights it borrows gives, but its input "
                f"has shape {input_shape}"
            )
        if self.use_bias:
            self.bias = self.add_parameter("bias", (inputs,), self.bias_init, decay=False)
        return (inputs,)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if training or self.passes_gradient:
            self.x = x  # (batch, units)
            self.loan.begin(self.place)
        y: Array = x.dot(self.weight.value.T)  # (batch, inputs)
        if self.use_bias:
            y += self.bias.value
        return y

    def backward(self, dy: Array) -> Array:
        self.backward_parameters(dy)
        # ∂L/∂x = ∂L/∂y · W
        dx: Array = dy.dot(self.weight.value)  # (batch, units)
        return dx

    def backward_parameters(self, dy: Array) -> None:
        if self.counts:
            # ∂L/∂W = (∂L/∂y)ᵀ · x, this layer's part of it
            self.loan.add_up(self.place, {self.path: dy.T.dot(self.x)}, self.matrix)  # (inputs, units)
        if self.use_bias:
            # ∂L/∂c = Σ over the batch of ∂L/∂y
            sum_of_rows(dy, out=self.bias.grad)  # (inputs,)
