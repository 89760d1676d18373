"""What recurrent layers share: one cell, applied to a sequence step by step, that passes its output on to itself.

All that a step multiplies, [hₜ₋₁; xₜ; 1], stands in one array, and all weights and biases in one matrix, so that a
step takes one matrix product. In these arrays the batch comes last, (time, numbers, batch): each gate is then one run
of memory, whatever the sizes.
"""

from abc import abstractmethod

import numpy as np

from nnlite.annotations import PositiveInt
from nnlite.core.layer import Layer
from nnlite.layers.sequences import check_sequence
from nnlite.types import Array, Shape


class Recurrent(Layer):
    """The base of recurrent layers: shapes, the arrays of all steps, and the gradient's way back through time.

    Shapes: x (batch, time, features), y (batch, time, units) or (batch, units). Inside, B is the batch, H the units,
    and one step's numbers [hₜ₋₁; xₜ; 1] are (H + features + 1, B).

    Args:
        units: width of the output, and of what is remembered.
        return_sequences: whether y are the outputs of all steps; if not, that of the last one.
    """

    def __init__(self, units: PositiveInt, *, return_sequences: bool = False, trainable: bool = True) -> None:
        self.units = units
        self.return_sequences = return_sequences
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        check_sequence(input_shape)
        self.features = input_shape[1]
        self.declare()
        return (input_shape[0], self.units) if self.return_sequences else (self.units,)

    @abstractmethod
    def declare(self) -> None:
        """Declares the parameters."""

    @abstractmethod
    def joined(self) -> Array:
        """All weights and biases as one matrix, (4H, H + features + 1), to be multiplied by [hₜ₋₁; xₜ; 1]."""

    @abstractmethod
    def run(self, joined: Array, steps: Array, outputs: Array) -> tuple[Array, ...]:
        """Runs the cell over time; writes each hₜ to `outputs`, and returns what `derivatives` needs.

        Args:
            joined: see `joined`.
            steps: [hₜ₋₁; xₜ; 1] for each step, (time, H + features + 1, B).
            outputs: the places of h₁, h₂, … in `steps`, (time, H, B).
        """

    @abstractmethod
    def derivatives(self, joined: Array, kept: tuple[Array, ...], previous: Array, dys: list[Array | None]) -> Array:
        """The gradient by what each step's product gave, (time, 4H, B).

        Args:
            joined: see `joined`.
            kept: what `run` returned.
            previous: h₀, h₁, …, (time, H, B).
            dys: for each step the gradient by its output, (H, B), or None where that output was not returned.
        """

    @abstractmethod
    def assign(self, gradient: Array) -> None:
        """Writes the parameters' gradients, from that of the joined matrix."""

    @abstractmethod
    def from_input(self, joined: Array, gates: Array) -> tuple[Array, Array]:
        """The rows of the joined matrix, and of `gates` (time, 4H, B), that depend on the input."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        batch, time, features = x.shape
        units, joined = self.units, self.joined()
        steps = np.empty((time + 1, units + features + 1, batch), x.dtype)  # the last one holds the last h alone
        steps[0, :units] = 0  # h₀
        steps[:time, units:-1] = x.transpose(1, 2, 0)
        steps[:, -1] = 1
        outputs = steps[1:, :units]
        with np.errstate(over="ignore"):  # 1/(1 + exp(−a)) is 0 where exp(−a) is infinite
            kept = self.run(joined, steps[:time], outputs)
        if training or self.passes_gradient:
            self.kept = joined, steps, kept
        return outputs.transpose(2, 0, 1) if self.return_sequences else outputs[-1].T.copy()

    def backward(self, dy: Array) -> Array:
        gates = self._backward(dy)
        # ∂L/∂xₜ = Wᵀ · ∂L/∂(product of step t)
        matrix, rows = self.from_input(self.kept[0], gates)
        weight = matrix[:, self.units : -1]  # (3H or 4H, features)
        dx: Array = np.matmul(weight.T, rows)  # (time, features, batch)
        return dx.transpose(2, 0, 1)

    def backward_parameters(self, dy: Array) -> None:
        self._backward(dy)

    def _backward(self, dy: Array) -> Array:
        """The gradient by what each step's product gave, (time, 4H, B); writes those of the parameters."""
        joined, steps, kept = self.kept
        time, units = len(steps) - 1, self.units
        if self.return_sequences:
            dys = list(np.ascontiguousarray(dy.transpose(1, 2, 0)))  # each (H, B)
        else:
            dys = [None] * (time - 1) + [dy.T]
        gates = self.derivatives(joined, kept, steps[:time, :units], dys)
        # ∂L/∂(joined matrix) = Σ over time and batch of ∂L/∂(product) · [hₜ₋₁; xₜ; 1]ᵀ
        self.assign(_time_and_batch(gates).dot(_time_and_batch(steps[:time]).T))
        return gates


def negated(matrix: Array, rows: slice) -> Array:
    """A copy of the matrix with the signs of these rows changed, so that their product is −a: σ(a) takes exp(−a)."""
    found = matrix.copy()
    np.negative(found[rows], found[rows])
    return found


def _time_and_batch(array: Array) -> Array:
    """(time, numbers, batch) to (numbers, time·batch)."""
    return array.transpose(1, 0, 2).reshape(array.shape[1], -1)
