"""Initializers against the deviations and limits of their papers."""

from typing import get_args

import numpy as np
import pytest

from nnlite import ConfigError, Dense, Layer, Sequential, ShapeError
from nnlite.core import initializers

FAN_IN, FAN_OUT = 300, 200


@pytest.mark.parametrize(
    ("name", "deviation"),
    [
        ("zeros", 0),
        ("ones", 0),
        ("normal", 1),
        ("glorot_uniform", np.sqrt(2 / (FAN_IN + FAN_OUT))),
        ("glorot_normal", np.sqrt(2 / (FAN_IN + FAN_OUT))),
        ("he_uniform", np.sqrt(2 / FAN_IN)),
        ("he_normal", np.sqrt(2 / FAN_IN)),
        ("lecun_uniform", np.sqrt(1 / FAN_IN)),
        ("lecun_normal", np.sqrt(1 / FAN_IN)),
    ],
)
def test_the_deviation_is_the_papers(name, deviation):
    model = Sequential([Dense(FAN_OUT, weight_init=name)]).build((FAN_IN,), dtype="float64")
    weight = model.layers[0].weight.value
    assert weight.std() == pytest.approx(deviation, rel=0.02)
    if name.endswith("uniform"):  # a uniform distribution reaches √3 deviations, and no further
        assert np.abs(weight).max() == pytest.approx(deviation * np.sqrt(3), rel=0.001)
        assert np.abs(weight).max() <= deviation * np.sqrt(3)


@pytest.mark.parametrize("shape", [(60, 60), (80, 20), (20, 80), (10, 4, 5)])
def test_orthogonal_rows_or_columns(shape):
    def drawn(seed):
        return initializers.orthogonal(np.random.default_rng(seed), shape, 1, 1)

    assert drawn(0).shape == shape
    matrix = drawn(0).reshape(shape[0], -1)
    small = matrix.T if len(matrix) > len(matrix[0]) else matrix
    assert np.allclose(small @ small.T, np.eye(len(small)), atol=1e-12)
    # As often positive as negative at each place: QR alone gives the diagonal one sign.
    assert 40 < sum(drawn(seed).flat[0] > 0 for seed in range(100)) < 60


def test_every_name_is_a_function_of_its_module():
    assert {initializers.find(name).__name__ for name in get_args(initializers.InitializerName)} == set(
        get_args(initializers.InitializerName)
    )


def test_fan_can_be_said_where_the_shape_misleads():
    class Kernel(Layer):
        def build(self, input_shape, rng):
            self.kernel = self.add_parameter("kernel", (100, 100), "he_normal", fan=(8, 4))
            return input_shape

        def forward(self, x, *, training=False):
            return x

        def backward(self, dy):
            return dy

    kernel = Sequential([Kernel()]).build((3,)).layers[0].kernel
    assert kernel.value.std() == pytest.approx(0.5, rel=0.02)


def with_a_parameter(shape, initializer, **options):
    class Kernel(Dense):
        def build(self, input_shape, rng):
            self.kernel = self.add_parameter("kernel", shape, initializer, **options)
            return input_shape

    return Sequential([Kernel(1)]).build((3,)).layers[0].kernel


def test_more_than_two_axes_do_not_tell_inputs_from_outputs():
    with pytest.raises(
        ConfigError, match=r"of which 'he_normal' cannot tell inputs from outputs; pass .*fan=\(inputs"
    ):
        with_a_parameter((3, 3, 8), "he_normal")
    kernel = with_a_parameter((30, 30, 8), "he_normal", fan=(8, 8))
    assert kernel.value.std() == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize("initializer", ["zeros", "ones", "normal", lambda rng, shape, *fans: np.ones(shape)])
def test_an_initializer_that_asks_for_no_fan_fills_any_number_of_axes(initializer):
    assert with_a_parameter((3, 3, 8), initializer).value.shape == (3, 3, 8)


def test_an_initializer_of_the_wrong_shape_is_told_so():
    class Wrong(Dense):
        def build(self, input_shape, rng):
            self.weight = self.add_parameter("weight", (2, 2), lambda rng, shape, *fans: np.zeros(3))
            return input_shape

    with pytest.raises(
        ShapeError, match=r"initializer of parameter 'weight' returned shape \(3,\), expected \(2, 2\)"
    ):
        Sequential([Wrong(2)]).build((2,))
