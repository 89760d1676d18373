"""BatchNorm, LayerNorm and GaussianNoise: hand calculations, running figures, large means, odd batches."""

import numpy as np
import pytest

from nnlite import (
    SGD,
    BatchNorm,
    DataError,
    Dataset,
    Dense,
    Dropout,
    GaussianNoise,
    LayerNorm,
    Residual,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
    Trainer,
)
from nnlite.testing.jacobians import forward_for_backward

DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def built(layer, shape, dtype="float64"):
    Sequential([layer]).build(shape, dtype=dtype)
    return layer


def test_batch_norm_by_hand():
    layer = built(BatchNorm(epsilon=1.0), (1,))
    layer.scale.value, layer.bias.value = np.array([10.0]), np.array([3.0])
    x = np.array([[1.0], [3.0], [2.0], [2.0], [2.0], [2.0], [0.0], [4.0], [2.0], [2.0]])  # mean 2, variance 1
    expected = 3 + 10 * (x - 2) / np.sqrt(2)
    assert np.allclose(layer.forward(x, training=True), expected, rtol=1e-15)


def test_the_running_figures_by_hand():
    layer = built(BatchNorm(momentum=0.25), (1,))
    assert (layer.statistics["mean"][0], layer.statistics["variance"][0]) == (0.0, 1.0)
    layer.forward(np.array([[1.0], [2.0], [6.0]]), training=True)  # mean 3, variance 14/3, unbiased 7
    assert layer.statistics["mean"][0] == pytest.approx(0.25 * 3)
    assert layer.statistics["variance"][0] == pytest.approx(0.75 * 1 + 0.25 * 7)
    layer.forward(np.array([[4.0], [8.0]]), training=True)  # mean 6, unbiased variance 8
    assert layer.statistics["mean"][0] == pytest.approx(0.75 * 0.75 + 0.25 * 6)
    assert layer.statistics["variance"][0] == pytest.approx(0.75 * 2.5 + 0.25 * 8)


def test_prediction_uses_the_running_figures_and_leaves_them():
    layer = built(BatchNorm(epsilon=1e-3), (2,))
    layer.statistics["mean"], layer.statistics["variance"] = np.array([1.0, -1.0]), np.array([4.0, 9.0])
    x = np.array([[3.0, 2.0]])
    expected = (x - [1, -1]) / np.sqrt(np.array([4, 9]) + 1e-3)
    assert np.allclose(forward_for_backward(layer, x, training=False), expected, rtol=1e-15)
    dx = layer.backward(np.ones((1, 2)))
    assert np.allclose(dx, 1 / np.sqrt(np.array([4, 9]) + 1e-3), rtol=1e-15)
    assert layer.statistics["mean"].tolist() == [1.0, -1.0] and layer.statistics["variance"].tolist() == [4.0, 9.0]


@DTYPES
@pytest.mark.parametrize("offset", [1e4, -1e6])
def test_a_large_mean_costs_batch_norm_no_digits(rng, dtype, offset):
    x = (rng.normal(size=(64, 3)) + offset).astype(dtype)
    true = x.astype(np.float64) - offset  # exact, as the two are so near
    layer = built(BatchNorm(momentum=1.0), (3,), dtype)
    y = layer.forward(x, training=True)
    rounding = 100 * np.finfo(dtype).eps
    assert np.allclose(y, (true - true.mean(axis=0)) / np.sqrt(true.var(axis=0) + 1e-5), rtol=rounding, atol=rounding)
    assert np.allclose(layer.statistics["variance"], true.var(axis=0, ddof=1), rtol=rounding)
    assert np.allclose(layer.statistics["mean"] - offset, true.mean(axis=0), rtol=0, atol=max(rounding, 1e-9))


@DTYPES
def test_a_large_mean_costs_layer_norm_no_digits(rng, dtype):
    x = (rng.normal(size=(5, 64)) + 1e4).astype(dtype)
    true = x.astype(np.float64) - 1e4  # exact, as the two are so near
    y = built(LayerNorm(), (64,), dtype).forward(x)
    expected = (true - true.mean(axis=1, keepdims=True)) / np.sqrt(true.var(axis=1, keepdims=True) + 1e-5)
    rounding = 100 * np.finfo(dtype).eps
    assert np.allclose(y, expected, rtol=rounding, atol=rounding)


def test_the_channels_of_pictures_are_treated_like_features_of_all_their_places(rng):
    pictures = rng.normal(size=(4, 3, 5, 2)) * 3 + 1
    rows = pictures.transpose(0, 2, 3, 1).reshape(-1, 3)  # every place is a row
    ours, theirs = built(BatchNorm(), (3, 5, 2)), built(BatchNorm(), (3,))
    y, dy = ours.forward(pictures, training=True), rng.normal(size=pictures.shape)

    def as_rows(pictures):
        return pictures.transpose(0, 2, 3, 1).reshape(-1, 3)

    assert np.allclose(as_rows(y), theirs.forward(rows, training=True), atol=1e-12)
    assert np.allclose(as_rows(ours.backward(dy)), theirs.backward(as_rows(dy)), atol=1e-12)
    assert np.allclose(ours.scale.grad, theirs.scale.grad) and np.allclose(ours.bias.grad, theirs.bias.grad)
    assert np.allclose(ours.statistics["variance"], theirs.statistics["variance"])


