"""Extreme values: wherever the true result can be represented it is found, gradients are finite, nothing warns.

Warnings are errors in all tests. The true values come from mpmath with 60 digits, or from plain reasoning.
"""

import math

import numpy as np
import pytest

from nnlite import (
    ELU,
    GELU,
    SELU,
    Layer,
    LeakyReLU,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    SoftmaxCrossEntropy,
    Softplus,
    Tanh,
    TanhGELU,
)
from nnlite.signature import copy_of

mpmath = pytest.importorskip("mpmath", reason="mpmath computes the true values; pip install mpmath")
mp = mpmath.mp

LARGEST = float(np.finfo(np.float32).max)

ROWS = [
    [1e4, -1e4, 0.0],
    [-1e4, -1e4, -1e4],
    [1e30, 0.0, -1e30],
    [1e30, 1e30, 1e30],
    [LARGEST, -LARGEST, 0.0],
    [-LARGEST, -LARGEST, -LARGEST],
    [LARGEST, LARGEST / 2, LARGEST],
    [1e-30, 0.0, -1e-30],
    [88.0, 89.0, -104.0],
    [0.0, -750.0, 3.0],
    [20.0, 0.0, 0.0],
]


def true_loss(row, target):
    """−log softmax(row)ₜ with 60 digits."""
    with mpmath.workdps(60):
        z = [mpmath.mpf(float(value)) for value in row]
        peak = max(z)
        return float(peak + mpmath.log(sum(mpmath.exp(value - peak) for value in z)) - z[target])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", ["labels", "one-hot rows"])
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_cross_entropy_is_exact_wherever_it_can_be_represented(row, form, dtype):
    outputs = np.array([row], dtype)
    for target in range(3):
        loss = SoftmaxCrossEntropy()
        found = loss.forward(outputs, np.array([target]) if form == "labels" else np.eye(3)[[target]])
        expected = true_loss(outputs[0], target)
        assert math.isfinite(expected)
        assert abs(found - expected) <= 1e-6 * max(1, abs(expected))
        gradient = loss.backward()
        assert np.isfinite(gradient).all()
        assert abs(gradient.sum()) <= 1e-6
        assert gradient.dtype == dtype


def test_a_batch_of_mixed_rows_disturbs_none_of_them():
    outputs = np.array(ROWS, np.float32)
    loss = SoftmaxCrossEntropy()
    losses = [loss.forward(outputs[i : i + 1], np.array([1])) for i in range(len(ROWS))]
    mean = loss.forward(outputs, np.full(len(ROWS), 1))
    assert mean == pytest.approx(np.mean(losses), rel=1e-6)
    alone = SoftmaxCrossEntropy()
    together = loss.backward()
    for i in range(len(ROWS)):
        alone.forward(outputs[i : i + 1], np.array([1]))
        assert np.allclose(together[i] * len(ROWS), alone.backward()[0], atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_softmax_is_a_probability_whatever_comes(row, dtype):
    layer = Softmax()
    y = layer.forward(np.array([row], dtype), training=True)
    assert np.isfinite(y).all() and y.sum() == pytest.approx(1, abs=1e-6)
    assert np.isfinite(layer.backward(np.array([[1.0, -2.0, 3.0]], dtype))).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_log_softmax_is_exact_and_below_the_smallest_number_minus_infinity(row, dtype):
    layer, x = LogSoftmax(), np.array([row], dtype)
    y = layer.forward(x, training=True)
    expected = np.array([-true_loss(x[0], target) for target in range(len(row))])
    expected[expected < np.finfo(dtype).min] = -np.inf
    assert np.allclose(y, expected, rtol=1e-6, atol=1e-15)
    gradient = layer.backward(np.array([[1.0, -2.0, 3.0]], dtype))
    assert np.isfinite(gradient).all() and abs(gradient.sum()) <= 1e-6


def rectifier(negative, scale=1.0):
    return lambda x: scale * (x if x > 0 else negative(x))


def tanh_gelu(x):
    return x / (1 + mp.exp(-2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)))


