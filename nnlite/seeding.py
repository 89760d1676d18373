"""One seed gives one independent random generator for each purpose.

Two purposes never share a stream, so drawing more numbers for one (a wider layer, say) changes nothing
in another (the order of the batches).
"""

from typing import Any, Literal

import numpy as np

_PURPOSES = ("layers", "shuffle", "split", "bootstrap", "importance")


def generator(
    seed: int, purpose: Literal["layers", "shuffle", "split", "bootstrap", "importance"], member: int = 0
) -> np.random.Generator:
    """The generator that serves `purpose` under `seed`; the same two give the same numbers anywhere.

    Each member of an ensemble has one of its own, that of member 0 is the one without an ensemble.

    >>> from nnlite.seeding import generator
    >>> bool(generator(0, "split").random() == generator(0, "split").random())
    True
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(_PURPOSES.index(purpose), *([member] if member else [])))
    return np.random.Generator(np.random.PCG64(sequence))


def state(generator: np.random.Generator) -> dict[str, Any]:
    """The state of a generator, in plain values.

    >>> from nnlite import seeding
    >>> one, other = seeding.generator(0, "split"), seeding.generator(1, "split")
    >>> seeding.restore(seeding.state(one), other)
    >>> bool(one.random() == other.random())
    True
    """
    plain: dict[str, Any] = _plain(generator.bit_generator.state)
    return plain


def restore(state: dict[str, Any], generator: np.random.Generator) -> None:
    """Gives a generator the state that one of the same kind had."""
    generator.bit_generator.state = state


def _plain(value: Any) -> Any:
    """A copy of a generator's state with lists in place of arrays, which some generators have."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
