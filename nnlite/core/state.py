"""A state is what a part of a training needs to be resumed: plain values, and arrays by name."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnlite.types import Array


@dataclass(frozen=True, eq=False)
class State:
    """Plain values and arrays, which can be written to a file and read again.

    Attributes:
        values: plain values by name, which Python's `json` can write and read: numbers (also NaN), text, lists,
            and dictionaries of them.
        arrays: arrays by name, such as "model/0.weight".

    >>> import numpy as np
    >>> from nnlite.core.state import State
    >>> whole = State.of(optimizer=State({"steps": 3}, {"velocity": np.zeros(2)}), history=State({"rows": []}))
    >>> whole.values, list(whole.arrays)
    ({'optimizer': {'steps': 3}, 'history': {'rows': []}}, ['optimizer/velocity'])
    >>> list(whole.part("optimizer").arrays)
    ['velocity']
    """

    values: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)

    @classmethod
    def of(cls, **parts: "State") -> "State":
        """The state of a whole, made from the states of its parts by name."""
        return cls(
            {name: part.values for name, part in parts.items()},
            {f"{name}/{path}": array for name, part in parts.items() for path, array in part.arrays.items()},
        )

    def part(self, name: str) -> "State":
        """The state of one part of the whole."""
        return State(self.values[name], self.arrays_of(name))

    def arrays_of(self, name: str) -> dict[str, Array]:
        """The arrays of one part of the whole."""
        start = f"{name}/"
        return {path.removeprefix(start): array for path, array in self.arrays.items() if path.startswith(start)}

    def copy(self) -> "State":
        """A deep copy, its arrays contiguous."""
        arrays = {name: np.array(array, order="C") for name, array in self.arrays.items()}
        return State(_copied(self.values), arrays)


def _copied(value: Any) -> Any:
    """A deep copy of a plain value: many times faster than Python's `deepcopy`."""
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list | tuple) else value
