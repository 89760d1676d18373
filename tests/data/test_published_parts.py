"""Data with test rows of their own, and parts in order."""

import numpy as np
import pytest

from nnlite import ConfigError, DataError, Dataset
from nnlite.config import training_config as config
from nnlite.data import PARTED_SOURCES, Splits, split, split_training
from tests.helpers.image_files import digits, saved


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


def test_amounts_with_test_rows_of_their_own_are_told_where_they_belong(tmp_path):
    amounts = np.random.default_rng(0).normal(size=60)
    np.savez(
        tmp_path / "d.npz",
        x_train=np.zeros((40, 1)),
        y_train=amounts[:40],
        x_test=np.zeros((20, 1)),
        y_test=amounts[40:],
    )
    with pytest.raises(
        DataError, match=r'if they are amounts, this is a regression: .* task = "regression" in a config'
    ):
        PARTED_SOURCES["npz_parts"](str(tmp_path / "d.npz"))
