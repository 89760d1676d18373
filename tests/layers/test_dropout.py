"""Dropout: what is dropped, what is kept, and the same in backward."""

import numpy as np
import pytest

from nnlite import Dropout, Sequential
from nnlite.testing.jacobians import forward_for_backward


def test_dropout_drops_the_rate_and_keeps_the_mean():
    layer = Dropout(0.3)
    Sequential([layer]).build((1000,), seed=1)
    x = np.full((200, 1000), 2.0)
    y = layer.forward(x, training=True)
    dropped = (y == 0).mean()
    assert dropped == pytest.approx(0.3, abs=0.005)
    assert np.allclose(y[y != 0], 2 / 0.7)
    assert y.mean() == pytest.approx(2.0, abs=0.02)


def test_dropout_backward_uses_the_mask_of_its_forward_also_where_the_input_is_zero():
    layer = Dropout(0.5)
    Sequential([layer]).build((50,))
    y = layer.forward(np.ones((4, 50)), training=True)
    assert (layer.backward(np.ones((4, 50))) == y).all()
    layer.forward(np.zeros((4, 50)), training=True)
    assert set(np.unique(layer.backward(np.ones((4, 50))))) == {0.0, 2.0}


def test_dropout_drops_half_by_default():
    assert Dropout().rate == 0.5


def test_dropout_is_the_identity_in_prediction_and_draws_nothing():
    layer = Dropout(0.5)
    Sequential([layer]).build((5,))
    before = layer.rng.bit_generator.state
    x = np.ones((2, 5))
    assert (forward_for_backward(layer, x, training=False) == x).all()
    assert (layer.backward(x) == x).all()
    assert layer.rng.bit_generator.state == before


def test_dropout_drops_the_same_numbers_in_float32_and_float64():
    kept = []
    for dtype in ("float32", "float64"):
        layer = Dropout(0.5)
        Sequential([layer]).build((40,), dtype=dtype)
        kept.append(layer.forward(np.ones((3, 40), dtype), training=True) != 0)
    assert (kept[0] == kept[1]).all()


def test_dropout_draws_anew_at_every_step_and_differently_in_every_layer():
    layers = [Dropout(0.5), Dropout(0.5)]
    Sequential(layers).build((64,))
    x = np.ones((4, 64))
    first, second, other = (layer.forward(x, training=True) for layer in (layers[0], layers[0], layers[1]))
    assert (first != second).any() and (first != other).any()
