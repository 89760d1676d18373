"""Which numbers the last layers of a model let its outputs be, and regression where these are not all numbers."""

import numpy as np
import pytest

import nnlite as nn
from nnlite import Adam, DataError, Dense, Layer, MeanSquaredError, Sequential, Trainer, evaluate
from nnlite.data import regression_from_arrays
from nnlite.plugins.registry import Registry
from nnlite.saving.model_file import from_bytes, to_bytes

INF = np.inf


class Exponential(Layer):
    def forward(self, x, *, training=False):
        y = np.exp(x)
        if training or self.passes_gradient:
            self.y = y
        return y

    def backward(self, dy):
        return dy * self.y


class Logarithm(Exponential):
    """It grows so slowly that it could be taken for bounded."""

    def forward(self, x, *, training=False):
        return np.sign(x) * np.log1p(np.abs(x))


class Softsign(Exponential):
    """It comes near to ±1 so slowly that it could be taken for unbounded."""

    def forward(self, x, *, training=False):
        return x / (1 + np.abs(x))


class Directions(Exponential):
    def forward(self, x, *, training=False):
        return x / np.sqrt((x * x).sum(axis=1, keepdims=True) + 1e-30)


class TwoHeads(Exponential):
    """A number, and one that is positive."""

    def forward(self, x, *, training=False):
        return np.stack([x[:, 0], np.abs(x[:, 1])], axis=1)


class Counts(Exponential):
    """A layer with a memory of its own, which must not notice that it was tried."""

    calls = 0

    def forward(self, x, *, training=False):
        self.calls += 1
        return np.tanh(x)


class Squashed(Layer):
    """A container that ends in an activation."""

    def __init__(self, inner: Layer):
        self.inner = inner

    def build(self, input_shape, rng):
        return self.inner.build(input_shape, rng)

    def forward(self, x, *, training=False):
        return np.tanh(self.inner.forward(x, training=training))

    def backward(self, dy):
        return dy


def ranges(*tail, target=0.1, units=2):
    """The range of each output, (low, high), as far as all tails together tell."""
    model = Sequential([Dense(3), nn.ReLU(), Dense(units), *tail, MeanSquaredError()]).build((4,))
    model.adapt(np.zeros((2, 4)), np.full((2, units), target))
    low, high = np.full(units, -INF), np.full(units, INF)
    for each in model.criterion.output_ranges:
        low, high = np.fmax(low, each.low), np.fmin(high, each.high)
    return model, list(zip(low.tolist(), high.tolist(), strict=True))


@pytest.mark.parametrize(
    ("tail", "low", "high"),
    [
        ([nn.ReLU()], 0, INF),
        ([nn.LeakyReLU(0.0)], 0, INF),
        ([nn.Sigmoid()], 0, 1),
        ([nn.Tanh()], -1, 1),
        ([nn.Softplus()], 0, INF),
        ([nn.ELU(0.7)], -0.7, INF),
        ([nn.SELU()], -1.7581, INF),
        ([nn.SiLU()], -0.27846, INF),
        ([nn.GELU()], -0.16997, INF),
        ([nn.Mish()], -0.30884, INF),
        ([nn.Softmax()], 0, 1),
        ([nn.Sigmoid(), nn.Dropout(), nn.Rescale(10.0, -5.0)], -5, 5),
        ([nn.Softplus(), nn.Rescale(-1.0), nn.Tanh()], -1, 0),
        ([nn.ReLU(), nn.PReLU()], 0, INF),
        ([nn.Residual([nn.Dense(2)]), nn.ReLU()], 0, INF),
        ([Exponential()], 0, INF),
        ([Softsign()], -1, 1),
        ([Directions()], -1, 1),
        ([Squashed(nn.Dense(2))], -1, 1),
    ],
    ids=repr,
)
def test_a_tail_with_an_end_is_found(tail, low, high):
    model, found = ranges(*tail, target=0.0)
    assert np.allclose(found, [(low, high)] * 2, rtol=2e-3, atol=2e-3)
    assert (model.criterion.statistics["mean"] == 0).all() and (model.criterion.statistics["scale"] == 1).all()


@pytest.mark.parametrize(
    "tail",
    [
        [],
        [nn.Dropout()],
        [nn.Flatten()],
        [nn.GaussianNoise()],
        [nn.PReLU()],
        [nn.PReLU(-0.5, shared=False)],
        [nn.LeakyReLU()],
        [nn.BatchNorm()],
        [nn.LayerNorm()],
        [nn.Sigmoid(), nn.BatchNorm()],
        [nn.Sigmoid(), Dense(2)],
        [nn.Residual([nn.Tanh()])],
        [nn.Residual([nn.ReLU()])],
        [nn.Residual([Dense(2), nn.ReLU()])],
        [nn.Rescale(1e-6)],
        [nn.Rescale(1e6)],
        [Logarithm()],
    ],
    ids=repr,
)
def test_behind_a_tail_without_an_end_targets_are_standardized(tail):
    model, found = ranges(*tail)
    assert found == [(-INF, INF)] * 2 and list(model.criterion.output_ranges) == []
    assert np.allclose(model.criterion.statistics["mean"], 0.1)


