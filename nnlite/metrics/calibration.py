"""Calibration: of the rows for which a classifier is 80 % sure, it should be right about 80 %."""

from dataclasses import dataclass

import numpy as np

from nnlite.metrics.classification import likeliest
from nnlite.types import Array


@dataclass(frozen=True, eq=False)
class Reliability:
    """How sure a classifier is and how often it is right, in bins of rows for which it is about as sure.

    Attributes:
        edges: (bins + 1,), where the bins begin and end, from 0 to 1; a bin has its upper edge, not its lower one.
        rows: (bins,), how many rows each bin has.
        share: (bins,), their part of the whole weight; without weights of all rows.
        confidence: (bins,), the mean probability of the predicted class; NaN in a bin without rows.
        accuracy: (bins,), the part of the rows that are right; NaN in a bin without rows.
    """

    edges: Array
    rows: Array
    share: Array
    confidence: Array
    accuracy: Array

    @property
    def ece(self) -> float:
        """The expected calibration error, Σ over the bins of share · |accuracy − confidence|. 0 at best, 1 at worst.

        Source: Naeini, Cooper, Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (2015).
        """
        return float(np.nansum(self.share * np.abs(self.accuracy - self.confidence)))


def reliability(
    probabilities: Array, labels: Array, sample_weight: Array | None = None, bins: int = 10
) -> Reliability:
    """How often a classifier is right about the class that it predicts, beside how sure it is of it.

    Rows for which a probability is not finite are left out, and rows of weight 0.

    Args:
        probabilities: (rows, classes).
        labels: (rows,) the true class indices.
        sample_weight: (rows,) how much each row counts; None if all count alike.
        bins: how many bins of equal width there are.

    >>> import numpy as np
    >>> from nnlite.metrics.calibration import reliability
    >>> found = reliability(np.array([[0.25, 0.75], [0.25, 0.75], [0.0, 1.0]]), np.array([1, 0, 1]), bins=4)
    >>> found.rows.tolist(), found.confidence[2:].tolist(), found.accuracy[2:].tolist(), round(found.ece, 4)
    ([0, 0, 2, 1], [0.75, 1.0], [0.5, 1.0], 0.1667)

    Source: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks" (2017), section 2.
    """
    found = likeliest(probabilities)
    weights = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    kept = np.flatnonzero((found >= 0) & (weights > 0))
    sure = probabilities[kept, found[kept]].astype(np.float64)  # (rows,)
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.searchsorted(edges[1:-1], sure)
    weights, right = weights[kept], found[kept] == labels[kept]
    total, confidence, accuracy = (
        np.bincount(place, each * weights, bins) for each in (np.ones(len(kept)), sure, right)
    )
    with np.errstate(invalid="ignore"):  # a bin without rows
        return Reliability(
            edges,
            np.bincount(place, minlength=bins),
            total / (total.sum() or 1.0),
            confidence / total,
            accuracy / total,
        )
