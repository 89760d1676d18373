"""Pictures as data: shapes, MNIST and other files with test rows of their own, parts in order, memory."""

import tracemalloc
import urllib.error
import warnings

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
from nnlite.data import PARTED_SOURCES, SOURCES, Splits, as_images, split, split_training
from nnlite.training.feed import Feed


def saved(path, **arrays):
    np.savez(path, **arrays)
    return str(path)


def digits(rows, shape=(28, 28)):
    """Pictures that are all different, and their digits."""
    x = np.arange(rows).astype(np.uint8)[:, None] * np.uint8(7) + np.arange(784).astype(np.uint8)
    return x.reshape(rows, *shape), (np.arange(rows) % 10).astype(np.uint8)


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
    assert (predictor.predict_proba(x) == model.predict(digits(6)[0][:, None])).all()
    assert (predictor.predict(x) == model.predict(digits(6)[0][:, None]).argmax(axis=1)).all()
    with pytest.raises(ShapeError, match="its channels come last"):
        predictor.predict(np.zeros((2, 28, 28, 1)))
    with pytest.raises(ShapeError, match=r"x has shape \(2, 783\)"):
        predictor.predict(np.zeros((2, 783)))


def test_mnist_takes_the_published_test_rows(tmp_path):
    (x, y), (x_test, y_test) = digits(200), digits(50)
    path = saved(tmp_path / "mnist.npz", x_train=x, y_train=y, x_test=x_test[::-1], y_test=y_test[::-1])
    parts = PARTED_SOURCES["mnist"](path)
    assert (parts.train.x == x[:, None]).all() and (parts.test.x == x_test[::-1, None]).all()
    assert (parts.train.y == y).all() and (parts.test.y == y_test[::-1]).all()
    assert parts.validation is None
    assert parts.train.classes == parts.test.classes == tuple(range(10))
    assert parts.train.x.dtype == parts.test.x.dtype == np.uint8


@pytest.mark.parametrize("dtype", ["S1", "U1"])
def test_mnists_digits_may_be_text(dtype, tmp_path):
    x, y = digits(30)
    as_text = y.astype(str).astype(dtype)
    path = saved(tmp_path / "mnist.npz", x_train=x, y_train=as_text, x_test=x, y_test=as_text)
    assert (PARTED_SOURCES["mnist"](path).test.y == y).all()


def test_mnist_in_one_piece_ends_with_the_test_rows(tmp_path):
    x, y = digits(70_000)
    parts = PARTED_SOURCES["mnist"](saved(tmp_path / "mnist.npz", x=x, y=y))
    assert (parts.train.x == x[:60_000, None]).all() and (parts.test.x == x[60_000:, None]).all()
    assert (parts.test.y == y[60_000:]).all()
    with pytest.raises(DataError, match="x has 100 rows, and y 100; expected all 70,000 of MNIST"):
        PARTED_SOURCES["mnist"](saved(tmp_path / "few.npz", x=x[:100], y=y[:100]))


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (
            {"x_train": np.zeros((30, 8, 8), np.uint8)},
            r"x_train and y_train: x has shape \(30, 8, 8\); expected images .* \(rows, 1, 28",
        ),
        (
            {"x_train": digits(30)[0] / 255},
            "the pixels, of dtype float64, are not all whole numbers from 0 to 255: save .* times 255, .*npz_parts",
        ),
        ({"x_train": digits(30)[0].astype(np.int16) - 1}, "of dtype int16, are not all whole numbers from 0 to 255"),
        ({"x_test": np.full((30, 28, 28), np.nan)}, "of dtype float64, are not all whole numbers from 0 to 255"),
        ({"x_test": np.full((30, 28, 28), "1")}, "the pixels have dtype <U1"),
        ({"y_test": np.full(30, 10)}, "x_test and y_test: label 10 is not among the classes 0, 1"),
        ({"y_test": np.full(30, b"x")}, "label 'x' is not among the classes 0, 1"),
        ({"y_train": np.arange(29) % 10}, "x_train and y_train: x has 30 rows, but y has shape"),
    ],
)
def test_what_is_not_mnist_is_refused(changed, text, tmp_path):
    x, y = digits(30)
    arrays = {"x_train": x, "y_train": y, "x_test": x, "y_test": y} | changed
    with pytest.raises(DataError, match=rf"mnist.npz: .*{text}"):
        PARTED_SOURCES["mnist"](saved(tmp_path / "mnist.npz", **arrays))


def test_a_missing_array_is_told(tmp_path):
    x, y = digits(30)
    with pytest.raises(DataError, match=r"there is no array 'x_train'; did you mean 'y_train'[?] Valid: x_trian"):
        PARTED_SOURCES["mnist"](saved(tmp_path / "mnist.npz", x_trian=x, y_train=y, x_test=x, y_test=y))


