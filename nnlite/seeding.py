"""One seed gives one independent random generator for each purpose.

Two purposes never share a stream, so drawing more numbers for one (a wider layer, say) changes nothing
in another (the order of the batches).
"""

from typing import Literal

import numpy as np

_PURPOSES = ("layers", "shuffle", "split")


def generator(seed: int, purpose: Literal["layers", "shuffle", "split"]) -> np.random.Generator:
    """The generator that serves `purpose` under `seed`; the same two give the same numbers anywhere.

    >>> from nnlite.seeding import generator
    >>> bool(generator(0, "split").random() == generator(0, "split").random())
    True
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(_PURPOSES.index(purpose),))
    return np.random.Generator(np.random.PCG64(sequence))
