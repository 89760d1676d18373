"""Averaged weights have running statistics of their own, those of the training rows."""

import numpy as np
import pytest

import nnlite as nn
from nnlite import (
    SGD,
    BatchNorm,
    Dataset,
    Dense,
    Dropout,
    EarlyStopping,
    Layer,
    ReLU,
    Residual,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    Trainer,
    evaluate,
)
from nnlite.core import snapshot
from tests.helpers.callbacks import On
from tests.helpers.noisy import TRAIN, VALIDATION


class Centre(Layer):
    """A layer of one's own with a running mean, the last one's weight a half."""

    def build(self, input_shape, rng):
        self.add_statistic("mean", input_shape)
        return input_shape

    def forward(self, x, *, training=False):
        if training:
            self.statistics["mean"] = (self.statistics["mean"] + x.mean(axis=0)) / 2
        return x - self.statistics["mean"].astype(x.dtype)

    def estimate(self, x, seen):
        total = self.statistics["mean"] * seen + x.sum(axis=0, dtype=float)
        self.statistics["mean"][...] = total / (seen + len(x))  # in place, too

    def backward(self, dy):
        return dy


class Within(Layer):
    """A container of one's own, without a chain."""

    def __init__(self, inner: Layer):
        self.inner = inner

    def build(self, input_shape, rng):
        return self.inner.build(input_shape, rng)

    def forward(self, x, *, training=False):
        return 2 * self.inner.forward(x, training=training)

    def backward(self, dy):
        return self.inner.backward(2 * dy)


def layers():
    return [
        nn.Standardize(),
        Dense(8),
        BatchNorm(),
        ReLU(),
        Dropout(0.3),
        Residual([Dense(8), BatchNorm(), Tanh()]),
        Within(Centre()),
        Dense(2),
        SoftmaxCrossEntropy(),
    ]


def trainer(epochs=3, average=0.9, **given):
    model = Sequential(layers())
    return Trainer(model, SGD(0.1, momentum=0.9), epochs=epochs, batch_size=10, average=average, **given)


def assert_of_training_rows(model):
    """Compares each layer's statistics with NumPy's mean and unbiased variance of all training rows at its place."""
    x = model.layers[0].forward(TRAIN.x).astype(np.float32)
    x = model.layers[1].forward(x)
    assert_normalizes(model.layers[2], x)
    for layer in model.layers[2:5]:
        x = layer.forward(x)
    residual = model.layers[5]
    assert_normalizes(residual.layers[1], residual.layers[0].forward(x))
    x = residual.forward(x)
    assert np.allclose(model.layers[6].inner.statistics["mean"], x.mean(axis=0), rtol=1e-5, atol=1e-6)


def assert_normalizes(layer, x):
    assert np.allclose(layer.statistics["mean"], x.mean(axis=0, dtype=float), rtol=1e-6, atol=1e-7)
    assert np.allclose(layer.statistics["variance"], x.var(axis=0, ddof=1, dtype=float), rtol=1e-6)


@pytest.mark.parametrize("rows_at_once", [7, 10_000])
def test_the_average_that_is_left_has_the_statistics_of_the_training_rows(rows_at_once):
    fitted = trainer()
    fitted.model.build(TRAIN.x.shape[1:]).rows_at_once = rows_at_once
    fitted.fit(TRAIN)
    assert_of_training_rows(fitted.model)


def test_without_an_average_statistics_are_the_last_steps():
    fitted = trainer(average=None)
    fitted.fit(TRAIN)
    with pytest.raises(AssertionError):
        assert_of_training_rows(fitted.model)


def test_validation_and_early_stopping_see_what_is_left():
    fitted = trainer(epochs=12, early_stopping=EarlyStopping(100))
    losses = fitted.fit(TRAIN, VALIDATION)["validation_loss"]
    assert evaluate(fitted.model, VALIDATION)["loss"] == min(losses) < losses[-1]
    assert_of_training_rows(fitted.model)

    fitted = trainer()
    losses = fitted.fit(TRAIN, VALIDATION)["validation_loss"]
    assert evaluate(fitted.model, VALIDATION)["loss"] == losses[-1]


def test_training_goes_on_from_the_last_steps_own_statistics_and_draws_nothing_more():
    """The same steps with an average and without, validated or not, in one fit or in two."""
    steps = {}
    for name, average, parts, validation in (
        ("plain", None, (4,), None),
        ("averaged", 0.9, (4,), VALIDATION),
        ("in two fits", 0.9, (2, 2), VALIDATION),
    ):
        fitted, seen = trainer(average=average), []
        fitted.callbacks = (On(step=lambda step, of, f=fitted, seen=seen: seen.append(snapshot.digest(f.model))),)
        for fitted.epochs in parts:
            fitted.fit(TRAIN, validation)
        steps[name] = seen
    assert steps["plain"] == steps["averaged"] == steps["in two fits"]


def test_an_interrupted_fit_leaves_an_average_with_statistics_of_its_own():
    def interrupt(step, of):
        if len(fitted.history) == 1 and step == 3:
            raise KeyboardInterrupt

    fitted = trainer()
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(TRAIN, VALIDATION, callbacks=[On(step=interrupt)])
    assert_of_training_rows(fitted.model)


def test_a_frozen_layer_keeps_its_statistics():
    fitted = trainer()
    fitted.model.build(TRAIN.x.shape[1:])
    frozen = fitted.model.layers[5]
    frozen.trainable = False
    before = {name: array.copy() for name, array in frozen.layers[1].statistics.items()}
    fitted.fit(TRAIN, VALIDATION)
    assert all((array == before[name]).all() for name, array in frozen.layers[1].statistics.items())
    x = fitted.model.layers[1].forward(fitted.model.layers[0].forward(TRAIN.x).astype(np.float32))
    assert_normalizes(fitted.model.layers[2], x)


def test_rows_that_come_in_order_of_their_classes_are_no_obstacle():
    """Portions with means far apart: a mean over their variances alone would miss what lies between them."""
    rng = np.random.default_rng(0)
    x = np.repeat([[-50.0], [0.0], [80.0]], 20, axis=0) + rng.normal(size=(60, 3))
    model = Sequential([BatchNorm(), Dense(3), SoftmaxCrossEntropy()]).build((3,), dtype="float64")
    model.rows_at_once = 20
    Trainer(model, SGD(0.01), epochs=1, batch_size=10, average=0.5).fit(Dataset(x, np.repeat([0, 1, 2], 20)))
    assert np.allclose(model.layers[0].statistics["mean"], x.mean(axis=0), rtol=1e-12)
    assert np.allclose(model.layers[0].statistics["variance"], x.var(axis=0, ddof=1), rtol=1e-12)


def test_channels_of_images_are_taken_over_all_places():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(11, 2, 3, 4)) * 3 + 5
    layer = BatchNorm()
    Sequential([layer]).build((2, 3, 4), dtype="float64")
    for seen in (0, 4, 8):
        layer.estimate(x[seen : seen + 4], seen)
    assert np.allclose(layer.statistics["mean"], x.mean(axis=(0, 2, 3)), rtol=1e-13)
    assert np.allclose(layer.statistics["variance"], x.var(axis=(0, 2, 3), ddof=1), rtol=1e-13)
