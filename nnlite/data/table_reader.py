"""A table reader makes of raw rows, from any source, the numbers that a model takes, and their targets."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from nnlite.data.arrays import listed
from nnlite.data.dataset import Dataset
from nnlite.data.first_line import without_places
from nnlite.data.outside import Outside
from nnlite.data.unseen import warn_of_unseen
from nnlite.errors import DataError, ModelFileError, TableError, same_but_for_case
from nnlite.tables import NUMBER_FORMATS, Table, TableEncoder, Targets, as_table, chunks, read_table, targets
from nnlite.tables.dialect import is_delimiter
from nnlite.tables.encodings import is_encoding
from nnlite.tables.footer import footer_in_words
from nnlite.text import cut
from nnlite.types import Array
from nnlite.warning import warn

Source: TypeAlias = Any
"""The path of a file, or rows as `nnlite.tables.as_table` takes them."""

_LEAST_ROWS, _MOST_ROWS = 1024, 4096
_CELLS_AT_ONCE = 2**17

_OWN = ("delimiter", "target", "number_format", "encoding")
"""What the description of a reader has beside its encoder."""


class TableReader:
    """What a model knows of the table that it was trained on: its columns, its target, and how its files are written.

    Args:
        encoder: makes numbers of the columns, and has learnt them from training rows.
        target: the column with the targets.
        number_format: how numbers to predict are written; "" where classes are predicted.
        delimiter: what parts the cells in the table's files; None if it is to be found.
        encoding: how their bytes are text.

    Attributes:
        place: where a user of Python finds it, for messages.

    >>> from nnlite.data.table_reader import TableReader
    >>> from nnlite.tables import TableEncoder
    >>> rows = {"age": [31, None, 27], "town": ["Bern", "Rome", "Bern"], "paid": ["yes", "no", "no"]}
    >>> reader = TableReader(TableEncoder.fit({name: rows[name] for name in ("age", "town")}), "paid")
    >>> reader.encode({"town": "Rome", "age": 40})
    array([[40.,  0.,  2.]])
    >>> reader.dataset(rows, classes=("no", "yes")).y.tolist()
    [1, 0, 0]
    """

    place = "predictor.table"

    def __init__(
        self,
        encoder: TableEncoder,
        target: str,
        *,
        number_format: str = "",
        delimiter: str | None = None,
        encoding: str = "utf-8",
    ) -> None:
        self.encoder, self.target, self.number_format = encoder, target, number_format
        self.delimiter, self.encoding = delimiter, encoding

    def read(self, source: Source) -> Table:
        """The rows as a table; raises `DataError`, also where there are none."""
        if isinstance(source, str | os.PathLike):
            with _for_model():
                table = read_table(
                    source, header=self.encoder.named, delimiter=self.delimiter, encoding=self.encoding
                )
            self._check_parted(table)
            table = table if self.encoder.named else without_places(table, self.encoder)
            if not len(table):
                raise _no_rows(source)
            return table
        table = as_table(source)
        if not len(table):
            raise DataError("there are no rows")
        return table

    def chunks(self, path: str | os.PathLike[str], rows: int | None = None) -> Iterator[Table]:
        """The rows of a file, this many at a time, so that one larger than memory can be read; raises `DataError`.

        Args:
            path: the path of the file.
            rows: how many; if None 4,096, or as few as 1,024 where they have many columns.
        """
        if rows is None:
            rows = max(_LEAST_ROWS, min(_MOST_ROWS, _CELLS_AT_ONCE // len(self.encoder.columns)))
        begun = some = False
        with _for_model():
            for table in chunks(
                path, rows, header=self.encoder.named, delimiter=self.delimiter, encoding=self.encoding
            ):
                self._check_parted(table)
                if not begun and not self.encoder.named:
                    table = without_places(table, self.encoder)
                begun = True
                if len(table):
                    yield table
                    some = True
        if not some:
            raise _no_rows(path)

    def _check_parted(self, table: Table) -> None:
        """Raises `DataError` where all of a file's cells were taken for a single one, which is no column's."""
        (first, *others), known = table.names, [column.name for column in self.encoder.columns]
        unknown = first not in (*known, self.target) if table.named else len(known) > 1
        if table.delimiter and not others and unknown:
            raise DataError(
                f"{table.whose()}there is one column alone, {cut(repr(first))}; if something else than "
                f"{table.delimiter!r} parts the cells, set {self.place}.delimiter"
            )

    def encode(self, source: Source) -> Array:
        """(rows, width): the rows as numbers, columns in any order and further ones left out; raises `DataError`."""
        table = self.read(source)
        with _for_model():
            return self.encoder.encode(table)

    def unseen(self, table: Table, encoded: Array) -> dict[str, dict[str, int]]:
        """For each column the texts that no training row had, and in how many of these rows they stand.

        Args:
            table: the rows.
            encoded: their numbers, which show at once where there is nothing to look for.
        """
        coded = np.array(self.encoder.codes) > 0
        return self.encoder.unseen(table) if not encoded[:, coded].all() else {}

    def warn_of_outside(self, table: Table, encoded: Array) -> None:
        """Warns of rows far outside of the training rows; arguments as of `unseen`."""
        outside = Outside(self.encoder)
        outside.add(table, encoded)
        outside.warn()

    def warn_of_footer(self, table: Table) -> None:
        """Warns where the last row of a file looks like a sum, or a note."""
        if table.file and (footer := footer_in_words(table, frozenset(self.encoder.missing))):
            warn(footer)

    def dataset(self, source: Source, classes: Sequence[str] | None) -> Dataset:
        """The rows and their targets; rows without a target are left out.

        Args:
            source: the rows.
            classes: the model's classes in order; None where numbers are predicted.

        Raises:
            DataError: where a cell, a label or a column is not what the model was trained on; it names the row.
        """
        table = self.read(source)
        if self.target not in table.columns:
            raise DataError(
                f"{table.whose()}the target {self.target!r} is missing; there are: "
                f"{listed(table.names)}{same_but_for_case(self.target, table.names)}"
            )
        with _for_model():
            found = targets(
                table,
                self.target,
                "regression" if classes is None else "classification",
                classes=classes,
                missing=self.encoder.missing,
                format=self.number_format or None,
                to_learn=False,
            )
            data = self.of_targets(rows := table.without(self.target).rows(found.rows), found)
        warn_of_unseen(self.unseen(rows, data.x))
        self.warn_of_outside(rows, data.x)
        if found.rows[-1] == len(table) - 1:  # the last row counts
            self.warn_of_footer(table)
        return data

    def of_targets(self, table: Table, found: Targets) -> Dataset:
        """A dataset of rows, all of which have a target."""
        data = Dataset(
            self.encoder.encode(table), found.y, classes=found.classes, feature_names=self.encoder.names, table=self
        )
        data._set(numbers=table.lines)  # messages name the line in the file
        return data

    def check_codes(self, layers: Sequence[object]) -> None:
        """Raises `DataError` where the first of a model's layers has other codes than the encoder.

        Args:
            layers: the layers; `Columns` has a code for each column, `Embeddings` for the last ones.
        """
        codes, own = getattr(layers[0], "codes", None) if layers else None, self.encoder.codes
        if isinstance(codes, list | tuple) and codes and tuple(codes) != own[-len(codes) :]:
            raise DataError(
                f"{type(layers[0]).__name__} has the codes {cut(repr(tuple(codes)))}, the columns of the table "
                f"{cut(repr(own))}; give it those of the encoder, encoder.codes"
            )

    def description(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """All that the reader is: values for JSON, and arrays."""
        values, arrays = self.encoder.description()
        return {"encoder": values, **{name: getattr(self, name) for name in _OWN}}, arrays

    @classmethod
    def from_description(cls, values: object, arrays: Mapping[str, Array]) -> "TableReader":
        """The reader that gave this description; raises `ModelFileError` where it is none, or damaged."""
        if not isinstance(values, dict) or set(values) != {"encoder", *_OWN}:
            raise ModelFileError("the description of its table is none")
        own = {name: values[name] for name in _OWN}
        delimiter, target, form, encoding = own.values()
        encoder = TableEncoder.from_description(values["encoder"], arrays)
        for right, what in (
            (isinstance(target, str) and all(target != column.name for column in encoder.columns), "target"),
            (form == "" or form in NUMBER_FORMATS, "format of numbers to predict"),
            (delimiter is None or is_delimiter(delimiter), "delimiter"),
            (isinstance(encoding, str) and is_encoding(encoding), "encoding"),
        ):
            if not right:
                raise ModelFileError(f"the description of its table is damaged: its {what} is none")
        return cls(encoder, **own)

    def __eq__(self, other: object) -> bool:
        """Whether both make the same numbers of the same rows."""
        if not isinstance(other, TableReader):
            return NotImplemented
        ours, theirs = self.encoder, other.encoder
        return self is other or (ours.columns, ours.missing) == (theirs.columns, theirs.missing)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return str(self.encoder)

    def __repr__(self) -> str:
        return f"TableReader({self.encoder!r}, target {self.target!r})"


def _no_rows(path: str | os.PathLike[str]) -> DataError:
    return DataError(f"{os.fspath(path)} has a header and no rows; expected a line for each row")


@contextlib.contextmanager
def _for_model() -> Iterator[None]:
    """Within the block an error about a table says what to do for a model that has learnt what its columns are."""
    try:
        yield
    except TableError as error:
        raise error.for_model() from None
