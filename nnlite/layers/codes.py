"""A code is a whole number that stands for a category; the codes of a column are numbered from 0."""

from collections.abc import Sequence

import numpy as np

from nnlite.errors import RowError
from nnlite.types import Array

MOST_CODES = 2**24
"""float32 represents every whole number up to this one, so that a model may cast the codes to its own dtype."""


def as_codes(x: Array, counts: Array | int, layer: object, advice: str, columns: Sequence[int] = ()) -> Array:
    """x (batch, …) as integers, each of them a code.

    Args:
        x: the codes in any dtype.
        counts: the number of codes; one for all of x, or one for each column.
        layer: whose codes they are, for the message.
        advice: the end of the message: what to do.
        columns: the numbers that the columns of x have in the layer's input, for the message; () if the same.

    Raises:
        RowError: where x holds anything but a code.
    """
    with np.errstate(invalid="ignore"):  # NaN becomes an integer that it does not equal
        found = x.astype(np.intp)
    wrong = (found != x) | (found < 0) | (found >= counts)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        places = (columns[where[1]],) if columns else where[1:]
        most = int(np.broadcast_to(counts, x.shape)[where]) - 1
        raise RowError(
            f"{layer!r} got {x[where]} in ",
            where[0],
            f"{''.join(f', column {i}' for i in places)}: expected codes, whole numbers from 0 to {most}; {advice}",
        )
    return found


def sums_by_row(dy: Array, rows: Array, count: int) -> Array:
    """The gradient of a table by that of the rows taken from it: for each row of the table the sum of its dy.

    Args:
        dy: the gradient of the rows that were taken, (…, size).
        rows: which row of the table each of them is, (…).
        count: the number of rows of the table.

    Returns:
        The sums in float64, (count, size). They are added up in one order, so that the same dy gives the same bits.
    """
    size = dy.shape[-1]
    places = rows[..., None] * size + np.arange(size)  # in the table laid out flat
    sums = np.bincount(places.reshape(-1), dy.reshape(-1), count * size)
    return sums.reshape(count, size)
