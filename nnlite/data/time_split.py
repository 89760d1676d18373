"""A split by time takes the latest rows to test on, and those before them to validate; equal times stay together."""

from collections.abc import Mapping

import numpy as np

from nnlite.data.split import check_fractions
from nnlite.errors import DataError
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
