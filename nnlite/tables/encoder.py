"""An encoder makes a table one matrix of numbers; it learnt the columns and their categories from training rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlite.errors import ConfigError, DataError
from nnlite.tables import dates
from nnlite.tables.absent import MISSING
from nnlite.tables.codes import Codes, as_codes
from nnlite.tables.column import Column, as_moments, as_numbers, categories, learnt
from nnlite.tables.decided import decided
from nnlite.tables.description import described, read_back
from nnlite.tables.guess import Guess, Kind
from nnlite.tables.marks import parts_thousands
from nnlite.tables.numbers import fits_both
from nnlite.tables.sources import as_table
from nnlite.tables.table import Table, coded
from nnlite.tables.zones import warn_of_zones, zoned
from nnlite.text import counted
from nnlite.types import Array
from nnlite.warning import warn


class TableEncoder:
    """Makes one matrix of numbers of a table, from any source.

    The matrix has the numbers first (NaN where one is missing; a date gives several), then flags, 1 where a value
    is missing and 0 elsewhere, for the numbers and dates that had gaps in the training rows, then codes: 0 for a
    category that is not known, 1, 2, … for the known ones, and one more for a missing value where training rows
    missed some. Medians and scales are no part of it: a layer learns them.

    Args:
        columns: what is known of each column.
        missing: texts that stand for a missing value in every column.
        named: whether the columns came with names; otherwise they are known by their places.

    Attributes:
        columns: what is known of each column, those that are left out too.
        names: (width,), the names of the matrix's columns, each of its own: beside a column that is called "age is
            missing" the flag of age is "age is missing (2)".
        of_numbers: for each column that is not left out the names of the numbers that its cells become.
        codes: (width,), how many codes each column of the matrix has; 0 for numbers and flags.
        numbers: how many of the first columns are numbers, flags not counted.

    >>> from nnlite.tables import TableEncoder
    >>> rows = {"age": [31, None, 27], "town": ["Bern", "Rome", "Bern"]}
    >>> encoder = TableEncoder.fit(rows)
    >>> encoder.names, encoder.codes, encoder.numbers
    (('age', 'age is missing', 'town'), (0, 0, 3), 1)
    >>> encoder.encode({"town": "Oslo", "age": 40})
    array([[40.,  0.,  0.]])
    >>> print(encoder)
    age   number    with gaps, numbers, 2 different ones, 1 missing
    town  category  2 known, texts, 2 different ones
    """

    def __init__(self, columns: Sequence[Column], missing: Sequence[str] = MISSING, *, named: bool = True) -> None:
        self.columns, self.missing, self.named = tuple(columns), tuple(missing), named
        used = [column for column in self.columns if column.kind != "ignore"]
        if not used:
            reasons = "; ".join(f"{column.name!r}: {column.why}" for column in self.columns[:5])
            raise DataError(f"no column is left to learn from ({reasons}); let kinds say what they are")
        self._used = used
        self._missing = frozenset(self.missing)
        self._codes = {column.name: Codes(column, self._missing) for column in used if column.kind == "category"}
        taken = {column.name for column in used}
        of_numbers = {column.name: tuple(_apart(name, column, taken) for name in column.numbers) for column in used}
        with_gaps = [column for column in used if column.numbers and column.gaps]
        flags = [_apart(f"{column.name} is missing", column, taken) for column in with_gaps]
        with_codes = [column for column in used if column.codes]
        names = [
            _apart(f"{column.name} weekday", column, taken) if column.kind == "date" else column.name
            for column in with_codes
        ]
        numeric = [name for each in of_numbers.values() for name in each]
        self.of_numbers: dict[str, tuple[str, ...]] = of_numbers
        self.numbers: int = len(numeric)
        self.names: tuple[str, ...] = (*numeric, *flags, *names)
        self.codes: tuple[int, ...] = (*[0] * (len(numeric) + len(flags)), *(column.codes for column in with_codes))

    @classmethod
    def fit(
        cls,
        source: Any,
        *,
        kinds: Mapping[str, Kind] | None = None,
        formats: Mapping[str, str] | None = None,
        missing: Sequence[str] = MISSING,
        guesses: Mapping[str, Guess] | None = None,
        most_categories: int = 255,
        least_rows: int = 1,
    ) -> "TableEncoder":
        """An encoder that has learnt from these rows, the training rows alone.

        Args:
            source: the training rows, as `as_table` takes them, without the target.
            kinds: "number", "category", "date" or "ignore" for the columns where the guess is wrong.
            formats: for columns how their texts are written: "ISO" or a pattern of `strptime` such as "%d.%m.%Y"
                makes one of dates, one of `NUMBER_FORMATS` such as "decimal comma" one of numbers.
            missing: texts that stand for a missing value.
            guesses: what `infer` said of all rows; if None it is asked about these.
            most_categories: how many categories of a column have a code of their own, the most common ones.
            least_rows: in how many rows a category has to stand to have a code of its own.

        Raises:
            DataError: where a cell is not what its column is: it names the row and the column.
            ConfigError: where an argument cannot be used.
        """
        table = as_table(source)
        if not len(table):
            raise DataError("there are no rows to learn from")
        if most_categories < 1 or least_rows < 1:
            raise ConfigError(
                f"most_categories is {most_categories}, least_rows {least_rows}; expected 1 or more of each"
            )
        if isinstance(missing, str):
            raise ConfigError(f"missing is the text {missing!r}; expected a list of texts")
        found = decided(table, kinds or {}, formats or {}, missing, guesses)
        missing = tuple(dict.fromkeys(missing))
        absent = frozenset(missing)
        columns = [learnt(table, name, found[name], absent, most_categories, least_rows) for name in table.names]
        return cls(columns, missing, named=table.named)

    def encode(self, source: Any) -> Array:
        """(rows, width), float64: the matrix of these rows.

        Args:
            source: rows as `as_table` takes them; columns in any order, further ones are left out of account. Rows
                without names have as many columns as the training rows, in their order.

        Raises:
            DataError: where a column is missing, or a cell is not what its column is: it names row and column.
        """
        table = self._aligned(as_table(source))
        matrix = np.empty((len(table), len(self.names)))
        number, flag = 0, self.numbers
        code = len(self.codes) - sum(map(bool, self.codes))
        for column in self._used:
            if column.kind == "category":
                matrix[:, code] = as_codes(table, column, self._codes[column.name])
                code += 1
                continue
            absent = self._absent(column)
            width = len(column.numbers)
            if column.kind == "date":
                values, weekday = dates.parts(as_moments(table, column, absent))
                warn_of_zones(column.name, column.zoned, zoned(table, column.name, column.format, absent))
                matrix[:, number : number + width] = values[:, :width]
                matrix[:, code] = weekday
                code += 1
            else:
                matrix[:, number] = as_numbers(table, column, absent)
                if not column.grouped:
                    _warn_of_two_readings(table, column)
            if column.gaps:
                matrix[:, flag] = np.isnan(matrix[:, number])
                flag += 1
            number += width
        return matrix

    def unseen(self, source: Any) -> dict[str, dict[str, int]]:
        """For each column of categories the texts that have no code of their own, and in how many rows they stand."""
        table = self._aligned(as_table(source))
        found = {}
        for column in self._used:
            if column.kind == "category":
                counts = categories(table, column, self._absent(column))
                known = self._codes[column.name].known
                if others := {
                    text: count for text, count in counts.items() if text is not None and text not in known
                }:
                    found[column.name] = others
        return found

    def described(self) -> str:
        """A line for each column: its name, its kind, what it has learnt, and why it is of this kind."""
        width = max(len(column.name) for column in self.columns)
        lines = []
        for column in self.columns:
            known = f"{len(column.categories)} known, " if column.kind == "category" else ""
            gaps = "with gaps, " if column.gaps else ""
            lines.append(f"{column.name:<{width}}  {column.kind:<8}  {known}{gaps}{column.why}")
        return "\n".join(lines)

    def description(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """All that the encoder is: values for JSON, and arrays with the texts of the categories."""
        values, arrays = described(self.columns)
        return values | {"missing": list(self.missing), "named": self.named}, arrays

    @classmethod
    def from_description(cls, values: object, arrays: Mapping[str, Array]) -> "TableEncoder":
        """The encoder that gave this description; raises `ModelFileError` where it is none, or damaged.

        >>> from nnlite.tables import TableEncoder
        >>> encoder = TableEncoder.fit({"town": ["Bern", "Rome", "Bern"]})
        >>> TableEncoder.from_description(*encoder.description()).columns == encoder.columns
        True
        """
        columns, missing, named = read_back(values, arrays)
        return cls(columns, missing, named=named)

    def _absent(self, column: Column) -> frozenset[str]:
        """The texts that stand for a missing value in a column."""
        return self._missing.union(column.missing) if column.missing else self._missing

    def _aligned(self, table: Table) -> Table:
        """The table with the encoder's columns; raises `DataError` where it has not all of them."""
        if not table.named and len(table.columns) == len(self.columns):
            own = dict(zip(table.columns, (column.name for column in self.columns), strict=True))
            cells = {own[name]: values for name, values in table.columns.items()}
            has_zone = frozenset(own[name] for name in table.zoned)
            return Table(cells, table.named, table.lines, table.file, table.word, zoned=has_zone)
        lacking = [column.name for column in self._used if column.name not in table.columns]
        # Rows without names may have the target, one more column, beside those of the encoder.
        if not lacking and (table.named or len(table.columns) <= len(self.columns) + 1):
            return table
        if not table.named:
            otherwise = "" if table.file else ", or columns with names"  # a file is read as the training file was
            raise DataError(
                f"{table.whose()}the rows have {counted(len(table.columns), 'column')} without names; expected "
                f"{len(self.columns)}{otherwise}"
            )
        has = ", ".join(map(repr, table.names[:20])) + (", …" if len(table.names) > 20 else "")
        are = "columns {} are" if len(lacking) > 1 else "column {} is"
        raise DataError(
            f"{table.whose()}the {are.format(', '.join(map(repr, lacking[:20])))} missing; there are: {has}"
            + _renamed(lacking, table.names)
        )

    def __str__(self) -> str:
        return self.described()

    def __repr__(self) -> str:
        return (
            f"TableEncoder({len(self._used)} of {counted(len(self.columns), 'column')} to "
            f"{counted(len(self.names), 'number')})"
        )


