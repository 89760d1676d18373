"""Rows to test on have to be others than those to train on, or the figures of the test flatter the model."""

import os

import numpy as np

from nnlite.data.npz import FilePath
from nnlite.errors import DataError
from nnlite.tables import Table
from nnlite.tables.column import as_texts
from nnlite.text import counted
from nnlite.types import Array
from nnlite.warning import warn


def refuse_the_same(path: FilePath, test_path: FilePath) -> None:
    """Raises `DataError` where both paths lead to the same file or folder; what cannot be found is no matter here."""
    try:
        same = os.path.samefile(path, test_path)
    except (OSError, ValueError):
        same = False
    if same:
        raise DataError(
            f"test_path is {os.fspath(test_path)}, which is path itself, so that the model would be tested on what "
            "it was trained on; leave test_path out, and some of the rows are taken to test on"
        )


def warn_of_the_same_rows(table: Table, test: Table) -> None:
    """Warns where most of the rows to test on stand among the others too, the same in every column.

    A few rows of small categories may be equal by chance, so that half of the rows are no matter.

    Args:
        table: the rows to train on, and their targets.
        test: the rows to test on, and their targets.
    """
    names = [name for name in table.names if name in test.columns]
    again = int(np.isin(_hashes(test, names), _hashes(table, names)).sum())
    if 2 * again > len(test):
        warn(
            f"{test.whose()}{again:,} of {counted(len(test), 'row')} to test on "
            f"{'stands' if again == 1 else 'stand'} in {table.file or 'the table'} too, the same in every column: a "
            "model that was trained on them looks better than it is"
        )


def _hashes(table: Table, names: list[str]) -> Array:
    """(rows,): a number for each row, the same for rows with the same texts in these columns."""
    mixed = np.zeros(len(table), np.uint64)
    for name in names:
        cells = as_texts(table.columns[name])
        texts = [None if text is None else text.strip() for text in cells.values]
        of_texts = np.fromiter(map(hash, texts), np.int64, len(texts)).astype(np.uint64)
        with np.errstate(over="ignore"):
            mixed = (mixed ^ of_texts[cells.codes]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed
