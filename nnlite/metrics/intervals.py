"""An interval says how far a figure of some test rows may be from that of all rows there could be."""

import math
from collections.abc import Callable

import numpy as np

from nnlite.types import Array

Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: within ±Z lie 95 %."""

RESAMPLES = 1000

LEAST_ROWS = 10
"""On fewer rows resampling says nothing: of one row all samples are alike."""

MOST_GROUPS = 5000
"""The most things that a sample draws: of more rows, groups of them are drawn, which bounds the time."""


def effective_rows(weights: Array) -> float:
    """How many rows of equal weight say as much as these with their weights: (Σw)² / Σw²; 0 where no row counts.

    >>> import numpy as np
    >>> from nnlite.metrics.intervals import effective_rows
    >>> effective_rows(np.array([2.0, 2.0, 2.0, 0.0])), effective_rows(np.array([2.0, 1.0]))
    (3.0, 1.8)

    Source: Kish, "Survey Sampling" (1965), section 11.7.
    """
    largest = float(weights.max())
    if not largest:
        return 0.0
    relative = weights / largest  # squares of weights of 1e-30, say, would be lost
    return float(relative.sum()) ** 2 / float(relative @ relative)


def wilson(right: float, rows: float) -> tuple[float, float]:
    """The 95 % interval of Wilson for a share such as the accuracy, of independent rows.

    It stays within 0 and 1, and has a width even where all rows are right: of 30 rows that are all right it says
    0.886 to 1. Of no rows it is NaN.

    Args:
        right: how many rows are right; where rows have weights, `rows` times the weighted share.
        rows: how many there are; where they have weights, how many say as much: `effective_rows`.

    >>> from nnlite.metrics.intervals import wilson
    >>> [round(bound, 4) for bound in wilson(90, 100)]
    [0.8256, 0.9448]

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927); Brown, Cai,
    DasGupta, "Interval Estimation for a Binomial Proportion" (2001) recommend it.
    """
    if not rows:
        return math.nan, math.nan
    share, z2 = min(right / rows, 1.0), Z * Z  # a weighted share of 1 may be rounded up
    middle = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = Z / (1 + z2 / rows) * (share * (1 - share) / rows + z2 / (4 * rows * rows)) ** 0.5
    # At 0 and 1 middle and half cancel, but for rounding.
    return (0.0 if right == 0 else max(middle - half, 0.0)), (1.0 if share == 1 else min(middle + half, 1.0))


def bootstrap(
    figures: Array,
    statistic: Callable[[Array], Array],
    rng: np.random.Generator,
    weights: Array | None = None,
) -> Array:
    """The 95 % intervals of figures that are computed from means over the rows, such as the RMSE.

    Rows are drawn with replacement, as many as there are, 1,000 times; the interval leaves 2.5 % of the results
    below it, and as many above: of few rows fewer, 2.1 % of 50, since it would be too narrow otherwise (the expanded
    percentile method). Of more than 5,000 rows, 5,000 groups of equal size, into
    which chance parts the rows, are drawn in their place: a mean over drawn groups varies as one over drawn rows
    does, and the time grows no further. It is NaN for fewer than 10 rows.

    Args:
        figures: (rows, columns), the quantities whose means are needed.
        statistic: from means, (samples, columns), to results, (samples, …).
        rng: draws the rows.
        weights: (rows,), the weight of each row in the means; None for equal weights. A row of weight 0 is left out,
            and the interval is NaN where the weights leave fewer than 10 `effective_rows`.

    Returns:
        The lower and the upper bounds, (2, …).

    >>> import numpy as np
    >>> from nnlite.metrics.intervals import bootstrap
    >>> values = np.arange(100.0)[:, None]  # their mean is 49.5, with a standard error of 2.9
    >>> bootstrap(values, lambda means: means[:, 0], np.random.default_rng(0)).round(1)
    array([43.7, 55. ])

    Source: Efron, "Bootstrap Methods: Another Look at the Jackknife" (1979); Efron, Tibshirani, "An Introduction to
    the Bootstrap" (1993), chapter 13; Hesterberg, "What Teachers Should Know About the Bootstrap" (2015), section 5.
    """
    size = len(figures) if weights is None else effective_rows(weights)
    enough = size >= LEAST_ROWS
    if weights is None or not enough:
        sums, shares = figures, np.ones(len(figures))
    else:
        counting = weights > 0
        shares = weights[counting] / weights.max()  # (rows,)
        sums = figures[counting] * shares[:, None]  # (rows, columns)
    if (rows := len(sums)) > MOST_GROUPS:
        order, first = rng.permutation(rows), np.arange(MOST_GROUPS) * rows // MOST_GROUPS
        sums, shares = (
            np.add.reduceat(each[order], first) for each in (sums, shares)
        )  # (groups, columns), (groups,)
    means = np.empty((RESAMPLES, figures.shape[1]))
    with np.errstate(invalid="ignore"):  # where a row is infinite, the interval is undefined
        for sample in means:
            drawn = np.bincount(rng.integers(len(sums), size=len(sums)), minlength=len(sums))
            sample[:] = drawn @ sums / (drawn @ shares)
        tail = _tail(size) if enough else 0.025
        bounds: Array = np.quantile(statistic(means), [tail, 1 - tail], axis=0)
    return bounds if enough else np.full_like(bounds, np.nan)


def _tail(rows: float) -> float:
    """The part of the samples to leave out at each end, so that the interval is as wide as that of Student's t.

    It is Φ(−√(n/(n − 1))·t), where t is the 97.5 % quantile of ν = n − 1 degrees of freedom, here its expansion
    z + (z³ + z)/4ν + (5z⁵ + 16z³ + 3z)/96ν² (Abramowitz, Stegun, "Handbook of Mathematical Functions", 26.7.5).
    """
    freedom = rows - 1
    t = Z + (Z**3 + Z) / (4 * freedom) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedom**2)
    return math.erfc(t * math.sqrt(rows / freedom / 2)) / 2
