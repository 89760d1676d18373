"""LSTM, long short-term memory: a recurrent layer with a memory that gates write, keep and read."""

import numpy as np

from nnlite.layers.recurrent import Recurrent, negated
from nnlite.types import Array, Shape


class LSTM(Recurrent):
    """hₜ = o·tanh(cₜ), cₜ = f·cₜ₋₁ + i·g, from h₀ = c₀ = 0 on, with o, i, f = σ(…), g = tanh(…) of step t.

    Each of the four gates is such a function of W·xₜ + U·hₜ₋₁ + b, with a part of W, U and b of its own. o is the
    output gate, i the input gate, f the forget gate and g what is written to the memory c.

    Shapes: x (batch, time, features), y (batch, units), or (batch, time, units) with `return_sequences`; weight, W
    (4·units, features), recurrent, U (4·units, units), bias, b (4·units,). The gates' rows stand in the order o, i,
    f, g; in PyTorch it is i, f, g, o, as in Keras, which has the matrices transposed. b is the sum of PyTorch's two.

    W starts as Glorot-uniform, U as an orthogonal matrix, b as 0, but 1 for f, so that the memory is kept at first:
    as in Keras.

    Args:
        units: width of the output, and of the memory.
        return_sequences: whether y are the outputs of all steps; if not, that of the last one.

    Raises:
        ShapeError: on build, when the input is not a sequence, (time, features).

    >>> import numpy as np
    >>> from nnlite import LSTM, Sequential
    >>> model = Sequential([LSTM(2, return_sequences=True)]).build((3, 4))
    >>> model.forward(np.ones((1, 3, 4))).shape
    (1, 3, 2)

    Source: Hochreiter, Schmidhuber, "Long short-term memory" (1997); the forget gate: Gers, Schmidhuber, Cummins
    (2000), its bias of 1: Jozefowicz, Zaremba, Sutskever (2015).
    """

    def declare(self) -> None:
        rows, features = 4 * self.units, self.features
        self.weight = self.add_parameter("weight", (rows, features), "glorot_uniform", fan=(features, rows))
        self.recurrent = self.add_parameter("recurrent", (rows, self.units), "orthogonal")
        self.bias = self.add_parameter("bias", (rows,), _one_for_the_forget_gate, decay=False)

    def joined(self) -> Array:
        return np.hstack((self.recurrent.value, self.weight.value, self.bias.value[:, None]))

    def run(self, joined: Array, steps: Array, outputs: Array) -> tuple[Array, ...]:
        time, _, batch = steps.shape
        units = self.units
        numbers = np.empty((time + 1, 5, units, batch), steps.dtype)
        numbers[0, 4] = 0  # c₀
        gates, memory = numbers[:-1, :4], numbers[:, 4]  # cₜ₋₁ beside the gates of step t
        squashed = np.empty_like(outputs, order="C")  # tanh(cₜ)
        added = np.empty((time, 2, units, batch), steps.dtype)  # i·g and f·cₜ₋₁
        matrix = negated(joined, slice(3 * units))
        one = np.ones((), steps.dtype)
        products = numbers[:-1].reshape(time, 5 * units, batch)[:, : 4 * units]
        sigmoids, shares, new = gates[:, :3], gates[:, 1:3], numbers[:-1, 3:]
        before_c = steps, products, sigmoids, gates[:, 3], shares, new, added
        after_c = memory[1:], squashed, gates[:, 0], outputs
        each = zip(*before_c, *after_c, strict=True)
        for step, product, sigmoid, g, i_and_f, g_and_before, terms, c, tanh_c, o, h in each:
            matrix.dot(step, product)
            # σ(a) = 1/(1 + exp(−a)) of o, i and f, whose rows hold −a
            np.exp(sigmoid, sigmoid)
            sigmoid += one
            np.divide(one, sigmoid, sigmoid)
            np.tanh(g, g)
            # cₜ = i·g + f·cₜ₋₁
            np.multiply(i_and_f, g_and_before, terms)
            np.add(terms[0], terms[1], c)
            # hₜ = o·tanh(cₜ)
            np.tanh(c, tanh_c)
            np.multiply(o, tanh_c, h)
        return gates, added, squashed, outputs

    def derivatives(self, joined: Array, kept: tuple[Array, ...], previous: Array, dys: list[Array | None]) -> Array:
        gates, added, squashed, outputs = kept
        time, _, units, batch = gates.shape
        o, i, f, g = gates.swapaxes(0, 1)
        # For all steps at once, the derivative of cₜ, or of hₜ for o, by what goes into each gate's function:
        found = np.empty(gates.shape, gates.dtype)
        np.subtract(1, gates[:, :3], found[:, :3])  # σ′ = σ·(1 − σ)
        found[:, 0] *= outputs  # o·∂hₜ/∂o = o·tanh(cₜ) = hₜ
        found[:, 1:3] *= added  # i·∂cₜ/∂i = i·g, and f·∂cₜ/∂f = f·cₜ₋₁
        np.multiply(g, g, found[:, 3])
        np.subtract(1, found[:, 3], found[:, 3])  # tanh′ = 1 − tanh²
        found[:, 3] *= i  # ∂cₜ/∂g = i
        by_cell = squashed * outputs
        np.subtract(o, by_cell, by_cell)  # ∂hₜ/∂cₜ = o·(1 − tanh²(cₜ)) = o − hₜ·tanh(cₜ)

        recurrent = np.ascontiguousarray(joined[:, :units].T)  # (H, 4H)
        dh, dc = np.zeros((2, units, batch), gates.dtype)
        through = np.empty_like(dc)
        products = found.reshape(time, 4 * units, batch)
        each = zip(dys, by_cell, found[:, 0], found[:, 1:], f, products, strict=True)
        for dy, slope, to_o, to_cell, f_t, product in reversed(list(each)):
            if dy is not None:
                dh += dy
            # ∂L/∂cₜ = ∂L/∂hₜ·∂hₜ/∂cₜ + what comes back from step t + 1
            np.multiply(dh, slope, through)
            dc += through
            to_o *= dh
            to_cell *= dc
            # ∂L/∂cₜ₋₁ = ∂L/∂cₜ·f, and ∂L/∂hₜ₋₁ = Uᵀ · ∂L/∂(product)
            dc *= f_t
            recurrent.dot(product, dh)
        return products

    def assign(self, gradient: Array) -> None:
        self.recurrent.grad = gradient[:, : self.units]
        self.weight.grad = gradient[:, self.units : -1]
        self.bias.grad = gradient[:, -1]

    def from_input(self, joined: Array, gates: Array) -> tuple[Array, Array]:
        return joined, gates


def _one_for_the_forget_gate(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    bias = np.zeros((4, shape[0] // 4))
    bias[2] = 1
    return bias.reshape(shape)
