"""Batches that accumulate give the steps of one batch of all their rows."""

import copy
import tracemalloc

import numpy as np
import pytest

from nnlite import (
    LBFGS,
    SGD,
    Adam,
    BatchNorm,
    BinaryCrossEntropy,
    ConfigError,
    Cosine,
    Dataset,
    Dense,
    DivergenceError,
    Layer,
    MeanSquaredError,
    OneCycle,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Tanh,
    Trainer,
)
from nnlite.metrics import F1
from nnlite.training.learning_rate_finder import range_test
from tests.helpers.callbacks import On

X = np.random.default_rng(0).normal(size=(107, 4))
LABELS = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int) + (X[:, 2] > 1)
WEIGHTS = np.random.default_rng(1).uniform(0, 3, 107).round()  # with rows of weight 0 among them
ROWS = {
    "plain": (SoftmaxCrossEntropy(), Dataset(X, LABELS)),
    "sample weights": (SoftmaxCrossEntropy(), Dataset(X, LABELS, sample_weight=WEIGHTS)),
    "class weights": (SoftmaxCrossEntropy(class_weight=[1.0, 0.1, 7.0]), Dataset(X, LABELS)),
    "both": (SoftmaxCrossEntropy(class_weight="balanced"), Dataset(X, LABELS, sample_weight=WEIGHTS)),
    "regression": (MeanSquaredError(), Dataset(X, X @ [1.0, 2.0, 3.0, 4.0], sample_weight=WEIGHTS)),
    "one label": (BinaryCrossEntropy(), Dataset(X, (LABELS > 0).astype(int), sample_weight=WEIGHTS)),
}


def trainer(criterion, batch_size, accumulate=1, **given):
    outputs = 3 if isinstance(criterion, SoftmaxCrossEntropy) else 1
    model = Sequential([Standardize(), Dense(8), Tanh(), Dense(outputs), copy.deepcopy(criterion)])
    model.build((4,), seed=0, dtype="float64")
    rate = 0.1 if outputs == 3 else 0.03
    settings = {"epochs": 4, "schedule": Cosine(warmup=0.2)} | given
    return Trainer(model, SGD(rate, momentum=0.9), batch_size=batch_size, accumulate=accumulate, **settings)


def fitted(*arguments, data, **given):
    made = trainer(*arguments, **given)
    made.fit(data, data)
    return made


def check_alike(one, other, tolerance=1e-12):
    assert np.abs(one.model.parameters.values - other.model.parameters.values).max() < tolerance
    assert one.history.columns == other.history.columns
    for column in set(one.history.columns) - {"seconds"}:
        np.testing.assert_allclose(one.history[column], other.history[column], rtol=1e-9, atol=1e-12)


# 107 rows are 8 steps of 12 and one of 11; of batches of 53 the last one, a single row, joins the one before it.
@pytest.mark.parametrize(("batch_size", "accumulate"), [(3, 4), (4, 2), (1, 5), (53, 2), (7, 100)])
@pytest.mark.parametrize("rows", ROWS)
def test_a_step_is_that_of_one_batch_of_all_its_rows(rows, batch_size, accumulate):
    criterion, data = ROWS[rows]
    check_alike(
        fitted(criterion, batch_size, accumulate, data=data),
        fitted(criterion, batch_size * accumulate, data=data),
    )


@pytest.mark.parametrize("options", [{"clip_norm": 0.1}, {"clip_value": 0.01}, {"average": 0.8}], ids=str)
def test_clipping_averages_and_metrics_take_the_whole_step(options):
    criterion, data = ROWS["both"]
    options = options | {"metrics": [F1()], "schedule": OneCycle()}
    check_alike(
        fitted(criterion, 5, 4, data=data, **options),
        fitted(criterion, 20, data=data, **options),
    )


def test_callbacks_are_called_after_steps():
    criterion, data = ROWS["plain"]
    steps = []
    trainer(criterion, 10, 4, epochs=2).fit(data, callbacks=[On(step=lambda step, _: steps.append(step))])
    assert steps == [1, 2, 3, 1, 2, 3]


def test_the_layers_hold_one_batch_at_a_time():
    sizes = []

    class Watch(Layer):
        def forward(self, x, *, training=False):
            if training:
                sizes.append(len(x))
            return x

        def backward(self, dy):
            return dy

    model = Sequential([Watch(), Dense(3), SoftmaxCrossEntropy()])
    Trainer(model, SGD(0.1), epochs=1, batch_size=10, accumulate=4).fit(Dataset(X, LABELS))
    assert [size for size in sizes if size > 1] == [10] * 10 + [7]


def test_memory_is_that_of_one_batch():
    def peak(batch_size, accumulate):
        model = Sequential([Dense(4000), Tanh(), Dense(3), SoftmaxCrossEntropy()])
        made = Trainer(model, SGD(0.1), epochs=1, batch_size=batch_size, accumulate=accumulate)
        tracemalloc.start()
        try:
            made.fit(Dataset(X, LABELS))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(5, 2)  # what is imported and cached
    one, many, whole = peak(10, 1), peak(10, 10), peak(100, 1)
    assert many < 1.3 * one < 0.5 * whole


def test_batch_normalization_compares_the_rows_of_one_batch():
    """By hand: after the first batch of two rows, then the second, the running mean is 0.1 · m₂ + 0.9 · 0.1 · m₁."""
    x = np.array([[1.0], [3.0], [10.0], [20.0]])
    model = Sequential([BatchNorm(momentum=0.1), Dense(1), MeanSquaredError()])
    model.build((1,), dtype="float64")
    Trainer(model, SGD(1e-9), epochs=1, batch_size=2, accumulate=2, seed=3).fit(Dataset(x, x[:, 0]))
    order = Trainer(model, SGD(), seed=3)._shuffle.permutation(4)
    first, second = x[order[:2]].mean(), x[order[2:]].mean()
    assert model.layers[0].statistics["mean"] == pytest.approx(0.1 * second + 0.09 * first)


def test_the_range_test_makes_the_same_steps():
    criterion, data = ROWS["both"]
    accumulated, whole = (range_test(trainer(criterion, *each), data) for each in [(5, 4), (20,)])
    np.testing.assert_allclose(accumulated.losses, whole.losses, rtol=1e-6)
    assert accumulated.suggestion == whole.suggestion


def test_a_loss_that_is_not_finite_is_told_at_its_step():
    model = Sequential([Dense(3), SoftmaxCrossEntropy()])
    with pytest.raises(DivergenceError, match="the loss became"):
        Trainer(model, SGD(1e30), batch_size=5, accumulate=3).fit(Dataset(1e30 * X, LABELS))


def test_full_batch_methods_and_counts_below_one_are_refused():
    model = Sequential([Dense(3), SoftmaxCrossEntropy()])
    with pytest.raises(ConfigError, match="accumulate is for optimizers that step after every batch"):
        Trainer(model, LBFGS(), accumulate=2)
    with pytest.raises(ConfigError, match="accumulate"):
        Trainer(model, Adam(), accumulate=0)
