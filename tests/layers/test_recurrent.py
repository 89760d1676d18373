"""GRU and LSTM: their equations step by step, where they start, long sequences, and how many calls a step takes."""

import numpy as np
import pytest

from nnlite import GRU, LSTM, SGD, Adam, Dense, Sequential, ShapeError, SoftmaxCrossEntropy, Trainer, evaluate
from nnlite.data import SOURCES, split
from tests.training.test_calls_per_step import CALLS, Counted


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_by_definition(layer, x):
    w, u, b, c = (each.value for each in (layer.weight, layer.recurrent, layer.bias, layer.recurrent_bias))
    h, found = np.zeros((len(x), layer.units)), []
    for step in x.swapaxes(0, 1):
        (wr, wz, wn), (ur, uz, un) = (np.split(a, 3, axis=1) for a in (step @ w.T + b, h @ u.T + c))
        r, z = sigmoid(wr + ur), sigmoid(wz + uz)
        h = (1 - z) * np.tanh(wn + r * un) + z * h
        found.append(h)
    return np.stack(found, axis=1)


def lstm_by_definition(layer, x):
    w, u, b = (each.value for each in (layer.weight, layer.recurrent, layer.bias))
    h, cell, found = np.zeros((len(x), layer.units)), np.zeros((len(x), layer.units)), []
    for step in x.swapaxes(0, 1):
        o, i, f, g = np.split(step @ w.T + h @ u.T + b, 4, axis=1)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(cell)
        found.append(h)
    return np.stack(found, axis=1)


CELLS = [(GRU, gru_by_definition), (LSTM, lstm_by_definition)]


@pytest.mark.parametrize(("kind", "by_definition"), CELLS)
@pytest.mark.parametrize(
    ("batch", "time", "features", "units"), [(4, 6, 3, 5), (1, 5, 2, 4), (3, 1, 4, 2), (1, 1, 1, 1)]
)
def test_the_equations_step_by_step(kind, by_definition, batch, time, features, units, rng):
    x = rng.standard_normal((batch, time, features))
    for sequences in (True, False):
        model = Sequential([kind(units, return_sequences=sequences)]).build((time, features), dtype="float64")
        for parameter in model.parameters:
            parameter.value = rng.standard_normal(parameter.shape)
        expected = by_definition(model.layers[0], x)
        expected = expected if sequences else expected[:, -1]
        assert model.output_shape == expected.shape[1:]
        assert np.abs(model.forward(x) - expected).max() < 1e-14


@pytest.mark.parametrize("kind", [GRU, LSTM])
def test_it_starts_as_in_keras(kind):
    layer = Sequential([kind(40)]).build((3, 60), dtype="float64").layers[0]
    rows = len(layer.bias.value)
    assert np.allclose(layer.recurrent.value.T @ layer.recurrent.value, np.eye(40), atol=1e-12)
    limit = np.sqrt(6 / (60 + rows))
    assert 0.99 * limit < np.abs(layer.weight.value).max() <= limit
    ones = np.repeat([0.0, 0.0, 1.0, 0.0], 40) if kind is LSTM else np.zeros(120)
    assert (layer.bias.value == ones).all()
    decayed = {parameter.name for parameter in layer.parameters if parameter.decay}
    assert decayed == {"weight", "recurrent"}


def test_numbers_of_any_size_keep_gates_between_0_and_1():
    x = np.array([[[1e30], [-1e30], [0.0]]], np.float32)
    for kind in (GRU, LSTM):
        model = Sequential([kind(4, return_sequences=True)]).build((3, 1))
        layer = model.layers[0]
        y = layer.forward(x, training=True)
        assert np.abs(y).max() <= 1
        assert np.isfinite(layer.backward(np.ones_like(y))).all()


@pytest.mark.parametrize("kind", [GRU, LSTM])
def test_no_rows_at_all_are_a_batch_too(kind):
    layer = Sequential([kind(3)]).build((2, 4)).layers[0]
    y = layer.forward(np.empty((0, 2, 4), np.float32), training=True)
    assert y.shape == (0, 3)
    assert layer.backward(y).shape == (0, 2, 4)
    assert not layer.weight.grad.any()


@pytest.mark.parametrize("kind", [GRU, LSTM])
@pytest.mark.parametrize(
    ("shape", "advice"), [((8,), r"Reshape\(\[8, 1\]\)"), ((1, 8, 8), r"Reshape\(\[time, features\]\)")]
)
def test_what_is_no_sequence_is_refused_with_advice(kind, shape, advice):
    with pytest.raises(ShapeError, match=f"takes sequences, shape .time, features., but .* put a {advice} before it"):
        Sequential([kind(3)]).build(shape)


def test_layers_one_over_the_other_are_told_of_return_sequences():
    with pytest.raises(
        ShapeError, match=r"layers\[1\] LSTM\(2\): .*a GRU or LSTM there .*with return_sequences=True"
    ):
        Sequential([GRU(3), LSTM(2)]).build((5, 4))
    Sequential([GRU(3, return_sequences=True), LSTM(2)]).build((5, 4))


def calculations(kind, time, monkeypatch):
    """How many calls of NumPy's functions of numbers a forward and a backward pass make, products left out."""
    layer, x = (
        Sequential([kind(3, return_sequences=True)]).build((time, 2)).layers[0],
        np.ones((4, time, 2), np.float32),
    )
    with monkeypatch.context() as patch:
        for name in ("empty", "empty_like", "zeros"):  # all arrays of a layer are made by these
            make = getattr(np, name)
            patch.setattr(np, name, lambda *given, make=make, **more: make(*given, **more).view(Counted))
        CALLS.clear()
        y = layer.forward(x, training=True)
        layer.backward(np.ones_like(y))
    return sum(CALLS.values()) - CALLS["dot"]


@pytest.mark.parametrize(("kind", "forward", "backward"), [(GRU, 9, 4), (LSTM, 8, 6)])
def test_a_step_in_time_takes_few_calls(kind, forward, backward, monkeypatch):
    """And one product forward, one backward. All else is done for all steps at once."""
    few, more = (calculations(kind, time, monkeypatch) for time in (5, 15))
    assert more - few == 10 * (forward + backward)
    assert few - 5 * (forward + backward) <= 16


@pytest.mark.parametrize("kind", [GRU, LSTM])
def test_order_alone_is_learnt(kind):
    parts = split(SOURCES["order"](rows=400, steps=8), seed=0)
    model = Sequential([kind(8), Dense(2), SoftmaxCrossEntropy()])
    Trainer(model, Adam(0.02), epochs=8, seed=0).fit(parts.train)
    assert evaluate(model, parts.test)["accuracy"] >= 0.95


@pytest.mark.parametrize("kind", [GRU, LSTM])
def test_frozen_it_passes_the_gradient_on_and_stays_as_it_is(kind):
    data = SOURCES["order"](rows=60, steps=5)
    frozen = kind(4, trainable=False)
    model = Sequential([Dense(3), frozen, Dense(2), SoftmaxCrossEntropy()]).build((5, 2), seed=1)
    before = [parameter.value.copy() for parameter in frozen.parameters]
    first = model.layers[0].weight.value.copy()
    Trainer(model, SGD(0.1), epochs=1).fit(data)
    assert all((old == new.value).all() for old, new in zip(before, frozen.parameters, strict=True))
    assert (model.layers[0].weight.value != first).any()
