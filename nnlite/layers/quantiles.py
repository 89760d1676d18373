"""A quantile scale gives numbers a normal distribution, by the part of known numbers that lies below each."""

import numpy as np

from nnlite.types import Array

COUNT = 255
"""How many quantiles numbers are compared with."""

_PARTS = (np.arange(COUNT) + 0.5) / COUNT
"""The part of the known numbers below each quantile: the middles of equal parts, so that none is 0 or 1."""


def quantiles(numbers: Array) -> Array:
    """The quantiles of known numbers (count,), in rising order."""
    found: Array = np.quantile(numbers, _PARTS)
    return found


def to_normal(numbers: Array, known: Array) -> Array:
    """Φ⁻¹(p) for each number (count,), where p is the part of the known numbers below it.

    Between two quantiles p is interpolated; where several are equal to a number, it is the middle of theirs; beyond
    the first and the last one it is theirs.

    Args:
        numbers: the numbers.
        known: the quantiles of the known ones.

    >>> import numpy as np
    >>> from nnlite.layers.quantiles import quantiles, to_normal
    >>> to_normal(np.array([0.0, 50.0, 500.0]), quantiles(np.arange(101.0))).round(2) + 0.0
    array([-2.88,  0.  ,  2.88])
    """
    from scipy import special

    # Among equal quantiles `interp` takes the last; turned round, the first.
    upper = np.interp(numbers, known, _PARTS)
    lower = -np.interp(-numbers, -known[::-1], -_PARTS[::-1])
    found: Array = special.ndtri((upper + lower) / 2)
    return found


def slopes(numbers: Array, known: Array) -> Array:
    """The derivative of `to_normal` by each number; 0 beyond the quantiles."""
    # ∂Φ⁻¹(p)/∂x = ∂p/∂x / φ(Φ⁻¹(p))
    above = np.searchsorted(known, numbers)
    inside = np.flatnonzero((above > 0) & (above < COUNT))
    found: Array = np.sqrt(2 * np.pi) * np.exp(to_normal(numbers, known) ** 2 / 2) / COUNT
    widths = np.full(len(numbers), np.inf)
    widths[inside] = known[above[inside]] - known[above[inside] - 1]
    found /= widths
    return found
