"""Layers for sequences beside GRU and LSTM: definitions, what they ignore, and other layers on (time, features)."""

import numpy as np
import pytest

from nnlite import (
    Adam,
    BatchNorm,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    LayerNorm,
    MaxOverTime,
    MeanOverTime,
    PositionalEncoding,
    ReLU,
    SelfAttention,
    Sequential,
    ShapeError,
    Softmax,
    SoftmaxCrossEntropy,
    Trainer,
    evaluate,
)
from nnlite.data import SOURCES, split
from nnlite.signature import copy_of
from tests.layers.test_convolution import fan_of


def built(layer, shape):
    return Sequential([layer]).build(shape, dtype="float64").layers[0]


@pytest.mark.parametrize("kernel", [1, 2, 4])
@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("padding", [0, 2])
@pytest.mark.parametrize("dilation", [1, 2])
def test_a_convolution_over_time_is_one_on_a_picture_of_height_1(kernel, stride, padding, dilation, rng):
    given = {"stride": (1, stride), "padding": (0, padding), "dilation": (1, dilation)}
    flat = built(Conv2D(3, (1, kernel), **given), (2, 1, 9))
    layer = built(Conv1D(3, kernel, stride=stride, padding=padding, dilation=dilation), (9, 2))
    layer.weight.value = flat.weight.value[:, :, 0].transpose(2, 1, 0)
    layer.bias.value = flat.bias.value = rng.standard_normal(3)
    x = rng.standard_normal((4, 9, 2))
    y, expected = layer.forward(x, training=True), flat.forward(x.transpose(0, 2, 1)[:, :, None], training=True)
    assert np.allclose(y, expected[:, :, 0].transpose(0, 2, 1), rtol=1e-13, atol=1e-13)
    dy = rng.standard_normal(y.shape)
    dx = flat.backward(dy.transpose(0, 2, 1)[:, :, None])[:, :, 0].transpose(0, 2, 1)
    assert np.allclose(layer.backward(dy), dx, rtol=1e-13, atol=1e-13)
    assert np.allclose(layer.weight.grad, flat.weight.grad[:, :, 0].transpose(2, 1, 0), rtol=1e-13, atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Conv1D(2, 4), (3, 2), r"its kernel covers 4 steps, but its input has shape \(3, 2\): expected a smaller"),
        (
            Conv1D(2, 9, padding=2),
            (3, 2),
            r"covers 9 steps, but .* \(3, 2\), 7 steps with padding: expected a smaller",
        ),
        (Conv1D(2, 3, stride=2, padding="same"), (5, 2), r'padding="same" goes with stride 1, not with 2'),
        (SelfAttention(4, heads=3), (5, 2), r"its 3 heads must divide its 4 units"),
        (MeanOverTime(), (5,), r"takes sequences, .* \(5,\); put a Reshape\(\[5, 1\]\) before it"),
        (BatchNorm(axis="last"), (5,), r'has axis = "last", .* \(5,\): leave it out'),
    ],
    ids=repr,
)
def test_a_shape_that_cannot_work_is_refused(layer, shape, message):
    with pytest.raises(ShapeError, match=rf"model\.layers\[0\] {type(layer).__name__}\(.*{message}"):
        Sequential([layer]).build(shape)


@pytest.mark.parametrize(
    ("layer", "features", "fan"),
    [
        (Conv1D(16, 5), 6, (5 * 6, 5 * 16)),  # what a filter sees, and how many outputs see an input
        (Conv1D(8, 1), 3, (3, 8)),
        (Conv1D(4, 3, stride=2, dilation=2), 2, (3 * 2, 3 * 4)),
        (SelfAttention(6, heads=2), 4, (4, 6)),  # of each of the three projections
    ],
    ids=repr,
)
def test_weights_start_by_what_each_of_their_outputs_sees(layer, features, fan):
    assert fan_of(copy_of(layer), (9, features)) == fan


