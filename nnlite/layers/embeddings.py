"""Embeddings turn the columns of a table that hold codes into trained vectors, beside its numbers."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta

from nnlite.annotations import PositiveInt
from nnlite.core import initializers
from nnlite.core.initializers import InitializerName
from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.layers.codes import MOST_CODES, as_codes, sums_by_row
from nnlite.text import counted
from nnlite.types import Array, Shape


class Embeddings(Layer):
    """The last columns of x, which hold codes, become a vector each; the numbers before them stay as they are.

    y = (numbers, W[x₁ + o₁], W[x₂ + o₂], …), where the vectors of all columns are rows of the one table W, those of a
    column after those of the column before: o are these offsets. Code 0 stands for a category that is not known. Its
    vectors start as zeros, and stay so if no training row has it: a category that training never saw says nothing.

    Shapes: x (batch, numbers + codes), the codes whole numbers in any dtype, W (sum of codes, size),
    y (batch, numbers + codes·size).

    Args:
        codes: how many codes each of these columns has, from 0 on; without any, y = x.
        size: the length of each code's vector.
        weight_init: how W starts, code 0 excepted: a name from `nnlite.core.initializers`.

    Raises:
        ShapeError: on build, when the input is not a row of at least so many columns.
        DataError: when such a column holds anything but one of its codes.

    >>> import numpy as np
    >>> from nnlite import Embeddings, Sequential
    >>> model = Sequential([Embeddings([5, 3], size=2)]).build((4,))
    >>> y = model.forward(np.array([[0.5, -1.0, 4, 0]]))
    >>> y.shape, y[0, :2].tolist(), y[0, 4:].tolist()
    ((1, 6), [0.5, -1.0], [0.0, 0.0])

    Source: Guo, Berkhahn, "Entity embeddings of categorical variables" (2016).
    """

    refuses_rows = True

    def __init__(
        self,
        codes: Sequence[Annotated[int, Meta(ge=1, le=MOST_CODES)]] = (),
        size: PositiveInt = 8,
        *,
        weight_init: InitializerName = "normal",
        trainable: bool = True,
    ) -> None:
        self.codes = codes
        self.size = size
        self.weight_init = weight_init
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        if len(input_shape) != 1 or len(self.codes) > input_shape[0]:
            raise ShapeError(
                f"takes rows whose last {counted(len(self.codes), 'column is a code', 'columns are codes')}, "
                f"but its input has shape {input_shape}"
            )
        self.counts = np.array(self.codes, np.intp)
        self.offsets = np.cumsum(self.counts) - self.counts
        self.numbers = input_shape[0] - len(self.codes)
        self.whole = range(self.numbers, input_shape[0])
        if self.codes:
            self.weight = self.add_parameter("weight", (sum(self.codes), self.size), self._start)
        return (self.numbers + len(self.codes) * self.size,)

    def _start(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        table = initializers.find(self.weight_init)(rng, shape, fan_in, fan_out)
        table[self.offsets] = 0  # of code 0
        return table

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if not self.codes:
            return x
        codes = as_codes(
            x[:, self.numbers :], self.counts, self, "let its codes be larger, or number from 0", self.whole
        )
        rows = codes + self.offsets  # (batch, codes)
        if training or self.passes_gradient:
            self.rows = rows
        vectors = self.weight.value.take(rows, axis=0).reshape(len(x), -1)  # (batch, codes·size)
        numbers = x[:, : self.numbers].astype(vectors.dtype, copy=False)
        return np.concatenate([numbers, vectors], axis=1)

    def backward(self, dy: Array) -> Array:
        self.backward_parameters(dy)
        # numbers pass; codes are whole numbers: there is no derivative with respect to them
        dx = np.zeros((len(dy), self.numbers + len(self.codes)), dy.dtype)
        dx[:, : self.numbers] = dy[:, : self.numbers]
        return dx

    def backward_parameters(self, dy: Array) -> None:
        if not self.codes:
            return
        # ∂L/∂W[r] = Σ of ∂L/∂y over all places that took row r
        of_vectors = dy[:, self.numbers :].reshape(len(dy), len(self.codes), self.size)
        self.weight.grad = sums_by_row(of_vectors, self.rows, len(self.weight.value))
