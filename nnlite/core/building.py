"""A declared array has a shape, and one value everywhere; it takes memory only once the whole model is known.

So a model file whose few bytes ask for gigabytes can be refused before any of them is there.
"""

from collections.abc import Iterable

import numpy as np

from nnlite.core.layer import Layer
from nnlite.errors import ConfigError, ShapeError
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


def draw(layers: Iterable[Layer], path: str, rng: np.random.Generator | None = None) -> None:
    """Draws the parameters that building these layers declared, and those of the layers in them; makes their state.

    Each from its layer's generator, or that of the container (rng) where this one built it without a chain.
    Raises `ShapeError` or `ConfigError` that begins with the layer's place.
    """
    for index, layer in enumerate(layers):
        here, own = f"{path}[{index}]", layer._rng or rng
        layer._rng = None  # drawn from once, and no part of what a layer is
        for parameter in layer.parameters:
            if parameter.name in layer.state:
                raise ConfigError(
                    f"{here} {layer!r} has a parameter and a state named {parameter.name!r}: rename one"
                )
            try:
                assert own is not None
                parameter.draw(own)
            except ShapeError as error:
                raise ShapeError(f"{here} {layer!r}: {error}") from None
        try:
            make(layer.state)
        except MemoryError as error:
            raise ShapeError(f"{here} {layer!r}: {error}") from None
        draw(layer.children, f"{here}.layers", own)
