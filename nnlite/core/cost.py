"""What a model asks of a machine: memory, the rows that it takes at once, and products that threads can share.

A model that needs more memory than the process was given is refused before any parameter is drawn.
"""

import math
from collections.abc import Iterable

from nnlite import limits
from nnlite.core.layer import Layer
from nnlite.core.tree import walk
from nnlite.errors import ShapeError
from nnlite.types import Shape

MOST_ROWS = 1024
NUMBERS_AT_ONCE = 2**23  # in the largest output, 32 MiB of float32: MOST_ROWS rows up to a width of 8192

_BYTES_EACH = 16
"""The least memory for each number while a model is built: as drawn, as laid out, and its gradient."""

_ALWAYS_THERE = 2**28
"""Bytes for which the limit is not asked for, which reads files: up to here, loading a model opens its file alone."""

_PREPARED_BYTES = 2**30
_PART_FOR_PREPARED = 4


def check_memory(layers: Iterable[Layer], path: str) -> None:
    """Raises `ShapeError` if the process lacks the memory for the arrays that these layers have declared.

    Drawing them without this check could take minutes, or end the process.
    """
    sizes = {place: _numbers(layer) for place, layer, _ in walk(layers)}
    needed = _BYTES_EACH * sum(sizes.values())
    if needed > _ALWAYS_THERE and needed > (there_is := limits.memory()):
        largest = max(sizes, key=sizes.__getitem__)
        layer = next(layer for place, layer, _ in walk(layers) if place == largest)
        raise ShapeError(
            f"{path}[{largest.replace('.', '].layers[')}] {layer!r}: its {sizes[largest]:,} numbers cannot be made: "
            f"the model would need {needed / 1e9:,.0f} GB to begin with, and there are {there_is / 1e9:,.0f}"
        )


def memory_for_prepared_rows() -> float:
    """The bytes that the rows of a fit, all parts together, may take behind the preprocessing.

    A gigabyte, or less where the process was given little memory, of which rows and model take the rest.
    """
    return min(_PREPARED_BYTES, limits.memory() / _PART_FOR_PREPARED)


def _numbers(layer: Layer) -> int:
    parameters = sum(parameter.size for parameter in layer.parameters)
    return parameters + sum(array.size for array in layer.statistics.values())


def rows_at_once(input_shape: Shape, layers: Iterable[Layer]) -> int:
    """The rows that go through these layers together in prediction: fewer if the outputs of a row are large."""
    shapes = [input_shape, *(layer._output_shape or () for _, layer, _ in walk(layers))]
    return min(max(NUMBERS_AT_ONCE // max(map(math.prod, shapes)), 1), MOST_ROWS)


def shared_products(layers: Iterable[Layer]) -> int:
    """The multiplications per row that a second thread could take over.

    0 if a layer trains on images: a convolution makes its product in parts, most of which are too small for a second
    thread to save time.

    Of a sequence the products of one step in time are counted, not those of all steps: a recurrent layer makes a
    product for each, and its size decides. With 64 units, 50 steps and 32 to 128 rows, a second thread on two cores
    that do nothing else saves 10 to 16 % of a training step of a GRU or an LSTM, and about nothing of one of
    self-attention or a convolution over time. Where other processes use the cores too, it makes such a step up to
    three times as long, since each small product waits for both threads. An LSTM of 256 units makes large products,
    is counted as such, and saves a quarter or more.
    """
    trained = [layer for _, layer, _ in walk(layers) if layer.parameters]
    if any(len(layer._output_shape or ()) == 3 for layer in trained):
        return 0
    return sum(parameter.size for layer in trained for parameter in layer.parameters)