def test_mnist_comes_from_openml_where_no_file_is_named(monkeypatch):
    """OpenML keeps pixels as numbers of some kind, and digits as text."""
    from sklearn import datasets

    x, y = digits(70_000, (784,))
    asked = []

    class Found:
        data, target = x.astype(np.int16), y.astype(str).astype(object)

    monkeypatch.setattr(datasets, "fetch_openml", lambda *args, **kwargs: asked.append((args, kwargs)) or Found)
    parts = PARTED_SOURCES["mnist"]()
    assert parts.train.x.shape == (60_000, 1, 28, 28) and parts.train.x.dtype == np.uint8
    assert (parts.test.x.reshape(10_000, 784) == x[60_000:]).all() and (parts.test.y == y[60_000:]).all()
    ((name,), options), *_ = asked
    assert name == "mnist_784" and options["version"] == 1 and options["as_frame"] is False
    assert options["parser"] in ("liac-arff", "pandas")


@pytest.mark.parametrize(
    "error", [urllib.error.URLError("no route"), ConnectionResetError("no route"), ValueError("no route")]
)
def test_no_way_to_openml_is_told_with_another(error, monkeypatch):
    from sklearn import datasets

    def fetch(*_, **__):
        warnings.warn("A network error occurred. Retrying...", stacklevel=1)
        raise error

    monkeypatch.setattr(datasets, "fetch_openml", fetch)
    with pytest.raises(DataError, match=r"mnist_784 cannot be fetched from OpenML .*no route.*data.path=") as found:
        PARTED_SOURCES["mnist"]()
    assert "\n" not in str(found.value)


def test_files_with_test_rows_of_their_own_serve_every_task(tmp_path):
    x = np.arange(40.0).reshape(20, 2)
    y = {
        "classification": np.array(["b", "a"] * 10),
        "multi-label": np.arange(40).reshape(20, 2) % 2,
        "regression": np.arange(20) / 2,
    }
    for task, targets in y.items():
        path = saved(tmp_path / "d.npz", x_train=x, y_train=targets, more=x[:4] + 1, x_test=x, y_test=targets[:4])
        parts = PARTED_SOURCES["npz_parts"](path, x_test="more", task=task)
        assert (parts.train.x == x).all() and (parts.test.x == x[:4] + 1).all() and len(parts.test.y) == 4
    assert (parts.test.y == y["regression"][:4]).all()


def test_the_test_rows_of_a_file_are_of_the_classes_and_the_shape_of_the_others(tmp_path):
    x, y = digits(20)
    path = tmp_path / "d.npz"
    arrays = {"x_train": x, "y_train": y % 3, "x_test": x, "y_test": y % 2 + 1}
    parts = PARTED_SOURCES["npz_parts"](saved(path, **arrays), shape=(1, 28, 28))
    assert parts.test.classes == (0, 1, 2) and (parts.test.y == y % 2 + 1).all()
    assert parts.test.x.shape == (20, 1, 28, 28)
    with pytest.raises(DataError, match=r"d.npz: x_test and y_test: label 3 is not among the classes 0, 1, 2"):
        PARTED_SOURCES["npz_parts"](saved(path, **arrays | {"y_test": y % 2 + 2}))
    with pytest.raises(
        DataError, match=r"d.npz: x_test has shape \(20, 784\), but the rows of x_train \(28, 28\); .* save them"
    ):
        PARTED_SOURCES["npz_parts"](saved(path, **arrays | {"x_test": x.reshape(20, 784)}))


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"y_train": np.arange(19) % 3}, "d.npz: x_train and y_train: x has 20 rows"),
        ({"more": np.full((20, 28, 28), np.nan)}, r"d.npz: more and y_test: x\[0, 0, 0, 0\] is nan"),
        ({"more": np.zeros((20, 8, 8))}, r"d.npz: more and y_test: x has shape \(20, 8, 8\); expected images"),
        ({"y_test": np.array([{}] * 20)}, "d.npz: the array 'y_test' holds Python objects"),
    ],
)
def test_an_error_says_of_which_arrays_of_the_file_it_speaks(changed, text, tmp_path):
    x, y = digits(20)
    arrays = {"x_train": x / 255, "y_train": y, "more": x / 255, "y_test": y} | changed
    with pytest.raises(DataError, match=text):
        PARTED_SOURCES["npz_parts"](saved(tmp_path / "d.npz", **arrays), x_test="more", shape=(1, 28, 28))


@pytest.mark.parametrize(("train", "test"), [("uint8", "float32"), ("float64", "int16")])
def test_pixels_of_another_scale_than_the_others_are_refused(train, test, tmp_path):
    x, y = digits(20)
    arrays = {"x_train": x.astype(train), "y_train": y, "x_test": x.astype(test), "y_test": y}
    path = saved(tmp_path / "d.npz", **arrays)
    with pytest.raises(DataError, match=rf"d.npz: x_test is of {test}, but x_train of {train}: .* save them alike"):
        PARTED_SOURCES["npz_parts"](path)
    saved(tmp_path / "d.npz", **arrays | {"x_test": x.astype("float32" if train == "float64" else "int64")})
    assert len(PARTED_SOURCES["npz_parts"](path).test) == 20


