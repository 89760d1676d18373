"""Standardize and Rescale: what they learn from the training rows, and in which digits."""

import math

import numpy as np
import pytest

from nnlite import (
    SGD,
    Dataset,
    Dense,
    DivergenceError,
    MeanSquaredError,
    Rescale,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
)
from nnlite.data import regression_from_arrays


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


NANOSECONDS = 1_700_000_000_000_000_000  # since 1970
DEVIATION = math.sqrt((1000**2 - 1) / 12)  # of the numbers 0 to 999


def learnt(x):
    layer = Standardize()
    model = Sequential([layer]).build(x.shape[1:], dtype="float64")
    model.adapt(x)
    return layer.statistics["mean"], layer.statistics["scale"], model.forward(x)


@pytest.mark.parametrize("step", [100, 1])
@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_a_column_that_varies_is_not_taken_for_constant_however_large_its_mean_is(dtype, step):
    times = np.array([NANOSECONDS + step * k for k in range(1000)], dtype)
    x = np.stack([np.arange(1000, dtype=dtype), times], axis=1)
    mean, scale, y = learnt(x)
    assert scale == pytest.approx([DEVIATION, step * DEVIATION], rel=1e-12)
    assert mean == pytest.approx([499.5, NANOSECONDS + step * 499.5], rel=1e-15)
    assert np.diff(y, axis=0) == pytest.approx(1 / DEVIATION, rel=1e-9)  # no two are rounded to the same number


def test_a_float_column_is_constant_only_if_all_its_numbers_are_equal():
    x = np.float64(NANOSECONDS) + 256 * np.arange(1000.0)[:, None]  # as near as floats are there
    assert learnt(x)[1] == pytest.approx([256 * DEVIATION], rel=1e-12)
    one_differs = np.full((1000, 1), 0.1)
    one_differs[-1] = np.nextafter(0.1, 1)
    deviation = (one_differs[-1, 0] - 0.1) * math.sqrt(999) / 1000
    assert learnt(one_differs)[1] == pytest.approx([deviation], rel=1e-12)
    tiny = 1e-200 * np.arange(1000.0)[:, None]  # their squares are 0
    assert learnt(tiny)[1] == pytest.approx([1e-200 * DEVIATION], rel=1e-12)
    float32 = np.float32(1e9) + 64 * np.arange(1000, dtype=np.float32)[:, None]
    assert learnt(float32)[1] == pytest.approx([64 * DEVIATION], rel=1e-12)
    assert (learnt(np.full((1000, 1), 0.1))[2] == 0).all()


@pytest.mark.parametrize("lowest", [-(2**63), 0, 2**63 - 1000])
def test_the_ends_of_64_bits_are_standardized_too(lowest):
    x = np.array([lowest + k for k in range(1000)], np.int64)[:, None]
    _, scale, y = learnt(x)
    assert scale == pytest.approx([DEVIATION], rel=1e-12)
    assert np.diff(y, axis=0) == pytest.approx(1 / DEVIATION, rel=1e-9)
    far = np.array([[-(2**63)], [2**63 - 1]], np.int64)
    assert learnt(far)[2].ravel().tolist() == [-1, 1]


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


def test_targets_that_vary_are_not_taken_for_constant_however_large_their_mean_is():
    times = np.array([NANOSECONDS + 256 * (k // 4) for k in range(1000)])  # floats hold multiples of 256
    data = regression_from_arrays(np.zeros((1000, 1)), times)
    model = Sequential([Dense(1), MeanSquaredError()]).build((1,))
    model.adapt(data.x, data.y)
    assert model.criterion.statistics["scale"] == pytest.approx([256 * math.sqrt((250**2 - 1) / 12)], rel=1e-12)


def test_no_standardize_layer_is_advised_where_there_is_one():
    data = Dataset(np.array([[1e3], [-1e3]]), [0, 1])
    for layers, advised in (([], True), ([Standardize()], False)):
        model = Sequential([*layers, Dense(2), SoftmaxCrossEntropy()])
        with pytest.raises(DivergenceError, match="try a learning rate ten times smaller") as raised:
            Trainer(model, SGD(1e300), epochs=3).fit(data)
        assert ("Standardize layer" in str(raised.value)) == advised
