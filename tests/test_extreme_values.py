"""Extreme values: wherever the true result can be represented it is found, gradients are finite, nothing warns.

Warnings are errors in all tests. The true values come from mpmath with 60 digits, or from plain reasoning.
"""

import math

import numpy as np
import pytest

from nnlite import Sigmoid, Softmax, SoftmaxCrossEntropy, Tanh

mpmath = pytest.importorskip("mpmath", reason="mpmath computes the true values; pip install mpmath")

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
    y = layer.forward(np.array([row], dtype))
    assert np.isfinite(y).all() and y.sum() == pytest.approx(1, abs=1e-6)
    assert np.isfinite(layer.backward(np.array([[1.0, -2.0, 3.0]], dtype))).all()


@pytest.mark.parametrize("layer", [Sigmoid, Tanh])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_saturating_activations_end_at_their_limits(layer, dtype):
    x = np.array([[-LARGEST, -1e4, -100.0, -1e-30, 0.0, 1e-30, 100.0, 1e4, LARGEST]], dtype)
    made = layer()
    y = made.forward(x)
    with mpmath.workdps(60):
        true = {
            "Sigmoid": lambda v: 1 / (1 + mpmath.exp(-v)) if v > -1e5 else mpmath.mpf(0),
            "Tanh": lambda v: mpmath.tanh(v) if abs(v) < 1e5 else mpmath.sign(v),
        }[layer.__name__]
        expected = np.array([[float(true(mpmath.mpf(float(v)))) for v in x[0]]])
    assert np.allclose(y, expected, rtol=1e-6, atol=1e-37)
    assert np.isfinite(made.backward(np.ones_like(x))).all()
