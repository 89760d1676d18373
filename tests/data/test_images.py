"""Images as data: their shapes, and their bytes in memory."""

import math
import tracemalloc

import numpy as np
import pytest

from nnlite import (
    SGD,
    ConfigError,
    DataError,
    Dataset,
    Dense,
    Flatten,
    Predictor,
    Rescale,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
)
from nnlite.config import training_config as config
from nnlite.data import PARTED_SOURCES, SOURCES, as_images
from nnlite.training.feed import Feed
from tests.helpers.image_files import digits, saved


@pytest.mark.parametrize("shape", [(3, 4), (12,), (1, 3, 4)])
def test_rows_that_say_the_same_become_the_same_pictures(shape):
    x = np.arange(60, dtype=np.uint8)
    pictures = as_images(x.reshape(5, *shape), (1, 3, 4))
    assert pictures.shape == (5, 1, 3, 4) and pictures.dtype == np.uint8
    assert np.shares_memory(pictures, x)
    assert (pictures.ravel() == x).all()


def test_several_channels_may_come_flat_but_not_without_their_axis():
    x = np.arange(2 * 24.0).reshape(2, 24)
    assert (as_images(x, (2, 3, 4)) == x.reshape(2, 2, 3, 4)).all()
    with pytest.raises(ShapeError, match=r"\(2, 3, 8\); expected .* \(rows, 2, 3, 4\): \(rows, 24\) does"):
        as_images(x.reshape(2, 3, 8), (2, 3, 4))
    with pytest.raises(ShapeError, match=r"\(rows, 1, 3, 4\): \(rows, 12\) or \(rows, 3, 4\) do as well"):
        as_images(x, (1, 3, 4))


def test_channels_that_come_last_are_told_how_to_come_first():
    x = np.zeros((7, 28, 28, 3))
    with pytest.raises(ShapeError, match=r"its channels come last: x.transpose\(0, 3, 1, 2\) puts them first"):
        as_images(x, (3, 28, 28))
    with pytest.raises(ShapeError, match="its channels come last"):
        as_images(x[..., :1], (1, 28, 28))


@pytest.mark.parametrize(("alone", "shape"), [((3, 4, 5), (3, 4, 5)), ((4, 5), (1, 4, 5))])
def test_one_picture_alone_is_told_how_to_become_a_row(alone, shape):
    with pytest.raises(ShapeError, match=r"one image alone is x\[None\]"):
        as_images(np.zeros(alone), shape)
    assert as_images(np.zeros(alone)[None], shape).shape == (1, *shape)


def test_npz_makes_pictures_of_a_shape_and_leaves_rows_alone_without(tmp_path):
    x, y = digits(20)
    path = saved(tmp_path / "d.npz", x=x, y=y, flat=x.reshape(20, 784), three=np.zeros((20, 3, 8, 8)))
    for name in ("x", "flat"):
        data = SOURCES["npz"](path, x=name, shape=[1, 28, 28])
        assert (data.x == x[:, None]).all() and data.x.dtype == np.uint8
    assert SOURCES["npz"](path).x.shape == (20, 28, 28)  # they might be 28 measurements at 28 times
    assert SOURCES["npz"](path, x="three").x.shape == (20, 3, 8, 8)
    with pytest.raises(DataError, match=r"d.npz: x has shape \(20, 28, 28\); expected images .* \(rows, 3, 8, 8\)"):
        SOURCES["npz"](path, shape=[3, 8, 8])


def test_npz_refuses_channels_that_come_last_unless_it_is_told_that_they_do_not(tmp_path):
    path = saved(tmp_path / "d.npz", x=np.zeros((4, 8, 9, 3)), y=np.arange(4) % 2, few=np.zeros((4, 3, 4, 3)))
    with pytest.raises(DataError, match=r"3 channels at the end; .* x.transpose\(0, 3, 1, 2\), or say shape = \[8"):
        SOURCES["npz"](path)
    assert SOURCES["npz"](path, shape=[8, 9, 3]).x.shape == (4, 8, 9, 3)
    assert SOURCES["npz"](path, x="few").x.shape == (4, 3, 4, 3)


@pytest.mark.parametrize("value", ["[28, 28]", "[1, 28, 0]", "784", "[1, 2, 3, 4]"])
def test_a_shape_of_pictures_has_three_sizes(value, tmp_path):
    file = tmp_path / "c.toml"
    file.write_text('[data]\nsource = "npz"\npath = "d.npz"\n[model]\nlayers = [{ type = "Flatten" }]\n')
    with pytest.raises(ConfigError, match=r"data.shape = .* a list, each an integer of at least 1, 3 of them"):
        config.load(file, [f"data.shape={value}"])


@pytest.mark.parametrize("shape", [(28, 28), (784,), (1, 28, 28)])
def test_a_predictor_takes_pictures_as_a_source_does(shape, rng):
    model = Sequential([Rescale(1 / 255), Flatten(), Dense(10), SoftmaxCrossEntropy()]).build((1, 28, 28))
    x, _ = digits(6, shape)
    predictor = Predictor(model, classes=range(10))
    expected = Predictor(model).predict_proba(digits(6)[0][:, None])
    assert (predictor.predict_proba(x) == expected).all()
    np.testing.assert_allclose(expected, model.predict(digits(6)[0][:, None]), rtol=1e-4)
    assert (predictor.predict(x) == model.predict(digits(6)[0][:, None]).argmax(axis=1)).all()
    with pytest.raises(ShapeError, match="its channels come last"):
        predictor.predict(np.zeros((2, 28, 28, 1)))
    with pytest.raises(ShapeError, match=r"x has shape \(2, 783\)"):
        predictor.predict(np.zeros((2, 783)))


def test_a_missing_array_is_told(tmp_path):
    x, y = digits(30)
    with pytest.raises(DataError, match=r"there is no array 'x_train'; did you mean 'y_train'[?] Valid: x_trian"):
        PARTED_SOURCES["mnist"](saved(tmp_path / "mnist.npz", x_trian=x, y_train=y, x_test=x, y_test=y))


@pytest.mark.parametrize("layer", [Rescale(1 / 255), Standardize()], ids=repr)
def test_bytes_are_preprocessed_a_portion_at_a_time(layer):
    """Beside the rows that the network takes, in float32, there is only a portion of them in float64."""
    data = Dataset(np.random.default_rng(0).integers(0, 256, (30_000, 1, 28, 28), np.uint8), np.arange(30_000) % 10)
    model = Sequential([layer, Flatten(), Dense(10), SoftmaxCrossEntropy()]).build((1, 28, 28))
    tracemalloc.start()
    model.adapt(data.x, data.y)
    feed = Feed(model, data)
    feed.prepare(math.inf)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < data.x.size * 4 + 40e6
    assert data.x.dtype == np.uint8
    x, _, _ = next(feed.batches(100))
    expected = layer.forward(data.x[:100].astype(np.float64)).reshape(100, 784)
    assert x.dtype == np.float32 and np.allclose(x, expected, rtol=1e-6)


def test_bytes_train_as_their_numbers_do():
    x, y = digits(60)
    histories = []
    for rows in (x[:, None], x[:, None].astype(np.float64)):
        model = Sequential([Rescale(1 / 255), Flatten(), Dense(10), SoftmaxCrossEntropy()])
        histories.append(Trainer(model, SGD(0.1), epochs=2).fit(Dataset(rows, y))["training_loss"])
    assert histories[0] == histories[1]
