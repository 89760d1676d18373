"""Tables from files: delimited text, and Parquet where a package for it is there."""

import contextlib
import csv
import gzip
import io
import os
import stat
import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from nnlite.errors import DataError
from nnlite.tables.dialect import Dialect, found_dialect, found_encoding, reader
from nnlite.tables.numbers import reader as number_reader
from nnlite.tables.parquet import is_parquet, parquet_chunks, read_parquet
from nnlite.tables.table import Cells, Coded, Table
from nnlite.types import Array

PORTION = 1024
"""Rows that are read at once: so few stay in the processor's cache, which is three times as fast as many."""

_BEGINNING = 2**16
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
    """A file of any kind, as `read_table` takes it, in tables of this many rows: in memory is one of them at a time."""
    if rows < 1:
        raise DataError(f"rows is {rows}; expected 1 or more rows at a time")
    if is_parquet(path):
        return parquet_chunks(path, rows)
    return _read(path, rows, header, delimiter, encoding)


class _Column:
    """One column while it is read: its distinct texts and their codes; plain texts once most of them are distinct."""

    def __init__(self) -> None:
        self._places: dict[str | None, int] = {}
        self._codes: list[Array] = []
        self._rows = 0
        self._texts: list[str | None] | None = None

    def add(self, cells: Any) -> None:
        self._rows += len(cells)
        if self._texts is not None:
            self._texts.extend(cells)
            return
        places = self._places
        self._codes.append(np.array([places.setdefault(text, len(places)) for text in cells], np.int32))
        if self._rows > 4 * PORTION and len(places) * 2 > self._rows:
            values = list(places)
            self._texts = [values[code] for part in self._codes for code in part.tolist()]
            self._places, self._codes = {}, []

    def cells(self) -> Cells:
        return self._texts if self._texts is not None else Coded(list(self._places), np.concatenate(self._codes))


def _read(
    path: str | os.PathLike[str], size: int, header: bool, delimiter: str | None, encoding: str
) -> Iterator[Table]:
    """The rows of a file of delimited text, this many at a time."""
    path = os.fspath(path)
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))  # its own limit is less than an essay
    with _opened(path) as file:
        beginning = file.beginning
        encoding = found_encoding(path, beginning, encoding)
        _check_delimiter(delimiter)
        stem = path.lower().removesuffix(".gz")
        if delimiter is None and stem.endswith(_TABS):
            delimiter = "\t"
        dialect = found_dialect(
            beginning.decode(encoding, "ignore"), delimiter, whole=file.whole, spaces=not stem.endswith(".csv")
        )
        text = io.TextIOWrapper(file.bytes, encoding, newline="")
        lines = (line.strip() + "\n" for line in text) if dialect.delimiter == " " else text
        rows = reader(lines, dialect)
        names: list[str] = []
        line = total = 0
        while True:
            batch, problem = _next(rows, 1 if header and not names else size)
            numbers = _lines(batch, line, rows.line_num)
            if problem is not None:
                raise _explained(path, problem, rows.line_num, line + 1 + sum(map(_height, batch)))
            line = rows.line_num
            file.check_unchanged()
            if not batch:
                break
            if not names:
                first = next((place for place, row in enumerate(batch) if row), None)
                if first is None:
                    continue  # blank lines
                head = f"line {numbers[first]}"
                names = _names(path, batch[0], line) if header else [str(place) for place in range(len(batch[first]))]
                if header:
                    continue
            batch, numbers = _checked(path, batch, numbers, len(names), head, dialect)
            if not batch:
                continue
            if not total:
                _warn_of_header(path, names if header else None, batch[:20])
            total += len(batch)
            columns: dict[str, Cells] = {
                name: list(cells) for name, cells in zip(names, zip(*batch, strict=True), strict=True)
            }
            yield Table(columns, header, numbers, path, "line", delimiter=dialect.delimiter)
    if not names:
        raise DataError(f"{path} is empty; expected a line with the names of the columns, then a line for each row")
    if not total:
        raise DataError(f"{path} has a header and no rows; expected a line for each row")


class _File:
    """A file that is being read, its gzip undone, and what it was when it was opened."""

    def __init__(self, path: str, raw: io.BufferedReader) -> None:
        self._path, self._raw = path, raw
        self._state = self._now()
        is_gzip = raw.peek(2)[:2] == b"\x1f\x8b"
        self.bytes = io.BufferedReader(gzip.GzipFile(fileobj=raw), _BEGINNING) if is_gzip else raw  # type: ignore[type-var]
        self.beginning = bytes(self.bytes.peek(_BEGINNING)[:_BEGINNING])
        self.whole = not is_gzip and self._state is not None and len(self.beginning) >= self._state[0]

    def _now(self) -> tuple[int, int] | None:
        """Size and time of the last change; None of a pipe."""
        state = os.fstat(self._raw.fileno())
        return (state.st_size, state.st_mtime_ns) if stat.S_ISREG(state.st_mode) else None

    def check_unchanged(self) -> None:
        if self._now() != self._state:
            raise DataError(f"{self._path} was changed while it was read; copy it first, then read the copy")


