"""The lines of delimited text as cells, some at a time; what is wrong with a line is said with its number."""

import contextlib
import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import numpy as np

from nnlite.errors import DataError, TableError
from nnlite.tables.block import Block
from nnlite.tables.dialect import Dialect, reader
from nnlite.types import Array


class Lines:
    """Reads lines of delimited text. Those before the first quote are split without the csv module, thrice as fast.

    Args:
        path: the path of the file, for messages.
        text: the lines.
        dialect: what parts and quotes the cells.

    Attributes:
        line: the number of the last line that was read, from 1.
    """

    def __init__(self, path: str, text: Iterable[str], dialect: Dialect) -> None:
        self._path, self._dialect = path, dialect
        self._quick = dialect.delimiter != " "  # spaces may be several
        self._text: Iterator[str] = iter(text) if self._quick else (line.strip() + "\n" for line in text)
        self._rows = reader(self._text, dialect)
        self._before = self.line = 0  # before: the lines that were read without `_rows`
        self._width, self._first = 0, 0

    def first(self) -> list[str] | None:
        """The cells of the first line that is not blank; None without any."""
        while batch := self._next(1)[0]:
            if batch[0]:
                self._width, self._first = len(batch[0]), self.line
                return batch[0]
        return None

    def columns(self, size: int) -> tuple[Sequence[list[str]], Array] | None:
        """The cells of the next lines by column, and the number of each row's line; None at the end.

        Blank lines are left out. Raises `DataError` where a line has more cells than the first, or fewer.
        """
        if self._quick and (found := self._split(size)) is not None:
            return found
        while True:
            batch, numbers = self._next(size)
            if not batch:
                return None
            batch, numbers = self._checked(batch, numbers)
            if batch:
                return [list(cells) for cells in zip(*batch, strict=True)], numbers

    def _split(self, size: int) -> tuple[Sequence[list[str]], Array] | None:
        """The next lines, split; None at the end, and from the first line on that needs a closer look."""
        lines: list[str] = []
        try:
            lines.extend(islice(self._text, size))
        except UnicodeError as error:
            raise self._not_text(error, self.line + len(lines)) from None
        part, width = self._dialect.delimiter, self._width
        text = "".join(lines)
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        if lines and self._dialect.quote not in text and "\r" not in text:
            text = text if text[-1] == "\n" else text + "\n"
            if width > 1 and len(lines) >= _MANY and (block := Block.of(text, part, (len(lines), width))) is not None:
                before, self.line = self.line, self.line + len(lines)
                return block, np.arange(before + 1, self.line + 1)
            # Each row is its cells and then a line break, unless a line has more cells than the first, or fewer.
            cells = text.replace("\n", f"{part}\n{part}").split(part)
            whole = len(cells) == len(lines) * (width + 1) + 1 and cells[width :: width + 1].count("\n") == len(lines)
            if whole and (width > 1 or "" not in cells[:-1:2]):  # of one column, a blank line is none
                before, self.line = self.line, self.line + len(lines)
                columns = [cells[place : -1 : width + 1] for place in range(width)]
                return columns, np.arange(before + 1, self.line + 1)
        self._quick, self._before = False, self.line
        self._rows = reader(chain(lines, self._text), self._dialect)
        return None

    def _next(self, size: int) -> tuple[list[list[str]], Array]:
        """The cells of the next lines, and the line on which each row begins; raises `DataError`."""
        batch: list[list[str]] = []
        before = self.line
        try:
            batch.extend(islice(self._rows, size))
        except UnicodeError as error:
            raise self._not_text(error, self._before + self._rows.line_num) from None
        except csv.Error as error:
            raise self._badly_quoted(error, before + 1 + sum(map(_height, batch))) from None
        self.line = self._before + self._rows.line_num
        if self.line - before == len(batch):
            return batch, np.arange(before + 1, self.line + 1)
        return batch, before + 1 + np.cumsum([0, *map(_height, batch)])[:-1]

    def _checked(self, batch: list[list[str]], numbers: Array) -> tuple[list[list[str]], Array]:
        """The rows without blank lines; raises `DataError` where one is not as wide as the first."""
        width = self._width
        if set(map(len, batch)) == {width}:
            return batch, numbers
        kept = [place for place, row in enumerate(batch) if row and (len(row) > 1 or width == 1 or row[0].strip())]
        batch, numbers = [batch[place] for place in kept], numbers[kept]
        for row, line in zip(batch, numbers.tolist(), strict=True):
            if len(row) != width:
                raise self._ragged(row, line, last=row is batch[-1] and self._is_over())
        return batch, numbers

    def _is_over(self) -> bool:
        """Whether there are blank lines alone from here on."""
        with contextlib.suppress(csv.Error, UnicodeError):
            return not any(cell.strip() for row in self._rows for cell in row)
        return False

    def _ragged(self, row: list[str], line: int, *, last: bool) -> DataError:
        first, part = f"line {self._first}", self._dialect.delimiter
        values = "value" if len(row) == 1 else "values"
        said = f"{self._path}, line {line} has {len(row)} {values}; expected {self._width}, as {first} has: "
        if _height(row) > 1:
            return DataError(f"{said}the row goes on to line {line + _height(row) - 1}: is a quote open?")
        if len(row) == self._width + 1 and self._width > 1 and not row[-1].strip():
            return DataError(f"{said}it ends in a {part!r}, and {first} does not")
        if last and len(row) < self._width:
            return DataError(
                f"{said}it is the last line: if it is a footer, such as a sum or a count of the rows, take it out of "
                "the file; if the file was cut off, get it again"
            )
        if self._width == 1:
            do = f"if {first} is a title or a comment, take it out"
        else:
            do = f"put quotes around a cell with a {part!r} in it"
        otherwise = f"if something else than {part!r} parts the cells,"
        return TableError(f"{said}{do}", f"{otherwise} say delimiter", f"{otherwise} set predictor.table.delimiter")

    def _not_text(self, problem: UnicodeError, line: int) -> DataError:
        if not isinstance(problem, UnicodeDecodeError):
            return TableError(
                f"{self._path}: {problem}", "say another encoding", "set another predictor.table.encoding"
            )
        line += 1 + problem.object[: problem.start].count(b"\n")
        byte = problem.object[problem.start]
        such = 'encoding = "latin-1" (Western Europe) or "cp1252" (Windows)'
        return TableError(
            f"{self._path}, line {line}: byte 0x{byte:02x} is no {problem.encoding.upper()} text",
            f"say what the text is, such as {such}",
            f"say what the text is, such as predictor.table.{such}",
        )

    def _badly_quoted(self, problem: csv.Error, line: int) -> DataError:
        if "expected after" in str(problem):
            return DataError(
                f"{self._path}, line {line}: a quote is closed within a cell; one that is a part of a quoted cell "
                'is written twice, as in "5"" wide"'
            )
        if "limit" in str(problem):
            return DataError(f"{self._path}, line {line}: a cell is longer than 64 MiB; is a quote open?")
        return DataError(f"{self._path}, line {line}: a quote is opened and never closed; close it, or take it out")


_MANY = 512
"""Lines from which on it takes less time to read a block of bytes than to make a text for each cell."""


def _height(row: Sequence[str]) -> int:
    """How many lines of the file a row takes: quoted cells may have line breaks."""
    return 1 + sum(cell.count("\n") + cell.count("\r") - cell.count("\r\n") for cell in row)
