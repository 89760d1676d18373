"""Log-softmax gives the logarithms of softmax's probabilities, also of those too small to be numbers themselves."""

import numpy as np

from nnlite.core.layer import Layer
from nnlite.types import Array, float_dtype


class LogSoftmax(Layer):
    """yᵢ = log softmax(x)ᵢ = xᵢ − log Σⱼ exp(xⱼ) along the last axis, as a layer inside a model.

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
            self.y: Array = shifted.astype(float_dtype(x), copy=False)
        return self.y

    def backward(self, dy: Array) -> Array:
        # ∂yᵢ/∂xⱼ = δᵢⱼ − softmax(x)ⱼ, so ∂L/∂x = dy − softmax(x)·Σ dy
        dx: Array = dy - np.exp(self.y) * np.sum(dy, axis=-1, keepdims=True)
        return dx
