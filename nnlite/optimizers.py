"""An optimizer turns gradients into a change of the parameters, all of them in one flat vector."""

import copy
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np

from nnlite.errors import ConfigError
from nnlite.parameters import ParameterVector
from nnlite.signature import Configured, Fraction, NonNegativeFloat, PositiveFloat
from nnlite.types import Array

__all__ = ["SGD"]


_BLOCK = 65536
"""So many numbers at a time are updated: all that a rule reads and writes of them stays in the cache."""


_FORGET_EVERY = 64
"""Steps: too few for a momentum of 0.9 to bring a number from 1e-30 down to the subnormal ones, below 1e-38."""


class Optimizer(Configured, ABC):
    """An update rule, applied to each number by itself.

    Attributes:
        remembers: names of the arrays that the rule keeps between steps, each as long as the vector of
            trained parameters, zeros at first.
        learning_rate: the rate that `step` uses when it is given none.
        steps: how many steps were begun: 1 in the first `update`.
        state: the arrays, by name; there after the first step.
    """

    remembers: tuple[str, ...] = ()
    learning_rate: float
    steps: int
    state: dict[str, Array]
    _trains: tuple[str, ...] | None
    _met: ParameterVector | None
    _blocks: list[tuple[Array, Array, int, list[Array]]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        optimizer = super().__new__(cls)
        optimizer.steps, optimizer.state, optimizer._trains, optimizer._met = 0, {}, None, None
        return optimizer

    def step(self, parameters: ParameterVector, learning_rate: float | None = None) -> None:
        """Changes `parameters.values` by one step along `parameters.grads`, which it may overwrite."""
        if self._met is not parameters:
            self._meet(parameters)
        rate = float(self.learning_rate if learning_rate is None else learning_rate)
        self.steps += 1
        for values, grads, decayed, memory in self._blocks:
            self.update(values, grads, decayed, rate, *memory)
        if self.steps % _FORGET_EVERY == 0:
            self._forget_traces()

    def _forget_traces(self) -> None:
        """Sets to 0 what is remembered of gradients that vanished long ago, such as those of dead units.

        Running means of zeros shrink, but never to 0: they end as subnormal numbers, with which a processor is
        40 times slower. What is set to 0 here is far too small to change a parameter.
        """
        for array in self.state.values():
            array[np.abs(array) < 1e8 * np.finfo(array.dtype).tiny] = 0

    def _meet(self, parameters: ParameterVector) -> None:
        """Makes these the parameters that the optimizer trains, and cuts them and its memory into blocks."""
        if self.state and self._trains not in (None, parameters.trained):
            raise ConfigError(
                f"{self!r} remembers other parameters: those of another model, or of this one before it was built "
                "anew or a layer of it frozen or set free; make a new optimizer"
            )
        self._trains, self._met, self._blocks = parameters.trained, parameters, []
        values, grads = parameters.values, parameters.grads
        for name in self.remembers:
            self.state.setdefault(name, np.zeros_like(values))
        for start in range(0, values.size, _BLOCK):
            block, decayed = slice(start, start + _BLOCK), max(0, parameters.decayed - start)
            memory = [self.state[name][block] for name in self.remembers]
            self._blocks.append((values[block], grads[block], decayed, memory))

    def __getstate__(self) -> dict[str, Any]:
        # The blocks are views into arrays of which a copy has its own.
        return vars(self) | {"_met": None, "_blocks": []}

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # two optimizers would overwrite each other's memory

    @abstractmethod
    def update(self, values: Array, grads: Array, decayed: int, learning_rate: float, *memory: Array) -> None:
        """One step of a block of the vector: changes `values` and what is remembered of them in place.

        Args:
            values: the block.
            grads: its gradients, which may be overwritten.
            decayed: weight decay applies to so many numbers from the block's start.
            learning_rate: of this step.
            memory: the same block of the arrays that `remembers` names, in its order.
        """


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − η·v, where v is the gradient, or its running sum with momentum.

    With gradient g, momentum μ and weight decay λ, as in PyTorch:

        g ← g + λ·p              (weights only)
        v ← μ·v + g              (v = g on the first step)
        p ← p − η·v              or, with Nesterov's momentum, p ← p − η·(g + μ·v)

    Biases and scales of normalizations are not decayed. PyTorch's SGD decays them too, unless it is given
    parameter groups. Keras and scikit-learn put η into v: the same for a constant η, another after a change
    of it.

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

    @property
    def remembers(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("velocity",) if self.momentum else ()

    def update(self, values: Array, grads: Array, decayed: int, learning_rate: float, *memory: Array) -> None:
        if self.weight_decay:
            grads[:decayed] += self.weight_decay * values[:decayed]
        if self.momentum:
            (velocity,) = memory
            velocity *= self.momentum
            velocity += grads
            if self.nesterov:
                grads += self.momentum * velocity
            else:
                grads = velocity
        values -= learning_rate * grads
