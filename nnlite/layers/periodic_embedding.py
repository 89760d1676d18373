"""A periodic embedding turns each number into several: learnt mixtures of waves, so that near values can differ."""

import math
from typing import Annotated

import numpy as np
from msgspec import Meta

from nnlite.annotations import PositiveFloat, PositiveInt
from nnlite.core.initializers import Initializer
from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.text import counted
from nnlite.types import Array, Shape


class PeriodicEmbedding(Layer):
    """Each number x becomes V·cos(2π·w·x + b) + c, and x itself behind it, with w, b, V and c of its own.

    A dense network learns smooth functions first; behind waves of several frequencies it also learns functions of a
    number that jump or bend, as trees do. The frequencies w start as N(0, deviation²), the phases b as U(−π, π), V
    and c as U(±1/√frequencies); all are trained. The numbers should be standardized before.

    Shapes: x (batch, columns); of it the first ones are embedded, the others stay as they are, at the end.
    w, b (embedded, frequencies), V (embedded, size − 1, frequencies), c (embedded, size − 1);
    y (batch, embedded·size + others), the numbers of a column side by side.

    Args:
        columns: how many columns, from the first, are embedded; all of them if None.
        frequencies: the number of waves for each column.
        size: how many numbers each embedded column becomes, itself among them; at least 2.
        deviation: the standard deviation that the frequencies start with. Larger ones let the output change faster
            with x from the beginning.

    Raises:
        ShapeError: on build, when the input is not a row of at least so many columns.

    >>> import numpy as np
    >>> from nnlite import PeriodicEmbedding, Sequential
    >>> model = Sequential([PeriodicEmbedding(2, size=4)]).build((3,))
    >>> y = model.forward(np.array([[0.5, -1.0, 7.0]]))
    >>> y.shape, y[0, [3, 7, 8]].tolist()
    ((1, 9), [0.5, -1.0, 7.0])

    Sources: Gorishniy, Rubachev, Babenko, "On embeddings for numerical features in tabular deep learning" (2022),
    section 3.3; in this form, which they call PBLD, Holzmüller, Grinsztajn, Steinwart, "Better by default: strong
    pre-tuned MLPs and boosted trees on tabular data" (2024), section 3.
    """

    def __init__(
        self,
        columns: PositiveInt | None = None,
        frequencies: PositiveInt = 16,
        size: Annotated[int, Meta(ge=2)] = 4,
        deviation: PositiveFloat = 0.1,
        *,
        trainable: bool = True,
    ) -> None:
        self.columns = columns
        self.frequencies = frequencies
        self.size = size
        self.deviation = deviation
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        embedded = self.columns or input_shape[0]
        if len(input_shape) != 1 or embedded > input_shape[0]:
            raise ShapeError(
                f"takes rows of at least {counted(self.columns or 1, 'column')}, but its input has shape "
                f"{input_shape}; put a "
                "Flatten before it, or let columns be smaller"
            )
        limit = 1 / math.sqrt(self.frequencies)
        waves = (embedded, self.frequencies)
        self.frequency = self.add_parameter("frequency", waves, _normal(self.deviation))
        self.phase = self.add_parameter("phase", waves, _uniform(math.pi), decay=False)
        self.weight = self.add_parameter("weight", (embedded, self.size - 1, self.frequencies), _uniform(limit))
        self.bias = self.add_parameter("bias", (embedded, self.size - 1), _uniform(limit), decay=False)
        return (embedded * self.size + input_shape[0] - embedded,)

    # Arrays have the embedded columns first and the batch last, so that all is a few products of matrices, which are
    # many times faster than `einsum` over an array with the batch first.

    def forward(self, x: Array, *, training: bool = False) -> Array:
        (embedded, mixed), batch = self.bias.shape, len(x)
        # z = 2π·w·x + b, as a product of (2πw, b) with (x, 1)
        line = np.empty((*self.phase.shape, 2), self.phase.value.dtype)  # (embedded, frequencies, 2)
        np.multiply(self.frequency.value, 2 * math.pi, out=line[:, :, 0])
        line[:, :, 1] = self.phase.value
        numbers = np.empty((embedded, 2, batch), line.dtype)
        numbers[:, 0] = x[:, :embedded].T
        numbers[:, 1] = 1
        z = np.matmul(line, numbers)  # (embedded, frequencies, batch)
        waves = np.cos(z)
        if training or self.passes_gradient:
            self.numbers, self.z, self.waves = numbers, z, waves
        y = np.empty((batch, self._width(x.shape[1])), line.dtype, order="F")  # (batch, embedded·size + others)
        parts = self._parts(y.T)  # (embedded, size, batch)
        of_mixed = np.matmul(self.weight.value, waves, out=parts[:, :mixed])
        of_mixed += self.bias.value[:, :, None]
        parts[:, mixed] = numbers[:, 0]
        y[:, embedded * self.size :] = x[:, embedded:]
        return y

    def _width(self, columns: int) -> int:
        embedded = len(self.bias.value)
        return embedded * self.size + columns - embedded

    def _parts(self, y: Array) -> Array:
        """The embedded columns of an output with the batch last, (embedded, size, batch); a view."""
        embedded = len(self.bias.value)
        return y[: embedded * self.size].reshape(embedded, self.size, -1)

    def backward(self, dy: Array) -> Array:
        parts, dz = self._backward(dy)
        embedded, mixed = self.bias.shape
        dx = np.empty((len(dy), embedded + dy.shape[1] - embedded * self.size), dy.dtype)
        # ∂L/∂x = what comes to x itself + Σ over the waves of 2π·w·∂L/∂z
        of_waves = np.matmul(self.frequency.value[:, None, :], dz)[:, 0]  # (embedded, batch)
        of_waves *= 2 * math.pi
        dx[:, :embedded] = (parts[:, mixed] + of_waves).T
        dx[:, embedded:] = dy[:, embedded * self.size :]
        return dx

    def backward_parameters(self, dy: Array) -> None:
        self._backward(dy)

    def _backward(self, dy: Array) -> tuple[Array, Array]:
        """Writes the gradients; returns ∂L/∂y of the embedded columns, (embedded, size, batch), and ∂L/∂z."""
        mixed = self.size - 1
        parts = self._parts(np.ascontiguousarray(dy.T))
        of_mixed = parts[:, :mixed]  # (embedded, size − 1, batch)
        ones = self.numbers[0, 1]
        # ∂L/∂V = ∂L/∂y · cos(z)ᵀ,  ∂L/∂c = Σ over the batch of ∂L/∂y
        self.weight.grad = np.matmul(of_mixed, self.waves.transpose(0, 2, 1))
        self.bias.grad = np.matmul(of_mixed, ones)
        # ∂L/∂z = −sin(z) · (Vᵀ · ∂L/∂y), the sign with V, which has the fewest numbers
        dz = np.matmul(np.negative(self.weight.value).transpose(0, 2, 1), of_mixed)  # (embedded, frequencies, batch)
        dz *= np.sin(self.z)
        # ∂L/∂w = 2π · Σ over the batch of x · ∂L/∂z,  ∂L/∂b = Σ over the batch of ∂L/∂z
        frequency = np.matmul(dz, self.numbers[:, 0, :, None])[:, :, 0]
        frequency *= 2 * math.pi
        self.frequency.grad = frequency
        self.phase.grad = np.matmul(dz, ones)
        return parts, dz


def _normal(deviation: float) -> Initializer:
    return lambda rng, shape, *fans: deviation * rng.standard_normal(shape)


def _uniform(limit: float) -> Initializer:
    return lambda rng, shape, *fans: rng.uniform(-limit, limit, shape)
