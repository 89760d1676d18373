"""A scale multiplies each feature by a trained number: it learns which features matter."""

import numpy as np

from nnlite.annotations import PositiveFloat
from nnlite.core.layer import Layer
from nnlite.types import Array, Shape


class Scale(Layer):
    """y = s·x, with one trained s for each feature, which starts as 1.

    In front of the first dense layer it turns features up or down as a whole, where training would otherwise have to
    change all weights of a feature alike. It learns faster with a rate above 1; RealMLP takes 6. s is not decayed.

    Shapes: x and y (batch, …), alike; s (…).

    Args:
        rate: what the learning rate is multiplied by for s.

    >>> import numpy as np
    >>> from nnlite import Scale, Sequential
    >>> model = Sequential([Scale(rate=6.0)]).build((2,))
    >>> model.layers[0].scale.value = np.array([1.0, 0.5])
    >>> model.forward(np.array([[3.0, 4.0]]))
    array([[3., 2.]], dtype=float32)

    Source: Holzmüller, Grinsztajn, Steinwart, "Better by default: strong pre-tuned MLPs and boosted trees on tabular
    data" (2024), section 3, "scaling layer".
    """

    def __init__(self, rate: PositiveFloat = 1.0, *, trainable: bool = True) -> None:
        self.rate = rate
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.scale = self.add_parameter("scale", input_shape, "ones", decay=False, rate=self.rate)
        return input_shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if training or self.passes_gradient:
            self.x = x  # (batch, …)
        y: Array = x * self.scale.value
        return y

    def backward(self, dy: Array) -> Array:
        self.backward_parameters(dy)
        # ∂L/∂x = s · ∂L/∂y
        dx: Array = dy * self.scale.value
        return dx

    def backward_parameters(self, dy: Array) -> None:
        # ∂L/∂s = Σ over the batch of x · ∂L/∂y
        (self.x * dy).sum(axis=0, out=self.scale.grad)
