"""Memory is what a machine has so much of: a model that needs more is refused before anything is drawn."""

import math
import os
from collections.abc import Iterable

from nnlite.core import chain
from nnlite.core.layer import Layer
from nnlite.errors import ShapeError

_BYTES_EACH = 16
"""What a number of a model takes at least while it is built: as drawn, as laid out, and its gradient."""


def check(layers: Iterable[Layer], path: str) -> None:
    """Raises `ShapeError` where the machine has no memory for the arrays that these layers have declared.

    To find that out by drawing them could take minutes, or end the process.
    """
    sizes = {place: _numbers(layer) for place, layer, _ in chain.walk(layers)}
    needed, there_is = _BYTES_EACH * sum(sizes.values()), machine()
    if needed > there_is:
        largest = max(sizes, key=sizes.__getitem__)
        layer = next(layer for place, layer, _ in chain.walk(layers) if place == largest)
        raise ShapeError(
            f"{path}[{largest.replace('.', '].layers[')}] {layer!r}: its {sizes[largest]:,} numbers cannot be made: "
            f"the model would need {needed / 1e9:,.0f} GB to begin with, and this machine has {there_is / 1e9:,.0f}"
        )


def _numbers(layer: Layer) -> int:
    return sum(parameter.size for parameter in layer.parameters) + sum(array.size for array in layer.state.values())


def machine() -> float:
    """The bytes of memory that the machine has; infinity where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        return math.inf
