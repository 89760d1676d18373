"""Parameters that start from training rows: once in the life of a model, from the rows that reach their layer."""

import numpy as np
import pytest

import nnlite
from nnlite import (
    LBFGS,
    SGD,
    Dataset,
    Dense,
    Layer,
    NnliteError,
    Residual,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
)
from nnlite.core import snapshot
from nnlite.core.chain import Chain
from nnlite.testing import check_layer
from nnlite.training.learning_rate_finder import range_test
from tests.helpers.callbacks import On


class Whitened(Layer):
    """y = s·x + b, both trained, which start so that y has mean 0 and deviation 1, with a little noise on b."""

    def build(self, input_shape, rng):
        self.rng, self.calls = rng, []
        self.scale = self.add_parameter("scale", input_shape, "ones")
        self.shift = self.add_parameter("shift", input_shape, "zeros")
        return input_shape

    def initialize(self, x):
        self.calls.append(x.copy())
        self.scale.value = 1 / x.std(axis=0)
        self.shift.value = -x.mean(axis=0) / x.std(axis=0) + 1e-3 * self.rng.standard_normal(x.shape[1])

    def forward(self, x, *, training=False):
        if training or self.passes_gradient:
            self.x = x
        return x * self.scale.value + self.shift.value

    def backward(self, dy):
        self.scale.grad, self.shift.grad = (dy * self.x).sum(axis=0), dy.sum(axis=0)
        return dy * self.scale.value


def model_of(*layers):
    return Sequential([*layers, Dense(3), SoftmaxCrossEntropy()])


def fitted(model, data, epochs=1):
    trainer = Trainer(model, SGD(1e-9), epochs=epochs, seed=3)
    trainer.fit(data)
    return trainer


def test_the_contract_holds_for_such_a_layer():
    assert check_layer(Whitened(), (4,)) < 1e-6


def test_it_is_called_once_with_the_rows_that_reach_the_layer_behind_those_initialized_before(blobs):
    first, second = Whitened(), Whitened()
    model = model_of(Standardize(), first, Dense(4), second)
    trainer = fitted(model, blobs)
    assert [len(first.calls), len(second.calls)] == [1, 1]
    assert np.allclose(first.calls[0].mean(axis=0), 0, atol=1e-5)
    assert np.allclose(second.calls[0].mean(axis=0), 0, atol=3)
    y = model.network.chain.layers[1].forward(first.forward(first.calls[0]))
    assert np.allclose(y, second.calls[0], atol=1e-5)  # the first was initialized by then
    before = second.scale.value.copy()
    trainer.fit(blobs)
    Trainer(model, LBFGS(), epochs=1).fit(blobs)
    model.adapt(blobs.x + 5)
    assert [len(first.calls), len(second.calls)] == [1, 1]
    assert not np.array_equal(before, np.ones(4))


def test_at_most_rows_at_once_are_taken_from_all_parts_of_the_data():
    x = np.arange(5000.0)[:, None]
    model = model_of(Whitened()).build((1,))
    model.adapt(x)
    (rows,) = model.layers[0].calls
    assert rows.ravel().tolist() == list(range(0, 5000, 5))
    assert len(rows) <= model.rows_at_once == 1024


def test_the_same_seed_starts_alike(blobs):
    ends = []
    for seed in (0, 0, 1):
        model = model_of(Whitened()).build((blobs.x.shape[1],), seed=seed)
        model.adapt(blobs.x)
        ends.append(model.layers[0].shift.value.tolist())
    assert ends[0] == ends[1] != ends[2]


