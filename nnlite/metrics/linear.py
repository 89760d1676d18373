"""A linear model is the second baseline: a network that is worth its trouble does better than a weighted sum.

Features are standardized by the training rows, and the weights, but not the intercepts, are held small by their
squares, as much as scikit-learn's `LogisticRegression()` and `Ridge()` do by default.
"""

from dataclasses import dataclass

import numpy as np

from nnlite.types import Array

MOST_PRODUCTS = 5_000_000
"""Rows · features · outputs up to which fitting takes a fraction of a second."""

_MOST_STEPS, _MOST_DIRECTIONS = 50, 200


@dataclass(frozen=True, eq=False)
class Linear:
    """A fitted linear model.

    Attributes:
        used: (features,), which features are used: those that vary among the training rows.
        mean, scale: of these features, (used,).
        weights: (used + 1, outputs), the intercepts last.
        classes: whether the outputs are logits of classes.
    """

    used: Array
    mean: Array
    scale: Array
    weights: Array
    classes: bool

    def predict(self, x: Array) -> Array:
        """The probabilities of the classes, (rows, classes), or the numbers, (rows, outputs)."""
        outputs: Array = self._standardized(x) @ self.weights
        return _softmax(outputs) if self.classes else outputs

    def _standardized(self, x: Array) -> Array:
        return _with_ones((x[:, self.used].astype(np.float64) - self.mean) / self.scale)


def linear_classifier(x: Array, labels: Array, classes: int, sample_weight: Array | None = None) -> Linear:
    """Logistic regression: minimizes Σ over the rows of −log p + ½ Σ weights²; of two classes Σ weights².

    Args:
        x: (rows, features), finite.
        labels: (rows,), class indices.
        classes: how many classes there are.
        sample_weight: (rows,), how much each row counts; None if all count alike.

    >>> import numpy as np
    >>> from nnlite.metrics.linear import linear_classifier
    >>> x = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    >>> linear_classifier(x, np.array([0, 0, 1, 1]), 2).predict(x).argmax(axis=1).tolist()
    [0, 0, 1, 1]

    Source: the optimizer is Newton's method, whose steps conjugate gradients find: Nocedal, Wright, "Numerical
    Optimization" (2006), algorithm 7.1.
    """
    model = _prepared(x, classes, True)
    rows = model._standardized(x)  # (rows, used + 1)
    count = np.ones((len(x), 1)) if sample_weight is None else np.asarray(sample_weight, np.float64)[:, None]
    happened = labels[:, None] == np.arange(classes)  # (rows, classes)
    # Of two classes scikit-learn holds the square of a single vector, w₁ − w₀ = 2·w₁: half of it is Σ w₀² + w₁².
    held = np.full((rows.shape[1], 1), 2.0 if classes == 2 else 1.0)
    held[-1] = 0.0  # not the intercepts

    def loss(w: Array) -> float:
        of_true = np.maximum(_softmax(rows @ w)[happened], np.finfo(np.float64).tiny)
        return float(-count[:, 0] @ np.log(of_true) + (held * w * w).sum() / 2)

    w = model.weights
    for _ in range(_MOST_STEPS):
        p = _softmax(rows @ w)
        # ∂L/∂W = Xᵀ·(p − t) + held ∘ W
        gradient = rows.T @ (count * (p - happened)) + held * w
        size = float(np.abs(gradient).max())
        if size <= 1e-9 * float(count.sum()):
            break
        step = _newton_step(rows, count, p, held, gradient)
        rate, before, slope = 1.0, loss(w), float((gradient * step).sum())
        while rate > 1e-6 and loss(w + rate * step) > before + 1e-4 * rate * slope:
            rate /= 2
        w += rate * step
    return model


def _newton_step(rows: Array, count: Array, p: Array, held: Array, gradient: Array) -> Array:
    """The step V with H·V = −∂L/∂W, by conjugate gradients, more exactly the nearer the optimum is."""
    step = np.zeros_like(gradient)
    rest = -gradient
    direction, squares = rest.copy(), float((rest * rest).sum())
    enough = squares * min(0.01, squares / len(rows) ** 2)
    for _ in range(_MOST_DIRECTIONS):
        if squares <= enough:
            break
        # H·V = Xᵀ·(p ∘ (X·V − Σ over the classes of p ∘ X·V)) + held ∘ V
        along = rows @ direction
        along -= (p * along).sum(axis=1, keepdims=True)
        curved = rows.T @ (count * p * along) + held * direction
        curvature = float((direction * curved).sum())
        if curvature <= 0:  # rounding: along an equal shift of all intercepts nothing changes
            break
        step += squares / curvature * direction
        rest -= squares / curvature * curved
        before, squares = squares, float((rest * rest).sum())
        direction = rest + squares / before * direction
    return step


def linear_regression(x: Array, targets: Array, sample_weight: Array | None = None) -> Linear:
    """Ridge regression: minimizes Σ over the rows of (t − y)² + Σ weights².

    Args:
        x: (rows, features), finite.
        targets: (rows, outputs).
        sample_weight: (rows,), how much each row counts; None if all count alike.

    >>> import numpy as np
    >>> from nnlite.metrics.linear import linear_regression
    >>> x = np.arange(100.0)[:, None]
    >>> linear_regression(x, 3 * x + 1).predict(np.array([[10.0]])).round(0)
    array([[32.]])

    Source: Hoerl, Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems" (1970).
    """
    model = _prepared(x, targets.shape[1], False)
    rows = model._standardized(x)
    weighed = rows if sample_weight is None else rows * np.asarray(sample_weight, np.float64)[:, None]
    held = np.ones(rows.shape[1])
    held[-1] = 0.0
    middle = targets.mean(axis=0)  # of numbers about 0 no digits are lost
    model.weights[:] = np.linalg.solve(weighed.T @ rows + np.diag(held), weighed.T @ (targets - middle))
    model.weights[-1] += middle
    return model


def _prepared(x: Array, outputs: int, classes: bool) -> Linear:
    """A linear model whose weights are 0, with the mean and deviation of each feature that varies."""
    x = x.astype(np.float64)
    scale = x.std(axis=0)
    used = np.flatnonzero(scale > 1e-12 * np.abs(x).max(axis=0, initial=0.0))
    return Linear(used, x[:, used].mean(axis=0), scale[used], np.zeros((len(used) + 1, outputs)), classes)


def _with_ones(x: Array) -> Array:
    return np.concatenate([x, np.ones((len(x), 1))], axis=1)


def _softmax(outputs: Array) -> Array:
    p: Array = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p
