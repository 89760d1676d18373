"""Normalization gives numbers mean 0 and variance 1, over a batch or within a row, then scales and shifts them."""

import math
from typing import Literal

import numpy as np

from nnlite.annotations import PositiveFloat, PositiveFraction
from nnlite.core.layer import Layer
from nnlite.errors import DataError, ShapeError
from nnlite.layers.matrices import sum_of_rows
from nnlite.types import Array, Shape


class BatchNorm(Layer):
    """y = γ·(x − μ)/√(v + ε) + β, with the mean μ and the variance v of each feature over the batch.

    In training μ and v are those of the batch (v divided by n), and running means of them are updated: running ←
    (1 − momentum)·running + momentum·batch, with the variance divided by n − 1. In prediction, and when the layer is
    frozen, μ and v are the running ones, so each row is treated by itself.

    Shapes: x and y (batch, features) or (batch, channels, …), alike; γ and β (features,) or (channels,). μ and v
    of a channel are over the batch and all places. For a sequence, x (batch, time, features), `axis="last"` takes the
    features from the last axis: μ and v are then over the batch and all steps. PyTorch calls γ and β weight and bias.

    Args:
        momentum: the weight of the batch in the running means. In Keras and ONNX it is the weight of the old ones.
        epsilon: ε, so that a constant feature is not divided by 0.
        axis: which axis of an example the features, or channels, are on: "first", as of an image, or "last".

    Raises:
        DataError: in training, when there is only one number for each feature or channel.

    >>> import numpy as np
    >>> from nnlite import BatchNorm, Sequential
    >>> model = Sequential([BatchNorm()]).build((1,))
    >>> model.forward(np.array([[1.0], [3.0]]), training=True).round(3)
    array([[-1.],
           [ 1.]], dtype=float32)

    Source: Ioffe, Szegedy, "Batch normalization: accelerating deep network training by reducing internal
    covariate shift" (2015).
    """

    def __init__(
        self,
        momentum: PositiveFraction = 0.1,
        epsilon: PositiveFloat = 1e-5,
        *,
        axis: Literal["first", "last"] = "first",
        trainable: bool = True,
    ) -> None:
        self.momentum = momentum
        self.epsilon = epsilon
        self.axis = axis
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        if not input_shape:
            raise ShapeError(f"takes features or channels, but its input has shape {input_shape}")
        if self.axis == "last" and len(input_shape) < 2:
            raise ShapeError(
                f'has axis = "last", which says where of several axes the features are, but its input has shape '
                f"{input_shape}: leave it out"
            )
        channels, *places = input_shape if self.axis == "first" else input_shape[::-1]
        self.scale = self.add_parameter("scale", (channels,), "ones", decay=False)
        self.bias = self.add_parameter("bias", (channels,), "zeros", decay=False)
        self.add_statistic("mean", (channels,), 0)
        self.add_statistic("variance", (channels,), 1)
        self.places = math.prod(places)
        apart = bool(places) and self.axis == "first"
        self.rows = 1 if apart else self.places  # of an example
        self.flat: Shape = (channels, self.places) if apart else (channels,)
        self.along: Shape = (channels, 1) if apart else (channels,)  # broadcasts over flat rows
        return input_shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        flat = x.reshape(len(x) * self.rows, *self.flat)  # (rows, channels) or (batch, channels, places)
        count = len(x) * self.places if training else 0
        if training:
            centred, variance = self._centred_by_batch(flat, count)
        else:
            centred = flat - self.statistics["mean"].astype(x.dtype).reshape(self.along)
            variance = self.statistics["variance"].astype(x.dtype).reshape(self.along)
        factor = 1 / np.sqrt(variance + self.epsilon)
        normalized = centred  # x̂, in the same memory
        normalized *= factor
        if training or self.passes_gradient:
            self.count, self.factor, self.normalized = count, factor, normalized
        y: Array = normalized * self.scale.value.reshape(self.along)
        y += self.bias.value.reshape(self.along)
        return y.reshape(x.shape)

    def _centred_by_batch(self, x: Array, count: int) -> tuple[Array, Array]:
        """x − μ and v of a batch with `count` numbers for each channel; updates the running mean and variance."""
        if count < 2:
            raise DataError(
                "BatchNorm in training needs at least two numbers for each feature, but the batch has 1 sample: "
                "take a batch size of 2 or more, LayerNorm in its place, or freeze it (trainable = false)"
            )
        # Two passes, on differences from the first row: a large mean costs no digits.
        first = x[:1, ..., :1] if x.ndim > 2 else x[:1]
        centred = x - first
        shift = _sum(centred) / count
        centred -= shift
        variance = _sum(centred * centred) / count
        mean = np.add(first, shift, dtype=np.float64).reshape(-1)
        unbiased = variance.reshape(-1) * (count / (count - 1))
        for name, figure in (("mean", mean), ("variance", unbiased)):
            self.statistics[name] = (1 - self.momentum) * self.statistics[name] + self.momentum * figure
        return centred, variance

    def estimate(self, x: Array, seen: int) -> None:
        flat = x.reshape(len(x) * self.rows, self.flat[0], self.places // self.rows)  # (rows, channels, places)
        count, before = len(x) * self.places, seen * self.places
        mean = flat.mean(axis=(0, 2), dtype=np.float64)  # (channels,)
        squares = np.square(flat - mean[:, None]).sum(axis=(0, 2))  # Σ(x − mean)², of these rows
        if before:
            # Both parts together (Chan, Golub, LeVeque, 1979): their own squares, and those of the means' distance.
            distance = mean - self.statistics["mean"]
            squares += self.statistics["variance"] * (before - 1) + distance**2 * (before * count / (before + count))
            mean = self.statistics["mean"] + distance * (count / (before + count))
        self.statistics["mean"], self.statistics["variance"] = mean, squares / max(before + count - 1, 1)

    def backward(self, dy: Array) -> Array:
        self.backward_parameters(dy)
        g = dy.reshape(len(dy) * self.rows, *self.flat)
        if self.count:
            # ∂L/∂x = γ/√(v + ε) · (g − mean(g) − x̂·mean(g·x̂)), as μ and v depend on every x. ∂L/∂β is n·mean(g),
            # ∂L/∂γ n·mean(g·x̂).
            dx = self.normalized * (self.scale.grad / -self.count).reshape(self.along)
            dx += g
            dx -= (self.bias.grad / self.count).reshape(self.along)
            dx *= self.factor * self.scale.value.reshape(self.along)
        else:
            # ∂y/∂x = γ/√(v + ε), as the running mean and variance do not depend on x
            dx = g * (self.factor * self.scale.value.reshape(self.along))
        return dx.reshape(dy.shape)

    def backward_parameters(self, dy: Array) -> None:
        g = dy.reshape(len(dy) * self.rows, *self.flat)
        # ∂L/∂γ = Σ g·x̂ and ∂L/∂β = Σ g, over the batch and all places
        self.scale.grad = _sum(g * self.normalized).reshape(-1)
        self.bias.grad = _sum(g).reshape(-1)


class LayerNorm(Layer):
    """y = γ·(x − μ)/√(v + ε) + β, with the mean μ and the variance v of each row over its features.

    It does the same in training and in prediction, and for every batch size.

    Shapes: x and y (batch, …, features), alike; γ and β (features,). μ and v are over the last axis.

    Args:
        epsilon: ε, so that a constant row is not divided by 0.

    Raises:
        ShapeError: on build, when there are not two features.

    >>> import numpy as np
    >>> from nnlite import LayerNorm, Sequential
    >>> Sequential([LayerNorm()]).build((2,)).forward(np.array([[1.0, 3.0]])).round(3)
    array([[-1.,  1.]], dtype=float32)

    Source: Ba, Kiros, Hinton, "Layer normalization" (2016).
    """

    def __init__(self, epsilon: PositiveFloat = 1e-5, *, trainable: bool = True) -> None:
        self.epsilon = epsilon
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        if math.prod(input_shape[-1:]) < 2:
            raise ShapeError(
                f"takes rows of at least two features, but its input has shape {input_shape}: a number that is its "
                "own mean would always become 0"
            )
        self.scale = self.add_parameter("scale", input_shape[-1:], "ones", decay=False)
        self.bias = self.add_parameter("bias", input_shape[-1:], "zeros", decay=False)
        return input_shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        # Two passes, on differences from the first feature: a large mean costs no digits.
        centred = x - x[..., :1]
        centred -= _mean(centred)
        factor = 1 / np.sqrt(_mean(centred * centred) + self.epsilon)  # (batch, …, 1)
        normalized = centred  # x̂, in the same memory
        normalized *= factor
        if training or self.passes_gradient:
            self.factor, self.normalized = factor, normalized
        y: Array = normalized * self.scale.value
        y += self.bias.value
        return y

    def backward(self, dy: Array) -> Array:
        self.backward_parameters(dy)
        # ∂L/∂x = 1/√(v + ε) · (g − mean(g) − x̂·mean(g·x̂)) with g = ∂L/∂x̂ = γ·∂L/∂y
        dx = dy * self.scale.value
        through_variance = self.normalized * _mean(dx * self.normalized)
        dx -= _mean(dx)
        dx -= through_variance
        dx *= self.factor
        return dx

    def backward_parameters(self, dy: Array) -> None:
        features = dy.shape[-1]
        # ∂L/∂γ = Σ dy·x̂ and ∂L/∂β = Σ dy, over all rows
        self.scale.grad = _sum((dy * self.normalized).reshape(-1, features))
        self.bias.grad = _sum(dy.reshape(-1, features))


def _sum(x: Array) -> Array:
    """Σ for each channel: (batch, channels) to (channels,), (batch, channels, places) to (channels, 1)."""
    if x.ndim == 2:
        return sum_of_rows(x)
    sums: Array = np.einsum("ncs->c", x)[:, None]
    return sums


def _mean(x: Array) -> Array:
    """The mean of each row, (batch, …, features) to (batch, …, 1)."""
    mean: Array = np.add.reduce(x, axis=-1, keepdims=True) / x.shape[-1]
    return mean
