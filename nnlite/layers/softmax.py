"""Softmax turns a row of numbers into probabilities: positive, with sum 1."""

import numpy as np

from nnlite.layer import Layer
from nnlite.types import Array


class Softmax(Layer):
    """yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ) along the last axis, as a layer inside a model.

    To end a classifier use `SoftmaxCrossEntropy` instead: it takes the numbers before the softmax and
    contains it.

    Shapes: x and y (batch, …, classes), alike.

    >>> import numpy as np
    >>> from nnlite import Softmax
    >>> Softmax().forward(np.array([[1.0, 2.0, 3.0]])).round(8)
    array([[0.09003057, 0.24472847, 0.66524096]])

    Source: Bridle, "Probabilistic interpretation of feedforward classification network outputs" (1990).
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self.y = softmax(x)
        return self.y

    def backward(self, dy: Array) -> Array:
        # ∂yᵢ/∂xⱼ = yᵢ·(δᵢⱼ − yⱼ): the whole Jacobian diag(y) − y·yᵀ, applied to dy
        dx: Array = self.y * (dy - np.sum(dy * self.y, axis=-1, keepdims=True))
        return dx


def softmax(x: Array) -> Array:
    """exp(x) / Σ exp(x) along the last axis."""
    y, totals = shifted_exponentials(x)
    y /= totals
    return y


def shifted_exponentials(x: Array) -> tuple[Array, Array]:
    """exp(x − m) with m the row's maximum, and its sum over the row: exp then neither overflows nor is all 0.

    Shapes: x (…, classes), the exponentials (…, classes), their sums (…, 1).
    """
    with np.errstate(over="ignore"):  # a difference too large for the dtype is −∞, whose exp is rightly 0
        exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponentials, exponentials.sum(axis=-1, keepdims=True)
