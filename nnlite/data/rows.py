"""Rows are examples along the first axis; a model goes through many of them a portion at a time."""

from collections.abc import Iterator, Sequence

import numpy as np

from nnlite.errors import DataError
from nnlite.types import Array


def portions(rows: int, size: int = 1024) -> Iterator[slice]:
    """Slices of at most so many rows; one empty slice if there are no rows.

    >>> from nnlite.data.rows import portions
    >>> list(portions(5, size=3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    for start in range(0, max(rows, 1), size):
        yield slice(start, min(start + size, rows))


def as_weights(weights: Array | Sequence[float], rows: int) -> Array:
    """Sample weights in float64, one for each row; raises `DataError`."""
    found = np.asarray(weights)
    if found.shape != (rows,) or found.dtype.kind not in "fiub" or not np.isfinite(found).all() or (found < 0).any():
        raise DataError(
            f"sample_weight has shape {found.shape} and dtype {found.dtype}; expected {(rows,)}, finite numbers and "
            "none negative"
        )
    found = found.astype(np.float64)
    if rows and (found.max() > 1e30 or (found[found > 0] < 1e-30).any()):  # a model may compute in float32
        raise DataError(
            f"sample_weight goes up to {found.max():g}; expected weights of 0 or from 1e-30 to 1e30: "
            "only their ratios count"
        )
    return found