ACTIVATIONS = [
    (ReLU(), rectifier(lambda x: mp.mpf(0))),
    (LeakyReLU(0.25), rectifier(lambda x: x / 4)),
    (PReLU(0.25), rectifier(lambda x: x / 4)),
    (PReLU(1.5), rectifier(lambda x: 1.5 * x)),
    (ELU(2.5), rectifier(lambda x: 2.5 * mp.expm1(x))),
    (SELU(), rectifier(lambda x: mp.mpf("1.6732632423543772") * mp.expm1(x), mp.mpf("1.0507009873554805"))),
    (Softplus(), lambda x: mp.log1p(mp.exp(x))),
    (SiLU(), lambda x: x / (1 + mp.exp(-x))),
    (Mish(), lambda x: x * mp.tanh(mp.log1p(mp.exp(x)))),
    (GELU(), lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2),
    (TanhGELU(), tanh_gelu),
]

SIZES = [1e-30, 1e-10, 1e-3, 0.1, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 13, 20, 30, 50, 100, 3e3, 1e4, 1e20, LARGEST / 2]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("layer", "function"), ACTIVATIONS, ids=lambda value: repr(value) * isinstance(value, Layer))
def test_activations_and_their_derivatives_keep_their_digits_near_and_far(layer, function, dtype):
    """An error is at most thirty roundings, of the result or of x: what one of x makes of the result is no fault."""
    layer, x = copy_of(layer), np.array([[*SIZES, *(-size for size in SIZES)]], dtype)
    y = Sequential([layer]).build((x.size,), dtype=dtype).forward(x, training=True)
    dx = layer.backward(np.ones_like(x))
    rounding, tiny = float(np.finfo(dtype).eps), float(np.finfo(dtype).smallest_normal)
    with mp.workdps(200):
        for at, *found in zip(x[0].tolist(), y[0].tolist(), dx[0].tolist(), strict=True):
            value, slope, bend = (mp.diff(function, at, order, h=mp.mpf("1e-40")) for order in range(3))
            assert abs(found[0] - value) <= 30 * rounding * max(abs(value), abs(at * slope)) + tiny, at
            assert abs(found[1] - slope) <= 30 * rounding * max(abs(slope), abs(at * bend)) + tiny, at


@pytest.mark.parametrize(("dtype", "precision"), [("float32", 1e-6), ("float64", 1e-13)])
def test_gelu_about_minus_ten_keeps_all_digits_of_its_dtype(dtype, precision):
    layer, x = GELU(), np.array([[-12.0, -11.0, -10.0, -9.0, -8.0]], dtype)
    y, dx = layer.forward(x, training=True), layer.backward(np.ones_like(x))
    with mp.workdps(60):
        values = [float(at * mp.ncdf(at)) for at in x[0]]
        slopes = [float(mp.ncdf(at) + at * mp.npdf(at)) for at in x[0]]
    assert y[0].tolist() == pytest.approx(values, rel=precision, abs=0)
    assert dx[0].tolist() == pytest.approx(slopes, rel=precision, abs=0)
    assert y[0, 2] == pytest.approx(-7.61985302416e-23, rel=1e-6, abs=0)  # a table's figure, -10·Φ(-10)


def test_gelu_squares_no_number_that_is_too_large():
    layer = GELU()
    assert layer.forward(np.array([[-1e300, 1e300]]), training=True).tolist() == [[0, 1e300]]
    assert layer.backward(np.ones((1, 2))).tolist() == [[0, 1]]


@pytest.mark.parametrize("layer", [Sigmoid, Tanh])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_saturating_activations_end_at_their_limits(layer, dtype):
    x = np.array([[-LARGEST, -1e4, -100.0, -1e-30, 0.0, 1e-30, 100.0, 1e4, LARGEST]], dtype)
    made = layer()
    y = made.forward(x, training=True)
    with mpmath.workdps(60):
        true = {
            "Sigmoid": lambda v: 1 / (1 + mpmath.exp(-v)) if v > -1e5 else mpmath.mpf(0),
            "Tanh": lambda v: mpmath.tanh(v) if abs(v) < 1e5 else mpmath.sign(v),
        }[layer.__name__]
        expected = np.array([[float(true(mpmath.mpf(float(v)))) for v in x[0]]])
    assert np.allclose(y, expected, rtol=1e-6, atol=1e-37)
    assert np.isfinite(made.backward(np.ones_like(x))).all()
