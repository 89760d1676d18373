"""An optimizer turns gradients into a change of the parameters, all of them in one flat vector."""

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
"""So many numbers at a time are updated: all that a rule reads and writes of them stays in the cache."""

_FORGET_EVERY = 64
"""Steps: too few for a momentum of 0.9 to bring a number from 1e-30 down to the subnormal ones, below 1e-38."""


class Optimizer(Configured, ABC):
    """An update rule, applied to each number by itself.

    Attributes:
        remembers: names of the arrays that the rule keeps between steps, each as long as the vector of
            trained parameters, zeros at first: running means and sums of gradients. What is left in them of
            gradients that vanished long ago, less than 1e-30, is set to 0.
        learning_rate: the rate that `step` uses when it is given none.
        steps: how many steps were begun: 1 in the first `update`.
        layout: of the parameters that `state` belongs to; None before the first step with it.
    """

    remembers: ClassVar[tuple[str, ...]] = ()
    learning_rate: float
    steps: int
    _state: dict[str, Array]
    layout: Layout | None
    _blocks: list[tuple[Array, Array, int, list[Array]]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        optimizer = super().__new__(cls)
        optimizer.steps, optimizer._state, optimizer.layout = 0, {}, None
        return optimizer

    @property
    def state(self) -> Mapping[str, Array]:
        """The arrays that the rule remembers, by name; none before the first step.

        Together with `steps` it is all that another optimizer needs to go on from here:
        `other.steps, other.state = optimizer.steps, optimizer.state` copies it.
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
            self._meet(parameters)
        rate = float(self.learning_rate if learning_rate is None else learning_rate)
        self.steps += 1
        for values, grads, decayed, memory in self._blocks:
            self.update(values, grads, decayed, rate, *memory)
        if self.steps % _FORGET_EVERY == 0:
            self._forget_traces()

    def _meet(self, parameters: ParameterVector) -> None:
        """Makes these the parameters that the optimizer trains, and cuts them and its memory into blocks."""
        values, grads, layout = parameters.values, parameters.grads, parameters.layout
        memory = {name: np.zeros_like(values) for name in self.remembers}
        for name, array in self._state.items():
            if self.layout is None:  # given by the caller
                if array.shape != values.shape:
                    raise ConfigError(
                        f"{self!r} was given {name!r} of shape {array.shape} for {values.size} trained parameters"
                    )
                memory[name][:] = array
            elif self.layout.model == layout.model:  # a layer was frozen or set free: memory goes with its parameter
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
        """Sets to 0 what is remembered of gradients that vanished long ago, such as those of dead units.

        Running means of zeros shrink, but never to 0: they end as subnormal numbers, with which a processor is
        40 times slower. What is set to 0 here is far too small to change a parameter; and as a mean of squares its
        root is at most 1e-15, which is nothing beside the ε that is added to it.
        """
        for array in self._state.values():
            array[np.abs(array) < 1e8 * np.finfo(array.dtype).tiny] = 0

    def __getstate__(self) -> dict[str, Any]:
        # The blocks are views into arrays of which a copy has its own; it meets its parameters anew.
        return {name: value for name, value in vars(self).items() if name != "_blocks"}

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
