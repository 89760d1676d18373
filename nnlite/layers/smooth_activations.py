"""Smooth activations have no kink: softplus, and the units that multiply x by a rising function of x."""

import math

import numpy as np

from nnlite.core.layer import Layer
from nnlite.layers.activations import ZERO, sigmoid
from nnlite.types import Array, float_dtype


class Softplus(Layer):
    """y = log(1 + exp(x)), a smooth ReLU: always positive.

    Shapes: x and y (batch, …), alike.

    >>> import numpy as np
    >>> from nnlite import Softplus
    >>> Softplus().forward(np.array([[-1000.0, 0.0, 1000.0]])).round(6)
    array([[0.00000e+00, 6.93147e-01, 1.00000e+03]])

    Source: Dugas, Bengio, Bélisle, Nadeau, Garcia, "Incorporating second-order functional knowledge for better
    option pricing" (2001).
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        y = softplus(x)
        if training or self.passes_gradient:
            self.x, self.y = x, y
        return y

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = σ(x), whose logarithm is x − softplus(x)
        dx: Array = dy * np.exp(self.x - self.y)
        return dx


class SiLU(Layer):
    """y = x·σ(x), the sigmoid linear unit, also called Swish.

    Shapes: x and y (batch, …), alike.

    >>> import numpy as np
    >>> from nnlite import SiLU
    >>> SiLU().forward(np.array([[-1.0, 0.0, 1.0]])).round(6)
    array([[-0.268941,  0.      ,  0.731059]])

    Source: Elfwing, Uchibe, Doya, "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning" (2018).
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        s = sigmoid(x)
        if training or self.passes_gradient:
            self.x, self.s = x, s
        y: Array = x * s
        return y

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = s + x·s·(1 − s), with s = σ(x)
        dx: Array = dy * (self.s * (1 + self.x * (1 - self.s)))
        return dx


class Mish(Layer):
    """y = x·tanh(softplus(x)).

    Shapes: x and y (batch, …), alike.

    >>> import numpy as np
    >>> from nnlite import Mish
    >>> Mish().forward(np.array([[-1.0, 0.0, 1.0]])).round(6)
    array([[-0.303401,  0.      ,  0.865098]])

    Source: Misra, "Mish: a self regularized non-monotonic activation function" (2019).
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        s = softplus(x)
        t = np.tanh(s)
        if training or self.passes_gradient:
            self.x, self.softplus, self.t = x, s, t
        y: Array = x * t
        return y

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = t + x·(1 − t²)·σ(x), with t = tanh(softplus(x)) and log σ(x) = x − softplus(x)
        slope: Array = np.exp(self.x - self.softplus)
        slope *= 1 - self.t * self.t
        slope *= self.x
        slope += self.t
        slope *= dy
        return slope


class GELU(Layer):
    """y = x·Φ(x), the Gaussian error linear unit; Φ is the cumulative normal distribution.

    It is exact for large negative x too, where ½·(1 + erf(x/√2)) gives 0. `TanhGELU` is the faster approximation
    that some models were trained with.

    Shapes: x and y (batch, …), alike.

    >>> import numpy as np
    >>> from nnlite import GELU
    >>> GELU().forward(np.array([[-10.0, -1.0, 1.0]]))
    array([[-7.61985302e-23, -1.58655254e-01,  8.41344746e-01]])

    Source: Hendrycks, Gimpel, "Gaussian error linear units (GELUs)" (2016).
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        from scipy.special import erfc

        # Φ(x) = ½·erfc(−x/√2), in float64: a rounding error of the argument counts x² times in the result
        cdf = 0.5 * erfc(np.multiply(x, -math.sqrt(0.5), dtype=np.float64))
        if training or self.passes_gradient:
            self.x, self.cdf = x, cdf
        y: Array = x * cdf
        return y.astype(float_dtype(x), copy=False)

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = Φ(x) + x·φ(x), with φ(x) = exp(−x²/2)/√(2π)
        x = np.clip(self.x, -40, 40).astype(np.float64, copy=False)  # φ is 0 beyond, and x² cannot overflow
        slope = np.exp(-0.5 * x * x)
        slope *= x * (1 / math.sqrt(2 * math.pi))
        slope += self.cdf
        slope *= dy
        return slope.astype(dy.dtype, copy=False)


class TanhGELU(Layer):
    """y = ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the usual approximation of `GELU`: up to 4.7e-4 off.

    Shapes: x and y (batch, …), alike.

    >>> import numpy as np
    >>> from nnlite import TanhGELU
    >>> TanhGELU().forward(np.array([[-1.0, 0.0, 1.0]])).round(6)
    array([[-0.158808,  0.      ,  0.841192]])

    Source: Hendrycks, Gimpel, "Gaussian error linear units (GELUs)" (2016).
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        clipped = np.clip(x, -25, 25)  # σ is 0 or 1 beyond, and x³ cannot overflow
        # ½·(1 + tanh(u)) = σ(2u), which keeps its digits where tanh(u) is close to −1
        s = sigmoid(clipped * (_TWICE + _TWICE * 0.044715 * clipped * clipped))
        if training or self.passes_gradient:
            self.x, self.s = clipped, s
        y: Array = x * s
        return y

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = s + x·s·(1 − s)·2u′, with s = σ(2u) and u′ = √(2/π)·(1 + 3·0.044715·x²)
        slope: Array = self.x * (_TWICE + _TWICE * 3 * 0.044715 * self.x * self.x)
        slope *= 1 - self.s
        slope += 1
        slope *= self.s
        slope *= dy
        return slope


_TWICE = 2 * math.sqrt(2 / math.pi)


def softplus(x: Array) -> Array:
    """log(1 + exp(x)), as max(x, 0) + log(1 + exp(−|x|)): exp cannot overflow, small results keep their digits."""
    y: Array = np.log1p(np.exp(-np.abs(x)))
    y += np.maximum(x, ZERO)
    return y
