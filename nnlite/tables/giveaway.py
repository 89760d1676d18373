"""Columns that give the target away: alone they tell it, or they name groups of rows that share it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from nnlite.tables.absent import is_absent
from nnlite.tables.column import Column, as_moments, as_numbers, as_texts
from nnlite.tables.guess import Guess
from nnlite.tables.table import Table
from nnlite.tables.targets import Targets
from nnlite.types import Array

NEARLY = 0.999
"""A column whose correlation with the target is so large, or that alone is right in so many rows, gives it away."""


@dataclass(frozen=True)
class Read:
    """One column as it is compared with others: its numbers, or NaN; for each row which of its values it has."""

    numbers: Array | None
    codes: Array  # (rows,), 0 where it is missing
    texts: tuple[str, ...]  # the values of the codes 1, 2, …; of numbers none
    distinct: int


def read_column(table: Table, name: str, guess: Guess, absent: frozenset[str]) -> Read:
    if guess.kind == "number":
        numbers = as_numbers(
            table, Column(name, "number", "", guess.format, guess.missing), absent | set(guess.missing)
        )
        values, codes = np.unique(numbers, return_inverse=True)
        gone = np.isnan(numbers)
        distinct = len(values) - bool(gone.any())
        return Read(numbers, np.where(gone, 0, codes + 1), (), distinct)
    if guess.kind == "date":  # whether each cell is one
        as_moments(table, Column(name, "date", "", guess.format, guess.missing), absent | set(guess.missing))
    cells = as_texts(table.columns[name])
    places: dict[str, int] = {}
    used = cells.counts()
    codes_of = [
        0
        if not count or text is None or is_absent(text, absent)
        else places.setdefault(text.strip(), len(places) + 1)
        for text, count in zip(cells.values, used.tolist(), strict=True)
    ]
    return Read(None, np.array(codes_of, np.int64)[cells.codes], tuple(places), len(places))


def gives_away(read: Read, found: Targets) -> str:
    """A sentence where the column alone tells the target; "" where it does not."""
    codes, y = read.codes[found.rows], found.y
    if found.task == "regression":
        return "" if read.numbers is None else _correlated(read.numbers[found.rows], y)
    assert found.classes is not None
    _, codes = np.unique(codes, return_inverse=True)
    right = float(_told(codes, read, found).mean())
    without = float(np.bincount(y).max()) / len(y)  # by the most common class
    if right < NEARLY or (1 - right) * 10 > 1 - without:
        return ""
    return f"alone it tells the target in {100 * right:.4g} % of the rows: is it known when you predict?"


def _told(codes: Array, read: Read, found: Targets) -> Array:
    """(rows,): whether the other rows of the same value, or of the nearest ones, tell the class of each row.

    Args:
        codes: (rows,), the value of each row that has a target, from 0.
        read: the column.
        found: the targets.
    """
    y = found.y
    if read.numbers is not None and read.distinct * 10 > len(y):  # hardly a value comes again
        order = np.argsort(read.numbers[found.rows], kind="stable")
        beside = np.concatenate([[-1], y[order], [-1]])
        told = np.empty(len(y), np.bool_)
        told[order] = (beside[:-2] == y[order]) | (beside[2:] == y[order])
        return told
    pairs, pair_of, counts = np.unique(codes * len(found.classes or ()) + y, return_inverse=True, return_counts=True)
    value = pairs // len(found.classes or ())
    order = np.lexsort((-counts, value))  # by value, its most common class first
    value, counts = value[order], counts[order]
    first = np.concatenate([[True], value[1:] != value[:-1]])
    following = np.concatenate([np.where(first[1:], 0, counts[1:]), [0]])  # the next class's rows, of this value
    tells = np.empty(len(pairs), np.bool_)
    tells[order] = first & (counts > 1) & (counts > following)  # the row itself does not count
    found_out: Array = tells[pair_of]
    return found_out


def _correlated(numbers: Array, y: Array) -> str:
    here = ~np.isnan(numbers)
    if here.sum() < 10:
        return ""
    apart, of_target = numbers[here] - numbers[here].mean(), y[here] - y[here].mean()
    scale = float(np.sqrt((apart @ apart) * (of_target @ of_target)))
    if not scale or abs(correlation := float(apart @ of_target) / scale) < NEARLY:
        return ""
    return f"its correlation with the target is {correlation:.5g}: is it known when you predict?"


_LEAST_GROUPS = 10
_SHARED = 0.9  # of the target's variance, which the groups have to explain


def names_groups(name: str, column: Read, found: Targets) -> str:
    """A sentence where the column seems to name what several rows belong to, such as patients; "" elsewhere.

    Its values come several times each, the rows of a value share their target, and numbers beside one another do not.

    Args:
        name: the name of the column.
        column: the column.
        found: the targets.
    """
    codes = column.codes[found.rows]
    here = codes > 0
    values, places, counts = np.unique(codes[here], return_inverse=True, return_counts=True)
    rows, groups = len(places), len(values)
    if groups < _LEAST_GROUPS or 2 * groups > rows or (counts > 1).mean() < _SHARED:
        return ""
    y = found.y[here]
    # (groups, classes): the part of each class in each group; of numbers their mean. Then the analysis of variance.
    if found.classes is None:
        y = y - y.mean()
        means = np.bincount(places, y, groups)[:, None] / counts[:, None]
        total = float(y @ y)
    else:
        if groups * len(found.classes) > _MOST_CELLS:
            return ""
        cells = np.bincount(places * len(found.classes) + y, minlength=groups * len(found.classes))
        means = cells.reshape(groups, -1) / counts[:, None]
        means -= np.average(means, axis=0, weights=counts)
        total = rows - float((np.bincount(y).astype(np.float64) ** 2).sum()) / rows
    between = float((counts @ means**2).sum())
    if not total or (total - between) / (rows - groups) > (1 - _SHARED) * total / (rows - 1):
        return ""
    if column.numbers is not None:  # a target that rises or falls with a number is nearly the same for the next one
        steps, spread = float((np.diff(means, axis=0) ** 2).mean(axis=0).sum()), float(means.var(axis=0).sum())
        if steps < spread:  # of numbers in any order it is 2 times the spread
            return ""
    return (
        f"its {groups:,} values come several times each, and the rows of a value share their target: if they name "
        f"what rows belong to, such as patients, say group = {json.dumps(name, ensure_ascii=False)}, and a value's "
        "rows stay in one part"
    )


_MOST_CELLS = 10_000_000


_LEAST_ROWS = 50  # of fewer a column tells the target by chance
_MOST_ROWS = 100_000
"""Rows that are enough to see it: a training has no need to look at millions."""


def suspicions(
    table: Table,
    names: Iterable[str],
    guesses: Mapping[str, Guess],
    found: Targets,
    absent: frozenset[str],
    *,
    groups: bool,
) -> Iterator[tuple[str, str]]:
    """Columns and sentences on those that give the target away.

    Args:
        table: all rows.
        names: the columns to look at.
        guesses: what columns are.
        found: the targets.
        absent: texts that stand for a missing value.
        groups: whether to look for groups of rows, too.
    """
    if len(found.y) < _LEAST_ROWS:
        return
    some = replace(found, y=found.y[:_MOST_ROWS], rows=found.rows[:_MOST_ROWS])
    table = table.rows(slice(0, int(some.rows[-1]) + 1))
    for name in names:
        column = read_column(table, name, guesses[name], absent)
        used = guesses[name].kind != "ignore"
        said = [gives_away(column, some) if used else "", names_groups(name, column, some) if groups else ""]
        if any(said):
            yield name, "; ".join(filter(None, said))
