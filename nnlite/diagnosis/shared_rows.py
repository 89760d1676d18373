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
_MOST_ANSWERS = 10  # values of a column
_MOST_COMPARED = 64  # columns that are compared with each other
_SEVERAL = 4  # rows to a value, or any column would seem to follow from it
_LIKELY = 0.01  # of the rows found: so many would be found by chance, if columns were independent, at most


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
        share = count / len(rows)
        if count < _LEAST or share < _SHARE or _are_answers(searched, hashes, share):
            continue
        if _by_chance(searched, rows) > _LIKELY * count:
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


def _are_answers(train: Dataset, hashes: Array, share: float) -> bool:
    """Whether all columns have few values, as answers to questions, and training rows are equal as often.

    Answers that go together are the same in many rows by right.

    Args:
        train: training rows.
        hashes: (rows,), theirs.
        share: how many of the other rows are among them.
    """
    some = some_of(train, 2000)
    if any(len(np.unique(column)) > _MOST_ANSWERS for column in some.x.reshape(len(some), -1).T):
        return False
    _, counts = np.unique(hashes, return_counts=True)
    return bool(counts[counts > 1].sum() >= share * len(hashes) / 2)


def _by_chance(train: Dataset, rows: Dataset) -> float:
    """How many of the rows have an equal one by chance: the frequencies of their values, multiplied over columns.

    A column that another one determines, as a month does its quarter, is left out. The number is still less than the
    true one where columns go together, which the threshold allows for.
    """
    some, searched = some_of(rows, 200), some_of(train, 2000)
    found, looked_for = (part.x.reshape(len(part), -1) for part in (searched, some))
    chance = np.full(len(some), float(len(train)))
    for index in _independent(found):
        ordered = np.sort(found[:, index])
        values = looked_for[:, index]
        count = np.searchsorted(ordered, values, "right") - np.searchsorted(ordered, values, "left")
        chance *= np.maximum(count, 1) / len(ordered)
    return float(np.minimum(chance, 1).mean()) * len(rows)


def _independent(x: Array) -> list[int]:
    """The columns without those that follow from another one with few values; all of them where there are many."""
    if x.shape[1] > _MOST_COMPARED:
        return list(range(x.shape[1]))
    codes = [np.unique(column, return_inverse=True)[1] for column in x.T]
    counts = [int(each.max()) + 1 for each in codes]
    kept: list[int] = []
    for index in sorted(range(len(codes)), key=lambda each: -counts[each]):
        if not any(
            counts[other] * _SEVERAL <= len(x)
            and len(np.unique(codes[other] * counts[index] + codes[index])) == counts[other]
            for other in kept
        ):
            kept.append(index)
    return kept