def test_each_output_has_a_range_of_its_own():
    model, found = ranges(TwoHeads())
    assert found == [(-INF, INF), (0, INF)]
    assert np.allclose(model.criterion.statistics["mean"], [0.1, 0])


def test_a_layer_does_not_notice_that_it_is_tried():
    tried, untried = (Sequential([Dense(2), nn.Dropout(), Counts(), MeanSquaredError()]) for _ in range(2))
    for model in (tried, untried):
        model.build((4,))
    tried.adapt(np.zeros((2, 4)), np.zeros((2, 2)))
    assert tried.criterion.output_ranges and tried.layers[2].calls == 0
    assert tried.layers[1].rng.bit_generator.state == untried.layers[1].rng.bit_generator.state
    assert (tried.parameters.values == untried.parameters.values).all()


def sigmoid_data():
    x = np.random.default_rng(0).normal(size=(400, 1))
    return regression_from_arrays(x, 1 / (1 + np.exp(-3 * x[:, 0])))


@pytest.mark.parametrize("loss", [nn.MeanSquaredError, nn.MeanAbsoluteError, nn.Huber])
def test_a_sigmoid_learns_a_sigmoid(loss):
    """PyTorch's same network reaches R² 1.000; with standardized targets it ended at 0.5, at their mean."""
    data = sigmoid_data()
    model = Sequential([Dense(1), nn.Sigmoid(), loss()])
    Trainer(model, Adam(0.05), epochs=40).fit(data)
    assert evaluate(model, data)["r2"] > 0.999
    assert model.predict(data.x).min() < 0.01
    loaded = from_bytes(to_bytes(model), Registry()).model
    assert (loaded.predict(data.x) == model.predict(data.x)).all()
    again = Sequential([Dense(1), nn.Sigmoid(), loss()])
    Trainer(again, Adam(0.05), epochs=40).fit(data)
    assert (again.parameters.values == model.parameters.values).all()


@pytest.mark.parametrize(
    ("layers", "targets", "text"),
    [
        (
            [Dense(1), nn.Sigmoid()],
            [0.5, 2.0],
            r"model.layers\[2\] Sigmoid\(\) .* from 0 to 1, .* from 0.5 to 2: leave",
        ),
        ([Dense(1), nn.ReLU()], [-3.0, 2.0], r"model.layers\[2\] ReLU\(\) .* from 0 upwards, .* from -3 to 2: leave"),
        ([Dense(2), nn.Tanh()], [[0, 1], [0, -9.5]], r"Tanh\(\) .* from -1 to 1, .* of output 1 go from -9.5 to 1:"),
        ([Dense(1), nn.ReLU(), nn.Rescale(-1.0)], [-3.0, 2.0], r"layers\[2\] ReLU\(\) lets .* only numbers to 0, "),
    ],
    ids=repr,
)
def test_targets_that_no_weights_could_predict_are_refused_before_training(layers, targets, text):
    model = Sequential([nn.Standardize(), *layers, MeanSquaredError()])
    trainer = Trainer(model, Adam(0.05))
    with pytest.raises(DataError, match=text):
        trainer.fit(regression_from_arrays(np.array([[1.0], [2.0]]), np.array(targets)))
    assert not trainer.history


def test_targets_at_the_ends_of_a_range_are_taken():
    model = Sequential([Dense(1), nn.Sigmoid(), MeanSquaredError()])
    Trainer(model, Adam(0.05), epochs=1).fit(regression_from_arrays(np.eye(2), np.array([0.0, 1.0])))


def test_codes_and_images_are_no_obstacle():
    codes = Sequential([nn.Embedding(5, 1), nn.Flatten(), nn.Tanh(), MeanSquaredError()]).build((1,))
    codes.adapt(np.array([[0], [4]]), np.array([0.5, -0.5]))
    assert codes.criterion.statistics["scale"].tolist() == [1.0]
    free = Sequential([nn.Embedding(5, 1), nn.Flatten(), MeanSquaredError()]).build((1,))
    free.adapt(np.array([[0], [4]]), np.array([7.0, 9.0]))
    assert free.criterion.statistics["mean"].tolist() == [8.0]
    images = Sequential([nn.Conv2D(1, 3, padding="same"), nn.ReLU(), MeanSquaredError()]).build((1, 6, 6))
    images.adapt(np.ones((2, 1, 6, 6)), np.ones((2, 1, 6, 6)))
    assert (images.criterion.statistics["mean"] == 0).all()


@pytest.mark.parametrize("last", [nn.ReLU, nn.Softplus])
def test_behind_a_layer_that_gives_all_numbers_above_0_the_unit_of_the_targets_does_not_matter(last, rng):
    """Their mean stays, but they are divided by their size: in other units training is the same."""
    x = rng.normal(size=(200, 2))
    y = np.abs(x[:, 0]) + 0.1
    fits = []
    for unit in (1.0, 1024.0, 2.0**20):
        model = Sequential([Dense(8), nn.Tanh(), Dense(1, bias_init="ones"), last(), MeanSquaredError()])
        history = Trainer(model, Adam(0.02), epochs=40).fit(regression_from_arrays(x, unit * y), progress=False)
        fits.append(history["training_r2"][-1])
    assert fits[0] > 0.7 and fits[1:] == pytest.approx([fits[0], fits[0]], rel=1e-3)
