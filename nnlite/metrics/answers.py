"""Metrics of answers: they look at which class is the likeliest, or which labels are, and not at how likely."""

from typing import Literal

import numpy as np

from nnlite.errors import ConfigError
from nnlite.metrics.metric import Metric, weighted_mean
from nnlite.signature import PositiveInt
from nnlite.types import Array, Task


def _confusion(predictions: Array, targets: Array, weights: Array | None) -> Array:
    """The total weight of the rows of class i that are taken for class j, (classes, classes)."""
    classes = predictions.shape[1]
    pairs = targets * classes + predictions.argmax(axis=1)
    counts = np.bincount(pairs, weights, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.float64)


class BalancedAccuracy(Metric):
    """The mean recall of the classes: Σₖ (right rows of class k / rows of class k) / classes. Rising, 0 to 1.

    Each class counts the same however many rows it has; one without rows is left out. Chance gives 1 / classes.

    >>> import numpy as np
    >>> from nnlite.metrics import BalancedAccuracy
    >>> BalancedAccuracy()(np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]]), np.array([0, 0, 1]))
    0.5

    Source: Brodersen et al., "The Balanced Accuracy and Its Posterior Distribution" (2010).
    """

    tasks = ("classification",)
    rising = True

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        confusion = _confusion(predictions, targets, weights)
        of_class = confusion.sum(axis=1)  # (classes,)
        there = of_class > 0
        return float((confusion.diagonal()[there] / of_class[there]).mean())


class F1(Metric):
    """The harmonic mean of precision and recall, 2·right / (rows of the class + rows taken for it). Rising, 0 to 1.

    Of several labels one applies where its probability is above a half.

    Args:
        average: "macro" for the mean over the classes or labels, "weighted" for the mean by how many rows each has,
            and "binary" for the second of two classes alone. A class that neither has rows nor is predicted has no F1
            and is left out.

    >>> import numpy as np
    >>> from nnlite.metrics import F1
    >>> F1("binary")(np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]), np.array([0, 0, 1])), F1().name
    (0.6666666666666666, 'f1_macro')

    Source: van Rijsbergen, "Information Retrieval" (1979), chapter 7.
    """

    tasks = ("classification", "multi-label")
    rising = True
    needs = "a row that has the class or label, or that is predicted to have it"

    def __init__(self, average: Literal["macro", "weighted", "binary"] = "macro") -> None:
        self.average = average

    def check(self, task: Task, width: int) -> None:
        if self.average == "binary" and (task != "classification" or width != 2):
            what = "classes" if task == "classification" else "labels"
            raise ConfigError(f'{self!r} is for two classes, but there are {width} {what}: take F1("macro")')

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        if targets.ndim == 1:
            confusion = _confusion(predictions, targets, weights)
            right, of_class, taken = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)  # (classes,)
        else:
            found, w = predictions > 0.5, np.ones(len(targets)) if weights is None else weights
            right, of_class, taken = w @ (targets * found), w @ targets, w @ found  # (labels,)
        f1 = np.full(len(right), np.nan)
        np.divide(2 * right, of_class + taken, out=f1, where=of_class + taken > 0)
        if self.average == "binary":
            return float(f1[1])
        counts = of_class if self.average == "weighted" else np.where(np.isnan(f1), 0.0, 1.0)
        return float((counts * np.nan_to_num(f1)).sum() / counts.sum()) if counts.any() else np.nan


class MCC(Metric):
    """Matthews' correlation coefficient of the true and the predicted classes. Rising, −1 to 1, by chance 0.

    With t and p the shares of the rows that each class has and is predicted to have, and c the accuracy, it is
    (c − Σ t·p) / √((1 − Σ t²)·(1 − Σ p²)). If all rows are predicted to be of one class it is 0.

    >>> import numpy as np
    >>> from nnlite.metrics import MCC
    >>> MCC()(np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]]), np.array([0, 0, 1, 1])).__round__(6)
    0.57735

    Sources: Matthews, "Comparison of the predicted and observed secondary structure of T4 phage lysozyme" (1975); of
    more than two classes: Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient"
    (2004).
    """

    tasks = ("classification",)
    rising = True
    needs = "rows of two classes at least"

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        confusion = _confusion(predictions, targets, weights)
        confusion /= confusion.sum()
        t, p = confusion.sum(axis=1), confusion.sum(axis=0)  # (classes,)
        if np.count_nonzero(t) < 2:
            return np.nan
        if np.count_nonzero(p) < 2:
            return 0.0
        # c − Σ t·p, where both are large, is Σ over i of Cᵢᵢ − tᵢ·pᵢ
        spread = float((t * (1 - t)).sum()) * float((p * (1 - p)).sum())
        return float((confusion.diagonal() - t * p).sum() / spread**0.5)


class TopK(Metric):
    """The part of the rows whose true class is among the k likeliest. Rising, 0 to 1; of k = 1 it is the accuracy.

    Of classes that are equally likely the earlier one comes first, as in the accuracy.

    Args:
        k: how many classes a row may be given; fewer than there are.

    >>> import numpy as np
    >>> from nnlite.metrics import TopK
    >>> TopK(2)(np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]]), np.array([1, 2])), TopK(2).name
    (0.5, 'top_2')

    Source: Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge" (2015), section 4.
    """

    tasks = ("classification",)
    rising = True

    def __init__(self, k: PositiveInt = 5) -> None:
        self.k = k

    @property
    def name(self) -> str:
        return f"top_{self.k}"

    def check(self, task: Task, width: int) -> None:
        if self.k >= width:
            raise ConfigError(f"{self!r}: there are {width} classes, so that every row is right: take a smaller k")

    def compute(self, predictions: Array, targets: Array, weights: Array | None) -> float:
        of_true = predictions[np.arange(len(targets)), targets][:, None]  # (rows, 1)
        earlier = np.arange(predictions.shape[1]) < targets[:, None]  # (rows, classes)
        before = (predictions > of_true) | ((predictions == of_true) & earlier)
        return float(weighted_mean(before.sum(axis=1) < self.k, weights))
