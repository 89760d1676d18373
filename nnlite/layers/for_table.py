"""Layers that prepare a table are told its columns: which hold codes, and how many of them, and which are numbers."""

from collections.abc import Iterable, Iterator, Sequence

from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.layers.columns import Columns
from nnlite.layers.embeddings import Embeddings
from nnlite.layers.periodic_embedding import PeriodicEmbedding
from nnlite.signature import copy_of


def for_table(layers: Iterable[Layer | Loss], codes: Sequence[int], numbers: int) -> Iterator[Layer | Loss]:
    """The layers, with what an encoded table has filled in where their arguments do not say it.

    `Columns` is told how many codes each column has, `Embeddings` those that `Columns` leaves, and
    `PeriodicEmbedding`, which is left out where there are no numbers, how many of the first columns are numbers.

    Args:
        layers: the layers of a model, from the first on.
        codes: for each column of the matrix how many codes it has; 0 for numbers.
        numbers: how many of the first columns are numbers, flags not counted.

    >>> from nnlite import Columns, Dense, PeriodicEmbedding
    >>> from nnlite.layers.for_table import for_table
    >>> list(for_table([Columns(), PeriodicEmbedding(), Dense(8)], codes=(0, 3), numbers=1))
    [Columns(codes=(0, 3)), PeriodicEmbedding(columns=1), Dense(8)]
    """
    left = [count for count in codes if count]
    for layer in layers:
        if isinstance(layer, Columns):
            layer = layer if layer.codes else copy_of(layer, codes=tuple(codes))
            left = [count for count in left if count > layer.one_hot]
        elif isinstance(layer, Embeddings) and not layer.codes:
            layer = copy_of(layer, codes=tuple(left))
        elif isinstance(layer, PeriodicEmbedding) and layer.columns is None:
            if not numbers:
                continue
            layer = copy_of(layer, columns=numbers)
        yield layer
