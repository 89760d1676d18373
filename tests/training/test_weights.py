"""Weights count in batches of every size as they count over all rows at once."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score

from nnlite import (
    SGD,
    BatchNorm,
    BinaryCrossEntropy,
    Callback,
    Cosine,
    DataError,
    Dataset,
    Dense,
    EarlyStopping,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
    seeding,
)
from nnlite.core.snapshot import arrays_of
from nnlite.training.evaluation import evaluate_feed
from nnlite.training.feed import Feed
from nnlite.training.learning_rate_finder import range_test

BATCHES = {1: 4, 8: 10, 32: 30, 1000: 300}
"""Batch sizes, and the epochs that suffice; 1000 are all rows at once."""


@pytest.fixture
def rare(rng):
    """Two clouds that overlap, of which one has 60 of 1,000 rows."""
    labels = (np.arange(1000) % 50 < 3).astype(int)
    return Dataset(rng.normal(size=(1000, 2)) + labels[:, None] * [1.5, 0.5], labels)


def trained(layers, data, batch_size, rate):
    """The model after SGD whose learning rate falls to 0, as it must for batches to lead to one place."""
    trainer = Trainer(
        Sequential(layers), SGD(rate), epochs=BATCHES[batch_size], batch_size=batch_size, schedule=Cosine()
    )
    trainer.fit(data)
    return trainer


@pytest.mark.parametrize("batch_size", BATCHES)
def test_a_mean_is_the_weighted_mean(batch_size):
    """By hand: Σwy/Σw = 50 · 19 / (50 · 19 + 950) = 0.5. Divided by each batch's weights, 0.05 in batches of 1."""
    y = np.repeat([1.0, 0.0], [50, 950])
    data = Dataset(np.ones((1000, 1)), y, sample_weight=np.repeat([19.0, 1.0], [50, 950]))
    trainer = trained([Dense(1), MeanSquaredError()], data, batch_size, 0.002 if batch_size == 1 else 0.02)
    assert trainer.model.predict(data.x[:1]) == pytest.approx(0.5, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", BATCHES)
@pytest.mark.parametrize("by", ["classes", "rows"])
@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy, BinaryCrossEntropy])
def test_a_rare_class_is_found_as_often_as_by_weighted_logistic_regression(rare, loss, by, batch_size):
    exact = LogisticRegression(C=1e6, class_weight="balanced").fit(rare.x, rare.y)
    if by == "classes":
        criterion, data = loss(class_weight="balanced"), rare
    else:
        weights = np.array([1000 / (2 * 940), 1000 / (2 * 60)])[rare.y]
        criterion, data = loss(), Dataset(rare.x, rare.y, sample_weight=weights)
    layers = [Dense(2 if loss is SoftmaxCrossEntropy else 1), criterion]
    trainer = trained(layers, data, batch_size, {1: 0.03, 8: 0.2, 32: 0.5}.get(batch_size, 1.0))
    found = trainer.model.predict(rare.x)
    assert np.abs(found - exact.predict_proba(rare.x)).mean() < 0.03
    assert recall_score(rare.y, found.argmax(axis=1)) == pytest.approx(
        recall_score(rare.y, exact.predict(rare.x)), abs=0.03
    )


def shares(draw):
    return draw.dirichlet(np.ones(3), 24)


CASES = {
    "squares": (MeanSquaredError(), lambda draw: draw.normal(size=(24, 3)), True),
    "absolute": (MeanAbsoluteError(), lambda draw: draw.normal(size=(24, 3)), True),
    "Huber": (Huber(0.5), lambda draw: draw.normal(size=(24, 3)), True),
    "labels": (BinaryCrossEntropy(), lambda draw: draw.integers(0, 2, (24, 3)), True),
    "classes": (SoftmaxCrossEntropy(class_weight=(1, 5, 0.5)), lambda draw: draw.integers(0, 3, 24), False),
    "both": (SoftmaxCrossEntropy(class_weight=(1, 5, 0.5)), lambda draw: draw.integers(0, 3, 24), True),
    "shares": (SoftmaxCrossEntropy(class_weight=(1, 5, 0.5)), shares, True),
    "smooth": (SoftmaxCrossEntropy(label_smoothing=0.2, class_weight="balanced"), shares, True),
}


class Followed(SGD):
    """Keeps the gradients that it is given, and changes nothing."""

    def step(self, parameters, rate=None):
        self.seen = [*getattr(self, "seen", []), parameters.grads.astype(np.float64)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [2, 6, 24])
@pytest.mark.parametrize("case", CASES)
def test_the_mean_of_the_batches_gradients_is_the_gradient_of_all_rows(case, batch_size, dtype, rng):
    criterion, targets, weighted = CASES[case]
    weights = rng.exponential(size=24) * (1 + np.arange(24) % 5) if weighted else None
    data = Dataset(rng.normal(size=(24, 4)), targets(rng), sample_weight=weights)
    criterion = type(criterion)(**{name: getattr(criterion, name) for name in vars(criterion) if name[0] != "_"})
    model = Sequential([Dense(3), criterion]).build((4,), dtype=dtype)
    optimizer = Followed()
    Trainer(model, optimizer, epochs=1, batch_size=batch_size).fit(data)
    model.loss(data.x, data.y, data.sample_weight, training=True)
    model.backward()
    close = {"float32": 2e-6, "float64": 1e-14}[dtype]
    assert np.allclose(np.mean(optimizer.seen, axis=0), model.parameters.grads, rtol=0, atol=close)
    assert len(optimizer.seen) == 24 // batch_size