def test_a_batch_of_one_number_for_each_feature_is_refused_with_what_to_do():
    layer = built(BatchNorm(), (3,))
    text = (
        "BatchNorm in training needs at least two numbers for each feature, but the batch has 1 sample: take a batch"
    )
    with pytest.raises(DataError, match=text):
        layer.forward(np.ones((1, 3)), training=True)
    assert layer.statistics["mean"].tolist() == [0.0, 0.0, 0.0]
    assert layer.forward(np.ones((1, 3))).shape == (1, 3)
    assert built(BatchNorm(), (3, 2)).forward(np.ones((1, 3, 2)), training=True).shape == (1, 3, 2)


def test_a_last_batch_of_one_row_does_not_stop_training(blobs):
    rows = Dataset(blobs.x[:65], blobs.y[:65], classes=blobs.classes)
    model = Sequential([Dense(8), BatchNorm(), Dense(3), SoftmaxCrossEntropy()])
    history = Trainer(model, SGD(0.1), epochs=5, batch_size=16).fit(rows)
    assert history["training_loss"][-1] < history["training_loss"][0] / 2


def test_a_constant_feature_becomes_the_bias():
    layer = built(BatchNorm(), (2,), "float32")
    x = np.stack([np.full(7, 0.1), np.arange(7)], axis=1).astype(np.float32)
    assert layer.forward(x, training=True)[:, 0].tolist() == [0.0] * 7
    assert np.isfinite(layer.backward(np.ones((7, 2), np.float32))).all()


def test_no_rows_are_served_in_prediction():
    assert built(BatchNorm(), (3, 2)).forward(np.zeros((0, 3, 2))).shape == (0, 3, 2)
    assert built(LayerNorm(), (3,)).forward(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("layer", [BatchNorm(), LayerNorm()], ids=repr)
def test_scale_and_bias_are_not_decayed(layer):
    built(layer, (4,))
    assert [(parameter.name, parameter.decay) for parameter in layer.parameters] == [
        ("scale", False),
        ("bias", False),
    ]


@pytest.mark.parametrize("layer", [BatchNorm(), LayerNorm()], ids=repr)
def test_a_shape_without_features_is_refused(layer):
    with pytest.raises(ShapeError, match=r"model.layers\[0\] .*Norm\(\): takes .* has shape \(\)"):
        built(layer, ())


def test_layer_norm_by_hand():
    layer = built(LayerNorm(epsilon=1.0), (3,))
    layer.scale.value, layer.bias.value = np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, 5.0])
    y = layer.forward(np.array([[0.0, 3.0, 3.0]]))  # mean 2, variance 2
    assert np.allclose(y, np.array([[-2.0, 2.0, 8.0]]) / np.sqrt(3) + [[0, 0, 5 - 5 / np.sqrt(3)]])


def test_layer_norm_needs_two_features():
    with pytest.raises(ShapeError, match=r"takes rows of at least two features, but its input has shape \(4, 1\)"):
        built(LayerNorm(), (4, 1))


def test_noise_has_the_mean_and_the_deviation_it_should_and_is_new_each_time():
    layer = built(GaussianNoise(0.5), (1000,))
    x = np.full((200, 1000), 3.0)
    first, second = layer.forward(x, training=True) - x, layer.forward(x, training=True) - x
    assert first.mean() == pytest.approx(0, abs=0.005) and first.std() == pytest.approx(0.5, abs=0.005)
    assert abs(np.corrcoef(first[0], second[0])[0, 1]) < 0.15
    assert np.abs(first).max() > 1.5  # normal, not uniform


def test_noise_is_a_tenth_by_default():
    assert GaussianNoise().deviation == 0.1


def test_noise_is_the_identity_in_prediction_and_draws_nothing():
    layer = built(GaussianNoise(0.5), (5,))
    before = layer.rng.bit_generator.state
    x = np.ones((2, 5))
    assert (layer.forward(x) == x).all()
    assert layer.rng.bit_generator.state == before


@pytest.mark.parametrize("around", [lambda layer: layer, lambda layer: Residual([layer])], ids=["alone", "inside"])
def test_batches_of_one_row_are_refused_before_a_step_is_made(around, blobs):
    layer = BatchNorm()
    model = Sequential([Dense(8), around(layer), Dense(3), SoftmaxCrossEntropy()])
    trainer = Trainer(model, SGD(0.1), epochs=5, batch_size=1)
    with pytest.raises(DataError, match="the batch has 1 sample: take a batch size of 2 or more"):
        trainer.check(blobs)
    layer.trainable = False
    trainer.check(blobs)
    assert len(Trainer(Sequential([Dense(3), SoftmaxCrossEntropy()]), SGD(), epochs=1, batch_size=1).fit(blobs)) == 1
    with pytest.raises(DataError, match="the batch has 1 sample"):
        Trainer(Sequential([BatchNorm(), Dense(3), SoftmaxCrossEntropy()]), SGD()).check(blobs.rows([0]))


def test_trying_a_row_draws_nothing_and_changes_nothing(blobs):
    def values(tried):
        layers = [Dense(6), Dropout(0.5), GaussianNoise(), Dense(3), SoftmaxCrossEntropy()]
        trainer = Trainer(Sequential(layers), SGD(0.1), epochs=1, batch_size=1)
        for _ in range(tried):
            trainer.check(blobs)
        trainer.fit(blobs)
        return trainer.model.parameters.values

    assert np.array_equal(values(0), values(3))
