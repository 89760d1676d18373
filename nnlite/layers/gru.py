"""GRU, the gated recurrent unit: a recurrent layer whose output is its memory, renewed as far as a gate lets it."""

import numpy as np

from nnlite.layers.recurrent import Recurrent, negated
from nnlite.types import Array


class GRU(Recurrent):
    """hₜ = (1 − z)·n + z·hₜ₋₁ from h₀ = 0 on, with n = tanh(W·xₜ + b + r·(U·hₜ₋₁ + c)), and r, z = σ(…) of step t.

    r and z are σ(W·xₜ + b + U·hₜ₋₁ + c), and r, z and n each have a part of W, U, b and c of their own. r is the
    reset gate, which works behind the product with U, z the update gate, and n what is new.

    Shapes: x (batch, time, features), y (batch, units), or (batch, time, units) with `return_sequences`; weight, W
    (3·units, features), recurrent, U (3·units, units), bias, b (3·units,), recurrent_bias, c (3·units,). The rows
    stand in the order r, z, n: all as in PyTorch. Keras, with `reset_after=True`, has the order z, r, n and the
    transposed matrices.

    W starts as Glorot-uniform, U as an orthogonal matrix, b and c as 0: as in Keras.

    Args:
        units: width of the output.
        return_sequences: whether y are the outputs of all steps; if not, that of the last one.

    Raises:
        ShapeError: on build, when the input is not a sequence, (time, features).

    >>> import numpy as np
    >>> from nnlite import GRU, Sequential
    >>> model = Sequential([GRU(2)]).build((3, 4))
    >>> model.forward(np.ones((1, 3, 4))).shape
    (1, 2)

    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine
    translation" (2014), version 1 of which resets behind the product.
    """

    def declare(self) -> None:
        rows, features = 3 * self.units, self.features
        self.weight = self.add_parameter("weight", (rows, features), "glorot_uniform", fan=(features, rows))
        self.recurrent = self.add_parameter("recurrent", (rows, self.units), "orthogonal")
        self.bias = self.add_parameter("bias", (rows,), "zeros", decay=False)
        self.recurrent_bias = self.add_parameter("recurrent_bias", (rows,), "zeros", decay=False)

    def joined(self) -> Array:
        """Rows for q = U·hₜ₋₁ + c of n, for r and z, and for p = W·xₜ + b of n, in this order."""
        units, at_n = self.units, 2 * self.units
        recurrent, weight = self.recurrent.value, self.weight.value
        bias, recurrent_bias = self.bias.value, self.recurrent_bias.value
        matrix = np.zeros((4 * units, units + self.features + 1), weight.dtype)
        q, r_and_z, p = np.split(matrix, [units, 3 * units])
        q[:, :units], q[:, -1] = recurrent[at_n:], recurrent_bias[at_n:]
        r_and_z[:, :units], r_and_z[:, units:-1] = recurrent[:at_n], weight[:at_n]
        np.add(bias[:at_n], recurrent_bias[:at_n], r_and_z[:, -1])
        p[:, units:-1], p[:, -1] = weight[at_n:], bias[at_n:]
        return matrix

    def run(self, joined: Array, steps: Array, outputs: Array) -> tuple[Array, ...]:
        time, _, batch = steps.shape
        units = self.units
        gates = np.empty((time, 4 * units, batch), steps.dtype)
        q, r, z, n = gates.reshape(time, 4, units, batch).swapaxes(0, 1)
        change = np.empty((units, batch), steps.dtype)
        matrix = negated(joined, slice(units, 3 * units))
        one = np.ones((), steps.dtype)
        each = zip(steps, steps[:, :units], gates, gates[:, units : 3 * units], q, r, z, n, outputs, strict=True)
        for step, before, gate, sigmoids, q_t, r_t, z_t, n_t, h in each:
            matrix.dot(step, gate)
            # σ(a) = 1/(1 + exp(−a)) of r and z, whose rows hold −a
            np.exp(sigmoids, sigmoids)
            sigmoids += one
            np.divide(one, sigmoids, sigmoids)
            # n = tanh(p + r·q); p stands where n will
            np.multiply(r_t, q_t, change)
            n_t += change
            np.tanh(n_t, n_t)
            # hₜ = n + z·(hₜ₋₁ − n)
            np.subtract(before, n_t, change)
            change *= z_t
            np.add(n_t, change, h)
        return (gates,)

    def derivatives(self, joined: Array, kept: tuple[Array, ...], previous: Array, dys: list[Array | None]) -> Array:
        (gates,) = kept
        time, rows, batch = gates.shape
        units = self.units
        by_gate = gates.reshape(time, 4, units, batch)
        q, r, z, n = by_gate.swapaxes(0, 1)
        # For all steps at once, the derivative of hₜ by the rows of the product:
        found = np.empty_like(by_gate)
        sigmoids = by_gate[:, 1:3]
        np.multiply(sigmoids, sigmoids, found[:, 1:3])
        np.subtract(sigmoids, found[:, 1:3], found[:, 1:3])  # σ′ = σ·(1 − σ)
        np.multiply(n, n, found[:, 3])
        np.subtract(1, found[:, 3], found[:, 3])
        found[:, 3] *= 1 - z  # ∂hₜ/∂p = (1 − z)·(1 − n²)
        np.multiply(found[:, 3], r, found[:, 0])  # ∂hₜ/∂q = ∂hₜ/∂p·r
        found[:, 1] *= q  # ∂hₜ/∂r = ∂hₜ/∂p·q
        found[:, 1] *= found[:, 3]
        found[:, 2] *= previous - n  # ∂hₜ/∂z = hₜ₋₁ − n

        recurrent = np.ascontiguousarray(joined[: 3 * units, :units].T)  # (H, 3H): p does not depend on hₜ₋₁
        dh = np.zeros((units, batch), gates.dtype)
        through = np.empty_like(dh)
        products = found.reshape(time, rows, batch)
        for dy, gate, product, z_t in reversed(list(zip(dys, found, products[:, : 3 * units], z, strict=True))):
            if dy is not None:
                dh += dy
            gate *= dh
            # ∂L/∂hₜ₋₁ = Uᵀ · ∂L/∂(product) + ∂L/∂hₜ·z
            recurrent.dot(product, through)
            dh *= z_t
            dh += through
        return products

    def assign(self, gradient: Array) -> None:
        units = self.units
        from_h, from_x, from_one = gradient[:, :units], gradient[:, units:-1], gradient[:, -1]
        q_r_z = np.arange(3 * units)
        r_z_q = np.roll(q_r_z, -units)
        self.recurrent.grad = from_h[r_z_q]
        self.recurrent_bias.grad = from_one[r_z_q]
        self.weight.grad = from_x[units:]
        self.bias.grad = from_one[units:]

    def from_input(self, joined: Array, gates: Array) -> tuple[Array, Array]:
        return joined[self.units :], gates[:, self.units :]  # q does not depend on xₜ
