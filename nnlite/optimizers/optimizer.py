"""An optimizer changes the parameters by their gradients; both lie in one flat vector."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from nnlite.core.parameters import Layout, ParameterVector
from nnlite.errors import ConfigError
from nnlite.signature import Configured
from nnlite.types import Array

_BLOCK = 65536
"""Numbers updated at a time: a block's values, gradients and memory fit the cache."""

_FORGET_EVERY = 64
"""Steps between two clearings of tiny values: in 64 steps a momentum of 0.9 shrinks 1e-30 to 1e-33, still far above
the subnormal numbers (below 1e-38)."""


class Optimizer(Configured, ABC):
    """An update rule, applied to each number by itself.

    Attributes:
        remembers: names of the arrays that the rule keeps between steps, each as long as the vector of
            trained parameters, zeros at first: running means and sums of gradients. Values below 1e-30, left by
            gradients that vanished long ago, are set to 0.
        learning_rate: the rate that `step` uses by default.
        steps: the number of steps begun: 1 in the first `update`.
        layout: the layout of the parameters that `state` belongs to; None before the first step with it.
    """

    remembers: ClassVar[tuple[str, ...]] = ()
    learning_rate: float
    steps: int
    _state: dict[str, Array]
    layout: Layout | None
    _blocks: list[tuple[Array, Array, int, list[Array]]]  # values, gradients, how many are decayed, memory

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        optimizer = super().__new__(cls)
        optimizer.steps, optimizer._state, optimizer.layout = 0, {}, None
        return optimizer

    @property
    def state(self) -> Mapping[str, Array]:
        """The arrays that the rule remembers, by name; none before the first step.

        Another optimizer goes on from here after
        `other.steps, other.state = optimizer.steps, optimizer.state`.
        """
        return MappingProxyType(self._state)

    @state.setter
    def state(self, state: Mapping[str, Array]) -> None:
        if state and set(state) != set(self.remembers):
            raise ConfigError(f"{self!r} remembers {list(self.remembers)}, but was given a state of {list(state)}")
        self._state, self.layout = {name: np.array(array) for name, array in state.items()}, None

    def step(self, parameters: ParameterVector, learning_rate: float | None = None) -> None:
        """Changes `parameters.values` by one step along `parameters.grads`, which it may overwrite."""
        if self.layout is not parameters.layout:
            self._adopt(parameters)
        rate = float(self.learning_rate if learning_rate is None else learning_rate)
        self.steps += 1
        for values, grads, decayed, memory in self._blocks:
            self.update(values, grads, decayed, rate, *memory)
        if self.steps % _FORGET_EVERY == 0:
            self._forget_traces()

    def _adopt(self, parameters: ParameterVector) -> None:
        """Takes over the layout of these parameters, and divides them and the memory into blocks."""
        values, grads, layout = parameters.values, parameters.grads, parameters.layout
        memory = {name: np.zeros_like(values) for name in self.remembers}
        for name, array in self._state.items():
            if self.layout is None:  # given by the caller
                if array.shape != values.shape:
                    raise ConfigError(
                        f"{self!r} was given {name!r} of shape {array.shape} for {values.size} trained parameters"
                    )
                memory[name][:] = array
            elif self.layout.model == layout.model:  # a layer was frozen or set free: each parameter keeps its memory
                for path in layout.places.keys() & self.layout.places.keys():
                    memory[name][layout.places[path]] = array[self.layout.places[path]]
            elif array.any():
                raise ConfigError(
                    f"{self!r} remembers other parameters: those of another model, or of this one before it was "
                    "built anew; make a new optimizer"
                )
        self._state, self.layout, self._blocks = memory, layout, []
        for start in range(0, values.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            decayed = min(max(parameters.decayed - start, 0), values[block].size)
            self._blocks.append((values[block], grads[block], decayed, [array[block] for array in memory.values()]))

    def _forget_traces(self) -> None:
        """Sets tiny values of the memory to 0, which remain of gradients that vanished long ago (of dead units, say).

        Running means of zeros shrink to subnormal numbers, with which a processor is 40 times slower. The values set
        to 0 are far too small to change a parameter. In a mean of squares their root is at most 1e-15, far below the
        ε that is added to it.
        """
        for array in self._state.values():
            array[np.abs(array) < 1e8 * np.finfo(array.dtype).tiny] = 0

    def __getstate__(self) -> dict[str, Any]:
        # The blocks are views into arrays; a copy makes its own in its first step.
        return {name: value for name, value in vars(self).items() if name != "_blocks"}

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # two optimizers would overwrite each other's memory

    @abstractmethod
    def update(self, values: Array, grads: Array, decayed: int, learning_rate: float, *memory: Array) -> None:
        """One step for a block of the vector: changes `values` and the memory in place.

        Args:
            values: the block of parameters.
            grads: their gradients, which may be overwritten.
            decayed: how many numbers, from the block's start, weight decay applies to.
            learning_rate: the learning rate of this step.
            memory: the same block of the arrays that `remembers` names, in its order.
        """
