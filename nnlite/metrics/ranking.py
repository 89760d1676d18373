"""Metrics of the order that probabilities put rows in: do those that have a class come before those that lack it?

Of two classes the question is the second one; of more, and of several labels, each one is a question, and the figure
is the mean over them.
"""

from abc import abstractmethod
from collections.abc import Iterator

import numpy as np

from nnlite.metrics.metric import Metric
from nnlite.types import Array


class _Ranking(Metric):
    """The mean over the questions of a figure of their rows, ordered by probability."""

    tasks = ("classification", "multi-label")
    rising = True

    @abstractmethod
    def of_question(self, positive: Array, negative: Array) -> float:
        """The figure of one question.

        Args:
            positive: (distinct probabilities,) the total weight of the rows that have the class, for each probability
                that a row has, the highest first.
            negative: the same of the rows that lack it.
        """

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        figures = [
            self.of_question(*_by_probability(probabilities, has, weights))
            for probabilities, has in _questions(predictions, targets)
        ]
        return float(np.mean(figures))


def _questions(predictions: Array, targets: Array) -> Iterator[tuple[Array, Array]]:
    """For each question the probabilities of the rows, and whether they have the class, (rows,) each."""
    if targets.ndim == 2:
        yield from zip(predictions.T, targets.T, strict=True)
    else:
        first = 1 if predictions.shape[1] == 2 else 0
        for index in range(first, predictions.shape[1]):
            yield predictions[:, index], targets == index


def _by_probability(probabilities: Array, has: Array, weights: Array | None) -> tuple[Array, Array]:
    """The total weight of rows that have the class, and that lack it, for each probability from the highest down."""
    distinct, place = np.unique(-probabilities, return_inverse=True)
    w = np.ones(len(place)) if weights is None else weights
    count = len(distinct)
    return np.bincount(place, w * has, count), np.bincount(place, w * (1 - has), count)


class ROCAUC(_Ranking):
    """The probability that a row which has the class is given a higher probability than one which lacks it.

    Equal probabilities count one half: with P and N the total weights of rows with and without the class, it is
    Σ over pairs of w⁺·w⁻·([p⁺ > p⁻] + [p⁺ = p⁻] / 2) / (P·N), the area under the ROC curve. Rising, by chance 0.5. Of
    more than two classes each is compared with the rest, and the mean taken, as by `multi_class="ovr"` of
    scikit-learn.

    >>> import numpy as np
    >>> from nnlite.metrics import ROCAUC
    >>> ROCAUC()(np.array([[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]]), np.array([0, 0, 1, 1]))
    0.75

    Source: Hanley, McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve"
    (1982).
    """

    needs = "rows with and rows without each class or label"

    @property
    def name(self) -> str:
        return "roc_auc"

    def of_question(self, positive: Array, negative: Array) -> float:
        pairs = positive.sum() * negative.sum()
        below = negative.sum() - negative.cumsum() + negative / 2  # of rows with a lower probability, ties half
        return float(positive @ below / pairs) if pairs else np.nan


class AveragePrecision(_Ranking):
    """Σₙ (Rₙ − Rₙ₋₁)·Pₙ over the thresholds n, of precision P and recall R: the area under their curve, in steps.

    Rising, 0 to 1; by chance it is the part of the rows that have the class, so that it says more than the ROC AUC of
    a rare one. Of more than two classes, and of several labels, it is the mean over them.

    >>> import numpy as np
    >>> from nnlite.metrics import AveragePrecision
    >>> p = np.array([[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]])
    >>> round(AveragePrecision()(p, np.array([0, 0, 1, 1])), 6)
    0.833333

    Source: Buckley, Voorhees, "Evaluating evaluation measure stability" (2000).
    """

    needs = "a row of each class or label"

    def of_question(self, positive: Array, negative: Array) -> float:
        total = positive.sum()
        if not total:
            return np.nan
        found = positive.cumsum()
        return float(positive @ (found / (found + negative.cumsum())) / total)
