"""The activations against hand calculations, published figures, and what their papers promise."""

import json

import numpy as np
import pytest

from nnlite import (
    ELU,
    GELU,
    SELU,
    ConfigError,
    LeakyReLU,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    Sequential,
    ShapeError,
    Sigmoid,
    SiLU,
    SoftmaxCrossEntropy,
    Softplus,
    TanhGELU,
)
from tests.conftest import ROOT


def made_prelu(slopes, shape, **arguments):
    layer = PReLU(**arguments)
    Sequential([layer]).build(shape, dtype="float64")
    layer.slope.value = np.array(slopes)
    return layer


def test_prelu_starts_at_a_quarter_and_is_not_decayed():
    for shared, shape in ((True, (1,)), (False, (4,))):
        model = Sequential([PReLU(shared=shared)]).build((4, 2))
        [slope] = model.parameters
        assert (slope.name, slope.shape, slope.decay) == ("slope", shape, False)
        assert (slope.value == 0.25).all()


def test_prelu_by_hand():
    layer = made_prelu([0.5], (3,))
    x = np.array([[-2.0, 3.0, -1.0], [4.0, -6.0, 5.0]])
    assert layer.forward(x, training=True).tolist() == [[-1, 3, -0.5], [4, -3, 5]]
    assert layer.backward(np.array([[1.0, 1.0, 2.0], [1.0, 10.0, 1.0]])).tolist() == [[0.5, 1, 1], [1, 5, 1]]
    assert layer.slope.grad.tolist() == [-2 * 1 - 1 * 2 - 6 * 10]


def test_prelu_has_a_slope_for_each_feature_of_rows_and_each_channel_of_images():
    rows = made_prelu([0.5, 2.0], (2,), shared=False)
    assert rows.forward(np.array([[-1.0, -1.0], [-3.0, 1.0]]), training=True).tolist() == [[-0.5, -2.0], [-1.5, 1.0]]
    rows.backward(np.array([[1.0, 1.0], [1.0, 1.0]]))
    assert rows.slope.grad.tolist() == [-4.0, -1.0]

    images = made_prelu([0.5, 2.0], (2, 1, 2), shared=False)
    x = np.array([[[[-1.0, 1.0]], [[-1.0, -2.0]]]])
    assert images.forward(x, training=True).tolist() == [[[[-0.5, 1.0]], [[-2.0, -4.0]]]]
    assert images.backward(np.array([[[[1.0, 1.0]], [[10.0, 1.0]]]])).tolist() == [[[[0.5, 1.0]], [[20.0, 2.0]]]]
    assert images.slope.grad.tolist() == [-1.0, -12.0]


def test_prelu_has_a_slope_for_each_step_or_each_feature_of_a_sequence():
    x = np.array([[[-1.0, -2.0], [-3.0, 4.0]], [[-5.0, -6.0], [7.0, -8.0]]])  # (batch, time, features)
    dy = np.arange(1.0, 9.0).reshape(x.shape)
    steps = made_prelu([0.5, 2.0], (2, 2), shared=False)
    assert steps.forward(x, training=True).tolist() == [[[-0.5, -1], [-6, 4]], [[-2.5, -3], [7, -16]]]
    steps.backward(dy)
    assert steps.slope.grad.tolist() == [-1 - 2 * 2 - 5 * 5 - 6 * 6, -3 * 3 - 8 * 8]

    features = made_prelu([0.5, 2.0], (2, 2), shared=False, axis="last")
    assert features.forward(x, training=True).tolist() == [[[-0.5, -4], [-1.5, 4]], [[-2.5, -12], [7, -16]]]
    assert features.backward(dy).tolist() == [[[0.5, 4], [1.5, 4]], [[2.5, 12], [7, 16]]]
    assert features.slope.grad.tolist() == [-1 - 3 * 3 - 5 * 5, -2 * 2 - 6 * 6 - 8 * 8]


@pytest.mark.parametrize("case", ["3x4x2", "2x4x2x3"])
def test_prelu_of_the_last_axis_has_pytorchs_numbers_of_its_channels(case):
    """PyTorch's channels are on axis 1: with those moved to the end, and back, the numbers are the same."""
    golden = json.loads((ROOT / "tests/oracles/golden/layers.json").read_text())["cases"]
    case = golden[f"PReLU(shared=False) {case}"]
    x, y, dy, dx = (np.moveaxis(case[name], 1, -1) for name in ("x", "y", "dy", "dx"))
    layer = made_prelu(case["parameters"]["slope"], x.shape[1:], shared=False, axis="last")
    assert np.allclose(layer.forward(x, training=True), y, rtol=0, atol=1e-14)
    assert np.allclose(layer.backward(dy), dx, rtol=0, atol=1e-14)
    assert np.allclose(layer.slope.grad, case["gradients"]["slope"], rtol=0, atol=1e-13)


def test_prelu_refuses_a_last_axis_that_says_nothing():
    with pytest.raises(
        ConfigError, match=r'PReLU: axis = "last" says where .* set shared = false, or leave axis out'
    ):
        PReLU(axis="last")
    with pytest.raises(
        ShapeError, match=r"which says where of several axes the features are, .* shape \(3,\): leave"
    ):
        Sequential([PReLU(shared=False, axis="last")]).build((3,))


@pytest.mark.parametrize(
    ("make", "slope"), [(LeakyReLU, 0.01), (lambda: made_prelu([0.25], (1,)), 0.25), (lambda: ELU(3.0), 3.0)]
)
def test_at_0_the_derivative_is_that_of_the_negative_side_as_in_pytorch(make, slope):
    layer = make()
    assert layer.forward(np.zeros((1, 1)), training=True).tolist() == [[0.0]]
    assert layer.backward(np.ones((1, 1))).tolist() == [[slope]]


def test_selu_keeps_mean_0_and_variance_1():
    x = np.linspace(-12, 12, 200_001)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * (x[1] - x[0])
    y = SELU().forward(x[None])[0]
    assert density @ y == pytest.approx(0, abs=1e-8)
    assert density @ (y * y) == pytest.approx(1, abs=1e-8)


# Where a function is lowest, and how low: the figures are known to many places.
@pytest.mark.parametrize(
    ("layer", "lowest", "at"),
    [
        (SiLU(), -0.2784645427610738, -1.2784645427610738),  # -W(1/e), -1 - W(1/e)
        (Mish(), -0.3088434, -1.1924312),
        (GELU(), -0.1699712, -0.7517915),
    ],
    ids=repr,
)
def test_the_lowest_point_of_a_smooth_unit(layer, lowest, at):
    assert layer.forward(np.array([[at]]), training=True)[0, 0] == pytest.approx(lowest, abs=1e-7)
    assert layer.backward(np.ones((1, 1)))[0, 0] == pytest.approx(0, abs=1e-7)


def test_softplus_at_0_is_log_2():
    assert Softplus().forward(np.zeros((1, 1)))[0, 0] == pytest.approx(0.6931471805599453, rel=1e-15)


def test_the_tanh_form_of_gelu_is_close_but_not_the_same():
    x = np.linspace(-6, 6, 10_001)[None]
    largest = np.abs(GELU().forward(x) - TanhGELU().forward(x)).max()
    assert largest == pytest.approx(4.73e-4, abs=1e-6)


@pytest.mark.parametrize("make", [LeakyReLU, ELU, SELU, Softplus, SiLU, Mish, GELU, TanhGELU])
def test_integer_rows_give_floating_results(make):
    layer = make()
    found = layer.forward(np.array([[-2, 0, 3]]))
    assert found.dtype == np.float64
    assert (found == layer.forward(np.array([[-2.0, 0.0, 3.0]]))).all()


def test_log_softmax_of_the_worked_example():
    y = LogSoftmax().forward(np.array([[1.0, 2.0, 3.0], [1e4 + 1, 1e4 + 2, 1e4 + 3]]))
    assert np.allclose(y, [[-2.4076059644, -1.4076059644, -0.4076059644]] * 2, rtol=0, atol=5e-11)
    assert LogSoftmax().forward(np.array([[1, 2, 3]])).dtype == np.float64


def test_log_softmax_before_the_loss_changes_neither_loss_nor_gradient(rng):
    x, labels = rng.normal(size=(6, 3)), np.array([0, 1, 2, 2, 1, 0])
    layer, without, behind = LogSoftmax(), SoftmaxCrossEntropy(), SoftmaxCrossEntropy()
    model = Sequential([layer, behind]).build((3,), dtype="float64")
    assert model.loss(x, labels, training=True) == pytest.approx(without.forward(x, labels), rel=1e-14)
    assert np.allclose(layer.backward(behind.backward()), without.backward(), rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: LeakyReLU(1.0), r"LeakyReLU: slope = 1.0: expected a number of at least 0 and below 1"),
        (lambda: LeakyReLU(-0.01), r"LeakyReLU: slope = -0.01: expected a number of at least 0 and below 1"),
        (lambda: ELU(0.0), r"ELU: alpha = 0.0: expected a number above 0"),
        (lambda: PReLU(float("inf")), r"PReLU: initial_slope = inf: expected a number, and finite"),
        (lambda: PReLU(shared=1), r"PReLU: shared = 1: expected true or false"),
    ],
)
def test_an_argument_out_of_range_is_refused(make, text):
    with pytest.raises(ConfigError, match=text):
        make()


def test_relu_has_derivative_0_at_0():
    layer = ReLU()
    layer.forward(np.array([[-1.0, 0.0, 2.0]]), training=True)
    assert layer.backward(np.ones((1, 3))).tolist() == [[0.0, 0.0, 1.0]]


def test_sigmoid_neither_overflows_nor_loses_its_tail():
    y = Sigmoid().forward(np.array([[-745.0, -50.0, 50.0, 1e300]]))
    assert y[0, 1] == pytest.approx(np.exp(-50.0), rel=1e-15)
    assert y[0, 0] > 0 and y[0, 3] == 1
