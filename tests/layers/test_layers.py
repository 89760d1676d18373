"""The built-in layers against hand calculations."""

import numpy as np
import pytest

from nnlite import (
    ConfigError,
    Dense,
    Dropout,
    Flatten,
    ReLU,
    Rescale,
    Sequential,
    ShapeError,
    Sigmoid,
    Standardize,
)


def test_dense_by_hand():
    layer = Dense(2)
    model = Sequential([layer]).build((3,), dtype="float64")
    layer.weight.value = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    layer.bias.value = np.array([10.0, 20.0])
    assert model.forward(np.array([[1.0, 0.0, -1.0]])).tolist() == [[6.0, 16.0]]
    assert layer.backward(np.array([[1.0, 1.0]])).tolist() == [[3.0, 7.0, 11.0]]
    assert layer.weight.grad.tolist() == [[1.0, 1.0], [0.0, 0.0], [-1.0, -1.0]]
    assert layer.bias.grad.tolist() == [1.0, 1.0]


def test_dense_takes_rows_only():
    with pytest.raises(
        ShapeError, match=r"model.layers\[1\] Dense\(2\): takes rows .* has shape \(8, 8\); put a Flat"
    ):
        Sequential([ReLU(), Dense(2)]).build((8, 8))


def test_biases_are_not_decayed_and_weights_are():
    model = Sequential([Dense(2)]).build((3,))
    assert [(parameter.name, parameter.decay) for parameter in model.parameters] == [
        ("weight", True),
        ("bias", False),
    ]


def test_relu_has_derivative_0_at_0():
    layer = ReLU()
    layer.forward(np.array([[-1.0, 0.0, 2.0]]))
    assert layer.backward(np.ones((1, 3))).tolist() == [[0.0, 0.0, 1.0]]


def test_sigmoid_neither_overflows_nor_loses_its_tail():
    y = Sigmoid().forward(np.array([[-745.0, -50.0, 50.0, 1e300]]))
    assert y[0, 1] == pytest.approx(np.exp(-50.0), rel=1e-15)
    assert y[0, 0] > 0 and y[0, 3] == 1


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
    assert (layer.forward(x) == x).all()
    assert (layer.backward(x) == x).all()
    assert layer.rng.bit_generator.state == before


def test_dropout_drops_the_same_numbers_in_float32_and_float64():
    kept = []
    for dtype in ("float32", "float64"):
        layer = Dropout(0.5)
        Sequential([layer]).build((40,), dtype=dtype)
        kept.append(layer.forward(np.ones((3, 40), dtype), training=True) != 0)
    assert (kept[0] == kept[1]).all()


def test_flatten_and_back(rng):
    layer = Flatten()
    model = Sequential([layer]).build((2, 3, 4))
    x = rng.normal(size=(5, 2, 3, 4))
    assert model.output_shape == (24,)
    assert (layer.backward(layer.forward(x)) == x).all()


def test_flatten_serves_a_batch_of_no_rows():
    assert Sequential([Flatten()]).build((2, 3)).forward(np.zeros((0, 2, 3))).shape == (0, 6)


def test_standardize_learns_from_the_training_rows_only(rng):
    model = Sequential([Standardize()]).build((3,), dtype="float64")
    train = rng.normal(size=(50, 3)) * [1, 10, 100] + [5, -5, 0]
    model.adapt(train)
    y = model.forward(train)
    assert np.allclose(y.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(y.std(axis=0), 1)
    assert not np.allclose(model.forward(train + 1).mean(axis=0), 0)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 + 0.1, -3e-9])
def test_standardize_gives_constant_columns_scale_1(value):
    layer = Standardize()
    model = Sequential([layer]).build((1,), dtype="float64")
    model.adapt(np.full((1000, 1), value))
    assert layer.statistics["scale"].tolist() == [1.0]
    assert np.allclose(model.forward(np.array([[value + 2]])), 2.0)


def test_standardize_does_not_cancel_at_a_large_mean(rng):
    x = rng.normal(size=(1000, 1)) + 1e8
    layer = Standardize()
    Sequential([layer]).build((1,)).adapt(x)
    assert layer.statistics["scale"][0] == pytest.approx(x.std(), rel=1e-9)


def test_standardize_sums_many_rows_in_float64():
    x = np.full((400_000, 1), 0.1, np.float32)
    x[::2] = 0.3
    layer = Standardize()
    Sequential([layer]).build((1,)).adapt(x)
    assert layer.statistics["mean"][0] == pytest.approx(x.astype(np.float64).mean(), rel=1e-12)


def test_preprocessing_takes_integer_rows():
    pixels = np.array([[0, 255]], np.uint8)
    assert Rescale(1 / 255).forward(pixels).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Dense(0), "Dense: units = 0: expected an integer of at least 1"),
        (lambda: Dense("3"), "Dense: units = '3': expected an integer of at least 1"),
        (lambda: Dense(True), "Dense: units = True: expected an integer"),
        (lambda: Dropout(1.0), "Dropout: rate = 1.0: expected a number of at least 0 and below 1"),
        (lambda: Dropout(float("nan")), "rate = nan: expected a number .*, and finite"),
        (lambda: Dense(3, weight_init="he_norml"), "did you mean 'he_normal'"),
    ],
)
def test_an_argument_out_of_range_is_refused_at_once(make, text):
    with pytest.raises(ConfigError, match=text):
        make()


def test_numpy_numbers_serve_as_arguments():
    assert Dense(np.int64(3)).units == 3
    assert Dropout(np.float64(0.5)).rate == 0.5


def test_dropout_draws_anew_at_every_step_and_differently_in_every_layer():
    layers = [Dropout(0.5), Dropout(0.5)]
    Sequential(layers).build((64,))
    x = np.ones((4, 64))
    first, second, other = (layer.forward(x, training=True) for layer in (layers[0], layers[0], layers[1]))
    assert (first != second).any() and (first != other).any()


def test_two_layers_alike_start_differently():
    model = Sequential([Dense(5), Dense(5)]).build((5,))
    assert (model.layers[0].weight.value != model.layers[1].weight.value).all()


def test_standardize_computes_in_float64_whatever_the_rows_are():
    x = (16_777_216 + 2 * np.arange(100)).astype(np.float32)[:, None]  # each is exact in float32; their mean is not
    model = Sequential([Standardize()]).build((1,))
    model.adapt(x)
    expected = (x.astype(np.float64) - x.astype(np.float64).mean()) / x.astype(np.float64).std()
    assert np.allclose(model.forward(x), expected, rtol=1e-6, atol=1e-7)


def test_a_layer_learns_from_what_the_rows_look_like_where_it_stands(rng):
    model = Sequential([Rescale(10.0, offset=1.0), Standardize()]).build((2,))
    x = rng.normal(size=(30, 2))
    model.adapt(x)
    assert np.allclose(model.layers[1].statistics["mean"], 10 * x.mean(axis=0) + 1)


@pytest.mark.parametrize(("inputs", "units"), [(3, 4), (127, 129), (128, 128), (200, 100)])
def test_the_gradient_of_small_and_large_weights_is_the_product_by_its_definition(rng, inputs, units):
    x, dy = rng.standard_normal((5, inputs)), rng.standard_normal((5, units))
    model = Sequential([Dense(units)]).build((inputs,), dtype="float64")
    layer = model.layers[0]
    layer.weight.grad = np.full((inputs, units), np.nan)  # nothing of what was there before is left
    layer.forward(x, training=True)
    layer.backward(dy)
    assert np.allclose(layer.weight.grad, np.einsum("ni,nu->iu", x, dy), rtol=1e-12, atol=1e-12)
