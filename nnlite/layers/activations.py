"""An activation is a nonlinear function of each number; without one, several layers are one linear map."""

import numpy as np

from nnlite.core.layer import Layer
from nnlite.types import Array

ZERO = np.zeros((), np.float32)
"""A zero that is an array: NumPy converts a Python 0 at every call, as long as a small `maximum` takes."""


class ReLU(Layer):
    """y = max(x, 0), the rectified linear unit; its derivative at 0 is taken as 0.

    Shapes: x and y (batch, …), alike.

    >>> import numpy as np
    >>> from nnlite import ReLU
    >>> ReLU().forward(np.array([[-2.0, 0.0, 3.0]]))
    array([[0., 0., 3.]])

    Source: Nair, Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        y: Array = np.maximum(x, ZERO)
        if training or self.passes_gradient:
            self.y = y
        return y

    def backward(self, dy: Array) -> Array:
        # ∂L/∂x = ∂L/∂y where x > 0, and so y > 0, else 0
        dx = (self.y > ZERO).astype(dy.dtype)  # multiplying numbers by booleans takes half as long again
        dx *= dy
        return dx


class Sigmoid(Layer):
    """y = σ(x) = 1 / (1 + exp(−x)), between 0 and 1.

    Shapes: x and y (batch, …), alike.

    >>> import numpy as np
    >>> from nnlite import Sigmoid
    >>> Sigmoid().forward(np.array([[-1000.0, 0.0, 1000.0]]))
    array([[0. , 0.5, 1. ]])

    Source: Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors" (1986).
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        y = sigmoid(x)
        if training or self.passes_gradient:
            self.y = y
        return y

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = y·(1 − y)
        dx: Array = dy * self.y * (1 - self.y)
        return dx


class Tanh(Layer):
    """y = tanh(x), between −1 and 1.

    Shapes: x and y (batch, …), alike.

    >>> import numpy as np
    >>> from nnlite import Tanh
    >>> Tanh().forward(np.array([[-1000.0, 0.0, 1000.0]]))
    array([[-1.,  0.,  1.]])

    Source: LeCun, Bottou, Orr, Müller, "Efficient BackProp" (1998), section 4.4.
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        y: Array = np.tanh(x)
        if training or self.passes_gradient:
            self.y = y
        return y

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = 1 − y²
        dx: Array = dy * (1 - self.y * self.y)
        return dx


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(−x)), as exp(x) / (1 + exp(x)) where x < 0: exp is only taken of min(x, 0) and −|x|."""
    y: Array = np.exp(np.minimum(x, ZERO)) / (1 + np.exp(-np.abs(x)))
    return y
