"""An interval says how far a figure of some test rows may be from that of all rows there could be."""

from collections.abc import Callable

import numpy as np

from nnlite.types import Array

Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: within ±Z lie 95 %."""

RESAMPLES = 1000

LEAST_ROWS = 10
"""On fewer rows resampling says nothing: of one row all samples are alike."""


def wilson(right: int, rows: int) -> tuple[float, float]:
    """The 95 % interval of Wilson for a share such as the accuracy, of independent rows.

    It stays within 0 and 1, and has a width even where all rows are right: of 30 rows that are all right it says
    0.886 to 1.

    Args:
        right: how many rows are right.
        rows: how many there are, at least 1.

    >>> from nnlite.metrics.intervals import wilson
    >>> [round(bound, 4) for bound in wilson(90, 100)]
    [0.8256, 0.9448]

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927); Brown, Cai,
    DasGupta, "Interval Estimation for a Binomial Proportion" (2001) recommend it.
    """
    share, z2 = right / rows, Z * Z
    middle = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = Z / (1 + z2 / rows) * (share * (1 - share) / rows + z2 / (4 * rows * rows)) ** 0.5
    # At 0 and 1 middle and half cancel, but for rounding.
    return (0.0 if right == 0 else middle - half), (1.0 if right == rows else middle + half)


def bootstrap(figures: Array, statistic: Callable[[Array], Array], rng: np.random.Generator) -> Array:
    """The 95 % intervals of figures that are computed from means over the rows, such as the RMSE.

    Rows are drawn with replacement, as many as there are, 1,000 times; the interval leaves 2.5 % of the results
    below it, and as many above (the percentile method). It is NaN for fewer than 10 rows.

    Args:
        figures: (rows, columns), the quantities whose means are needed.
        statistic: from means, (samples, columns), to results, (samples, …).
        rng: draws the rows.

    Returns:
        The lower and the upper bounds, (2, …).

    >>> import numpy as np
    >>> from nnlite.metrics.intervals import bootstrap
    >>> values = np.arange(100.0)[:, None]  # their mean is 49.5, with a standard error of 2.9
    >>> bootstrap(values, lambda means: means[:, 0], np.random.default_rng(0)).round(1)
    array([43.8, 55. ])

    Source: Efron, "Bootstrap Methods: Another Look at the Jackknife" (1979); Efron, Tibshirani, "An Introduction to
    the Bootstrap" (1993), chapter 13.
    """
    rows = len(figures)
    means = np.empty((RESAMPLES, figures.shape[1]))
    for sample in means:
        sample[:] = np.bincount(rng.integers(rows, size=rows), minlength=rows) @ figures / rows
    bounds: Array = np.quantile(statistic(means), [0.025, 0.975], axis=0)
    return bounds if rows >= LEAST_ROWS else np.full_like(bounds, np.nan)
