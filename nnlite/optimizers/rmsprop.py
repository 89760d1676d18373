"""RMSprop divides each number's gradient by the root of the running mean of its squares."""

import numpy as np

from nnlite.annotations import Epsilon, Fraction, NonNegativeFloat, PositiveFloat
from nnlite.optimizers.optimizer import Optimizer
from nnlite.types import Array


class RMSprop(Optimizer):
    """Root mean square propagation: p ← p − η·g/(√v + ε), with a running mean v of the squared gradient.

    With gradient g, momentum μ and weight decay λ, as in PyTorch:

        g ← g + λ·p              (weights only)
        v ← α·v + (1 − α)·g²
        b ← μ·b + g/(√v + ε)
        p ← p − η·b

    v begins at 0 without a correction: the first steps are up to 1/√(1 − α) = 10 times larger than later ones.
    Keras puts ε into the root.

    Args:
        learning_rate: η.
        alpha: α, the weight of the old v. Keras calls it rho.
        epsilon: ε, at least 1e-12.
        momentum: μ, at least 0 and below 1.
        weight_decay: λ.

    >>> from nnlite import RMSprop
    >>> RMSprop(learning_rate=0.001, momentum=0.9)
    RMSprop(learning_rate=0.001, momentum=0.9)

    Source: Tieleman, Hinton, "Lecture 6.5: rmsprop, divide the gradient by a running average of its recent
    magnitude", Neural Networks for Machine Learning (2012).
    """

    remembers = ("square", "velocity")

    def __init__(
        self,
        learning_rate: PositiveFloat = 0.01,
        alpha: Fraction = 0.99,
        epsilon: Epsilon = 1e-8,
        momentum: Fraction = 0.0,
        weight_decay: NonNegativeFloat = 0.0,
    ) -> None:
        self.learning_rate = learning_rate
        self.alpha = alpha
        self.epsilon = epsilon
        self.momentum = momentum
        self.weight_decay = weight_decay

    def update(self, values: Array, grads: Array, decayed: int, learning_rate: float, *memory: Array) -> None:
        square, velocity = memory
        if self.weight_decay:
            grads = grads.copy()
            grads[:decayed] += self.weight_decay * values[:decayed]
        square *= self.alpha
        squared = grads * grads
        squared *= 1 - self.alpha
        square += squared
        root = np.sqrt(square, out=squared)
        root += self.epsilon
        change = np.divide(grads, root, out=root)
        if self.momentum:
            velocity *= self.momentum
            velocity += change
            change = velocity
        values -= learning_rate * change
