"""MNIST, from a file or from OpenML."""

import urllib.error
import warnings

import numpy as np
import pytest

from nnlite import DataError
from nnlite.data import PARTED_SOURCES
from tests.helpers.image_files import digits, saved


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
