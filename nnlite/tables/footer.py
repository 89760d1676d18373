"""Rows of a file that are none of the table: a footer, such as a sum or a note, and the header once more."""

import re
from collections.abc import Collection

import numpy as np

from nnlite.tables.absent import is_absent
from nnlite.tables.column import as_texts
from nnlite.tables.numbers import NUMBER_FORMATS, reader
from nnlite.tables.table import Cells, Table
from nnlite.text import counted
from nnlite.types import Array

_LEAST_ROWS = 5
_COUNT = re.compile(r"\((\d+) \w+\)")  # below what psql prints: (120 rows)
_FILLED = 0.9  # of the rows above, in a column that is seldom empty


def footer_in_words(table: Table, absent: frozenset[str]) -> str:
    """A sentence on the last row where it looks like a footer; "" where it does not.

    It does if at least half of its cells are empty in columns that are seldom empty above, and two are, or one beside
    a text that stands alone among numbers. So does a count of the rows alone, such as (120 rows), if it is theirs.

    Args:
        table: all rows.
        absent: texts that stand for a missing value.

    >>> from nnlite.tables import as_table
    >>> from nnlite.tables.footer import footer_in_words
    >>> rows = {"age": ["31", "45", "27", "60", "52", "Sum"], "paid": ["1", "2", "1", "2", "2", ""]}
    >>> footer_in_words(as_table(rows), frozenset()).partition(":")[0]
    "row 5, the last one, looks like a footer ('Sum' in 'age', 1 of 2 cells empty)"
    """
    last_row = table.rows(slice(len(table) - 1, None))
    if len(table) > 1 and (count := _count(last_row, absent)) and int(count[1]) in _rows_above(table):
        return _in_words(table, f"{count[0]!r}, and no other cell filled")
    if len(table) <= _LEAST_ROWS:
        return ""
    if 2 * sum(_gone(cells, absent)[-1] for cells in last_row.columns.values()) < len(table.columns):
        return ""
    empty, alone = 0, None
    for name, cells in table.columns.items():
        gone = _gone(cells, absent)
        if gone[-1]:
            empty += float(1 - gone[:-1].mean()) >= _FILLED
        elif alone is None and not isinstance(cells, np.ndarray):
            texts = as_texts(cells)
            last = texts.values[int(texts.codes[-1])] or ""
            others = {texts.values[code] or "" for code in np.unique(texts.codes[:-1][~gone[:-1]]).tolist()}
            if _stands_alone(last, others):
                alone = f"{last.strip()!r} in {name!r}, "
    if 2 * empty < len(table.columns) or empty + (alone is not None) < 2:
        return ""
    return _in_words(table, f"{alone or ''}{empty} of {len(table.columns)} cells empty")


def _in_words(table: Table, why: str) -> str:
    return (
        f"{table.where(len(table) - 1)}, the last one, looks like a footer ({why}): if it is no row of the table, "
        "take it out of the file"
    )


def _rows_above(table: Table) -> tuple[int, int]:
    """How many rows are above the last one, in the table, and, if it is the last part of a file, in the file."""
    before = 1 + table.named if table.word == "line" else 0
    return len(table) - 1, int(table.lines[-1]) - before


def _count(row: Table, absent: frozenset[str]) -> re.Match[str] | None:
    """The count of rows that is the only filled cell of a row; None of other rows."""
    filled = [cells for cells in row.columns.values() if not _gone(cells, absent)[0]]
    if len(filled) != 1 or isinstance(filled[0], np.ndarray):
        return None
    text = as_texts(filled[0])
    return _COUNT.fullmatch((text.values[int(text.codes[0])] or "").strip())


def header_again(table: Table) -> str:
    """A sentence on rows that have the names of all columns in their cells; "" where there are none.

    >>> from nnlite.tables import as_table
    >>> from nnlite.tables.footer import header_again
    >>> header_again(as_table({"age": ["31", "age"], "paid": ["1", "paid"]}))
    'row 1 is the header once more: take it out of the file'
    """
    again = np.full(len(table), table.named)
    for name, cells in table.columns.items():
        if not again.any():
            return ""
        if isinstance(cells, np.ndarray):
            return ""
        texts = as_texts(cells)
        again &= np.array([text is not None and text.strip() == name for text in texts.values], np.bool_)[texts.codes]
    rows = np.flatnonzero(again).tolist()
    if not rows:
        return ""
    more, them = (f", as {counted(len(rows) - 1, 'more row')}", "them") if len(rows) > 1 else ("", "it")
    return f"{table.where(rows[0])} is the header once more{more}: take {them} out of the file"


def _gone(cells: Cells, absent: frozenset[str]) -> Array:
    """(rows,): whether a cell is missing."""
    if isinstance(cells, np.ndarray):
        gone: Array = np.isnat(cells) if cells.dtype.kind == "M" else cells != cells
        return gone
    texts = as_texts(cells)
    return np.array([is_absent(text, absent) for text in texts.values], np.bool_)[texts.codes]


def _stands_alone(text: str, others: Collection[str]) -> bool:
    """Whether a text is no number, and all others are."""
    return bool(others) and any(
        read(text) is None and all(read(other) is not None for other in others)
        for read in map(reader, NUMBER_FORMATS)
    )
