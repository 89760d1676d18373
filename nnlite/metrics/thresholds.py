"""What is found of a class at each threshold of its probability: the curves of ROC, and of precision and recall."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nnlite.types import Array


@dataclass(frozen=True, eq=False)
class AtThresholds:
    """What is found where each row is taken for a yes whose probability is at least a threshold.

    A figure with nothing to divide by is NaN. All are of the rows' weights, if they have any.

    Attributes:
        thresholds: (thresholds,), each probability that a row has, the highest first.
        recall: the part of the rows that have the class which are found; of ROC curves the true positive rate.
        false_alarms: the part of the rows that lack it which are taken for it; the false positive rate.
        precision: the part of the rows taken for it that have it.
        share: the part of all rows that have it: the precision where all rows are taken.
    """

    thresholds: Array
    recall: Array
    false_alarms: Array
    precision: Array
    share: float

    @property
    def area(self) -> float:
        """The area under the ROC curve, as `ROCAUC` says it."""
        x, y = (np.concatenate([[0.0], each]) for each in (self.false_alarms, self.recall))
        return float((np.diff(x) * (y[1:] + y[:-1])).sum() / 2)

    @property
    def average_precision(self) -> float:
        """The area under the curve of precision over recall, in steps, as `AveragePrecision` says it."""
        return float((np.diff(self.recall, prepend=0.0) * self.precision).sum())

    def nearest(self, threshold: float) -> int:
        """The place of the lowest probability that is at least the threshold; −1 where none is."""
        return int((self.thresholds >= threshold).sum()) - 1


def at_thresholds(probabilities: Array, has: Array, sample_weight: Array | None = None) -> AtThresholds:
    """Recall, false alarms and precision at each threshold.

    Args:
        probabilities: (rows,) how probable the class is for each row, or another number that says so; finite.
        has: (rows,) whether each row has the class.
        sample_weight: (rows,) how much each row counts; None if all count alike.

    >>> import numpy as np
    >>> from nnlite.metrics.thresholds import at_thresholds
    >>> found = at_thresholds(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
    >>> found.thresholds.tolist(), found.recall.tolist(), found.false_alarms.tolist(), found.area
    ([0.8, 0.4, 0.35, 0.1], [0.5, 0.5, 1.0, 1.0], [0.0, 0.5, 0.5, 1.0], 0.75)

    Source: Fawcett, "An introduction to ROC analysis" (2006).
    """
    distinct, place = np.unique(-np.asarray(probabilities, np.float64), return_inverse=True)
    weight = np.ones(len(place)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    positive = np.bincount(place, weight * (has == 1), len(distinct)).cumsum()
    negative = np.bincount(place, weight * (has != 1), len(distinct)).cumsum()
    with np.errstate(invalid="ignore"):  # where there is nothing to divide by
        return AtThresholds(
            -distinct,
            positive / positive[-1],
            negative / negative[-1],
            positive / (positive + negative),
            float(positive[-1] / (positive[-1] + negative[-1])),
        )


def of_each_class(
    labels: Array, probabilities: Array, sample_weight: Array | None = None
) -> Iterator[tuple[int, AtThresholds]]:
    """Each class, by its index, with what is found of it: of two classes the second alone; of more all.

    Rows for which a probability is not finite are left out.

    Args:
        labels: (rows,) the true class indices.
        probabilities: (rows, classes).
        sample_weight: (rows,) how much each row counts; None if all count alike.
    """
    known = np.isfinite(probabilities).all(axis=1)
    weight = None if sample_weight is None else sample_weight[known]
    count = probabilities.shape[1]
    if known.any():
        for index in range(1 if count == 2 else 0, count):
            yield index, at_thresholds(probabilities[known, index], labels[known] == index, weight)
