"""Rectifiers pass positive numbers on; unlike ReLU, these also pass a part of the negative ones.

At x = 0 the derivative is that of the negative side, as in PyTorch. Masks are factors: `np.where` takes several
times as long on numbers of mixed signs.
"""

from typing import Literal

import numpy as np

from nnlite.annotations import Fraction, PositiveFloat
from nnlite.core.layer import Layer
from nnlite.errors import ConfigError, ShapeError
from nnlite.layers.activations import ZERO
from nnlite.types import Array, Shape


class LeakyReLU(Layer):
    """y = x where x > 0, else slope·x: no unit stops learning for good, as one behind a ReLU may.

    Shapes: x and y (batch, …), alike.

    Args:
        slope: the slope of the negative side, at least 0 and below 1.

    >>> import numpy as np
    >>> from nnlite import LeakyReLU
    >>> LeakyReLU().forward(np.array([[-2.0, 0.0, 3.0]]))
    array([[-0.02,  0.  ,  3.  ]])

    Source: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models" (2013).
    """

    def __init__(self, slope: Fraction = 0.01, *, trainable: bool = True) -> None:
        self.slope = slope
        self.trainable = trainable

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if training or self.passes_gradient:
            self.x = x
        y: Array = np.maximum(x, self.slope * x)  # since slope < 1
        return y

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = 1 where x > 0, else slope
        dx: Array = dy * np.maximum(self.x > 0, np.asarray(self.slope, dy.dtype))
        return dx


class PReLU(Layer):
    """y = x where x > 0, else a·x, with a trained slope a: the parametric rectified linear unit.

    Shapes: x and y (batch, …), alike; a (1,), or with `shared=False` one for each index of the axis after the batch,
    as in PyTorch: (features,) for rows, (channels,) for images. For a sequence, x (batch, time, features), that would
    be one for each step; `axis="last"` makes it one for each feature, (features,). Weight decay does not apply to a,
    which it would draw towards 0, a ReLU.

    Args:
        initial_slope: the value of each a before training.
        shared: whether all features or channels have one a.
        axis: which axis of an example the features, or channels, are on if each has an a of its own: "first", as of
            an image, or "last".

    >>> import numpy as np
    >>> from nnlite import PReLU, Sequential
    >>> model = Sequential([PReLU()]).build((3,))
    >>> model.forward(np.array([[-2.0, 0.0, 3.0]]))
    array([[-0.5,  0. ,  3. ]], dtype=float32)

    Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers" (2015).
    """

    def __init__(
        self,
        initial_slope: float = 0.25,
        *,
        shared: bool = True,
        axis: Literal["first", "last"] = "first",
        trainable: bool = True,
    ) -> None:
        if shared and axis == "last":
            raise ConfigError(
                'PReLU: axis = "last" says where the features are of which each has a slope, but all share one: set '
                "shared = false, or leave axis out"
            )
        self.initial_slope = initial_slope
        self.shared = shared
        self.axis = axis
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        if self.axis == "last" and len(input_shape) < 2:
            raise ShapeError(
                f'has axis = "last", which says where of several axes the features are, but its input has shape '
                f"{input_shape}: leave it out"
            )
        shape = (1,) if self.shared else input_shape[:1] if self.axis == "first" else input_shape[-1:]
        self.slope = self.add_parameter(
            "slope", shape, lambda rng, shape, *fan: np.full(shape, self.initial_slope), decay=False
        )
        return input_shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if training or self.passes_gradient:
            self.x = x
        # The negative side alone is multiplied: a slope above 1 cannot overflow where it is not used.
        y: Array = self._slopes(x) * np.minimum(x, ZERO)
        y += np.maximum(x, ZERO)
        return y

    def backward(self, dy: Array) -> Array:
        positive = self.x > 0
        dy_below = dy * ~positive
        # ∂L/∂a = Σ of ∂L/∂y·x where x ≤ 0, over the batch and over all that shares this a
        apart = 1 if self.axis == "first" else dy.ndim - 1
        over = None if self.shared else tuple(axis for axis in range(dy.ndim) if axis != apart)
        self.slope.grad = np.sum(dy_below * self.x, axis=over).reshape(self.slope.shape)
        # ∂y/∂x = 1 where x > 0, else a
        dy_below *= self._slopes(dy)
        dy_below += dy * positive
        return dy_below

    def _slopes(self, x: Array) -> Array:
        """The slopes in a shape that broadcasts over x: (1, …), (channels, 1, …) or (features,)."""
        return self.slope.value.reshape(-1, *(1,) * (x.ndim - 2 if self.axis == "first" else 0))


class ELU(Layer):
    """y = x where x > 0, else α·(exp(x) − 1), the exponential linear unit: it ends smoothly at −α.

    Shapes: x and y (batch, …), alike.

    Args:
        alpha: α, above 0.

    >>> import numpy as np
    >>> from nnlite import ELU
    >>> ELU().forward(np.array([[-1000.0, 0.0, 3.0]]))
    array([[-1.,  0.,  3.]])

    Source: Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by exponential linear
    units (ELUs)" (2015).
    """

    def __init__(self, alpha: PositiveFloat = 1.0, *, trainable: bool = True) -> None:
        self.alpha = alpha
        self.trainable = trainable

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if training or self.passes_gradient:
            self.x = x
        return elu(x, self.alpha)

    def backward(self, dy: Array) -> Array:
        dx = elu_derivative(self.x, self.alpha)
        dx *= dy
        return dx


class SELU(Layer):
    """y = λ·x where x > 0, else λ·α·(exp(x) − 1), with λ = 1.0507… and α = 1.6732….

    With these two numbers the outputs of successive layers tend to mean 0 and variance 1, if the `Dense` layers have
    `weight_init="lecun_normal"` and the inputs mean 0 and variance 1.

    Shapes: x and y (batch, …), alike.

    >>> import numpy as np
    >>> from nnlite import SELU
    >>> SELU().forward(np.array([[-1000.0, 0.0, 1.0]])).round(4)
    array([[-1.7581,  0.    ,  1.0507]])

    Source: Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks" (2017).
    """

    ALPHA = 1.6732632423543772
    SCALE = 1.0507009873554805

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if training or self.passes_gradient:
            self.x = x
        y = elu(x, self.ALPHA)
        y *= self.SCALE
        return y

    def backward(self, dy: Array) -> Array:
        dx = elu_derivative(self.x, self.ALPHA)
        dx *= self.SCALE
        dx *= dy
        return dx


def elu(x: Array, alpha: float) -> Array:
    """max(x, 0) + α·(exp(min(x, 0)) − 1): exp of the positive numbers, which it does not need, could overflow."""
    y: Array = np.expm1(np.minimum(x, ZERO))
    y *= alpha
    y += np.maximum(x, ZERO)
    return y


def elu_derivative(x: Array, alpha: float) -> Array:
    """1 where x > 0, else α·exp(x)."""
    positive = x > 0
    slope: Array = np.exp(np.minimum(x, ZERO))
    slope *= alpha
    slope *= ~positive
    slope += positive
    return slope