@contextlib.contextmanager
def _opened(path: str) -> Iterator[_File]:
    try:
        with open(path, "rb", buffering=_BEGINNING) as raw:
            yield _File(path, raw)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataError(f"{path}: the gzip file is damaged or cut off; get it again") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None


def _next(rows: Any, size: int) -> tuple[list[list[str]], Exception | None]:
    """The cells of the next lines, and what ended them too early."""
    batch: list[list[str]] = []
    try:
        batch.extend(islice(rows, size))
    except (csv.Error, UnicodeError) as error:
        return batch, error
    return batch, None


def _height(row: Sequence[str]) -> int:
    """How many lines of the file a row takes: quoted cells may have line breaks."""
    return 1 + sum(cell.count("\n") + cell.count("\r") - cell.count("\r\n") for cell in row)


def _lines(batch: list[list[str]], before: int, after: int) -> Array:
    """The line of the file on which each row begins."""
    if after - before == len(batch):
        return np.arange(before + 1, after + 1)
    return before + 1 + np.cumsum([0, *map(_height, batch)])[:-1]


def _check_delimiter(delimiter: object) -> None:
    if delimiter is None:
        return
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"\0':
        raise DataError(
            f'the delimiter is {delimiter!r}; expected one character, such as ";" or "\\t", or none to find it'
        )


def _names(path: str, row: list[str], line: int) -> list[str]:
    names = [cell.strip() or f"Unnamed: {place}" for place, cell in enumerate(row)]
    if len(set(names)) < len(names):
        name = next(name for name in names if names.count(name) > 1)
        first, second = [place for place, other in enumerate(names, start=1) if other == name][:2]
        raise DataError(
            f"{path}, line {line}: columns {first} and {second} are both called {name!r}; expected a name of its own for "
            "each. If that line is a row and no header, say header = false"
        )
    return names


def _checked(
    path: str, batch: list[list[str]], numbers: Array, width: int, head: str, dialect: Dialect
) -> tuple[list[list[str]], Array]:
    """The rows without blank lines; raises `DataError` where one has more cells than the first line, or fewer."""
    if set(map(len, batch)) == {width}:
        return batch, numbers
    kept = [place for place, row in enumerate(batch) if row and (len(row) > 1 or width == 1 or row[0].strip())]
    batch, numbers = [batch[place] for place in kept], numbers[kept]
    for row, line in zip(batch, numbers.tolist(), strict=True):
        if len(row) != width:
            raise _ragged(path, row, line, width, head, dialect)
    return batch, numbers


def _ragged(path: str, row: list[str], line: int, width: int, head: str, dialect: Dialect) -> DataError:
    if _height(row) > 1:
        do = f"the row goes on to line {line + _height(row) - 1}: is a quote open?"
    elif width == 1:
        do = f"if {head} is a title or a comment, leave it out; if cells are parted by another character, say delimiter"
    elif len(row) == width + 1 and not row[-1].strip():
        do = f"it ends in a {dialect.delimiter!r}, where {head} does not"
    else:
        do = f"put quotes around cells that contain a {dialect.delimiter!r}, or say what the delimiter is"
    few = "value" if len(row) == 1 else "values"
    return DataError(f"{path}, line {line} has {len(row)} {few}; expected {width}, as {head} has: {do}")


def _explained(path: str, problem: Exception, line: int, first: int) -> DataError:
    """The error for what stopped the reading of a row that begins on line `first`."""
    if isinstance(problem, UnicodeDecodeError):
        at = line + 1 + problem.object[: problem.start].count(b"\n")
        byte = problem.object[problem.start]
        return DataError(
            f"{path}, line {at}: byte 0x{byte:02x} is no {problem.encoding.upper()} text; say what the text is, such as "
            'encoding = "latin-1" (Western Europe) or "cp1252" (Windows)'
        )
    if isinstance(problem, UnicodeError):
        return DataError(f"{path}: {problem}; say another encoding")
    if "expected after" in str(problem):
        return DataError(
            f"{path}, line {first}: a quote is closed within a cell; write a quote inside quotes twice, as in "
            '"5"" wide"'
        )
    return DataError(f"{path}, line {first}: a quote is opened and never closed; close it, or take it out")


def _warn_of_header(path: str, names: list[str] | None, rows: list[list[str]]) -> None:
    """Warns where the first line, taken for names, looks like a row, or taken for a row, looks like names."""
    first, below = (names, rows) if names is not None else (rows[0], rows[1:])
    number = number_reader("plain")
    columns = [[cell for cell in cells if cell.strip()] for cells in zip(*below, strict=True)] if below else []
    numeric = [
        place for place, cells in enumerate(columns) if cells and all(number(cell) is not None for cell in cells)
    ]
    like_numbers = [number(first[place]) is not None for place in numeric]
    if names is not None and like_numbers and all(like_numbers):
        warnings.warn(
            f"{path}: the first line, {first[:5]}, was taken for the names of the columns and looks like a row; if it is "
            "one, say header = false",
            stacklevel=4,
        )
    if names is None and like_numbers and not any(like_numbers) and all(first[place].strip() for place in numeric):
        warnings.warn(
            f"{path}: the first line, {first[:5]}, was taken for a row and looks like the names of the columns; if it is "
            "that, say header = true",
            stacklevel=4,
        )
