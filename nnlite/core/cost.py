"""What a model costs a machine: its memory, the rows that go through it at once, the products to be shared."""

import math
import os
from collections.abc import Iterable

from nnlite.core.layer import Layer
from nnlite.core.tree import walk
from nnlite.errors import ShapeError
from nnlite.types import Shape

MOST_ROWS = 1024
NUMBERS_AT_ONCE = 2**23  # of the largest output, 32 MiB of float32; rows up to a width of 8192 are never fewer

_BYTES_EACH = 16
"""What a number of a model takes at least while it is built: as drawn, as laid out, and its gradient."""


def check_memory(layers: Iterable[Layer], path: str) -> None:
    """Raises `ShapeError` where the machine has no memory for the arrays that these layers have declared.

    To find that out by drawing them could take minutes, or end the process.
    """
    sizes = {place: _numbers(layer) for place, layer, _ in walk(layers)}
    needed, there_is = _BYTES_EACH * sum(sizes.values()), machine_memory()
    if needed > there_is:
        largest = max(sizes, key=sizes.__getitem__)
        layer = next(layer for place, layer, _ in walk(layers) if place == largest)
        raise ShapeError(
            f"{path}[{largest.replace('.', '].layers[')}] {layer!r}: its {sizes[largest]:,} numbers cannot be made: "
            f"the model would need {needed / 1e9:,.0f} GB to begin with, and this machine has {there_is / 1e9:,.0f}"
        )


def _numbers(layer: Layer) -> int:
    parameters = sum(parameter.size for parameter in layer.parameters)
    return parameters + sum(array.size for array in layer.statistics.values())


def machine_memory() -> float:
    """The bytes of memory that the machine has; infinity where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        return math.inf


def rows_at_once(input_shape: Shape, layers: Iterable[Layer]) -> int:
    """How many rows go through these layers together in prediction: the fewer, the more numbers one becomes."""
    shapes = [input_shape, *(layer._output_shape or () for _, layer, _ in walk(layers))]
    return min(max(NUMBERS_AT_ONCE // max(map(math.prod, shapes)), 1), MOST_ROWS)


def shared_products(layers: Iterable[Layer]) -> int:
    """How many multiplications one example takes in products that two threads may share.

    None where a layer trains on pictures, as a convolution does: most of the parts that this makes its product in are
    so small that a second thread spends more time in waiting for its share than in working it out.
    """
    trained = [layer for _, layer, _ in walk(layers) if layer.parameters]
    if any(len(layer._output_shape or ()) == 3 for layer in trained):
        return 0
    return sum(parameter.size for layer in trained for parameter in layer.parameters)
