"""Self-attention makes each step of a sequence a mean of all steps, weighted by how well they answer its query."""

import math

import numpy as np

from nnlite.annotations import PositiveInt
from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.layers.matrices import product, sum_of_rows
from nnlite.layers.sequences import check_sequence
from nnlite.layers.softmax import softmax
from nnlite.types import Array, Shape


class SelfAttention(Layer):
    """y = [softmax(Q·Kᵀ/√d)·V of each head]·W₂ + b₂, with the queries, keys and values [Q, K, V] = x·W₁ + b₁.

    Each head has units/heads columns of Q, of K and of V, which is d, and a softmax over the steps of its own. Every
    step sees all others: there is no mask.

    Shapes: x (batch, time, features), weight, W₁ (features, 3·units), bias, b₁ (3·units,), output_weight, W₂
    (units, units), output_bias, b₂ (units,), y (batch, time, units). As PyTorch's `MultiheadAttention` of x, x, x, if
    features and units are alike, but for the matrices, which are transposed there.

    W₁ and W₂ start as Glorot-uniform, each of W₁'s three parts by itself, b₁ and b₂ as 0: as in Keras.

    Args:
        units: width of the output, and of the queries, keys and values of all heads together.
        heads: how many heads there are.

    Raises:
        ShapeError: on build, when the input is not a sequence, (time, features), or heads do not divide units.

    >>> import numpy as np
    >>> from nnlite import SelfAttention, Sequential
    >>> model = Sequential([SelfAttention(4, heads=2)]).build((5, 3))
    >>> model.forward(np.ones((1, 5, 3))).shape
    (1, 5, 4)

    Source: Vaswani et al., "Attention is all you need" (2017), section 3.2.
    """

    def __init__(self, units: PositiveInt, *, heads: PositiveInt = 1, trainable: bool = True) -> None:
        self.units = units
        self.heads = heads
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        check_sequence(input_shape)
        if self.units % self.heads:
            raise ShapeError(
                f"its {self.heads} heads must divide its {self.units} units, whatever the input, here of shape "
                f"{input_shape}"
            )
        features, units = input_shape[1], self.units
        self.weight = self.add_parameter("weight", (features, 3 * units), "glorot_uniform", fan=(features, units))
        self.bias = self.add_parameter("bias", (3 * units,), "zeros", decay=False)
        self.output_weight = self.add_parameter("output_weight", (units, units), "glorot_uniform")
        self.output_bias = self.add_parameter("output_bias", (units,), "zeros", decay=False)
        return (input_shape[0], units)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        rows = x.reshape(-1, x.shape[-1])  # (batch·time, features)
        projected = rows.dot(self.weight.value)
        projected += self.bias.value
        q, k, v = self._split(projected, len(x), 3)  # each (batch, heads, time, d)
        scores = np.matmul(q, k.swapaxes(2, 3))  # (batch, heads, time, time)
        scores *= self._scale(x)
        weights = softmax(scores)  # of each step, one for every step
        seen = np.matmul(weights, v).transpose(0, 2, 1, 3).reshape(len(rows), self.units)  # heads side by side
        if training or self.passes_gradient:
            self.kept = rows, q, k, v, weights, seen
        y: Array = seen.dot(self.output_weight.value)
        y += self.output_bias.value
        return y.reshape(*x.shape[:2], self.units)

    def backward(self, dy: Array) -> Array:
        dprojected = self._backward(dy)
        # ∂L/∂x = ∂L/∂[Q, K, V] · W₁ᵀ
        dx: Array = dprojected.dot(self.weight.value.T)
        return dx.reshape(*dy.shape[:2], -1)

    def backward_parameters(self, dy: Array) -> None:
        self._backward(dy)

    def _backward(self, dy: Array) -> Array:
        """∂L/∂[Q, K, V], (batch·time, 3·units); writes the parameters' gradients."""
        rows, q, k, v, weights, seen = self.kept
        flat = dy.reshape(-1, self.units)  # (batch·time, units)
        # ∂L/∂W₂ = seenᵀ · ∂L/∂y, ∂L/∂b₂ = Σ over the batch and all steps of ∂L/∂y
        product(seen.T, flat, out=self.output_weight.grad)
        sum_of_rows(flat, out=self.output_bias.grad)
        # ∂L/∂seen = ∂L/∂y · W₂ᵀ, head by head
        dseen = self._split(flat.dot(self.output_weight.value.T), len(dy), 1)[0]  # (batch, heads, time, d)
        dprojected = np.empty((3, *v.shape), v.dtype)
        dq, dk, dv = dprojected
        # ∂L/∂V = weightsᵀ · ∂L/∂seen, ∂L/∂weights = ∂L/∂seen · Vᵀ
        np.matmul(weights.swapaxes(2, 3), dseen, out=dv)
        dscores = np.matmul(dseen, v.swapaxes(2, 3))
        # Through the softmax of each step: ∂L/∂sᵢ = wᵢ·(∂L/∂wᵢ − Σⱼ wⱼ·∂L/∂wⱼ)
        dscores -= np.sum(dscores * weights, axis=-1, keepdims=True)
        dscores *= weights
        dscores *= self._scale(dy)
        # ∂L/∂Q = ∂L/∂s · K/√d, ∂L/∂K = (∂L/∂s)ᵀ · Q/√d
        np.matmul(dscores, k, out=dq)
        np.matmul(dscores.swapaxes(2, 3), q, out=dk)
        # (3, batch, heads, time, d) to (batch·time, 3·units)
        joined = dprojected.transpose(1, 3, 0, 2, 4).reshape(len(rows), 3 * self.units)
        # ∂L/∂W₁ = xᵀ · ∂L/∂[Q, K, V], ∂L/∂b₁ = Σ over the batch and all steps of it
        product(rows.T, joined, out=self.weight.grad)
        sum_of_rows(joined, out=self.bias.grad)
        return joined

    def _split(self, rows: Array, batch: int, parts: int) -> Array:
        """(batch·time, parts·units) to (parts, batch, heads, time, d): a view."""
        time, wide = len(rows) // max(batch, 1), self.units // self.heads
        return rows.reshape(batch, time, parts, self.heads, wide).transpose(2, 0, 3, 1, 4)

    def _scale(self, x: Array) -> Array:
        """1/√d in the dtype of x."""
        return np.asarray(1 / math.sqrt(self.units // self.heads), x.dtype)
