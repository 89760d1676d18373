"""Parameters and their vector: what is assigned arrives, and what cannot is refused."""

import re

import numpy as np
import pytest

from nnlite import (
    ConfigError,
    Dense,
    Layer,
    NnliteError,
    ReLU,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
)
from nnlite.core.parameters import Parameter


def test_assigning_the_vectors_copies_into_the_parameters():
    """The gradients summed by a loop of one's own reach the optimizer; values given to the vector, the layers."""
    model = Sequential([Dense(2)]).build((3,))
    vector, weight = model.parameters, model.layers[0].weight
    vector.grads = np.arange(8.0)
    vector.values = -np.arange(8.0)
    assert weight.grad.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert weight.value.tolist() == [[0, -1], [-2, -3], [-4, -5]]
    with pytest.raises(ShapeError, match=r"parameters.grads has shape \(8,\), but was given an array of shape \(\)"):
        vector.grads = 0.0
    with pytest.raises(ShapeError, match=r"parameters.values has shape \(8,\)"):
        vector.values = np.ones((8, 1))


@pytest.mark.parametrize("wrong", [0.5, 3, None, ["zeros"]])
def test_an_initializer_is_a_name_or_a_function(wrong):
    with pytest.raises(
        ConfigError, match=re.escape(f"the initializer is {wrong!r}; expected a name, such as 'zeros'")
    ):
        Parameter("a", (3,), wrong)


class MakesItsChildInBuild(Layer):
    def build(self, input_shape, rng):
        self.inner = Dense(2)
        return self.inner.build(input_shape, rng)

    def forward(self, x, *, training=False):
        return self.inner.forward(x, training=training)

    def backward(self, dy):
        return self.inner.backward(dy)


def test_a_layer_that_is_no_argument_of_the_layer_around_it_is_named():
    model = Sequential([MakesItsChildInBuild()]).build((3,))
    with pytest.raises(NnliteError, match=r"parameter 'weight' has no value yet.*among the constructor's arguments"):
        model.forward(np.ones((1, 3)))


def test_layers_and_loss_of_a_model_cannot_be_exchanged():
    """Its vector would go on training the old ones."""
    model = Sequential([Dense(4), ReLU(), Dense(2), SoftmaxCrossEntropy()]).build((3,))
    with pytest.raises(NnliteError, match=r"layers of a model cannot be exchanged.*Make a model of new layers"):
        model.layers = (*model.layers[:-1], Dense(3))
    with pytest.raises(NnliteError, match="loss of a model cannot be exchanged"):
        model.criterion = SoftmaxCrossEntropy(label_smoothing=0.1)
