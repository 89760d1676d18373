"""Columns that say nothing, say what another says, or say the target."""

from collections.abc import Iterator

import numpy as np

from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.subject import Subject, some_of
from nnlite.tables.giveaway import NEARLY
from nnlite.types import Array

_MOST_NUMBERS = 1_000_000  # that are looked at, so that it stays quick
_MOST_ROWS = 5000
_MOST_READ = 200_000_000  # of a file that is larger not all rows are read again
_MOST_COLUMNS = 300  # whose correlations with each other are looked at
_SHOWN = 3

# Two columns in other units, such as cm and inches to a tenth, have a correlation of 1 − 1e-6; the radius and the
# circumference of things that are nearly round, which are not the same, 1 − 2e-3.
_SAME = 1 - 1e-5

_LEAST_ROWS = 50  # of fewer a column tells the target by chance
_LEAST_OTHERS = 5  # rows that are not of the most frequent class: one or two stand at an end by chance
_SEVERAL = 10  # rows to a value


def _looked_at(subject: Subject) -> Array | None:
    """(rows, columns), in float64, of rows of features; None of images and sequences."""
    if subject.train.x.ndim != 2:
        return None
    width = subject.train.x.shape[1]
    return some_of(subject.train, min(_MOST_ROWS, max(_LEAST_ROWS, _MOST_NUMBERS // width))).x.astype(np.float64)


def _all_of_one_kind(x: Array) -> bool:
    """Whether all columns begin at the same number, as pixels, counts of words and flags do.

    Of such it is no mistake that some are always 0, as the corners of images are.
    """
    lowest = np.nanmin(x, axis=0)
    return x.shape[1] >= 8 and bool((lowest == lowest[0]).mean() > 0.9)


def constant(subject: Subject) -> Iterator[Finding]:
    """A finding where columns have the same value in every training row."""
    x = _looked_at(subject)
    if x is None or len(x) < 2 or _all_of_one_kind(x) or subject.train.x.size > _MOST_READ:
        return
    # All rows of the few columns that are constant in those looked at.
    found = [
        index
        for index in np.flatnonzero((x == x[0]).all(axis=0)).tolist()
        if subject.is_of_users(index) and (subject.train.x[:, index] == subject.train.x[0, index]).all()
    ]
    if not found:
        return
    names = ", ".join(subject.column(index) for index in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    yield Finding(
        "constant_columns",
        "low",
        f"{names}{more} {'has' if len(found) == 1 else 'have'} the same value in every training row, which says "
        "nothing.",
        f"{len(found)} of {x.shape[1]} columns",
        subject.drop(found),
    )


def duplicated(subject: Subject) -> Iterator[Finding]:
    """A finding where a column is another one, perhaps in other units."""
    x = _looked_at(subject)
    if x is None or len(x) < 10 or not 2 <= x.shape[1] <= _MOST_COLUMNS or _all_of_one_kind(x):
        return
    gaps = np.isnan(x)
    filled = np.where(gaps, np.nanmean(np.where(gaps.all(axis=0), 0.0, x), axis=0), x)
    apart = filled - filled.mean(axis=0)
    sizes = np.sqrt((apart * apart).sum(axis=0))
    apart = apart / np.where(sizes > 0, sizes, np.inf)
    same = np.abs(apart.T @ apart) > _SAME  # (columns, columns)
    pairs = [
        (first, second)
        for first, second in np.argwhere(np.triu(same, 1)).tolist()
        if subject.is_of_users(first) and subject.is_of_users(second) and (gaps[:, first] == gaps[:, second]).all()
    ]
    if not pairs:
        return
    first, second = pairs[0]
    more = f" (and {len(pairs) - 1} more such pairs)" if len(pairs) > 1 else ""
    equal = np.array_equal(x[:, first], x[:, second], equal_nan=True)
    what = "is the same as" if equal else "is, in other units, the same as"
    yield Finding(
        "duplicated_columns",
        "low",
        f"{subject.column(second).capitalize() if subject.train.feature_names is None else subject.column(second)} "
        f"{what} {subject.column(first)}{more}: it counts twice, and says nothing more.",
        f"correlation {float((apart[:, first] * apart[:, second]).sum()):.6g} over {len(x)} training rows",
        subject.drop(sorted({pair[1] for pair in pairs})),
    )


def telling(subject: Subject) -> Iterator[Finding]:
    """A finding where a column alone tells the target, so that it may not be known when one predicts."""
    x = _looked_at(subject)
    if x is None or len(x) < _LEAST_ROWS or not (subject.has_classes or subject.has_one_number):
        return
    y = some_of(subject.train, len(x)).y.reshape(-1)
    if subject.has_classes and len(y) - np.bincount(y).max() < _LEAST_OTHERS:
        return
    for index, column in enumerate(x.T):
        said = _tells_class(column, y) if subject.has_classes else _tells_number(column, y.astype(np.float64))
        if said:
            yield Finding(
                "column_tells_target",
                "high",
                f"{subject.column(index)} alone tells the target: is it known when you predict?",
                f"{said}, on {len(x)} training rows",
                subject.drop([index]),
            )
            return


def _tells_class(column: Array, y: Array) -> str:
    """How the class follows from the column, where it does: from each of its values, or from ranges of them."""
    values, codes = np.unique(column, return_inverse=True)
    if len(values) == 1:
        return ""
    counts = np.zeros((len(values), int(y.max()) + 1), np.intp)
    np.add.at(counts, (codes, y), 1)
    most = counts.max(axis=1)
    allowed = (1 - NEARLY) * len(y)
    if len(values) * _SEVERAL <= len(y):  # each value comes again and again
        told = most[most > 1].sum()  # a value that comes once tells nothing
        return f"its values tell the class of {told} rows" if len(y) - told <= allowed else ""
    # Rows in order of their values: a class that is told is one range. Where others lie between, each is a mistake.
    ordered = y[np.lexsort((y, column))]
    ranges = 1 + int((np.diff(ordered) != 0).sum())
    wrong = (ranges - len(np.unique(y))) / 2 + (len(y) - most.sum())
    return f"each class is a range of its values, but for {wrong:g} rows" if wrong <= allowed else ""


def _tells_number(column: Array, y: Array) -> str:
    here = ~np.isnan(column)
    if here.sum() < _LEAST_ROWS:
        return ""
    apart, of_target = column[here] - column[here].mean(), y[here] - y[here].mean()
    scale = float(np.sqrt((apart @ apart) * (of_target @ of_target)))
    correlation = float(apart @ of_target) / scale if scale else 0.0
    return f"their correlation is {correlation:.5g}" if abs(correlation) >= NEARLY else ""
