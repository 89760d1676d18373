"""A table: columns by name, as they were read, before anything is learnt from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from nnlite.errors import DataError, nearest
from nnlite.tables.block import InBlock
from nnlite.text import counted
from nnlite.types import Array


@dataclass(frozen=True, eq=False)
class Coded:
    """A column in which texts come again: each distinct text once, and for each row the place of its own.

    Attributes:
        values: the distinct texts, None for a cell without any.
        codes: (rows,), whole numbers, the place in `values` of each row's text.
    """

    values: Sequence[str | None]
    codes: Array

    def __len__(self) -> int:
        return len(self.codes)

    def counts(self) -> Array:
        """(values,): in how many rows each text stands."""
        return np.bincount(self.codes, minlength=len(self.values))


Cells: TypeAlias = Array | Coded | list[str | None]
"""One column: an array of numbers, booleans or times (datetime64 in microseconds, UTC), or texts."""


def coded(cells: Cells) -> Coded:
    """The texts of a column with each distinct one once, in the order of their first rows.

    >>> from nnlite.tables.table import coded
    >>> column = coded(["b", "a", "b"])
    >>> column.values, column.codes.tolist()
    (['b', 'a'], [0, 1, 0])
    """
    if isinstance(cells, Coded):
        return cells
    if isinstance(cells, np.ndarray):
        raise TypeError("an array has numbers, not texts")
    places = Places()
    codes = np.fromiter(map(places.__getitem__, cells), np.int64, len(cells))
    return Coded(list(places), codes)


class Places(dict[str | None, int]):
    """The code of each text; a new text has the next one."""

    def __missing__(self, text: str | None) -> int:
        self[text] = code = len(self)
        return code


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Columns by name, of one length each. `as_table` makes one of what users have, `read_csv` of a file.

    Args:
        columns: for each name an array of numbers, booleans or times, or texts; texts are as they were read.
        named: whether the names came with the rows; otherwise they are "0", "1", … from left to right.
        lines: (rows,), where each row stands, for messages: its line in the file, from 1, or its number, from 0.
        file: the path of the file, for messages; "" without one.
        word: what `lines` counts.
        categorical: the columns that the source itself declares to be categories.
        delimiter: what parts the cells in the file; "" without one.
        zoned: the columns of times that have a time zone in the source.

    >>> from nnlite.tables import as_table
    >>> table = as_table({"age": [31, 45, 27], "town": ["Bern", "Rome", "Bern"]})
    >>> table
    Table(3 rows of 2 columns: 'age', 'town')
    >>> table.rows([0, 2]).columns["age"].tolist()
    [31, 27]
    """

    columns: Mapping[str, Cells]
    named: bool = True
    lines: Array = field(default_factory=lambda: np.empty(0, np.int64))
    file: str = ""
    word: Literal["line", "row"] = "row"
    categorical: frozenset[str] = frozenset()
    delimiter: str = ""
    zoned: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if isinstance(self.columns, InBlock):
            return  # all are of one length, and no texts are to be made
        lengths = {name: len(cells) for name, cells in self.columns.items()}
        if len(set(lengths.values())) > 1:
            first, length = next(iter(lengths.items()))
            other = next(name for name, count in lengths.items() if count != length)
            raise DataError(
                f"column {first!r} has {counted(length, 'row')}, but column {other!r} {lengths[other]}; "
                "expected as many in each"
            )
        if not len(self.lines):
            object.__setattr__(self, "lines", np.arange(next(iter(lengths.values()), 0)))

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, from left to right."""
        return tuple(self.columns)

    def rows(self, index: Any) -> "Table":
        """The rows that a slice, indices or a mask select, as a table; messages go on naming their lines."""
        if not isinstance(index, slice):
            index = np.asarray(index)
            if not index.size:
                index = index.astype(np.intp)  # an empty list is one of floats to NumPy
            if index.dtype.kind == "b":
                index = np.flatnonzero(index)
        return replace(
            self,
            columns={name: _taken(cells, index) for name, cells in self.columns.items()},
            lines=self.lines[index],
        )

    def only(self, names: Sequence[str]) -> "Table":
        """The table with these columns alone, in this order; raises `DataError` where one is missing."""
        for name in names:
            if name not in self.columns:
                raise DataError(f"{self.whose()}there is no column {name!r}{nearest(name, self.columns)}")
        return replace(self, columns={name: self.columns[name] for name in names})

    def without(self, *names: str) -> "Table":
        """The table without these columns; raises `DataError` where it has none of that name."""
        self.only(names)
        return self.only([name for name in self.columns if name not in names])

    def portions(self, size: int) -> Iterator["Table"]:
        """The table in parts of this many rows, the last may have fewer."""
        for start in range(0, len(self), size):
            yield self.rows(slice(start, start + size))

    def whose(self) -> str:
        """The beginning of a message: the file and a colon, or nothing."""
        return f"{self.file}: " if self.file else ""

    def where(self, row: int, column: str | None = None) -> str:
        """Where a row of this table stands, as text for a message: its file, its line, its column."""
        line = f"{self.whose()}{self.word} {self.lines[row]}"
        return line if column is None else f"{line}, column {column!r}"

    def __repr__(self) -> str:
        names = ", ".join(map(repr, self.names[:10])) + (", …" if len(self.columns) > 10 else "")
        return f"Table({counted(len(self), 'row')} of {counted(len(self.columns), 'column')}: {names})"


def _taken(cells: Cells, index: Any) -> Cells:
    if isinstance(cells, np.ndarray):
        part: Array = cells[index]
        return part
    if isinstance(cells, Coded):
        return Coded(cells.values, cells.codes[index])
    return cells[index] if isinstance(index, slice) else [cells[row] for row in index.tolist()]
