"""Layers that prepare a table are told its columns: their names, and which hold codes, of which how many."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.layers.columns import Columns
from nnlite.layers.dropout import Dropout
from nnlite.layers.embeddings import Embeddings
from nnlite.layers.noise import GaussianNoise
from nnlite.layers.parallel import Parallel
from nnlite.layers.periodic_embedding import PeriodicEmbedding
from nnlite.layers.preprocessing import Rescale, Standardize
from nnlite.layers.scale import Scale
from nnlite.layers.select import Select
from nnlite.layers.shared import Shared
from nnlite.signature import copy_of

_KEEP_COLUMNS = (Dropout, GaussianNoise, Rescale, Scale, Standardize)
"""Layers that leave each column in its place."""


def for_table(
    layers: Iterable[Layer | Loss], codes: Sequence[int], numbers: int, names: Sequence[str] = ()
) -> Iterator[Layer | Loss]:
    """The layers, with what an encoded table has filled in where their arguments do not say it.

    `Columns` is told how many codes each column has, `Embeddings` those that `Columns` leaves, and
    `PeriodicEmbedding`, which is left out where there are no numbers, how many of the first columns are numbers.
    `Select` is told the names of the columns that come to it; within `Parallel` each branch is told of its own.

    Args:
        layers: the layers of a model, from the first on.
        codes: for each column of the matrix how many codes it has; 0 for numbers.
        numbers: how many of the first columns are numbers, flags not counted.
        names: the name of each column, if they have any.

    >>> from nnlite import Columns, Dense, PeriodicEmbedding
    >>> from nnlite.layers.for_table import for_table
    >>> list(for_table([Columns(), PeriodicEmbedding(), Dense(8)], codes=(0, 3), numbers=1))
    [Columns(codes=(0, 3)), PeriodicEmbedding(columns=1), Dense(8)]
    """
    given = [_Column(name, count, place < numbers) for place, (name, count) in enumerate(_pairs(names, codes))]
    return _told(layers, given)


def with_names(layers: Iterable[Layer | Loss], names: Sequence[str]) -> Iterator[Layer | Loss]:
    """The layers, with the names of the columns of numbers of which the rows are made, where `Select` asks for them.

    >>> from nnlite import Select
    >>> from nnlite.layers.for_table import with_names
    >>> list(with_names([Select(["b"])], names=("a", "b")))
    [Select(('b',), names=('a', 'b'))]
    """
    return _told(layers, [_Column(name, 0, False) for name in names], of_table=False)


@dataclass(frozen=True)
class _Column:
    """A column of the rows that come to a layer.

    Attributes:
        name: that of the column of the table that it is made of.
        codes: how many codes it has; 0 for numbers.
        number: whether it is a number of the table, no flag and no code.
    """

    name: str
    codes: int
    number: bool


def _pairs(names: Sequence[str], codes: Sequence[int]) -> Iterator[tuple[str, int]]:
    return zip(names or [""] * len(codes), codes, strict=True)


def _told(layers: Iterable[Layer | Loss], given: list[_Column], *, of_table: bool = True) -> Iterator[Layer | Loss]:
    """The layers, the first of which is given these columns.

    Args:
        layers: the layers, one after the other.
        given: the columns.
        of_table: whether their codes are known too, not their names alone.
    """
    columns: list[_Column] | None = given  # None behind a layer that mixes them
    left, numbers = [column.codes for column in given if column.codes], sum(column.number for column in given)
    for layer in layers:
        if isinstance(layer, Columns):
            if of_table and not layer.codes:
                layer = copy_of(layer, codes=tuple(column.codes for column in given))
            left = [count for count in left if count > layer.one_hot]
            columns = columns and _behind(layer, columns)
        elif isinstance(layer, Select):
            if layer.by_name and not layer.names and columns is not None and all(column.name for column in columns):
                layer = copy_of(layer, names=tuple(column.name for column in columns))
            columns = columns and _selected(layer, columns)
            left = [column.codes for column in columns or () if column.codes]
            numbers = sum(column.number for column in columns or ())
        elif isinstance(layer, Embeddings) and of_table and not layer.codes:
            layer, columns = copy_of(layer, codes=tuple(left)), None
        elif isinstance(layer, PeriodicEmbedding) and of_table and layer.columns is None:
            if not numbers:
                continue
            layer, columns = copy_of(layer, columns=numbers), None
        elif isinstance(layer, Parallel) and columns is not None:
            branches = [list(_told(branch, columns, of_table=of_table)) for branch in layer.branches]
            layer, columns = copy_of(layer, branches=branches), None
        elif isinstance(layer, Shared) and layer.layers and columns is not None:
            layer, columns = copy_of(layer, layers=list(_told(layer.layers, columns, of_table=of_table))), None
        elif not isinstance(layer, _KEEP_COLUMNS):
            columns = None
        yield layer


def _behind(layer: Columns, columns: list[_Column]) -> list[_Column]:
    """What `Columns` makes of columns: the numbers, those of 0 and 1, and those that stay codes."""
    if layer.codes and len(layer.codes) != len(columns):
        return columns  # it will be refused
    counts = layer.codes or [0] * len(columns)
    numbers = [column for column, count in zip(columns, counts, strict=True) if not count]
    split, kept = [], []
    for column, count in zip(columns, counts, strict=True):
        if count > layer.one_hot:
            kept.append(_Column(column.name, count, False))
        elif count:
            split += [_Column(column.name, 0, False)] * (1 if count == 3 else count - 1)
    return [*numbers, *split, *kept]


def _selected(layer: Select, columns: list[_Column]) -> list[_Column]:
    """The columns that are selected, in order; those that are not there will be refused."""
    return [
        column
        for asked in layer.columns
        for place, column in enumerate(columns)
        if asked == (place if isinstance(asked, int) else column.name)
    ]
