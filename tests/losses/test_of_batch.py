"""A loss that compares the rows of a batch with each other: how it is checked, trained and spoken of."""

import itertools

import numpy as np
import pytest

from nnlite import SGD, Dataset, Dense, Loss, Sequential, SoftmaxCrossEntropy, Standardize, Tanh, Trainer, evaluate
from nnlite.data import SOURCES
from nnlite.testing import CheckError, check_loss

LABELS = np.array([0, 2, 1, 1, 0, 2])


class Contrastive(Loss):
    """L = mean over pairs of d² for two rows of a class, max(0, margin − d)² for others (Hadsell et al., 2006).

    d is the distance of the two rows' outputs, and a pair weighs the product of its rows' weights.
    """

    task = "regression"
    of_batch = True

    def __init__(self, margin: float = 1.0):
        self.margin = margin

    def encode(self, targets, output_shape):
        return np.asarray(targets)

    def forward(self, outputs, targets, sample_weight=None):
        w = np.ones(len(outputs)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        self.weight = float(w.sum())
        self.apart = outputs[:, None].astype(np.float64) - outputs[None]  # (rows, rows, width)
        d = np.sqrt((self.apart**2).sum(axis=2))
        self.same, self.short = targets[:, None] == targets[None], np.maximum(self.margin - d, 0)
        pairs = w[:, None] * w[None]
        np.fill_diagonal(pairs, 0)
        self.share = pairs / (pairs.sum() or 1)
        self.d, self.dtype = np.maximum(d, 1e-12), outputs.dtype
        return float((self.share * np.where(self.same, d**2, self.short**2)).sum())

    def backward(self):
        slope = self.share * np.where(self.same, 2, -2 * self.short / self.d)  # ∂L/∂d ÷ d, of each pair
        return 2 * (slope[:, :, None] * self.apart).sum(axis=1).astype(self.dtype)  # a row is in two places of a pair

    def predict(self, outputs):
        return outputs


def by_hand(outputs, targets, weights, margin=1.0):
    total = pairs = 0.0
    for i, j in itertools.combinations(range(len(outputs)), 2):
        d = np.linalg.norm(outputs[i] - outputs[j])
        total += weights[i] * weights[j] * (d**2 if targets[i] == targets[j] else max(0, margin - d) ** 2)
        pairs += weights[i] * weights[j]
    return total / pairs


def test_the_loss_is_the_mean_over_pairs():
    outputs, weights = np.random.default_rng(0).normal(size=(6, 2)), np.array([1, 2, 0, 0.5, 1, 3])
    assert Contrastive().forward(outputs, LABELS, weights) == pytest.approx(by_hand(outputs, LABELS, weights))


@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_loss_over_pairs_passes(width):
    assert check_loss(Contrastive(margin=2.0), (width,), LABELS) < 1e-6


class Silent(Contrastive):
    of_batch = False


class Ranked(Contrastive):
    """The order of the rows counts: a pair is a row and the next."""

    def forward(self, outputs, targets, sample_weight=None):
        value = super().forward(outputs, targets, sample_weight)
        beside = np.abs(np.subtract.outer(range(len(targets)), range(len(targets)))) == 1
        self.share = self.share * beside
        d = np.where(self.d > 1e-12, self.d, 0)
        value = float((self.share * np.where(self.same, d**2, self.short**2)).sum())
        return value


class NoPairs(Contrastive):
    """Of a single row there is no pair, so it divides by 0."""

    def forward(self, outputs, targets, sample_weight=None):
        value = super().forward(outputs, targets, sample_weight)
        return float("nan") if len(outputs) == 1 else value


class Unweighted(Contrastive):
    """The weights are used for `weight` alone."""

    def forward(self, outputs, targets, sample_weight=None):
        value = super().forward(outputs, targets)
        self.weight = self.weight if sample_weight is None else float(np.sum(sample_weight))
        return value if self.weight else 0.0

    def backward(self):
        return super().backward() if self.weight else np.zeros(self.apart.shape[1:], self.dtype)


class Growing(Contrastive):
    """A weighted sum, not divided by the weights."""

    def forward(self, outputs, targets, sample_weight=None):
        value = super().forward(outputs, targets, sample_weight)
        self.factor = 1 if sample_weight is None else self.weight
        return value * self.factor

    def backward(self):
        return (super().backward() * self.factor).astype(self.dtype)


class Unsaid(Contrastive):
    """It counts the pairs as its weight."""

    def forward(self, outputs, targets, sample_weight=None):
        value = super().forward(outputs, targets, sample_weight)
        self.weight = self.weight**2
        return value


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Silent, "a loss that compares the rows of a batch says so: of_batch = True"),
        (Ranked, "of the rows in another order"),
        (NoPairs, "the loss of a single row is nan; expected a finite number"),
        (Unweighted, "the gradient of a row of weight 0"),
        (Growing, "with a weight of 1 for each row"),
        (Unsaid, "the sum of `weights`, against `weight`"),
    ],
)
def test_a_wrong_loss_over_pairs_is_refused(wrong, said):
    with pytest.raises(CheckError, match=said):
        check_loss(wrong(margin=2.0), (2,), LABELS)


def test_a_mean_over_rows_that_says_it_compares_them_is_refused():
    class Pretending(SoftmaxCrossEntropy):
        of_batch = True

    with pytest.raises(CheckError, match="the mean of its rows': leave that out"):
        check_loss(Pretending(), (3,), LABELS)


def test_it_trains_and_the_summary_says_that_figures_depend_on_the_batch():
    iris = SOURCES["iris"]()
    data = Dataset(iris.x, np.asarray(iris.y, np.float64))
    model = Sequential([Standardize(), Dense(8), Tanh(), Dense(2), Contrastive()])
    history = Trainer(model, SGD(0.2, momentum=0.9), epochs=15).fit(data, data, progress=False)
    assert history["validation_loss"][-1] < 0.1 < history["validation_loss"][0]
    assert "its figures depend on which rows a batch has" in model.summary()
    other = Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,))
    assert "depend" not in other.summary()
    assert evaluate(model, data)["loss"] == history["validation_loss"][-1]
