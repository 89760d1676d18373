"""Scale: a trained factor for each feature, with a learning rate of its own."""

import numpy as np
import pytest

from nnlite import SGD, ConfigError, Scale, Sequential


def test_it_begins_with_ones_that_are_not_decayed():
    layer = Sequential([Scale()]).build((2, 3)).layers[0]
    assert layer.scale.value.tolist() == [[1, 1, 1], [1, 1, 1]] and not layer.scale.decay


@pytest.mark.parametrize("rate", [1.0, 6.0])
def test_a_step_by_hand(rate):
    model = Sequential([Scale(rate)]).build((2,), dtype="float64")
    layer = model.layers[0]
    layer.forward(np.array([[2.0, 3.0], [1.0, -1.0]]), training=True)
    assert layer.backward(np.array([[1.0, 1.0], [4.0, 2.0]])).tolist() == [[1, 1], [4, 2]]
    SGD(0.01).step(model.parameters)
    assert layer.scale.value == pytest.approx([1 - rate * 0.01 * 6, 1 - rate * 0.01], abs=1e-15)


def test_a_rate_is_above_0():
    with pytest.raises(ConfigError, match=r"rate = 0.0: expected a number above 0"):
        Scale(0.0)
