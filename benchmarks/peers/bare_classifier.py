"""A classifier for searches of scikit-learn that is one loop of NumPy calls: nothing is checked or recorded."""

import itertools
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from benchmarks.peers.by_hand import views

BATCH = 32


class BareClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # no types
    """One hidden layer, ReLU and Adam on standardized numbers, as the other peers of the search train it.

    It says how fast layers in NumPy could be at most: it has no layers, no history and no figures but the loss.

    Args:
        hidden: the width of the hidden layer, in a tuple.
        rate: the learning rate.
        epochs: how many to make.
    """

    def __init__(self, hidden: tuple[int, ...] = (16,), rate: float = 1e-3, epochs: int = 200) -> None:
        self.hidden, self.rate, self.epochs = hidden, rate, epochs

    def fit(self, X: Any, y: Any) -> Self:
        """Trains on these rows."""
        self.classes_, y = np.unique(y, return_inverse=True)
        self.mean, self.scale = X.mean(axis=0), X.std(axis=0)
        x, rng = ((X - self.mean) / self.scale).astype(np.float32), np.random.default_rng(0)
        widths = (x.shape[1], *self.hidden, len(self.classes_))
        drawn = [
            (rng.normal(size=pair) * np.sqrt(2 / sum(pair)), np.zeros(pair[1])) for pair in itertools.pairwise(widths)
        ]
        count = sum(weight.size + bias.size for weight, bias in drawn)
        values, grads, mean, square = (np.zeros(count, np.float32) for _ in range(4))
        self.pairs, ((dw1, db1), (dw2, db2)) = views(values, drawn), views(grads, drawn)
        for homes, starts in zip(self.pairs, drawn, strict=True):
            for home, start in zip(homes, starts, strict=True):
                home[:] = start
        ((w1, b1), (w2, b2)) = self.pairs
        one_hot, ones = np.eye(widths[-1], dtype=np.float32), np.ones(BATCH, np.float32)
        beta1, rest1, beta2, rest2 = (np.float32(number) for number in (0.9, 0.1, 0.999, 0.001))
        step = 0
        for _ in range(self.epochs):
            order = rng.permutation(len(x))
            rows, targets, loss = x.take(order, axis=0), one_hot.take(y.take(order), axis=0), 0.0
            for start in range(0, len(x), BATCH):
                batch, true = rows[start : start + BATCH], targets[start : start + BATCH]
                one = ones[: len(batch)]
                h = batch.dot(w1)
                h += b1
                np.maximum(h, 0, out=h)
                z = h.dot(w2)
                z += b2
                z -= np.maximum.reduce(z, axis=1, keepdims=True)
                p = np.exp(z)
                total = np.add.reduce(p, axis=1, keepdims=True)
                loss += float(np.log(total).sum()) - float(np.vdot(true, z))
                p /= total
                p -= true
                p /= len(batch)
                h.T.dot(p, dw2)
                one.dot(p, db2)
                dh = p.dot(w2.T)
                dh *= h > 0
                batch.T.dot(dh, dw1)
                one.dot(dh, db1)
                step += 1
                mean *= beta1
                mean += rest1 * grads
                square *= beta2
                square += rest2 * (grads * grads)
                correction = np.sqrt(1 - 0.999**step)
                change = np.sqrt(square)
                change += np.float32(1e-8 * correction)
                np.divide(mean, change, out=change)
                change *= np.float32(self.rate * correction / (1 - 0.9**step))
                values -= change
            self.loss_ = loss / len(x)
        return self

    def predict(self, X: Any) -> Any:
        """The classes of rows."""
        (w1, b1), (w2, b2) = self.pairs
        h = np.maximum((X - self.mean) / self.scale @ w1 + b1, 0)
        return self.classes_[(h @ w2 + b2).argmax(axis=1)]