def _renamed(lacking: Sequence[str], names: Sequence[str]) -> str:
    """Which of the names stand for those that are lacking, but for upper and lower case; "" if none do."""
    known = {name.casefold().strip(): name for name in names}
    same = [(known[folded], name) for name in lacking[:20] if (folded := name.casefold().strip()) in known]
    return f"; call {', '.join(f'{name!r} {wanted!r}' for name, wanted in same)}" if same else ""


def _apart(name: str, column: Column, taken: set[str]) -> str:
    """A name for what is made of a column, its own or one that no other has; it is taken from then on."""
    if name == column.name:
        return name
    found, place = name, 1
    while found in taken:
        place += 1
        found = f"{name} ({place})"
    taken.add(found)
    return found


def _warn_of_two_readings(table: Table, column: Column) -> None:
    """Warns where a text fits two readings, as 1.234 does, in a column whose training rows had none such."""
    cells = table.columns[column.name]
    if isinstance(cells, np.ndarray) or not any(
        text is not None and parts_thousands(text, column.format) and fits_both(text) for text in coded(cells).values
    ):
        return
    comma, text = ("thousands", "1,234") if "thousands" in column.format else ("decimal", "1.234")
    warn(  # the same for all rows, so that those of a large file say it once
        f"the column {column.name!r} has numbers with a {comma} comma, so that a text such as {text} is read as "
        "1234, but no training row had one: hand over numbers, or texts as training rows had them"
    )
