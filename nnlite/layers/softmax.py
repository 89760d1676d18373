"""Softmax turns a row of numbers into probabilities, positive and with sum 1; log-softmax into their logarithms."""

import numpy as np

from nnlite.core.layer import Layer
from nnlite.types import Array, float_dtype


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
        y = softmax(x)
        if training or self.passes_gradient:
            self.y = y
        return y

    def backward(self, dy: Array) -> Array:
        # ∂yᵢ/∂xⱼ = yᵢ·(δᵢⱼ − yⱼ): the whole Jacobian diag(y) − y·yᵀ, applied to dy
        dx: Array = self.y * (dy - np.sum(dy * self.y, axis=-1, keepdims=True))
        return dx


class LogSoftmax(Layer):
    """yᵢ = log softmax(x)ᵢ = xᵢ − log Σⱼ exp(xⱼ) along the last axis, as a layer inside a model.

    It is right for probabilities that are too small to be numbers themselves, too.

    To end a classifier use `SoftmaxCrossEntropy`, which contains it. A `LogSoftmax` right before that loss
    changes nothing and costs time, since the softmax of these logarithms is the softmax of x.

    Shapes: x and y (batch, …, classes), alike.

    >>> import numpy as np
    >>> from nnlite import LogSoftmax
    >>> LogSoftmax().forward(np.array([[1.0, 2.0, 3.0], [0.0, 1000.0, 0.0]])).round(6)
    array([[-2.407606e+00, -1.407606e+00, -4.076060e-01],
           [-1.000000e+03,  0.000000e+00, -1.000000e+03]])

    Source: Bridle, "Probabilistic interpretation of feedforward classification network outputs" (1990).
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        # In float64, as in softmax. What is below the smallest number of x's dtype becomes −∞: the logarithm of 0.
        with np.errstate(over="ignore"):
            shifted: Array = np.subtract(x, x.max(axis=-1, keepdims=True), dtype=np.float64)
            shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
            y: Array = shifted.astype(float_dtype(x), copy=False)
        if training or self.passes_gradient:
            self.y = y
        return y

    def backward(self, dy: Array) -> Array:
        # ∂yᵢ/∂xⱼ = δᵢⱼ − softmax(x)ⱼ, so ∂L/∂x = dy − softmax(x)·Σ dy
        dx: Array = dy - np.exp(self.y) * np.sum(dy, axis=-1, keepdims=True)
        return dx


def softmax(x: Array) -> Array:
    """exp(x − m) / Σ exp(x − m) along the last axis; m, its maximum, keeps exp from overflow and from all 0."""
    # In float64, where no difference of two float32 numbers is too large.
    y: Array = np.exp(np.subtract(x, x.max(axis=-1, keepdims=True), dtype=np.float64))
    y /= y.sum(axis=-1, keepdims=True)
    return y.astype(float_dtype(x), copy=False)
