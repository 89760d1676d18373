"""Paired comparisons: whether two models differ on the same rows by more than chance would have it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnlite.metrics.intervals import bootstrap
from nnlite.types import Array

EXACT_BELOW = 25
"""On fewer rows that tell two models apart, the binomial distribution itself is used, not the normal one."""


@dataclass(frozen=True)
class McNemar:
    """The result of McNemar's test.

    Attributes:
        only_first: how many rows the first model alone has right.
        only_second: how many the second alone has right.
        p: how likely a difference at least as large would be if both were right equally often, two-sided.
        exact: whether p is that of the binomial distribution, or that of χ² with a correction for continuity.
    """

    only_first: int
    only_second: int
    p: float
    exact: bool


def mcnemar(first: Array, second: Array) -> McNemar:
    """McNemar's test: whether two classifiers are right equally often on the same rows.

    Rows that both have right, or both wrong, tell nothing; among the others, of which b + c there are, each model
    should have about half right. Below 25 such rows p is 2·P(X ≤ min(b, c)) for X binomial with p = 1/2, at most 1;
    from there on that of χ² = (|b − c| − 1)² / (b + c) with one degree of freedom.

    Args:
        first, second: (rows,), whether each model has the row right.

    >>> import numpy as np
    >>> from nnlite.metrics.paired import mcnemar
    >>> first, second = np.array([True] * 6 + [False]), np.array([False] * 6 + [True])
    >>> mcnemar(first, second)
    McNemar(only_first=6, only_second=1, p=0.125, exact=True)

    Source: McNemar, "Note on the sampling error of the difference between correlated proportions" (1947); Edwards,
    "Note on the 'correction for continuity'" (1948); Dietterich, "Approximate statistical tests for comparing
    supervised classification learning algorithms" (1998) recommends it where each model is trained once.
    """
    b, c = int(np.count_nonzero(first & ~second)), int(np.count_nonzero(second & ~first))
    if (apart := b + c) < EXACT_BELOW:
        below = sum(math.comb(apart, k) for k in range(min(b, c) + 1))
        return McNemar(b, c, min(1.0, 2 * below / 2**apart), True)
    statistic = max(abs(b - c) - 1, 0) ** 2 / apart
    return McNemar(b, c, math.erfc(math.sqrt(statistic / 2)), False)  # P(χ²₁ > s) = erfc(√(s/2))


def mean_difference(
    first: Array, second: Array, rng: np.random.Generator, weights: Array | None = None
) -> tuple[float, tuple[float, float]]:
    """The difference of the means of two models' figures on the same rows, and its 95 % interval.

    The rows are drawn with replacement, both models' figures of a row together (the paired bootstrap): what makes a
    row hard for both cancels. The interval is NaN for fewer than 10 rows.

    Args:
        first, second: (rows,), a figure of each row, such as its log loss.
        rng: draws the rows.
        weights: (rows,), the weight of each row; None for equal weights.

    Returns:
        The mean of `first` less that of `second`, and the interval.

    >>> import numpy as np
    >>> from nnlite.metrics.paired import mean_difference
    >>> hard = np.arange(100.0)
    >>> found, (low, high) = mean_difference(hard + 1, hard, np.random.default_rng(0))
    >>> round(found, 6), round(low, 6), round(high, 6)
    (1.0, 1.0, 1.0)

    Source: Efron, Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13; of pairs of systems: Koehn,
    "Statistical significance tests for machine translation evaluation" (2004).
    """
    differences = (first - second)[:, None]
    bounds = bootstrap(differences, lambda means: means[:, 0], rng, weights)
    return float(np.average(differences[:, 0], weights=weights)), (float(bounds[0]), float(bounds[1]))


def rmse_difference(
    first: Array, second: Array, rng: np.random.Generator, weights: Array | None = None
) -> tuple[float, tuple[float, float]]:
    """The difference of two models' RMSE on the same rows, and its 95 % interval by the paired bootstrap.

    Args:
        first, second: (rows, outputs), the errors of each model; of several outputs the RMSE is the mean of theirs.
        rng: draws the rows.
        weights: (rows,), the weight of each row; None for equal weights.

    Returns:
        The RMSE of `first` less that of `second`, and the interval.

    >>> import numpy as np
    >>> from nnlite.metrics.paired import rmse_difference
    >>> errors = np.linspace(-1, 1, 50)[:, None]
    >>> found, (low, high) = rmse_difference(2 * errors, errors, np.random.default_rng(0))
    >>> low < found < high, round(found, 4)
    (True, 0.589)

    Source: as for `mean_difference`.
    """
    squares = np.concatenate([first, second], axis=1).astype(np.float64) ** 2  # (rows, 2 · outputs)

    def difference(means: Array) -> Array:
        one, other = np.split(np.sqrt(means), 2, axis=1)  # (samples, outputs)
        result: Array = one.mean(axis=1) - other.mean(axis=1)
        return result

    bounds = bootstrap(squares, difference, rng, weights)
    whole = np.average(squares, axis=0, weights=weights)[None]
    return float(difference(whole)[0]), (float(bounds[0]), float(bounds[1]))


def holm(p: Sequence[float]) -> list[float]:
    """The p of several tests, raised so that 5 % is the chance of any false alarm among all of them together.

    Of m tests the smallest p is multiplied by m, the next by m − 1 and so on; none becomes smaller than one before.

    >>> from nnlite.metrics.paired import holm
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]

    Source: Holm, "A simple sequentially rejective multiple test procedure" (1979).
    """
    raised, largest = [1.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        largest = max(largest, min(1.0, (len(p) - rank) * p[place]))
        raised[place] = largest
    return raised
