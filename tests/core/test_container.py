"""Containers of a user's: with `build`, `forward` and `backward` alone, the layers in them hear of everything."""

from collections.abc import Sequence

import numpy as np
import pytest

import nnlite
from nnlite import (
    BatchNorm,
    Container,
    Dense,
    Dropout,
    Layer,
    MaxPool2D,
    Residual,
    Sequential,
    ShapeError,
    Standardize,
    Tanh,
)
from nnlite.core.chain import Chain
from nnlite.testing import check_layer


class Gated(Container):
    """y = σ(F(x))·G(x): two chains, of which the second gets other rows."""

    def __init__(self, gate: Sequence[Layer], inner: Layer):
        self.gate = tuple(gate)
        self.inner = inner

    def build(self, input_shape, rng):
        self.gates = self.add_chain("gate", self.gate, input_shape, rng)
        self.changes = self.add_chain("inner", [self.inner], input_shape, rng)
        return self.changes.output_shape

    def forward(self, x, *, training=False):
        g = 1 / (1 + np.exp(-self.gates.forward(x, training=training)))
        h = self.changes.forward(x * 2, training=training)
        if training or self.passes_gradient:
            self.g, self.h = g, h
        return g * h

    def backward(self, dy):
        dx = 2 * self.changes.backward(dy * self.g)
        return dx + self.gates.backward(dy * self.h * self.g * (1 - self.g))


def test_it_passes_every_check_without_a_line_on_what_its_layers_hear():
    for gate in ([Dense(3)], [Dropout(0.5), Dense(3, trainable=False), BatchNorm()], [Standardize(), Dense(3)]):
        assert check_layer(Gated(gate, Residual([Dense(3), Standardize(), Tanh()])), (3,)) < 1e-6


def test_layers_learn_from_the_rows_that_reach_them(rng):
    x = rng.normal(size=(20, 3)) + 5
    model = Sequential([Gated([Standardize(), Dense(3)], Residual([Dense(3), Standardize()]))]).build((3,))
    model.adapt(x)
    (gated,) = model.layers
    standard, (dense, inner) = gated.gate[0], gated.inner.layers
    assert np.allclose(standard.statistics["mean"], x.astype(np.float32).mean(axis=0))
    assert np.allclose(inner.statistics["mean"], dense.forward(2 * x.astype(np.float32)).mean(axis=0), rtol=1e-5)
    assert "forward" not in vars(gated.gates)


def test_what_is_told_is_told_no_more_after_an_error():
    class Refusing(Standardize):
        def adapt(self, x):
            raise nnlite.DataError("no")

    model = Sequential([Gated([Refusing()], Tanh())]).build((3,))
    with pytest.raises(nnlite.DataError, match="no"):
        model.adapt(np.zeros((2, 3)))
    assert model.forward(np.zeros((2, 3))).shape == (2, 3)


def test_freezing_reaches_each_chain_and_building_again_adds_none_twice():
    gated = Gated([Dense(3), Dense(3)], Dense(3))
    model = Sequential([gated])
    for _ in range(2):
        model.build((3,))
        assert gated._chains == [gated.gates, gated.changes]
    gated.gate[0].trainable = False
    model.follow_freezing()
    assert (gated.gates.first_trained, gated.changes.first_trained) == (1, 0)


def test_a_layer_that_does_not_fit_is_named_by_the_argument_that_holds_it():
    with pytest.raises(ShapeError, match=r"model.layers\[0\] Gated.*: inner\[0\] MaxPool2D"):
        Sequential([Gated([Tanh()], MaxPool2D(2))]).build((2, 2))


def test_a_chain_without_layers_returns_its_input(rng):
    class Around(Container):
        def build(self, input_shape, rng):
            self.chain = self.add_chain("nothing", [], input_shape, rng)
            return self.chain.output_shape

        def forward(self, x, *, training=False):
            return self.chain.forward(x, training=training) + 1

        def backward(self, dy):
            return self.chain.backward(dy)

    assert check_layer(Around(), (2, 3)) < 1e-6


def test_in_a_residual_layer_training_calls_nothing_but_the_chain(monkeypatch, rng):
    """What the base passes on costs nothing in a step."""
    called = []
    monkeypatch.setattr(nnlite.core.container.Container, "_run_telling", lambda *_: called.append(1))
    model = Sequential([Residual([Dense(3)]), Dense(3), nnlite.SoftmaxCrossEntropy()]).build((3,))
    for _ in range(3):
        model.loss(rng.normal(size=(4, 3)), np.array([0, 1, 2, 0]), training=True)
        model.backward()
    assert not called and model.layers[0].chain.forward.__func__ is Chain.forward
