"""One column of a table as its encoder knows it: what it learnt from training rows, and its cells as numbers."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nnlite.errors import DataError, TableError
from nnlite.tables import dates, numbers
from nnlite.tables.absent import and_missing, is_absent
from nnlite.tables.block import InBlock
from nnlite.tables.cells import text_of
from nnlite.tables.guess import ANY_CASE, NOTHING, Guess, Kind, Sign
from nnlite.tables.marks import parts_thousands
from nnlite.tables.table import Cells, Coded, Table, coded
from nnlite.tables.zones import zoned
from nnlite.types import Array

WEEKDAYS = 8
"""The codes of a date's weekday: 1 for Monday … 7 for Sunday, 0 where there is no date."""

UNKNOWN = "(unknown)"
"""A category that stands for all that are not known, where a converted pipeline needs one."""


@dataclass(frozen=True)
class Column:
    """What an encoder knows of one column.

    Attributes:
        name: its name in the table.
        kind: "number", "category", "date" or "ignore".
        why: the reason for the kind, in plain words.
        format: how its texts are written, as in `Guess`.
        missing: further texts that stand for a missing value in this column.
        gaps: whether values were missing in the training rows.
        categories: of a category the known ones, sorted; their codes are 1, 2, …
        clock: of a date whether the training rows had times of day.
        grouped: of a number in a format with a comma whether thousands were parted in training rows; True of others.
        span: of numbers, and of dates in days since 1970, the least, the median and the greatest of the training
            rows; None where there was none, and of a model of an earlier version. Rows are encoded without it.
        signs: what was noticed when its kind was decided; nothing of a column that a file describes.
        zoned: of a date whether the training rows had a time zone; None of others, and of a model of an earlier
            version.
    """

    name: str
    kind: Kind
    why: str = ""
    format: str = ""
    missing: tuple[str, ...] = ()
    gaps: bool = False
    categories: tuple[str, ...] = ()
    clock: bool = False
    grouped: bool = True
    span: tuple[float, float, float] | None = field(default=None, compare=False)
    signs: frozenset[Sign] = field(default=NOTHING, compare=False)
    zoned: bool | None = field(default=None, compare=False)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the numbers that its cells become."""
        if self.kind == "number":
            return (self.name,)
        if self.kind == "date":
            of_the_day = ("day sin", "day cos") if self.clock else ()
            return tuple(f"{self.name} {part}" for part in ("days", "year sin", "year cos", *of_the_day))
        return ()

    @property
    def codes(self) -> int:
        """How many codes its cells have, code 0 among them; 0 without codes."""
        if self.kind == "date":
            return WEEKDAYS
        return 1 + len(self.categories) + self.gaps if self.kind == "category" else 0


def learnt(table: Table, name: str, guess: Guess, absent: frozenset[str], most: int, least: int) -> Column:
    """What the training rows say of a column: its gaps, its categories, whether it has times of day.

    Args:
        table: the training rows.
        name: the name of the column.
        guess: what the column is.
        absent: texts that stand for a missing value in every column.
        most: how many categories are kept, the most common ones.
        least: in how many rows a category has to stand to be kept.
    """
    form = guess.format or {"number": "plain", "date": dates.ISO}.get(guess.kind, "")
    column = Column(name, guess.kind, guess.why, form, guess.missing, signs=guess.signs)
    absent = absent | frozenset(guess.missing)
    if guess.kind == "number":
        values = as_numbers(table, column, absent)
        here = values[~np.isnan(values)]
        gaps, grouped = len(here) < len(values), _grouped(table.columns[name], form)
        return replace(column, gaps=gaps, grouped=grouped, span=_span(here))
    if guess.kind == "date":
        moments = as_moments(table, column, absent)
        here = moments[~np.isnat(moments)].astype(np.int64)
        clock, has_zone = bool((here % 86_400_000_000 != 0).any()), zoned(table, name, form, absent)
        span = _span(here / 86_400_000_000)
        return replace(column, gaps=len(here) < len(moments), clock=clock, span=span, zoned=has_zone)
    if guess.kind == "category":
        counts = categories(table, column, absent)
        gaps = bool(counts.pop(None, 0))
        texts = [text for text, count in counts.items() if text is not None and count >= least]
        kept = sorted(heapq.nsmallest(most, texts, key=lambda text: (-counts[text], text)))
        return replace(column, gaps=gaps, categories=tuple(kept))
    return column


def _span(values: Array) -> tuple[float, float, float] | None:
    """The least, the median and the greatest of (rows,) values; None without any."""
    if not len(values):
        return None
    ordered = np.sort(values)
    return float(ordered[0]), float(ordered[len(values) // 2]), float(ordered[-1])


def _grouped(cells: Cells, form: str) -> bool:
    """Whether thousands are parted in numbers with a comma; of others, and of an array, it is no question."""
    if "comma" not in form or isinstance(cells, np.ndarray):
        return True
    texts = coded(cells)
    used = texts.counts()
    return any(
        count and text is not None and parts_thousands(text, form)
        for text, count in zip(texts.values, used, strict=True)
    )


def as_numbers(table: Table, column: Column, absent: frozenset[str]) -> Array:
    """(rows,), float64: the numbers of a column, NaN where one is missing; raises `DataError` at any other cell."""
    in_plain = column.format == "plain" and not numbers.some_are_numbers(absent)
    if isinstance(table.columns, InBlock) and in_plain:
        in_bytes = table.columns.block.numbers(table.columns.places[column.name])
        if in_bytes is not None:
            return in_bytes
    cells = table.columns[column.name]
    if isinstance(cells, np.ndarray):
        if cells.dtype.kind == "M":
            raise DataError(f"{table.whose()}column {column.name!r} has dates; expected numbers")
        found = cells.astype(np.float64)
    else:
        quickly = (
            numbers.plain_numbers(cells, absent) if column.format == "plain" and isinstance(cells, list) else None
        )
        found = _one_by_one(table, column, coded(cells), absent) if quickly is None else quickly
    if np.isinf(found).any():
        where = table.where(int(np.flatnonzero(np.isinf(found))[0]), column.name)
        raise DataError(f"{where}: infinity; expected finite numbers: leave the cell empty, or leave out such rows")
    return found


def _one_by_one(table: Table, column: Column, cells: Coded, absent: frozenset[str]) -> Array:
    read = numbers.reader(column.format)
    used = cells.counts()
    values = np.full(len(cells.values), math.nan)
    for code, text in enumerate(cells.values):
        if text is None or not used[code] or is_absent(text, absent):
            continue
        value = read(text)
        if value is None:
            row = int(np.flatnonzero(cells.codes == code)[0])
            raise _stray(table, column, row, text, absent, "number")
        values[code] = value
    return values[cells.codes]


def _stray(table: Table, column: Column, row: int, text: str, absent: frozenset[str], what: str) -> DataError:
    form = "" if column.format == "plain" else f", written as {column.format!r} says"
    shown = repr(text if len(text) <= 60 else text[:59] + "…")
    if table.named and text.strip() == column.name:
        return DataError(
            f"{table.where(row, column.name)}: {shown} is no {what}, but the header once more; take that line out"
        )
    example = numbers.example(column.format) if what == "number" else dates.example(column.format)
    patterns = _patterns(table.columns[column.name], absent) if what == "date" else []
    how = f"let formats say how its dates are written, {' or '.join(map(repr, patterns))}, or, " if patterns else ""
    return TableError(
        f"{table.where(row, column.name)}: {shown} is no {what}{form}",
        f"{how}correct it, or, if it stands for a missing value, say {and_missing(absent, text)}, or, if the column "
        "has names, let kinds say that it is a category",
        f"write it as the training rows are written, such as {example}, or, if it stands for a missing value, leave "
        "the cell empty",
    )


def _patterns(cells: Cells, absent: frozenset[str]) -> list[str]:
    """Patterns in which a column's texts are dates, but for a few that are none in any."""
    some = [] if isinstance(cells, np.ndarray) else [text for text in coded(cells).values if text is not None]
    return dates.patterns_of([text for text in some if not is_absent(text, absent) and dates.looks_like_one(text)])