def test_the_training_loss_stays_the_weighted_mean(rng):
    data = Dataset(rng.normal(size=(50, 4)), rng.normal(size=50), sample_weight=rng.exponential(size=50))
    model = Sequential([Dense(1), MeanSquaredError()]).build((4,), dtype="float64")
    history = Trainer(model, Followed(), epochs=1, batch_size=8).fit(data)
    assert history["training_loss"][0] == pytest.approx(evaluate_feed(Feed(model, data))["loss"], rel=1e-12)


def test_rows_without_weights_are_not_scaled(rng, monkeypatch):
    given = []
    data = Dataset(rng.normal(size=(50, 4)), rng.normal(size=50))
    model = Sequential([Dense(1), MeanSquaredError()]).build((4,))
    backward = model.network.backward
    monkeypatch.setattr(model.network, "backward", lambda scale=None: given.append(scale) or backward(scale))
    Trainer(model, SGD(0.01), epochs=1).fit(data)
    assert given == [None, None]


def test_a_range_test_counts_weights_as_training_does(rng):
    data = Dataset(rng.normal(size=(50, 4)), rng.normal(size=50), sample_weight=rng.exponential(size=50))
    model = Sequential([Dense(1, weight_init="zeros"), MeanSquaredError()])  # predicts 0, for standardized targets
    first = range_test(Trainer(model, SGD(), batch_size=8, seed=3), data).losses[0]
    rows = seeding.generator(3, "shuffle").permutation(50)[:8]
    costs = data.sample_weight * ((data.y - data.y.mean()) / data.y.std()) ** 2
    assert first == pytest.approx(costs[rows].mean() / data.sample_weight.mean(), rel=1e-6)


@pytest.mark.parametrize("part", ["training", "validation"])
@pytest.mark.parametrize("by", ["sample weights", "class weights"])
def test_rows_that_all_weigh_nothing_are_refused_before_training(part, by):
    x, y = np.ones((6, 2)), np.array([0, 0, 0, 1, 1, 1])
    some = Dataset(x, y)
    if by == "sample weights":
        none, criterion = Dataset(x, y, sample_weight=np.zeros(6)), SoftmaxCrossEntropy()
    else:
        none, criterion = Dataset(x, np.zeros(6, int)), SoftmaxCrossEntropy(class_weight=(0, 1))
    trainer = Trainer(Sequential([Dense(2), criterion]), SGD(), epochs=2, early_stopping=EarlyStopping())
    with pytest.raises(DataError, match=f"the weights of all 6 {part} rows are 0, so that they have no loss"):
        trainer.fit(*((none, some) if part == "training" else (some, none)))
    assert not len(trainer.history)


class KeepsState(Callback):
    """Reads the trainer's state after a step."""

    def __init__(self, step):
        self.step = step

    def after_step(self, fit):
        if fit.epoch == 1 and fit.step == self.step:
            self.kept = self.trainer.state


@pytest.mark.parametrize("weights", ["balanced", {"no": 1, "yes": 7}], ids=repr)
def test_weighted_training_resumes_to_the_bit(weights, rng):
    y = (np.arange(40) % 5 == 0).astype(int)
    names = ("no", "yes")
    first = Dataset(rng.normal(size=(10, 3)), np.arange(10) % 2, classes=names)
    data = Dataset(rng.normal(size=(40, 3)), y, sample_weight=rng.exponential(size=40), classes=names)

    def trainer():
        model = Sequential([Dense(2), SoftmaxCrossEntropy(class_weight=weights)])
        return Trainer(model, SGD(0.1, momentum=0.9), epochs=3, batch_size=7)

    one, keeps = trainer(), KeepsState(3)
    one.fit(first)  # "balanced" is learnt from other rows than those of the fit to go on with
    keeps.trainer = one
    one.epochs = 3
    one.fit(data, callbacks=[keeps])
    other = trainer()
    other.state = keeps.kept
    other.fit(data, callbacks=[keeps])
    assert other.model.parameters.values.tobytes() == one.model.parameters.values.tobytes()
    assert other.history["training_loss"] == one.history["training_loss"]


def test_training_rows_of_weight_0_are_left_out(rng):
    """Preprocessing learns nothing from them, and batches do not contain them."""
    x, y = rng.normal(size=(40, 3)), np.arange(40) % 2
    weight = (np.arange(40) % 4 != 0) * 2.0
    x[weight == 0] *= 1e6

    def trained(data):
        model = Sequential([Standardize(), Dense(4), BatchNorm(), Dense(2), SoftmaxCrossEntropy()])
        Trainer(model, SGD(0.1), epochs=2, batch_size=8).fit(data, progress=False)
        return model

    kept = weight > 0
    whole = trained(Dataset(x, y, weight))
    assert arrays_equal(whole, trained(Dataset(x[kept], y[kept], weight[kept])))
    assert whole.layers[0].statistics["mean"] == pytest.approx(x[kept].mean(axis=0))


def arrays_equal(one, other):
    """Whether two models have the same parameters and statistics, to the bit."""
    arrays, others = arrays_of(one), arrays_of(other)
    return all(arrays[path].tobytes() == others[path].tobytes() for path in arrays | others)
