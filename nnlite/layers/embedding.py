"""An embedding is a table of trained vectors, one for each code of a category."""

from typing import Annotated

import numpy as np
from msgspec import Meta

from nnlite.annotations import PositiveInt
from nnlite.core.initializers import InitializerName
from nnlite.core.layer import Layer
from nnlite.layers.codes import MOST_CODES, as_codes, sums_by_row
from nnlite.types import Array, Shape


class Embedding(Layer):
    """y = W[x]: each whole number in x becomes the row of W with that number.

    All columns share the one table: with several columns of categories, number the categories of the next
    column after those of the one before. A `Flatten` behind it lays the vectors of a row side by side.

    Shapes: x (batch, …), whole numbers from 0 to codes − 1 in any dtype; W (codes, size); y (batch, …, size).

    Args:
        codes: the number of codes.
        size: the length of each code's vector.
        weight_init: how W starts: a name from `nnlite.core.initializers`.

    Raises:
        DataError: when x holds anything but a code.

    >>> import numpy as np
    >>> from nnlite import Embedding, Sequential
    >>> model = Sequential([Embedding(5, 2)]).build((3,))
    >>> model.forward(np.array([[0, 4, 4]])).shape
    (1, 3, 2)

    Source: Bengio, Ducharme, Vincent, Jauvin, "A neural probabilistic language model" (2003).
    """

    refuses_rows = True

    def __init__(
        self,
        codes: Annotated[int, Meta(ge=1, le=MOST_CODES)],
        size: PositiveInt,
        *,
        weight_init: InitializerName = "normal",
        trainable: bool = True,
    ) -> None:
        self.codes = codes
        self.size = size
        self.weight_init = weight_init
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.weight = self.add_parameter("weight", (self.codes, self.size), self.weight_init)
        return (*input_shape, self.size)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        advice = "number the categories from 0, or let codes be larger"
        rows = as_codes(x, self.codes, self, advice)  # (batch, …)
        if training or self.passes_gradient:
            self.rows = rows
        return self.weight.value.take(rows, axis=0)  # (batch, …, size)

    def backward(self, dy: Array) -> Array:
        self.backward_parameters(dy)
        # codes are whole numbers: there is no derivative with respect to them
        return np.zeros(dy.shape[:-1], dy.dtype)

    def backward_parameters(self, dy: Array) -> None:
        # ∂L/∂W[c] = Σ of ∂L/∂y over all places where x = c
        self.weight.grad = sums_by_row(dy, self.rows, self.codes)
