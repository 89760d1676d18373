"""An optimizer changes the parameters by their gradients; both lie in one flat vector."""

import contextlib
import copy
import functools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from nnlite.core.parameters import Layout, ParameterVector
from nnlite.core.state import State
from nnlite.errors import ConfigError, ShapeError
from nnlite.signature import Configured
from nnlite.text import counted
from nnlite.types import Array

NUMBERS_PER_BLOCK = 65536
"""Numbers updated at a time: a block's values, gradients and memory fit the cache."""

STEPS_BETWEEN_CLEARINGS = 64
"""Steps between two clearings of tiny values: in 64 steps a momentum of 0.9 shrinks 1e-30 to 1e-33, still far above
the subnormal numbers (1e-38)."""


class Optimizer(Configured, ABC):
    """An update rule, applied to each number by itself.

    Attributes:
        remembers: names of the arrays that the rule keeps between steps, each as long as the vector of
            trained parameters, zeros at first: running means and sums of gradients. What is left in them of
            gradients that vanished long ago, less than 1e-30, is set to 0.
        learning_rate: the rate that `step` uses when it is given none.
        steps: how many steps were begun: 1 in the first `update`.
        layout: where each parameter lies in the arrays that the rule remembers; None before the first step.
    """

    remembers: ClassVar[tuple[str, ...]] = ()
    learning_rate: float
    steps: int = 0
    layout: Layout | None = None
    _memory: Mapping[str, Array] = MappingProxyType({})
    _blocks: list[tuple[Array, Array, int, float, list[Array]]]
    _decayed_otherwise: list[tuple[float, tuple[Array, Array, int, float, list[Array]]]]

    @property
    def state(self) -> State:
        """All that the rule remembers: the `steps`, and its arrays, each parameter's part by its path.

        `other.state = optimizer.state` lets another optimizer with the same arguments continue from here.
        """
        if self.layout is None:
            return State({"steps": self.steps})
        parts = {name: State(arrays=self.layout.parts(array)) for name, array in self._memory.items()}
        return State({"steps": self.steps}, State.of(**parts).arrays)

    @state.setter
    def state(self, state: State) -> None:
        memory = {name: parts for name in self.remembers if (parts := state.arrays_of(name))}
        paths = sorted(next(iter(memory.values()), {}))
        if set(state.arrays) != {f"{name}/{path}" for name in self.remembers for path in paths}:
            raise ConfigError(
                f"{self!r} remembers {list(self.remembers)}, but was given a state of {sorted(state.arrays)}"
            )
        joined = {name: Layout.joined({path: parts[path] for path in paths}) for name, parts in memory.items()}
        self.steps, self._memory = state.values["steps"], {name: vector for name, (_, vector) in joined.items()}
        self.layout = next((layout for layout, _ in joined.values()), None)

    def check_memory(self, parameters: ParameterVector) -> None:
        """Raises `ShapeError` where the rule remembers a parameter that is not one of these, or has another size."""
        for path, place in ({} if self.layout is None else self.layout.places).items():
            size = place.stop - place.start
            if path not in parameters.paths or parameters.paths[path].size != size:
                raise ShapeError(
                    f"{self!r} remembers {counted(size, 'number')} for {path}, but the parameter has another shape"
                )

    def step(self, parameters: ParameterVector, learning_rate: float | None = None) -> None:
        """Changes `parameters.values` by one step along `parameters.grads`, which stay as they are.

        A parameter with a `rate` of its own is changed with that times the learning rate, and one with a `decay` with
        that times the rule's `weight_decay`.
        """
        if self.layout is not parameters.layout:
            self._adopt(parameters)
        rate = float(self.learning_rate if learning_rate is None else learning_rate)
        self.steps += 1
        for values, grads, decayed, factor, memory in self._blocks:
            self.update(values, grads, decayed, rate * factor, *memory)
        for strength, (values, grads, decayed, factor, memory) in self._decayed_otherwise:
            with self._multiplied_decay(strength):
                self.update(values, grads, decayed, rate * factor, *memory)
        if self.steps % STEPS_BETWEEN_CLEARINGS == 0:
            self._clear_tiny_values()

    def _adopt(self, parameters: ParameterVector) -> None:
        """Makes these the parameters that the optimizer trains, and cuts them and its memory into blocks."""
        values, grads, layout = parameters.values, parameters.grads, parameters.layout
        memory = {name: np.zeros_like(values) for name in self.remembers}
        if self.layout is not None and self.layout.model in ("", layout.model):
            # A layer was frozen or set free, or a state was given: each parameter keeps what is remembered of it.
            self.check_memory(parameters)
            for path in layout.places.keys() & self.layout.places.keys():
                for name, array in self._memory.items():
                    memory[name][layout.places[path]] = array[self.layout.places[path]]
        elif any(array.any() for array in self._memory.values()):
            raise ConfigError(
                f"{self!r} remembers other parameters: those of another model, or of this one before it was "
                "built again; make a new optimizer"
            )
        self._memory, self.layout = memory, layout
        # A block is a view of some values and their gradients, how many of them (the first ones) weight decay applies
        # to, what the learning rate is multiplied by for all of them, and a view of each remembered array.
        self._blocks, self._decayed_otherwise = [], []
        for (place, factor), strength in zip(parameters.rates, parameters.decays, strict=True):
            for start in range(place.start, place.stop, NUMBERS_PER_BLOCK):
                block = slice(start, min(start + NUMBERS_PER_BLOCK, place.stop))
                decayed = min(max(parameters.decayed - start, 0), block.stop - start)
                remembered = [array[block] for array in memory.values()]
                cut = values[block], grads[block], decayed, factor, remembered
                if strength == 1:
                    self._blocks.append(cut)
                else:
                    self._decayed_otherwise.append((strength, cut))

    @contextlib.contextmanager
    def _multiplied_decay(self, strength: float) -> Iterator[None]:
        """Within the block `weight_decay` is multiplied by this, for parameters that have a decay of their own."""
        before = getattr(self, "weight_decay", None)
        if before is None:  # the rule has none
            yield
            return
        vars(self)["weight_decay"] = before * strength
        try:
            yield
        finally:
            vars(self)["weight_decay"] = before

    def _clear_tiny_values(self) -> None:
        """Sets to 0 what is remembered of gradients that vanished long ago, such as those of dead units.

        Running means of zeros shrink to subnormal numbers, with which a processor is 40 times slower. The values set
        to 0 are far too small to change a parameter. In a mean of squares their root is at most 1e-15, far below the
        ε that is added to it.
        """
        for array in self._memory.values():
            array[np.abs(array) < 1e8 * np.finfo(array.dtype).tiny] = 0

    def __getstate__(self) -> dict[str, Any]:
        # The blocks are views into arrays of which a copy has its own; it adopts its parameters at its first step.
        return {name: value for name, value in vars(self).items() if name not in ("_blocks", "_decayed_otherwise")}

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # two optimizers would overwrite each other's memory

    @abstractmethod
    def update(self, values: Array, grads: Array, decayed: int, learning_rate: float, *memory: Array) -> None:
        """One step for a block of the vector: changes `values` and the memory in place.

        Args:
            values: the block of parameters.
            grads: their gradients, which the rule leaves as they are: after the step they are `weight.grad` still.
            decayed: how many numbers, from the block's start, weight decay applies to.
            learning_rate: the learning rate of this step, times the rate that these parameters have of their own.
            memory: the same block of the arrays that `remembers` names, in its order.
        """


@functools.lru_cache(maxsize=64)
def scalars(dtype: np.dtype[Any], *numbers: float) -> tuple[Array, ...]:
    """The numbers as arrays without axes, for a rule that multiplies by them in every step.

    NumPy converts a Python float at each call, which takes as long as multiplying a small network's vector. Numbers
    that differ from step to step do not belong here, since all are remembered.
    """
    return tuple(np.array(number, dtype) for number in numbers)
