"""Embeddings: vectors in place of codes, beside numbers; what is not known, and what is no code."""

import numpy as np
import pytest

from nnlite import (
    SGD,
    AdamW,
    ConfigError,
    DataError,
    Dataset,
    Dense,
    Embedding,
    Embeddings,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
    Trainer,
)


def built(layer, shape, dtype="float64"):
    Sequential([layer]).build(shape, dtype=dtype)
    return layer


def test_each_column_has_its_own_part_of_the_table_and_numbers_stay():
    layer = built(Embeddings((2, 3), size=2), (3,))
    layer.weight.value = np.arange(10.0).reshape(5, 2)
    y = layer.forward(np.array([[7.5, 1, 0], [-1.0, 0, 2]]))
    assert y.tolist() == [[7.5, 2, 3, 4, 5], [-1.0, 0, 1, 8, 9]]


def test_one_column_of_codes_is_an_embedding(rng):
    x, dy = rng.integers(0, 5, (20, 1)), rng.normal(size=(20, 3))
    one, other = built(Embeddings((5,), size=3), (1,)), built(Embedding(5, 3), (1,))
    other.weight.value = one.weight.value
    assert (one.forward(x, training=True) == other.forward(x, training=True)[:, 0]).all()
    one.backward(dy), other.backward(dy[:, None])
    assert (one.weight.grad == other.weight.grad).all()


def test_gradients_of_a_code_add_up_those_of_numbers_pass_and_codes_have_none():
    layer = built(Embeddings((2, 2), size=1), (3,))
    layer.forward(np.array([[0.5, 1, 0], [0.5, 1, 1], [0.5, 0, 1]]), training=True)
    dx = layer.backward(np.array([[10.0, 1, 2], [20.0, 3, 4], [30.0, 5, 6]]))
    assert layer.weight.grad.ravel().tolist() == [5, 1 + 3, 2, 4 + 6]
    assert dx.tolist() == [[10, 0, 0], [20, 0, 0], [30, 0, 0]]
    assert list(layer.whole) == [1, 2]


@pytest.mark.parametrize("start", ["normal", "glorot_uniform"])
def test_code_0_starts_as_zeros_and_stays_so_where_no_row_has_it(start, rng):
    layer = Embeddings((4, 30), size=2, weight_init=start)
    model = Sequential([layer, Dense(2), SoftmaxCrossEntropy()])
    x = np.stack([rng.integers(1, 4, 90), rng.integers(0, 30, 90)], axis=1)
    Trainer(model, AdamW(0.1, weight_decay=0.1), epochs=2).fit(Dataset(x, rng.integers(0, 2, 90)))
    assert not layer.weight.value[0].any()
    assert layer.weight.value[1:].all()
    assert not built(Embeddings((4, 30), weight_init=start), (2,)).weight.value[[0, 4]].any()


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64, np.float32, np.float64])
def test_codes_come_in_any_dtype(dtype):
    layer = built(Embeddings((3,), size=2), (2,), "float32")
    y = layer.forward(np.array([[5, 2]], dtype))
    assert y.dtype == np.float32 and y[0, 0] == 5 and (y[0, 1:] == layer.weight.value[2]).all()


@pytest.mark.parametrize(("value", "shown"), [(3, "3.0"), (-1, "-1.0"), (0.5, "0.5"), (np.nan, "nan")])
def test_what_is_no_code_is_told_with_its_column_in_the_table(value, shown):
    layer = built(Embeddings((5, 3)), (4,))
    said = rf"Embeddings\(codes=\(5, 3\)\) got {shown} in row 1, column 3: expected codes, .* from 0 to 2; let its"
    with pytest.raises(DataError, match=said):
        layer.forward(np.array([[0.5, 9.0, 4, 2], [0.5, 9.0, 4, value]]))


def test_without_codes_rows_pass_through(rng):
    x = rng.normal(size=(6, 3))
    model = Sequential([Embeddings(), Dense(2), SoftmaxCrossEntropy()]).build((3,), dtype="float64")
    assert (model.layers[0].forward(x) == x).all() and model.layers[0].parameters == ()
    assert (model.layers[0].backward(x) == x).all()
    Trainer(model, SGD(), epochs=1).fit(Dataset(x, np.arange(6) % 2))


def test_rows_that_do_not_fit_are_refused():
    for shape in ((1,), (2, 3)):
        with pytest.raises(
            ShapeError, match=rf"whose last 2 columns are codes, but its input has shape \({shape[0]},"
        ):
            built(Embeddings((3, 3)), shape)
    with pytest.raises(ConfigError, match=r"codes = \(3, 0\): expected a list, each an integer of at least 1"):
        Embeddings((3, 0))


def test_the_summary_counts_the_table_and_codes_train_a_model(rng):
    x = np.column_stack([rng.normal(size=200), rng.integers(0, 6, 200)])
    model = Sequential([Embeddings((6,), 4), Dense(2), SoftmaxCrossEntropy()])
    history = Trainer(model, SGD(0.1, momentum=0.9), epochs=20, batch_size=16).fit(
        Dataset(x, (x[:, 1] % 2).astype(int))
    )
    assert history["training_accuracy"][-1] == 1.0
    assert "Embeddings(codes=(6,), size=4) 5 24" in " ".join(model.summary().split())
