"""Layers that only change the shape of a row."""

import numpy as np

from nnlite import Flatten, Sequential


def test_flatten_and_back(rng):
    layer = Flatten()
    model = Sequential([layer]).build((2, 3, 4))
    x = rng.normal(size=(5, 2, 3, 4))
    assert model.output_shape == (24,)
    assert (layer.backward(layer.forward(x, training=True)) == x).all()


def test_flatten_serves_a_batch_of_no_rows():
    assert Sequential([Flatten()]).build((2, 3)).forward(np.zeros((0, 2, 3))).shape == (0, 6)
