"""Sample weights say how much each row counts; those of a user are checked, and become an array."""

from typing import Any

import numpy as np

from nnlite.text import cut
from nnlite.types import Array


def sample_weights(given: Any, rows: int) -> Array | None:
    """(rows,), the weights in float64; None where all rows count alike.

    Args:
        given: a number for each row, or a single one for all of them; None for equal weights.
        rows: how many rows there are.

    Raises:
        ValueError: when they are no numbers from 0 on, one for each row, or are all 0.

    >>> from nnlite.estimators.sample_weights import sample_weights
    >>> sample_weights([1, 0, 2], 3), sample_weights(2, 3)
    (array([1., 0., 2.]), array([2., 2., 2.]))
    """
    if given is None:
        return None
    try:
        weight = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"sample_weight is {cut(repr(given))}; expected a number for each row") from None
    if weight.ndim == 0:
        weight = np.full(rows, float(weight))
    if weight.ndim != 1:
        raise ValueError(f"Sample weights must be 1D array or scalar, got {weight.ndim}D array.")
    if len(weight) != rows:
        raise ValueError(f"sample_weight.shape == {weight.shape}, expected ({rows},)!")
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError("sample_weight has values that are negative, infinite or NaN; expected numbers from 0 on")
    if not weight.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight
