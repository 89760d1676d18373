"""Softmax and its cross-entropy: the worked examples that this project started from."""

import json

import numpy as np
import pytest

from nnlite import ShapeError, Softmax, SoftmaxCrossEntropy
from tests.conftest import ROOT

LOGITS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
ONE_HOT = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


@pytest.fixture
def recorded():
    return json.loads((ROOT / "tests/oracles/golden/softmax_jacobian.json").read_text())


def jacobian(layer, x):
    """∂y/∂x of one row, (outputs, inputs): backward of each unit vector gives a row."""
    rows = np.eye(x.size)
    layer.forward(np.repeat(x[None], x.size, axis=0))
    return layer.backward(rows)


def test_softmax_of_the_worked_example():
    y = Softmax().forward(LOGITS)
    assert np.allclose(y, [[0.09003057, 0.24472847, 0.66524096]] * 2, rtol=0, atol=5e-9)


@pytest.mark.parametrize("targets", [ONE_HOT, np.array([1, 0])], ids=["one-hot", "labels"])
def test_cross_entropy_gradient_of_the_worked_example(targets):
    loss = SoftmaxCrossEntropy()
    loss.forward(LOGITS, targets)
    of_the_sum = [[0.09003057, -0.75527153, 0.66524096], [-0.90996943, 0.24472847, 0.66524096]]
    assert np.allclose(loss.backward() * 2, of_the_sum, rtol=0, atol=5e-9)  # ours is of the mean of two rows


def test_softmax_jacobian_over_ten_features_is_pytorchs(recorded):
    found = jacobian(Softmax(), np.array(recorded["x"]))
    assert np.abs(found - recorded["jacobian"]).max() < 1e-15


def test_softmax_backward_is_the_jacobian_vector_product_not_its_diagonal(recorded, rng):
    x, full = np.array(recorded["x"]), np.array(recorded["jacobian"])
    upstream = rng.normal(size=10)
    layer = Softmax()
    layer.forward(x[None])
    found = layer.backward(upstream[None])[0]
    assert np.abs(found - full.T @ upstream).max() < 1e-15
    assert np.abs(found - np.diag(full) * upstream).max() > 0.01


def test_cross_entropy_value_by_hand():
    # −log softmax: log(e⁻¹ + 1 + e) = 1.407606 for the middle logit, log(1 + e + e²) = 2.407606 for the first
    loss = SoftmaxCrossEntropy()
    assert loss.forward(LOGITS, np.array([1, 0])) == pytest.approx((1.4076059644 + 2.4076059644) / 2, abs=1e-9)
    assert loss.weight == 2
    weighted = loss.forward(LOGITS, np.array([1, 0]), np.array([3.0, 1.0]))
    assert weighted == pytest.approx((3 * 1.4076059644 + 2.4076059644) / 4, abs=1e-9)


def test_softmax_of_rows_far_apart():
    y = Softmax().forward(np.array([[1e4, 1e4 + 1], [0.0, 1.0]]))
    assert np.allclose(y, [[1 / (1 + np.e), np.e / (1 + np.e)]] * 2, rtol=1e-12)


def test_the_loss_takes_rows_of_logits_only():
    with pytest.raises(ShapeError, match=r"takes rows of logits, but the model's output has shape \(2, 3\)"):
        SoftmaxCrossEntropy().encode([0, 1], (2, 3))


def test_labels_keep_their_numbers_in_a_batch_that_lacks_a_class():
    assert SoftmaxCrossEntropy().encode([0, 2, 2], (3,)).tolist() == [0, 2, 2]


def test_rows_far_apart_do_not_disturb_each_other():
    loss = SoftmaxCrossEntropy()
    logits = np.array([[1e4, 0.0], [-1e4, -1e4]])
    assert loss.forward(logits, np.array([1, 0])) == pytest.approx((1e4 + np.log(2)) / 2, rel=1e-12)
    assert np.allclose(loss.backward() * 2, [[1, -1], [-0.5, 0.5]])


def test_integer_rows_give_softmax_in_float64():
    layer, floating = Softmax(), Softmax()
    y = layer.forward(np.array([[1, 2, 3]]))
    assert y.dtype == np.float64
    assert (y == floating.forward(np.array([[1.0, 2.0, 3.0]]))).all()


def test_integer_logits_give_loss_and_gradient_in_float64():
    loss, floating = SoftmaxCrossEntropy(), SoftmaxCrossEntropy()
    assert loss.forward(LOGITS.astype(np.int64), np.array([1, 0])) == floating.forward(LOGITS, np.array([1, 0]))
    gradient = loss.backward()
    assert gradient.dtype == np.float64
    assert (gradient == floating.backward()).all()


@pytest.mark.parametrize("weights", [None, np.array([1.0, 3.0])], ids=["plain", "weighted"])
@pytest.mark.parametrize("targets", [np.array([0, 1]), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])], ids=["i", "p"])
def test_a_class_that_is_ruled_out_by_a_logit_of_minus_infinity_costs_nothing(targets, weights):
    loss = SoftmaxCrossEntropy()
    value = loss.forward(np.array([[2.0, 2.0, -np.inf], [5.0, 5.0, -np.inf]]), targets, weights)
    assert abs(value - np.log(2)) < 1e-15
    shares = np.array([[0.5], [0.5]] if weights is None else [[0.25], [0.75]])
    assert np.allclose(loss.backward(), shares * [[-0.5, 0.5, 0.0], [0.5, -0.5, 0.0]], rtol=0, atol=1e-15)