def test_attention_by_its_definition(rng):
    layer, x = built(SelfAttention(6, heads=2), (5, 4)), rng.standard_normal((3, 5, 4))
    for parameter in layer.parameters:
        parameter.value = rng.standard_normal(parameter.shape)
    for example, found in zip(x, layer.forward(x), strict=True):
        q, k, v = np.split(example @ layer.weight.value + layer.bias.value, 3, axis=1)
        heads = []
        for columns in (slice(0, 3), slice(3, 6)):
            scores = np.exp(q[:, columns] @ k[:, columns].T / np.sqrt(3))
            heads.append(scores / scores.sum(axis=1, keepdims=True) @ v[:, columns])
        expected = np.hstack(heads) @ layer.output_weight.value + layer.output_bias.value
        assert np.allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_attention_sees_no_order_but_for_the_positional_encoding(rng):
    x, order = rng.standard_normal((2, 6, 4)), rng.permutation(6)
    blind, seeing = (
        Sequential(layers).build((6, 4), dtype="float64")
        for layers in ([SelfAttention(4)], [PositionalEncoding(), SelfAttention(4)])
    )
    assert np.allclose(blind.forward(x[:, order]), blind.forward(x)[:, order], rtol=1e-12, atol=1e-12)
    assert not np.allclose(seeing.forward(x[:, order]), seeing.forward(x)[:, order], atol=0.01)


def accuracy(*layers, epochs=10):
    parts = split(SOURCES["order"](), seed=0)
    model = Sequential([*layers, Dense(2), SoftmaxCrossEntropy()])
    Trainer(model, Adam(0.02), epochs=epochs, seed=0).fit(parts.train)
    return evaluate(model, parts.test)["accuracy"]


def test_means_and_maxima_over_time_cannot_tell_an_order_and_attention_with_positions_can():
    assert accuracy(MeanOverTime(), Dense(8), ReLU()) < 0.62
    assert accuracy(MaxOverTime(), Dense(8), ReLU()) < 0.62
    attention = SelfAttention(16, heads=2)
    assert accuracy(Dense(16), PositionalEncoding(), attention, MeanOverTime(), epochs=25) > 0.9


def test_of_equal_largest_steps_the_first_gets_the_gradient():
    layer = built(MaxOverTime(), (3, 2))
    layer.forward(np.array([[[1.0, 5.0], [2.0, 5.0], [2.0, 4.0]]]), training=True)
    assert layer.backward(np.array([[7.0, 9.0]])).tolist() == [[[0, 9], [7, 0], [0, 0]]]


def test_batch_norm_of_sequences_is_that_of_all_their_steps_as_rows(rng):
    x, dy = rng.standard_normal((2, 6, 5, 3))
    apart, together = built(BatchNorm(axis="last"), (5, 3)), built(BatchNorm(), (3,))
    for training in (True, False):
        found, expected = apart.forward(x, training=training), together.forward(x.reshape(-1, 3), training=training)
        assert np.allclose(found, expected.reshape(x.shape), rtol=1e-12, atol=1e-12)
        for name in ("mean", "variance"):
            assert np.allclose(apart.statistics[name], together.statistics[name], rtol=1e-12)
    for layer, rows in ((apart, x), (together, x.reshape(-1, 3))):
        layer.forward(rows, training=True)
    back = together.backward(dy.reshape(-1, 3)).reshape(x.shape)
    assert np.allclose(apart.backward(dy), back, rtol=1e-12, atol=1e-12)
    for layer, rows in ((apart, x), (together, x.reshape(-1, 3))):
        layer.estimate(rows[: len(rows) // 2], 0)
        layer.estimate(rows[len(rows) // 2 :], len(rows) // 2)
    assert np.allclose(apart.statistics["variance"], together.statistics["variance"], rtol=1e-12)


@pytest.mark.parametrize(
    "layer",
    [Dense(3), LayerNorm(), Softmax(), ReLU(), BatchNorm(axis="last")],
    ids=lambda layer: type(layer).__name__,
)
def test_each_step_is_treated_by_itself_in_prediction(layer, rng):
    x, layer = rng.standard_normal((4, 5, 3)), built(layer, (5, 3))
    alone = np.stack([layer.forward(x[:, [step] * 5])[:, 0] for step in range(5)], axis=1)
    assert np.allclose(layer.forward(x), alone, rtol=1e-13, atol=1e-13)


def test_dropout_drops_numbers_of_each_step(rng):
    y = built(Dropout(0.5), (50, 20)).forward(np.ones((2, 50, 20)), training=True)
    assert 0.4 < (y[:, 0] == 0).mean() < 0.6 and (y[:, 0] != y[:, 1]).any()
