"""Tables from files: delimited text, and Parquet where a package for it is there."""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from nnlite.errors import ConfigError, DataError, TableError
from nnlite.tables.block import Block, InBlock
from nnlite.tables.dialect import Dialect, found_dialect, found_encoding, is_delimiter
from nnlite.tables.file import opened
from nnlite.tables.header import warn_of_header
from nnlite.tables.lines import Lines
from nnlite.tables.parquet import is_parquet, parquet_chunks, read_parquet
from nnlite.tables.table import Cells, Coded, Places, Table
from nnlite.types import Array

PORTION = 1024
"""Rows that are read at once: so few stay in the processor's cache, which is three times as fast as many."""

_LONGEST_CELL = 2**26  # more is an open quote
_TABS = (".tsv", ".tab")


def read_table(
    path: str | os.PathLike[str], *, header: bool = True, delimiter: str | None = None, encoding: str = "utf-8"
) -> Table:
    """A file of any kind as a table: Parquet (.parquet, .pq), or delimited text as `read_csv` takes it."""
    if is_parquet(path):
        return read_parquet(path)
    return read_csv(path, header=header, delimiter=delimiter, encoding=encoding)


def read_csv(
    path: str | os.PathLike[str], *, header: bool = True, delimiter: str | None = None, encoding: str = "utf-8"
) -> Table:
    """A file of delimited text (.csv, .tsv, .txt, each also .gz) as a table of texts.

    Blank lines are left out. A column without a name is called "Unnamed: 3" after its place, as pandas does.

    Args:
        path: the path of the file.
        header: whether the first line has the names of the columns. It is never guessed; a warning says where the
            file looks otherwise. Without one the columns are "0", "1", …
        delimiter: the character between cells; if None it is found.
        encoding: how the bytes are text, such as "latin-1"; a mark at the beginning of a UTF-16 file is seen.

    Raises:
        DataError: where the file cannot be read: it names the file, the line and the column.

    >>> import pathlib, tempfile
    >>> from nnlite.tables import read_csv
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "towns.csv")
    ...     _ = path.write_text("town;height\\nBern;540\\nRome;21\\n")
    ...     read_csv(path)
    Table(2 rows of 2 columns: 'town', 'height')
    """
    columns: dict[str, _Column] = {}
    lines: list[Array] = []
    for part in _read(path, PORTION, header, delimiter, encoding):
        for name, cells in part.columns.items():
            columns.setdefault(name, _Column()).add(cells)
        lines.append(part.lines)
    whole = {name: column.cells() for name, column in columns.items()}
    return replace(part, columns=whole, lines=np.concatenate(lines))


def chunks(
    path: str | os.PathLike[str],
    rows: int = PORTION,
    *,
    header: bool = True,
    delimiter: str | None = None,
    encoding: str = "utf-8",
) -> Iterator[Table]:
    """A file of any kind, as `read_table` takes it, in tables of this many rows, one at a time in memory."""
    if rows < 1:
        raise DataError(f"rows is {rows}; expected 1 or more rows at a time")
    if is_parquet(path):
        return parquet_chunks(path, rows)
    return _read(path, rows, header, delimiter, encoding)


class _Column:
    """One column while it is read: its distinct texts and their codes; plain texts once most of them are distinct."""

    def __init__(self) -> None:
        self._places = Places()
        self._codes: list[Array] = []
        self._rows = 0
        self._texts: list[str | None] | None = None

    def add(self, cells: Any) -> None:
        self._rows += len(cells)
        if self._texts is not None:
            self._texts.extend(cells)
            return
        self._codes.append(np.fromiter(map(self._places.__getitem__, cells), np.int32, len(cells)))
        if self._rows > 4 * PORTION and len(self._places) * 2 > self._rows:
            values = list(self._places)
            self._texts = [values[code] for part in self._codes for code in part.tolist()]
            self._places, self._codes = Places(), []

    def cells(self) -> Cells:
        return self._texts if self._texts is not None else Coded(list(self._places), np.concatenate(self._codes))


def _read(
    path: str | os.PathLike[str], size: int, header: bool, delimiter: str | None, encoding: str
) -> Iterator[Table]:
    """The rows of a file of delimited text, this many at a time."""
    path = os.fspath(path)
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))  # its own limit is less than an essay
    with opened(path) as file:
        encoding = found_encoding(path, file.beginning, encoding)
        dialect = _dialect(path, file.beginning.decode(encoding, "ignore"), delimiter, whole=file.whole)
        text = io.TextIOWrapper(file.bytes, encoding, newline="")  # named: where it goes, the file is closed
        lines = Lines(path, text, dialect)
        first = lines.first()
        if first is None:
            raise DataError(f"{path} is empty; expected a line with the names of the columns, then one for each row")
        names = _names(path, first, lines.line) if header else [str(place) for place in range(len(first))]
        begun = None if header else (first, lines.line)  # a row, which the first portion begins with
        some = False
        while (found := lines.columns(size if begun is None else max(1, size - 1))) is not None or begun is not None:
            file.check_unchanged()
            columns, numbers = found if found is not None else ([[] for _ in names], np.empty(0, np.int64))
            if begun is not None:
                columns = [[cell, *cells] for cell, cells in zip(begun[0], columns, strict=True)]
                numbers, begun = np.concatenate([[begun[1]], numbers]), None
            if not some:
                warn_of_header(path, first, [cells[not header :] for cells in columns], header=header)
            some = True
            if isinstance(columns, Block):
                cells: Any = InBlock(names, columns)
            else:
                cells = dict(zip(names, columns, strict=True))
            yield Table(cells, header, numbers, path, "line", delimiter=dialect.delimiter)
        file.check_unchanged()
    if not some:
        raise DataError(f"{path} has a header and no rows; expected a line for each row")


def _dialect(path: str, beginning: str, delimiter: str | None, *, whole: bool) -> Dialect:
    if delimiter is not None and not is_delimiter(delimiter):
        raise ConfigError(f'the delimiter is {delimiter!r}; expected one character, such as ";"')
    stem = path.lower().removesuffix(".gz")
    if delimiter is None and stem.endswith(_TABS):
        delimiter = "\t"
    return found_dialect(beginning, delimiter, whole=whole, spaces=not stem.endswith(".csv"))


def _names(path: str, row: list[str], line: int) -> list[str]:
    names = [cell.strip() or f"Unnamed: {place}" for place, cell in enumerate(row)]
    if len(set(names)) < len(names):
        name = next(name for name in names if names.count(name) > 1)
        first, second = [place for place, other in enumerate(names, start=1) if other == name][:2]
        raise TableError(
            f"{path}, line {line}: columns {first} and {second} are both called {name!r}; expected a name of its own "
            "for each",
            "if that line is a row and no header, say header = false",
            "if that line is a row and no header, write a line above it with the names of the columns",
        )
    return names
