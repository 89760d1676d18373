"""Rows that stand among the training rows and among those to test on: what is known by heart is no test."""

from collections.abc import Iterator

import numpy as np

from nnlite.data.dataset import Dataset
from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.subject import Subject, some_of
from nnlite.types import Array

_SHARE = 0.05  # of the test rows: fewer change a figure by less than its interval
_LEAST = 3  # rows: two that are equal, such as two flowers of the same sizes, are chance
_MOST_OF_TEST = 2000  # rows that are looked for
_MOST_NUMBERS = 20_000_000  # of the training rows that are searched
_LIKELY = 0.1  # of the rows found: so many would be found by chance, if columns were independent, at most


def shared(subject: Subject) -> Iterator[Finding]:
    """A finding where rows of the test, or the validation, stand among the training rows, and not by chance."""
    train = subject.train
    most = max(1, _MOST_NUMBERS // max(1, train.x[0].size))
    searched = some_of(train, most)
    hashes: Array | None = None
    for part, where in ((subject.test, "test"), (subject.validation, "validation")):
        if part is None:
            continue
        rows = some_of(part, _MOST_OF_TEST)
        hashes = np.sort(row_hashes(searched.x)) if hashes is None else hashes
        again = np.isin(row_hashes(rows.x), hashes)
        count = int(again.sum())
        if count < _LEAST or count < _SHARE * len(rows) or _by_chance(searched, rows) > _LIKELY * count:
            continue
        yield Finding(
            "shared_rows",
            "high" if count >= 0.2 * len(rows) else "medium",
            f"{count:,} of {len(rows):,} {where} rows stand among the training rows too, so that their figures "
            "flatter the model: remove copies before parting.",
            f"equal in every column; the first is row {int(rows.numbers[again][0])} of the data, counted from 0",
        )
        return


def row_hashes(x: Array) -> Array:
    """(rows,): a number for each row, the same for rows with the same numbers."""
    flat = x.reshape(len(x), -1)
    mixed = np.zeros(len(x), np.uint64)
    for column in range(flat.shape[1]) if flat.shape[1] <= 64 else ():
        _mix(mixed, flat[:, column])
    if flat.shape[1] > 64:  # many columns: row by row in portions, as a product with odd numbers
        factors = np.random.default_rng(0).integers(1, 2**63, flat.shape[1], np.uint64) | np.uint64(1)
        for start in range(0, len(flat), 1000):
            bits = (flat[start : start + 1000].astype(np.float64) + 0.0).view(np.uint64)
            mixed[start : start + 1000] = ((bits ^ (bits >> np.uint64(32))) * factors).sum(axis=1, dtype=np.uint64)
    return mixed


def _mix(mixed: Array, column: Array) -> None:
    mixed ^= (column.astype(np.float64) + 0.0).view(np.uint64)  # + 0.0 makes 0.0 of −0.0
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)


def _by_chance(train: Dataset, rows: Dataset) -> float:
    """How many of the rows have an equal one by chance: the frequencies of their values, multiplied over columns.

    It is less than the true number where columns go together, which the threshold allows for.
    """
    some, searched = some_of(rows, 200), some_of(train, 2000)
    found = searched.x.reshape(len(searched), -1)
    chance = np.full(len(some), float(len(train)))
    for column, values in zip(found.T, some.x.reshape(len(some), -1).T, strict=True):
        ordered = np.sort(column)
        count = np.searchsorted(ordered, values, "right") - np.searchsorted(ordered, values, "left")
        chance *= np.maximum(count, 1) / len(ordered)
    return float(np.minimum(chance, 1).mean()) * len(rows)
