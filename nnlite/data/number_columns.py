"""Columns of numbers by name: how a model that was trained on arrays, whose columns have names, reads a table."""

from collections.abc import Sequence

import numpy as np

from nnlite.data.arrays import listed
from nnlite.data.dataset import Dataset
from nnlite.data.table_reader import Source, TableReader
from nnlite.errors import DataError
from nnlite.tables import Table, TableEncoder, Targets
from nnlite.tables.column import Column
from nnlite.types import Array


class NumberColumns(TableReader):
    """Reads tables that have a column of numbers for each column of an array, in any order, and further ones.

    Args:
        names: the names of the columns of the array, in order.
        gaps: whether a number may be missing, which is then NaN.

    >>> from nnlite.data.number_columns import NumberColumns
    >>> reader = NumberColumns(("width", "length"), gaps=False)
    >>> reader.encode({"length": ["3", "4.5"], "width": ["1", "2"], "note": ["a", "b"]})
    array([[1. , 3. ],
           [2. , 4.5]])
    """

    place = "predictor.reader"

    def __init__(self, names: Sequence[str], *, gaps: bool) -> None:
        super().__init__(TableEncoder([Column(name, "number", format="plain") for name in names]), target="")
        self.gaps = gaps

    def encode(self, source: Source) -> Array:
        """(rows, width): the numbers; raises `DataError` at a missing column, and a cell that is no number."""
        table = self.read(source)
        numbers = super().encode(table)
        missing = np.isnan(numbers)
        if not self.gaps and missing.any():
            row, column = (int(index) for index in np.argwhere(missing)[0])
            raise DataError(
                f"{table.where(row, self.encoder.names[column])}: the number is missing, and the model takes no gaps"
                ": fill it in, or leave the row out"
            )
        return numbers

    def dataset(self, source: Source, classes: Sequence[str] | None) -> Dataset:
        """The rows and their targets, which are the one column more than the model takes; see `TableReader`."""
        table = self.read(source)
        self.encode(table.rows(slice(0, 1)))  # so that a column that is missing is named first
        others = [name for name in table.names if name not in self.encoder.names]
        if len(others) != 1:
            came = f"there are {len(others)}: {listed(others)}" if others else "there is none"
            raise DataError(
                f"{table.whose()}the model does not know what its target is called, so that a table to evaluate it "
                f"on has one column beside its own ({listed(self.encoder.names)}), the target; {came}"
            )
        self.target = others[0]
        return super().dataset(table, classes)

    def of_targets(self, table: Table, found: Targets) -> Dataset:
        """A dataset of rows, all of which have a target."""
        data = Dataset(self.encode(table), found.y, classes=found.classes, feature_names=self.encoder.names)
        data._set(numbers=table.lines)  # messages name the line in the file
        return data
