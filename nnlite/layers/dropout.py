"""Dropout sets random activations to 0 in training, so that no unit relies on another."""

import numpy as np

from nnlite.annotations import Fraction
from nnlite.core.layer import Layer
from nnlite.types import Array, Shape


class Dropout(Layer):
    """y = x·mask/(1 − rate) in training, where the mask drops each number with probability `rate`; y = x otherwise.

    The numbers that are kept are scaled ("inverted" dropout): the expected value stays the same, and prediction
    needs neither scaling nor random numbers.

    Shapes: x and y (batch, …), alike.

    Args:
        rate: the fraction dropped, at least 0 and below 1.

    >>> import numpy as np
    >>> from nnlite import Dropout
    >>> Dropout(0.5).forward(np.array([[1.0, 2.0]]))
    array([[1., 2.]])

    Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout: a simple way to prevent
    neural networks from overfitting" (2014).
    """

    def __init__(self, rate: Fraction = 0.5, *, trainable: bool = True) -> None:
        self.rate = rate
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.rng = rng
        return input_shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        mask = None
        if training:
            # float32 draws serve both dtypes: the same seed drops the same numbers in either.
            kept = self.rng.random(x.shape, dtype=np.float32) >= self.rate
            mask = kept * np.asarray(1 / (1 - self.rate), x.dtype)  # (batch, …)
        if training or self.passes_gradient:
            self.mask = mask
        return x if mask is None else x * mask

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = mask/(1 − rate): what was dropped gets no gradient
        return dy if self.mask is None else dy * self.mask
