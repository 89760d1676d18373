"""The order of rows in time, and a split by it: the latest rows test, those before them validate."""

from collections.abc import Mapping, Sequence

import numpy as np

from nnlite.data.split import check_fractions
from nnlite.errors import DataError
from nnlite.tables import Column, Guess, Kind, Table
from nnlite.tables.column import as_moments, as_numbers
from nnlite.tables.decided import decided
from nnlite.tables.guess import Sign
from nnlite.text import counted
from nnlite.types import Array


def time_split(times: Array, fractions: Mapping[str, float]) -> list[Array]:
    """The row numbers that are left, then those of each part, all in order of time.

    A part begins where the time changes, at the change that brings it nearest to its fraction of all rows.

    Args:
        times: (rows,), dates or numbers.
        fractions: the fraction of all rows of the latest part, then of the one before it, by the name that an error
            gives it.

    Raises:
        DataError: when there are too few different times, or a fraction is of no row.

    >>> import numpy as np
    >>> from nnlite.data.time_split import time_split
    >>> days = np.array([3, 1, 2, 3, 1, 2, 3, 1])
    >>> [part.tolist() for part in time_split(days, {"test_fraction": 0.25, "validation_fraction": 0.25})]
    [[1, 4, 7], [0, 3, 6], [2, 5]]
    """
    check_fractions(*fractions.values())
    order = np.argsort(times, kind="stable")
    begins = np.flatnonzero(times[order][1:] != times[order][:-1]) + 1
    end, parts = len(times), []
    for place, (name, fraction) in enumerate(fractions.items()):
        if fraction == 0:
            parts.append(order[:0])
            continue
        count = round(fraction * len(times))
        if not 0 < count < end:
            raise DataError(
                f"{name} = {fraction:g} of {counted(len(times), 'row')} is {count}, and {end} are left for this part "
                f"and for training; take more rows, another fraction, or {name} = 0"
            )
        others = sum(other > 0 for other in list(fractions.values())[place + 1 :])
        fitting = begins[others:][begins[others:] < end]
        if not len(fitting):
            raise DataError(
                f"{name} = {fraction:g}: {counted(len(begins) + 1, 'different time')} in "
                f"{counted(len(times), 'row')} are too few, since rows of one time stay in one part, and this part "
                f"would have none; choose {name} = 0, or a column of finer times"
            )
        begin = int(fitting[::-1][np.abs(fitting[::-1] - (end - count)).argmin()])
        parts.append(order[begin:end])
        end = begin
    return [order[:end], *parts]


def times_of(
    table: Table,
    name: str,
    guesses: Mapping[str, Guess],
    kinds: Mapping[str, Kind],
    formats: Mapping[str, str],
    missing: Sequence[str],
) -> Array:
    """(rows,), the dates or numbers in a column, in the order of which rows are parted.

    Args:
        table: the rows.
        name: the column; whether anything is learnt from it, too, is no matter here.
        guesses: what each column is.
        kinds, formats: what columns are, and how they are written, as the user says; "ignore" says nothing here.
        missing: texts that stand for a missing value.

    Raises:
        DataError: where it has neither dates nor numbers, or one is missing.
    """
    guess, cells, kind = guesses[name], table.columns[name], kinds.get(name, "ignore")
    said: dict[str, Kind] = {} if kind == "ignore" else {name: kind}
    form = {name: formats[name]} if name in formats else {}
    if not said and not form and guess.kind == "ignore":
        # One that counts the rows has their order all the same.
        if Sign.COUNTER in guess.signs or (isinstance(cells, np.ndarray) and cells.dtype.kind in "iuf"):
            said[name] = "number"
        elif Sign.UNREAD_DATES in guess.signs:
            raise DataError(f"{table.whose()}time: the column {name!r} has {guess.why}")
    found = decided(table, said, form, missing, guesses)[name]
    if found.kind not in ("date", "number"):
        raise DataError(
            f"{table.whose()}time: the column {name!r} is of kind {found.kind} ({found.why}); expected dates or "
            'numbers: formats says how its dates are written, such as "%d.%m.%Y"'
        )
    absent = frozenset((*missing, *found.missing))
    column = Column(name, found.kind, found.why, found.format)
    moments = (as_moments if found.kind == "date" else as_numbers)(table, column, absent)
    gone = moments != moments  # NaN and NaT are not equal to themselves
    refuse_gaps(table, gone, name, "time", "has no place in time")
    return moments


def refuse_gaps(table: Table, gone: Array, name: str, key: str, so: str) -> None:
    """Raises `DataError` where a column that rows are parted by is missing.

    Args:
        table: the rows.
        gone: (rows,), whether it is missing.
        name: the column.
        key: the key that names it.
        so: what this means for such a row.
    """
    if gone.any():
        rows = np.flatnonzero(gone)
        more = f", as in {counted(len(rows) - 1, 'more row')}" if len(rows) > 1 else ""
        raise DataError(
            f"{table.where(int(rows[0]), name)}: it is missing, so that the row {so}{more}; fill it in, "
            f"take such rows out of the file, or let {key} name another column"
        )