def test_a_loaded_model_is_not_initialized_again(blobs, tmp_path, monkeypatch):
    model = model_of(Whitened())
    fitted(model, blobs)
    (tmp_path / "own.py").write_text(
        "from nnlite import Layer\n"
        "class Whitened(Layer):\n"
        "    def build(self, s, rng):\n"
        "        self.a = self.add_parameter('scale', s, 'ones')\n"
        "        self.b = self.add_parameter('shift', s, 'zeros')\n"
        "        return s\n"
        "    def initialize(self, x): raise AssertionError\n"
        "    def forward(self, x, *, training=False):\n"
        "        self.x = x\n"
        "        return x * self.a.value + self.b.value\n"
        "    def backward(self, dy):\n"
        "        self.a.grad, self.b.grad = (dy * self.x).sum(axis=0), dy.sum(axis=0)\n"
        "        return dy * self.a.value\n"
    )
    nnlite.save(model, tmp_path / "m.safetensors")
    loaded = nnlite.load(tmp_path / "m.safetensors", plugins=[tmp_path / "own.py"]).model
    fitted(loaded, blobs)
    assert np.allclose(loaded.layers[0].a.value, model.layers[0].scale.value)


def test_an_interrupted_fit_resumes_to_the_bit_without_a_second_start(blobs):
    def trainer():
        return Trainer(model_of(Standardize(), Whitened()), SGD(0.1, momentum=0.9), epochs=3, batch_size=16, seed=1)

    whole, half, rest, states = trainer(), trainer(), trainer(), []
    whole.fit(blobs)
    half.fit(blobs, callbacks=[On(step=lambda *_: states.append(half.state))])
    rest.state = states[4]
    rest.fit(blobs)
    assert rest.model.layers[1].calls == []
    assert snapshot.digest(rest.model) == snapshot.digest(whole.model)


def test_a_frozen_layer_keeps_its_parameters(blobs):
    alone, inside = Whitened(trainable=False), Whitened(trainable=False)
    fitted(model_of(alone, Residual([inside]), Residual([Whitened()], trainable=False)), blobs)
    assert alone.calls == inside.calls == []
    assert alone.scale.value.tolist() == [1.0] * blobs.x.shape[1]


def test_a_nested_layer_gets_its_own_rows(blobs):
    inner = Whitened()
    model = model_of(Residual([Dense(4), Residual([inner])]))
    fitted(model, blobs)
    dense = model.layers[0].layers[0]
    assert np.allclose(inner.calls[0], dense.forward(blobs.x.astype(np.float32)), atol=1e-5)


class Deaf(Layer):
    """A container that forgets to pass `initialize` on."""

    def __init__(self, inner: Layer):
        self.inner = inner

    def build(self, input_shape, rng):
        self.chain = Chain([self.inner])
        return self.chain.build(input_shape, rng.spawn(1), "inner")[-1]

    def adapt(self, x):
        self.chain.adapt(x)

    def forward(self, x, *, training=False):
        return self.chain.forward(x, training=training)

    def backward(self, dy):
        return self.chain.backward(dy)


def test_a_container_that_does_not_pass_it_on_is_told(blobs):
    said = r"Deaf\(Whitened\(\)\) holds Whitened\(\), which starts from the training rows, .* initialize\(self, x\)"
    with pytest.raises(NnliteError, match=said):
        fitted(model_of(Deaf(Whitened())), blobs)
    fitted(model_of(Deaf(Dense(3))), blobs)  # nothing in it starts from rows
    fitted(model_of(Deaf(Whitened(trainable=False))), blobs)


def test_a_loop_of_ones_own_is_told_to_adapt_first(blobs):
    model = model_of(Whitened()).build((blobs.x.shape[1],))
    with pytest.raises(NnliteError, match=r"call model.adapt\(x, targets\)"):
        model.loss(blobs.x, blobs.y, training=True)
    model.adapt(blobs.x)
    model.loss(blobs.x, blobs.y, training=True)


def test_a_container_with_parameters_of_its_own_asks_for_no_rows(blobs):
    """The projection of a Residual does not start from rows."""
    model = model_of(Residual([Dense(7)])).build((blobs.x.shape[1],))
    model.loss(blobs.x, blobs.y, training=True)


def test_a_range_test_leaves_the_model_to_be_initialized(blobs):
    model = model_of(Whitened())
    trainer = Trainer(model, SGD(), batch_size=16)
    range_test(trainer, Dataset(blobs.x, blobs.y))
    assert not model.adapted
    fitted(model, blobs)
    assert len(model.layers[0].calls) == 1
