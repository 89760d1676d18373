"""An optimizer turns gradients into a change of the parameters, all of them in one flat vector."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np

from nnlite.errors import ConfigError, ShapeError
from nnlite.parameters import ParameterVector
from nnlite.signature import Configured, Fraction, NonNegativeFloat, PositiveFloat
from nnlite.types import Array

__all__ = ["SGD"]


class Optimizer(Configured, ABC):
    """An update rule.

    Attributes:
        learning_rate: the rate that `step` uses when it is given none.
        steps: how many steps it has made.
        state: its memory, such as the velocity: arrays as long as the vector of trained parameters.
    """

    learning_rate: float
    steps: int
    state: dict[str, Array]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        optimizer = super().__new__(cls)
        optimizer.steps, optimizer.state = 0, {}
        return optimizer

    def step(self, parameters: ParameterVector, learning_rate: float | None = None) -> None:
        """Changes `parameters.values` by one step along `parameters.grads`, which it may overwrite."""
        rate = self.learning_rate if learning_rate is None else learning_rate
        self.update(parameters.values, parameters.grads, parameters.decayed, float(rate))
        self.steps += 1

    @abstractmethod
    def update(self, values: Array, grads: Array, decayed: int, learning_rate: float) -> None:
        """One step: changes `values` in place. Weight decay applies to the first `decayed` numbers."""

    def remembered(self, name: str, like: Array) -> Array:
        """The array `name` of the state; zeros before the first step."""
        if name not in self.state:
            self.state[name] = np.zeros_like(like)
        if self.state[name].shape != like.shape:
            raise ShapeError(
                f"{self!r} has trained {self.state[name].size} parameters so far, and now gets {like.size}; "
                "use a new optimizer for another model"
            )
        return self.state[name]


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − η·v, where v is the gradient, or its running sum with momentum.

    With gradient g, momentum μ and weight decay λ, as in PyTorch:

        g ← g + λ·p              (weights only: biases and scales of normalizations are not decayed)
        v ← μ·v + g              (v = g on the first step)
        p ← p − η·v              or, with Nesterov's momentum, p ← p − η·(g + μ·v)

    Keras and scikit-learn put η into v instead: the same for a constant η, another after a change of it.

    Args:
        learning_rate: η.
        momentum: μ, at least 0 and below 1.
        nesterov: whether to look ahead along v.
        weight_decay: λ.

    >>> from nnlite import SGD
    >>> SGD(learning_rate=0.1, momentum=0.9)
    SGD(learning_rate=0.1, momentum=0.9)

    Sources: Polyak, "Some methods of speeding up the convergence of iteration methods" (1964); Sutskever,
    Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep learning" (2013).
    """

    def __init__(
        self,
        learning_rate: PositiveFloat = 0.01,
        momentum: Fraction = 0.0,
        nesterov: bool = False,
        weight_decay: NonNegativeFloat = 0.0,
    ) -> None:
        if nesterov and not momentum:
            raise ConfigError("SGD: nesterov = True needs a momentum above 0")
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.nesterov = nesterov
        self.weight_decay = weight_decay

    def update(self, values: Array, grads: Array, decayed: int, learning_rate: float) -> None:
        if self.weight_decay:
            grads[:decayed] += self.weight_decay * values[:decayed]
        if self.momentum:
            velocity = self.remembered("velocity", values)
            velocity *= self.momentum
            velocity += grads
            if self.nesterov:
                grads += self.momentum * velocity
            else:
                grads = velocity
        values -= learning_rate * grads
