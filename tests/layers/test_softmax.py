"""Softmax, the layer: the worked example that this project started from, and PyTorch's Jacobian."""

import json

import numpy as np
import pytest

from nnlite import Softmax
from tests.conftest import ROOT

LOGITS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@pytest.fixture
def recorded():
    return json.loads((ROOT / "tests/oracles/golden/softmax_jacobian.json").read_text())


def jacobian(layer, x):
    """∂y/∂x of one row, (outputs, inputs): backward of each unit vector gives a row."""
    rows = np.eye(x.size)
    layer.forward(np.repeat(x[None], x.size, axis=0), training=True)
    return layer.backward(rows)


def test_softmax_of_the_worked_example():
    y = Softmax().forward(LOGITS)
    assert np.allclose(y, [[0.09003057, 0.24472847, 0.66524096]] * 2, rtol=0, atol=5e-9)


def test_softmax_jacobian_over_ten_features_is_pytorchs(recorded):
    found = jacobian(Softmax(), np.array(recorded["x"]))
    assert np.abs(found - recorded["jacobian"]).max() < 1e-15


def test_softmax_backward_is_the_jacobian_vector_product_not_its_diagonal(recorded, rng):
    x, full = np.array(recorded["x"]), np.array(recorded["jacobian"])
    upstream = rng.normal(size=10)
    layer = Softmax()
    layer.forward(x[None], training=True)
    found = layer.backward(upstream[None])[0]
    assert np.abs(found - full.T @ upstream).max() < 1e-15
    assert np.abs(found - np.diag(full) * upstream).max() > 0.01


def test_softmax_of_rows_far_apart():
    y = Softmax().forward(np.array([[1e4, 1e4 + 1], [0.0, 1.0]]))
    assert np.allclose(y, [[1 / (1 + np.e), np.e / (1 + np.e)]] * 2, rtol=1e-12)


def test_integer_rows_give_softmax_in_float64():
    layer, floating = Softmax(), Softmax()
    y = layer.forward(np.array([[1, 2, 3]]))
    assert y.dtype == np.float64
    assert (y == floating.forward(np.array([[1.0, 2.0, 3.0]]))).all()
