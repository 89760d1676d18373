"""Adam divides the running mean of each number's gradients by the root of the running mean of their squares."""

import math

import numpy as np

from nnlite.annotations import Epsilon, Fraction, NonNegativeFloat, PositiveFloat
from nnlite.optimizers.optimizer import Optimizer, scalars
from nnlite.types import Array


class Adam(Optimizer):
    """Adaptive moments: p ← p − η·m̂/(√v̂ + ε), with running means m of the gradient and v of its square.

    With gradient g, weight decay λ, and t = 1 in the first step, as in PyTorch:

        g ← g + λ·p              (weights only)
        m ← β₁·m + (1 − β₁)·g
        v ← β₂·v + (1 − β₂)·g²
        m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)
        p ← p − η·m̂/(√v̂ + ε)

    m and v begin at 0; m̂ and v̂ correct for that. So the first step is ±η for each number, unless its gradient is as
    small as ε. Keras and scikit-learn add ε to √v instead of √v̂, which is
    as if it were 32 times larger in the first step. Weight decay is divided by √v̂ too; in `AdamW` it is not.

    Args:
        learning_rate: η.
        beta1: β₁, the weight of the old m.
        beta2: β₂, the weight of the old v.
        epsilon: ε, at least 1e-12.
        weight_decay: λ.

    >>> from nnlite import Adam
    >>> Adam(learning_rate=0.01)
    Adam(learning_rate=0.01)

    Source: Kingma, Ba, "Adam: a method for stochastic optimization" (2015).
    """

    remembers = ("mean", "square")

    def __init__(
        self,
        learning_rate: PositiveFloat = 1e-3,
        beta1: Fraction = 0.9,
        beta2: Fraction = 0.999,
        epsilon: Epsilon = 1e-8,
        weight_decay: NonNegativeFloat = 0.0,
    ) -> None:
        self.learning_rate = learning_rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weight_decay = weight_decay

    def update(self, values: Array, grads: Array, decayed: int, learning_rate: float, *memory: Array) -> None:
        mean, square = memory
        if self.weight_decay:
            grads = self._decay(values, grads, decayed, learning_rate)
        of_mean, of_grads, of_square, of_squared = scalars(
            values.dtype, self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2
        )
        # m ← β₁·m + (1 − β₁)·g
        mean *= of_mean
        mean += of_grads * grads
        # v ← β₂·v + (1 − β₂)·g²
        squared = grads * grads
        squared *= of_squared
        square *= of_square
        square += squared
        # p ← p − η·m̂/(√v̂ + ε), the fraction expanded by √(1 − β₂ᵗ): one pass less over the numbers
        correction = math.sqrt(1 - self.beta2**self.steps)
        change = np.sqrt(square, out=squared)
        change += np.array(self.epsilon * correction, values.dtype)
        np.divide(mean, change, out=change)
        change *= np.array(learning_rate * correction / (1 - self.beta1**self.steps), values.dtype)
        values -= change

    def _decay(self, values: Array, grads: Array, decayed: int, learning_rate: float) -> Array:
        """The gradients with the decay of the weights, which are the first `decayed` values: g + λ·p."""
        grads = grads.copy()
        grads[:decayed] += self.weight_decay * values[:decayed]
        return grads


class AdamW(Adam):
    """Adam with decoupled weight decay: p ← (1 − η·λ)·p, then Adam's step of the gradient alone.

    In `Adam` the decay is part of the gradient, so it is divided by √v̂, and weights with large gradients are
    hardly decayed. Here all weights are decayed at one rate. Biases and scales of normalizations are not;
    PyTorch's AdamW decays them too, unless it is given parameter groups.

    Args:
        learning_rate: η.
        beta1: β₁, the weight of the old running mean of the gradient.
        beta2: β₂, the weight of the old running mean of its square.
        epsilon: ε, at least 1e-12.
        weight_decay: λ.

    >>> from nnlite import AdamW
    >>> AdamW(weight_decay=0.1)
    AdamW(weight_decay=0.1)

    Source: Loshchilov, Hutter, "Decoupled weight decay regularization" (2019).
    """

    def __init__(
        self,
        learning_rate: PositiveFloat = 1e-3,
        beta1: Fraction = 0.9,
        beta2: Fraction = 0.999,
        epsilon: Epsilon = 1e-8,
        weight_decay: NonNegativeFloat = 0.01,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, weight_decay)

    def _decay(self, values: Array, grads: Array, decayed: int, learning_rate: float) -> Array:
        """The gradients as they are; the weights, the first `decayed` values, shrink to (1 − η·λ)·p."""
        values[:decayed] *= 1 - learning_rate * self.weight_decay
        return grads
