"""A declared array has a shape, and one value everywhere; it takes memory only once the whole model is known.

So a model file whose few bytes ask for gigabytes can be refused before any of them is there.
"""

import numpy as np

from nnlite.errors import ShapeError
from nnlite.types import Array, Shape


def declared(value: float, shape: int | Shape) -> Array:
    """What a layer or a loss puts into its `state` in `build`; it cannot be written until `make` makes it real.

    >>> from nnlite.core.building import declared, make
    >>> state = {"mean": declared(0, 10**12)}
    >>> state["mean"].shape
    (1000000000000,)
    >>> state["mean"] = declared(0, 2)
    >>> make(state)
    >>> state["mean"][1] = 5
    >>> state
    {'mean': array([0., 5.])}
    """
    try:
        return np.broadcast_to(np.float64(value), shape)
    except ValueError:
        raise ShapeError(f"no memory is large enough for an array of shape {shape}") from None


def make(state: dict[str, Array]) -> None:
    """Gives every array in it memory of its own; `Sequential.build` does it."""
    state.update({name: np.array(array) for name, array in state.items()})