def test_validation_rows_come_from_the_training_rows_alone():
    data = Dataset(np.arange(100.0)[:, None], np.arange(100) % 2)
    published = Splits(data.rows(slice(0, 80)), None, data.rows(slice(80, 100)))
    parts = split_training(published, 0.25, seed=3)
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [60, 20, 20]
    assert sorted(np.concatenate([parts.train.x, parts.validation.x])[:, 0]) == list(range(80))
    assert parts.validation.y.sum() == 10  # each class has its share
    assert (parts.test.x[:, 0] == np.arange(80, 100)).all()
    assert (split_training(published, 0.25, seed=3).validation.x == parts.validation.x).all()
    assert (split_training(published, 0.25, seed=4).validation.x != parts.validation.x).any()
    assert split_training(published, 0.0).validation is None
    with pytest.raises(DataError, match="20 validation rows already"):
        split_training(parts)


def test_parts_in_order_are_the_last_rows():
    data = Dataset(np.arange(100.0)[:, None], np.arange(100) // 50)
    parts = split(data, 0.2, 0.1, shuffle=False)
    assert parts.train.x[:, 0].tolist() == list(range(70))
    assert parts.validation.x[:, 0].tolist() == list(range(70, 80))
    assert parts.test.x[:, 0].tolist() == list(range(80, 100))
    parts = split_training(Splits(data, None, data), 0.16667, shuffle=False)
    assert parts.validation.x[:, 0].tolist() == list(range(83, 100))
    with pytest.raises(DataError, match="leave nothing to train on"):
        split(data, 0.5, 0.5, shuffle=False)
    with pytest.raises(DataError, match=r"validation_fraction = 0.001 of 100 rows is 0"):
        split(data, 0.0, 0.001, shuffle=False)


CONFIG = """
[data]
source = "mnist"
path = "mnist.npz"
validation_fraction = 0.25

[model]
layers = [
  { type = "Rescale", scale = 0.004 },
  { type = "Flatten" },
  { type = "Dense", units = 10 },
  { type = "SoftmaxCrossEntropy" },
]
"""


def test_a_config_parts_published_data_as_published(tmp_path):
    x, y = digits(80)
    saved(tmp_path / "mnist.npz", x_train=x, y_train=y, x_test=x[:30], y_test=y[:30])
    (tmp_path / "c.toml").write_text(CONFIG)
    settings = config.load(tmp_path / "c.toml")
    assert "test_fraction" not in settings.document["data"]
    parts = settings.load_data()
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [60, 20, 30]
    ordered = config.load(tmp_path / "c.toml", ["data.shuffle=false"]).load_data()
    assert (ordered.validation.x == x[60:, None]).all() and (ordered.train.x == x[:60, None]).all()
    (tmp_path / "again.toml").write_text(settings.to_toml())
    assert (config.load(tmp_path / "again.toml").load_data().validation.x == parts.validation.x).all()


def test_a_test_fraction_for_published_data_is_refused_not_ignored(tmp_path):
    (tmp_path / "c.toml").write_text(CONFIG)
    with pytest.raises(ConfigError, match=r"data.test_fraction: mnist has test rows of its own, so leave it out"):
        config.load(tmp_path / "c.toml", ["data.test_fraction=0.2"])


def test_a_config_without_a_path_stays_so(tmp_path):
    (tmp_path / "c.toml").write_text(CONFIG.replace('path = "mnist.npz"\n', ""))
    settings = config.load(tmp_path / "c.toml")
    assert settings.document["data"]["path"] is None
    (tmp_path / "again.toml").write_text(settings.to_toml())
    assert config.load(tmp_path / "again.toml").document["data"] == settings.document["data"]


def test_a_path_on_the_command_line_is_relative_to_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "c.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path.parent)
    document = config.load(tmp_path / "c.toml", ["data.path=other.npz"]).document
    assert document["data"]["path"] == str(tmp_path.parent / "other.npz")
    assert config.load(tmp_path / "c.toml").document["data"]["path"] == str(tmp_path / "mnist.npz")


@pytest.mark.parametrize("layer", [Rescale(1 / 255), Standardize()], ids=repr)
def test_bytes_are_preprocessed_a_portion_at_a_time(layer):
    """Beside the rows that the network takes, in float32, there is only a portion of them in float64."""
    data = Dataset(np.random.default_rng(0).integers(0, 256, (30_000, 1, 28, 28), np.uint8), np.arange(30_000) % 10)
    model = Sequential([layer, Flatten(), Dense(10), SoftmaxCrossEntropy()]).build((1, 28, 28))
    tracemalloc.start()
    model.adapt(data.x, data.y)
    feed = Feed(model, data)
    feed.prepare()
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
