"""Standardize and Rescale: what they learn from the training rows, and in which digits."""

import numpy as np
import pytest

from nnlite import Rescale, Sequential, Standardize


def test_standardize_learns_from_the_training_rows_only(rng):
    model = Sequential([Standardize()]).build((3,), dtype="float64")
    train = rng.normal(size=(50, 3)) * [1, 10, 100] + [5, -5, 0]
    model.adapt(train)
    y = model.forward(train)
    assert np.allclose(y.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(y.std(axis=0), 1)
    assert not np.allclose(model.forward(train + 1).mean(axis=0), 0)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 + 0.1, -3e-9])
def test_standardize_gives_constant_columns_scale_1(value):
    layer = Standardize()
    model = Sequential([layer]).build((1,), dtype="float64")
    model.adapt(np.full((1000, 1), value))
    assert layer.statistics["scale"].tolist() == [1.0]
    assert np.allclose(model.forward(np.array([[value + 2]])), 2.0)


def test_standardize_does_not_cancel_at_a_large_mean(rng):
    x = rng.normal(size=(1000, 1)) + 1e8
    layer = Standardize()
    Sequential([layer]).build((1,)).adapt(x)
    assert layer.statistics["scale"][0] == pytest.approx(x.std(), rel=1e-9)


def test_standardize_sums_many_rows_in_float64():
    x = np.full((400_000, 1), 0.1, np.float32)
    x[::2] = 0.3
    layer = Standardize()
    Sequential([layer]).build((1,)).adapt(x)
    assert layer.statistics["mean"][0] == pytest.approx(x.astype(np.float64).mean(), rel=1e-12)


def test_preprocessing_takes_integer_rows():
    pixels = np.array([[0, 255]], np.uint8)
    assert Rescale(1 / 255).forward(pixels).tolist() == [[0.0, 1.0]]


def test_standardize_computes_in_float64_whatever_the_rows_are():
    x = (16_777_216 + 2 * np.arange(100)).astype(np.float32)[:, None]  # each is exact in float32; their mean is not
    model = Sequential([Standardize()]).build((1,))
    model.adapt(x)
    expected = (x.astype(np.float64) - x.astype(np.float64).mean()) / x.astype(np.float64).std()
    assert np.allclose(model.forward(x), expected, rtol=1e-6, atol=1e-7)


def test_a_layer_learns_from_what_the_rows_look_like_where_it_stands(rng):
    model = Sequential([Rescale(10.0, offset=1.0), Standardize()]).build((2,))
    x = rng.normal(size=(30, 2))
    model.adapt(x)
    assert np.allclose(model.layers[1].statistics["mean"], 10 * x.mean(axis=0) + 1)
