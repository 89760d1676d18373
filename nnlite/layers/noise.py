"""Noise added to the rows in training makes a model less sensitive to small changes of its input."""

import numpy as np

from nnlite.annotations import NonNegativeFloat
from nnlite.core.layer import Layer
from nnlite.types import Array, Shape


class GaussianNoise(Layer):
    """y = x + deviation·n in training, where every n is drawn from N(0, 1); y = x otherwise.

    Shapes: x and y (batch, …), alike.

    Args:
        deviation: the standard deviation of the noise, in the units of x; put the layer behind a `Standardize`.

    >>> import numpy as np
    >>> from nnlite import GaussianNoise
    >>> GaussianNoise(0.5).forward(np.array([[1.0, 2.0]]))
    array([[1., 2.]])

    Source: Bishop, "Training with noise is equivalent to Tikhonov regularization" (1995).
    """

    def __init__(self, deviation: NonNegativeFloat = 0.1, *, trainable: bool = True) -> None:
        self.deviation = deviation
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.rng = rng
        return input_shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if not training:
            return x
        # float32 draws serve both dtypes: the same seed adds the same noise in either.
        noise = np.asarray(self.rng.standard_normal(x.shape, dtype=np.float32), x.dtype)
        return x + noise * self.deviation

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = 1
        return dy
