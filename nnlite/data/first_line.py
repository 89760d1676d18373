"""The first line of a file for a model whose training rows had no names: a row, the places of columns, or names."""

from collections.abc import Sequence
from typing import Any

from nnlite.errors import DataError
from nnlite.tables import Table, TableEncoder, dates, numbers
from nnlite.tables.absent import is_absent
from nnlite.tables.column import Column
from nnlite.text import cut
from nnlite.warning import warn

_SURELY = 3  # places; "0" and "0,1" may well be rows


def without_places(table: Table, encoder: TableEncoder) -> Table:
    """The rows of a file without a header that it has all the same: the places 0, 1, 2, …, which pandas writes.

    Args:
        table: the first rows of a file, its first line among them.
        encoder: it knows columns by their places.

    Raises:
        DataError: where the first line looks like names, since nobody knows which column is which.
    """
    if not len(table) or not table.file or table.named:
        return table
    first = [_text(table.rows([0]), name).strip() for name in table.names]
    known = [column.name for column in encoder.columns]
    if first in (list(table.names), known):
        if len(first) < _SURELY:
            _warn(table, first, "a row, though it may be the places of the columns; if so, take it out of the file")
            return table
        _warn(table, first, "the places of the columns, as pandas writes them, and not for a row")
        return table.rows(slice(1, None))
    columns: Sequence[Column] = encoder.columns
    if len(columns) != len(first):  # the file has the target too, or others
        places = {column.name: column for column in columns}
        columns = [places.get(name, Column(name, "ignore")) for name in table.names]
    pairs = [(column, cell) for column, cell in zip(columns, first, strict=True) if column.kind in ("number", "date")]
    absent = frozenset(encoder.missing)
    if pairs and not any(
        _is_read(column, cell) or is_absent(cell, absent | {*column.missing}) for column, cell in pairs
    ):
        raise DataError(
            f"{table.where(0)}: {_shown(first)} look like the names of columns, but the model was trained on rows "
            f"without names: take that line out of the file, with the columns in the order of the training rows; "
            f"if it is a row, {cut(repr(pairs[0][1]), 40)} is no {pairs[0][0].kind}"
        )
    return table


def _text(table: Table, name: str) -> str:
    cells: Any = table.columns[name]
    return (cells.values[int(cells.codes[0])] if hasattr(cells, "codes") else cells[0]) or ""


def _is_read(column: Column, cell: str) -> bool:
    read = numbers.reader(column.format) if column.kind == "number" else dates.reader(column.format)
    return read(cell) is not None


def _warn(table: Table, first: Sequence[str], taken: str) -> None:
    warn(f"{table.whose()}the first line, {_shown(first)}, was taken for {taken}")


def _shown(first: Sequence[str]) -> str:
    return ", ".join(cut(cell, 20) for cell in first[:5]) + (", …" if len(first) > 5 else "")
