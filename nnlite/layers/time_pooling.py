"""Pooling over time makes one row of a sequence: of each feature the mean, or the maximum, over all steps."""

import numpy as np

from nnlite.core.layer import Layer
from nnlite.layers.sequences import check_sequence
from nnlite.types import Array, Shape


class MeanOverTime(Layer):
    """y = the mean of each feature over all steps.

    Shapes: x (batch, time, features), y (batch, features). Keras calls it GlobalAveragePooling1D.

    Raises:
        ShapeError: on build, when the input is not a sequence, (time, features).

    >>> import numpy as np
    >>> from nnlite import MeanOverTime, Sequential
    >>> model = Sequential([MeanOverTime()]).build((2, 3))
    >>> model.forward(np.array([[[1.0, 2.0, 3.0], [3.0, 2.0, 5.0]]]))
    array([[2., 2., 4.]], dtype=float32)

    Source: Lin, Chen, Yan, "Network in network" (2013), for images.
    """

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        check_sequence(input_shape)
        self.time = input_shape[0]
        return input_shape[1:]

    def forward(self, x: Array, *, training: bool = False) -> Array:
        y: Array = x.sum(axis=1) / self.time
        return y

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = 1/time at every step
        return (dy / self.time)[:, None].repeat(self.time, axis=1)


class MaxOverTime(Layer):
    """y = the largest x of each feature over all steps; its gradient goes to that x, of equal ones to the first.

    Shapes: x (batch, time, features), y (batch, features). Keras calls it GlobalMaxPooling1D.

    Raises:
        ShapeError: on build, when the input is not a sequence, (time, features).

    >>> import numpy as np
    >>> from nnlite import MaxOverTime, Sequential
    >>> model = Sequential([MaxOverTime()]).build((2, 3))
    >>> model.forward(np.array([[[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]]))
    array([[3., 2., 3.]], dtype=float32)

    Source: Collobert et al., "Natural language processing (almost) from scratch" (2011), section 3.2.2.
    """

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        check_sequence(input_shape)
        self.time = input_shape[0]
        return input_shape[1:]

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if training or self.passes_gradient:
            self.first = x.argmax(axis=1)[:, None]  # (batch, 1, features), the step of the largest
        y: Array = x.max(axis=1)
        return y

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = 1 at the first largest step, 0 at the others
        dx = np.zeros((len(dy), self.time, dy.shape[1]), dy.dtype)
        np.put_along_axis(dx, self.first, dy[:, None], axis=1)
        return dx
