"""Embedding: rows of a table, gradients of repeated codes, and what is no code."""

import numpy as np
import pytest

from nnlite import (
    SGD,
    ConfigError,
    DataError,
    Dataset,
    Dense,
    Embedding,
    Flatten,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
)


def built(layer, shape, dtype="float64"):
    Sequential([layer]).build(shape, dtype=dtype)
    return layer


def test_each_code_becomes_its_row_of_the_table():
    layer = built(Embedding(3, 2), (2,))
    layer.weight.value = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert layer.forward(np.array([[2, 0]])).tolist() == [[[5.0, 6.0], [1.0, 2.0]]]


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64, np.float32, np.float64, bool])
def test_codes_come_in_any_dtype(dtype):
    layer = built(Embedding(2, 3), (2,))
    assert (layer.forward(np.array([[0, 1]], dtype)) == layer.weight.value).all()


def test_the_gradients_of_a_code_that_comes_several_times_add_up():
    layer = built(Embedding(4, 2), (3,))
    layer.forward(np.array([[1, 1, 3], [0, 1, 3]]), training=True)
    layer.backward(np.arange(12.0).reshape(2, 3, 2))
    assert layer.weight.grad.tolist() == [[6.0, 7.0], [0 + 2 + 8, 1 + 3 + 9], [0.0, 0.0], [4 + 10, 5 + 11]]


def test_the_gradient_of_a_code_that_does_not_come_is_0_also_after_it_came():
    layer = built(Embedding(3, 2), (1,))
    for code, expected in ((1, [0.0, 5.0, 0.0]), (2, [0.0, 0.0, 5.0])):
        layer.forward(np.array([[code]] * 5), training=True)
        layer.backward(np.ones((5, 1, 2)))
        assert layer.weight.grad[:, 0].tolist() == expected


@pytest.mark.parametrize(
    ("value", "shown"), [(5, "5"), (-1, "-1"), (1.5, "1.5"), (np.nan, "nan"), (np.inf, "inf"), (1e30, "1e+30")]
)
def test_what_is_no_code_is_told_with_its_place_and_the_range(value, shown):
    layer = built(Embedding(5, 2), (3,))
    x = np.array([[0, 1, 2], [3, 4, value]])
    text = rf"Embedding\(5, 2\) got {shown.replace('+', '[+]')}(\.0)? in row 1, column 2: .* from 0 to 4;"
    with pytest.raises(DataError, match=text):
        layer.forward(x)


def test_a_table_has_no_more_codes_than_float32_can_tell_apart():
    assert np.float32(2**24 - 1) != np.float32(2**24)
    with pytest.raises(
        ConfigError, match="codes = 16777217: expected an integer of at least 1 and of at most 16777216"
    ):
        Embedding(2**24 + 1, 1)


def test_a_code_too_large_for_float32_is_refused_and_not_rounded_to_another():
    model = Sequential([Embedding(2**24, 1, weight_init="zeros")]).build((1,))
    assert model.forward(np.array([[2**24 - 1]])).shape == (1, 1, 1)
    with pytest.raises(DataError, match="got 16777216"):
        model.forward(np.array([[2**24 + 1]]))


def test_integer_columns_train_a_model(rng):
    x = rng.integers(0, 6, size=(200, 2))
    y = x[:, 0] % 2  # no linear function of the codes
    model = Sequential([Embedding(6, 4), Flatten(), Dense(2), SoftmaxCrossEntropy()])
    history = Trainer(model, SGD(0.1, momentum=0.9), epochs=20, batch_size=16).fit(Dataset(x, y))
    assert history["training_accuracy"][-1] == 1.0


def test_the_same_codes_give_the_same_gradient_to_the_bit_whatever_their_number(rng):
    layer = built(Embedding(50, 8), (4,), "float32")
    x, dy = rng.integers(0, 50, size=(500, 4)), rng.normal(size=(500, 4, 8)).astype(np.float32)
    grads = []
    for _ in range(3):
        layer.forward(x, training=True)
        layer.backward(dy)
        grads.append(layer.weight.grad.tobytes())
    assert len(set(grads)) == 1
    exact = np.zeros((50, 8))
    np.add.at(exact, x, dy.astype(np.float64))
    assert np.allclose(layer.weight.grad, exact, rtol=1e-6, atol=1e-6)


def test_the_table_starts_with_normal_numbers_and_is_decayed_like_any_weight():
    layer = built(Embedding(200, 50), (1,))
    assert layer.weight.value.mean() == pytest.approx(0, abs=0.05) and layer.weight.value.std() == pytest.approx(
        1, abs=0.05
    )
    assert layer.weight.decay
