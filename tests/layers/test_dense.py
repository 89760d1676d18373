"""Dense against hand calculations."""

import numpy as np
import pytest

from nnlite import Dense, ReLU, Sequential, ShapeError, SoftmaxCrossEntropy


def test_dense_by_hand():
    layer = Dense(2)
    model = Sequential([layer]).build((3,), dtype="float64")
    layer.weight.value = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    layer.bias.value = np.array([10.0, 20.0])
    assert model.forward(np.array([[1.0, 0.0, -1.0]]), training=True).tolist() == [[6.0, 16.0]]
    assert layer.backward(np.array([[1.0, 1.0]])).tolist() == [[3.0, 7.0, 11.0]]
    assert layer.weight.grad.tolist() == [[1.0, 1.0], [0.0, 0.0], [-1.0, -1.0]]
    assert layer.bias.grad.tolist() == [1.0, 1.0]


def test_each_step_of_a_sequence_is_a_row(rng):
    model = Sequential([Dense(2)]).build((5, 3), dtype="float64")
    layer, x, dy = model.layers[0], rng.standard_normal((4, 5, 3)), rng.standard_normal((4, 5, 2))
    assert model.output_shape == (5, 2)
    y = layer.forward(x, training=True)
    assert np.allclose(y, np.einsum("ntf,fu->ntu", x, layer.weight.value), rtol=1e-13, atol=1e-13)
    assert np.allclose(layer.backward(dy), np.einsum("ntu,fu->ntf", dy, layer.weight.value), rtol=1e-13, atol=1e-13)
    assert np.allclose(layer.weight.grad, np.einsum("ntf,ntu->fu", x, dy), rtol=1e-13, atol=1e-13)
    assert np.allclose(layer.bias.grad, dy.sum(axis=(0, 1)), rtol=1e-13, atol=1e-13)


def test_a_classifier_of_images_without_a_flatten_is_told_where_it_belongs():
    message = r"takes rows of logits, but the model's output has shape \(8, 2\); end .* put a Flatten before it"
    with pytest.raises(ShapeError, match=message):
        Sequential([ReLU(), Dense(2), SoftmaxCrossEntropy()]).build((8, 8))


def test_dense_takes_an_axis_of_features():
    with pytest.raises(ShapeError, match=r"model.layers\[0\] Dense\(2\): takes rows .* has shape \(\); put a Flat"):
        Sequential([Dense(2)]).build(())


def test_biases_are_not_decayed_and_weights_are():
    model = Sequential([Dense(2)]).build((3,))
    assert [(parameter.name, parameter.decay) for parameter in model.parameters] == [
        ("weight", True),
        ("bias", False),
    ]


def test_two_layers_alike_start_differently():
    model = Sequential([Dense(5), Dense(5)]).build((5,))
    assert (model.layers[0].weight.value != model.layers[1].weight.value).all()


@pytest.mark.parametrize(("inputs", "units"), [(3, 4), (127, 129), (128, 128), (200, 100)])
def test_the_gradient_of_small_and_large_weights_is_the_product_by_its_definition(rng, inputs, units):
    x, dy = rng.standard_normal((5, inputs)), rng.standard_normal((5, units))
    model = Sequential([Dense(units)]).build((inputs,), dtype="float64")
    layer = model.layers[0]
    layer.weight.grad = np.full((inputs, units), np.nan)  # nothing of what was there before is left
    layer.forward(x, training=True)
    layer.backward(dy)
    assert np.allclose(layer.weight.grad, np.einsum("ni,nu->iu", x, dy), rtol=1e-12, atol=1e-12)
