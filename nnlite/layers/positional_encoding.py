"""A positional encoding adds to each step of a sequence numbers that tell which step it is."""

import functools

import numpy as np

from nnlite.core.layer import Layer
from nnlite.layers.sequences import check_sequence
from nnlite.types import Array, Shape


class PositionalEncoding(Layer):
    """y = x + P with P[t, 2i] = sin(t·ω), P[t, 2i + 1] = cos(t·ω), ω = 10000^(−2i/features).

    Attention by itself gives the same for every order of the steps; with P it can tell them apart. Nothing in P is
    trained.

    Shapes: x and y (batch, time, features), alike; P (time, features).

    Raises:
        ShapeError: on build, when the input is not a sequence, (time, features).

    >>> import numpy as np
    >>> from nnlite import PositionalEncoding, Sequential
    >>> model = Sequential([PositionalEncoding()]).build((2, 4))
    >>> model.forward(np.zeros((1, 2, 4))).round(4)
    array([[[0.    , 1.    , 0.    , 1.    ],
            [0.8415, 0.5403, 0.01  , 1.    ]]], dtype=float32)

    Source: Vaswani et al., "Attention is all you need" (2017), section 3.5.
    """

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        check_sequence(input_shape)
        self.input_shape = input_shape
        vars(self).pop("encoding", None)
        return input_shape

    @functools.cached_property
    def encoding(self) -> Array:
        """P, (time, features); computed when the first sequence comes."""
        time, features = self.input_shape
        pair = np.arange(features) // 2
        angles = np.arange(time)[:, None] * 10000.0 ** (-2 * pair / features)
        # cos(a) = sin(a + π/2) would cost digits of large angles
        return np.where(np.arange(features) % 2, np.cos(angles), np.sin(angles))

    def forward(self, x: Array, *, training: bool = False) -> Array:
        y: Array = x + self.encoding.astype(x.dtype)
        return y

    def backward(self, dy: Array) -> Array:
        return dy  # ∂y/∂x = 1
