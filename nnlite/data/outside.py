"""Rows far outside of the training rows, where answers are guesses, and percents that are perhaps parts of one."""

import numpy as np

from nnlite.tables import Table, TableEncoder
from nnlite.tables.column import Column, as_texts
from nnlite.text import counted
from nnlite.types import Array
from nnlite.warning import warn

FAR = 2.0
"""A number is far outside if it lies further beyond the training rows' than so many times their whole range."""


class Outside:
    """Counts the rows, portion by portion, that are far outside of an encoder's training rows.

    Args:
        encoder: it knows the least, the median and the greatest of each column's numbers.
    """

    def __init__(self, encoder: TableEncoder) -> None:
        used = [column for column in encoder.columns if column.numbers]
        places = np.cumsum([0, *(len(column.numbers) for column in used)]).tolist()
        self._columns = [(place, column) for place, column in zip(places, used, strict=False) if column.span]
        spans = np.array([column.span for _, column in self._columns], np.float64).reshape(-1, 3)
        self._places = [place for place, _ in self._columns]
        with np.errstate(over="ignore"):
            room = FAR * (spans[:, 2] - spans[:, 0])
            self._lowest, self._highest = spans[:, 0] - room, spans[:, 2] + room
        self._varies = room > 0  # nothing is learnt from a column in which all rows are alike
        self._far: dict[int, tuple[int, float, float]] = {}  # by index: rows, the least and the greatest of them
        self._percents = dict.fromkeys(
            (column.name for _, column in self._columns if "percent" in column.format and _above_one(column)), 0.0
        )

    def add(self, table: Table, encoded: Array) -> None:
        """Looks at some rows.

        Args:
            table: the rows.
            encoded: (rows, width), their numbers.
        """
        numbers = encoded[:, self._places]
        far = ((numbers < self._lowest) | (numbers > self._highest)) & self._varies
        for index in np.flatnonzero(far.any(axis=0)).tolist():
            values = numbers[far[:, index], index]
            rows, least, greatest = self._far.get(index, (0, np.inf, -np.inf))
            self._far[index] = rows + len(values), min(least, values.min()), max(greatest, values.max())
        for index, (_, column) in enumerate(self._columns if self._percents else ()):
            if column.name in self._percents:
                self._look_at_percents(table, column.name, numbers[:, index])

    def _look_at_percents(self, table: Table, name: str, numbers: Array) -> None:
        cells = table.columns.get(name)
        here = np.abs(numbers[~np.isnan(numbers)])
        signed = (
            cells is not None
            and not isinstance(cells, np.ndarray)
            and "%" in "".join(filter(None, as_texts(cells).values))
        )
        if signed or (len(here) and here.max() > 1):
            del self._percents[name]
        elif len(here):
            self._percents[name] = max(self._percents[name], float(here.max()))

    def warn(self) -> None:
        """Warns, for each column, of what was found."""
        for index, (rows, least, greatest) in self._far.items():
            column = self._columns[index][1]
            assert column.span is not None
            low, high, first, last = (
                _shown(column, value) for value in (column.span[0], column.span[2], least, greatest)
            )
            here = first if first == last else f"{first} to {last}"
            warn(
                f"{counted(rows, 'row has', 'rows have')} a {column.name!r} far outside of the training rows "
                f"({here}; those have {low} to {high}): there the answers are guesses"
            )
        for name, greatest in self._percents.items():
            if greatest:
                warn(
                    f"the column {name!r} has percents, in the training rows mostly above 1, and here none: "
                    f"{greatest:g} is read as {greatest:g} %; if a part of one is meant, write "
                    f'{100 * greatest:g}, or "{100 * greatest:g} %"'
                )


def _above_one(column: Column) -> bool:
    """Whether most numbers of the training rows were above 1."""
    return column.span is not None and column.span[1] > 1


def _shown(column: Column, value: float) -> str:
    if column.kind == "date":
        return str(np.datetime64(int(value // 1), "D"))
    return f"{value:.6g}"
