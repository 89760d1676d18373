"""Calibration divides the log odds of a trained classifier by one number, its temperature, found on held-out rows.

A network is often too certain of its answers, sometimes not certain enough. The temperature with the lowest log loss
on rows that it was not trained on corrects that on average, and changes no answer.

Source: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks" (2017).
"""

import numpy as np

from nnlite.errors import DataError
from nnlite.types import Array

LEAST_ROWS = 1000
"""From this many held-out rows on a temperature is worth fitting; found on 30 to 150 it did more harm than good."""

_RANGE = (0.05, 20.0)


def temperature(probabilities: Array, targets: Array, sample_weight: Array | None = None) -> float:
    """The temperature at which these probabilities have the lowest log loss, between 0.05 and 20.

    With z the logarithms of the probabilities and β = 1/T the loss of a row of class y is

        L(β) = −β·z_y + log Σₖ exp(β·zₖ),    dL/dβ = Σₖ softmax(β·z)ₖ·zₖ − z_y,

    and convex, so its derivative has one root, which is bisected.

    Args:
        probabilities: (rows, classes) of rows that the model was not trained on; (rows, labels) of labels that do
            not exclude each other.
        targets: (rows,) class indices, or (rows, labels) of 0 and 1.
        sample_weight: (rows,), the weight of each row.

    Raises:
        DataError: when there are no rows, or no weight.

    >>> import numpy as np
    >>> from nnlite.training.calibration import temperature
    >>> certain = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])
    >>> T = temperature(certain, np.array([0, 0, 1, 1]))
    >>> T > 1, round(float(1 / (1 + (0.1 / 0.9) ** (1 / T))), 6)  # 3 of 4 were right
    (True, 0.75)
    """
    p = np.asarray(probabilities, np.float64)
    y = np.asarray(targets)
    weight = np.ones(len(p)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    if not len(p) or not weight.any():
        raise DataError("there are no rows to find a temperature on, or all have weight 0")
    if y.ndim == 2:  # each label is a question of two answers
        weight = np.repeat(weight, y.shape[1])
        p, y = np.stack([1 - p.ravel(), p.ravel()], axis=1), y.ravel()
    z = np.log(np.maximum(p, np.finfo(np.float64).tiny))  # (rows, classes)
    z_y = z[np.arange(len(z)), y.astype(np.intp)]

    def derivative(log_beta: float) -> float:
        scaled = np.exp(log_beta) * z
        e = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        # dL/dβ = Σₖ softmax(β·z)ₖ·zₖ − z_y
        return float(weight @ ((e * z).sum(axis=1) / e.sum(axis=1) - z_y))

    low, high = (-np.log(bound) for bound in reversed(_RANGE))
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if derivative(middle) > 0 else (middle, high)
    return float(np.exp(-(low + high) / 2))