def as_moments(table: Table, column: Column, absent: frozenset[str]) -> Array:
    """(rows,), datetime64 in microseconds: the dates of a column, NaT where one is missing; raises `DataError`."""
    cells = table.columns[column.name]
    if isinstance(cells, np.ndarray):
        if cells.dtype.kind == "M":
            return cells
        if cells.dtype.kind == "f" and np.isnan(cells).all():
            return np.full(len(cells), "NaT", "datetime64[us]")
        raise TableError(
            f"{table.whose()}column {column.name!r} has numbers",
            "expected dates, or let kinds say number",
            "expected dates, as the training rows have them",
        )
    cells, read = coded(cells), dates.reader(column.format)
    used = cells.counts()
    moments = np.full(len(cells.values), "NaT", "datetime64[us]")
    for code, text in enumerate(cells.values):
        if text is None or not used[code] or is_absent(text, absent):
            continue
        moment = read(text)
        if moment is None:
            row = int(np.flatnonzero(cells.codes == code)[0])
            raise _stray(table, column, row, text, absent, "date")
        moments[code] = moment
    return moments[cells.codes]


def categories(table: Table, column: Column, absent: frozenset[str]) -> dict[str | None, int]:
    """In how many rows each category stands; None stands for a missing one."""
    cells = as_texts(table.columns[column.name])
    found: dict[str | None, int] = {}
    for text, count in zip(cells.values, cells.counts().tolist(), strict=True):
        if count:
            known = None if text is None or is_absent(text, absent) else category(text, column.format)
            found[known] = found.get(known, 0) + count
    return found


def category(text: str, form: str) -> str:
    """The category that a text names: without spaces around it; true and false, and any text if so, in lower case."""
    text = text.strip()
    lowered = text.lower()
    return lowered if form == ANY_CASE or lowered in ("true", "false") else text


def as_texts(cells: Cells) -> Coded:
    """A column's cells as the texts that name them: 1 and 1.0 are "1"."""
    if not isinstance(cells, np.ndarray):
        return coded(cells)
    gone = np.isnat(cells) if cells.dtype.kind == "M" else cells != cells
    values, codes = np.unique(cells[~gone], return_inverse=True)
    places = np.full(len(cells), len(values))
    places[~gone] = codes
    texts: Sequence[str | None] = [text_of(value) for value in values]
    return Coded([*texts, None], places)
