"""Checks of a container: what it tells the layers in it, and what it keeps from them."""

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.core.chain import Chain
from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.errors import NnliteError
from nnlite.signature import configuration, copy_of
from nnlite.testing.case import Case
from nnlite.types import Array, Shape


class Listener(Layer):
    """Runs a layer, and notes what the container around it tells the two.

    Args:
        layer: the layer.

    Attributes:
        adapted: the rows of the last `adapt`; None before any.
        initialized: the rows of the last `initialize`; None before any.
        rows: the rows of the last `forward`; None before any.
        training: `training` of the last `forward`.
    """

    def __init__(self, layer: Layer, *, trainable: bool = True) -> None:
        self.layer = layer
        self.trainable = trainable
        self.chain = Chain((layer,))
        self.adapted: Array | None = None
        self.initialized: Array | None = None
        self.rows: Array | None = None
        self.training = False

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.add_statistic("adapted", ())  # so that it counts as a layer that learns from the rows
        return self.chain.build(input_shape, rng.spawn(1), "layer")[-1]

    def adapt(self, x: Array) -> None:
        self.adapted = x.copy()
        self.chain.adapt(x)

    def initialize(self, x: Array) -> None:
        self.initialized = x.copy()
        self.chain.initialize(x)

    def follow_freezing(self) -> None:
        self.chain.follow_freezing()

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self.rows, self.training = x.copy(), training
        return self.chain.forward(x, training=training)

    def backward(self, dy: Array) -> Array:
        return self.chain.backward(dy)

    def backward_parameters(self, dy: Array) -> None:
        self.chain.backward_parameters(dy)

    def __repr__(self) -> str:
        return repr(self.layer)  # in messages


def check_container(case: Case) -> None:
    """The layers in a container hear of `training`, of their freezing, and of the training rows that reach them."""
    if not case.layer.children:
        return
    listeners: list[Listener] = []
    container = _with_listeners(case.layer, listeners)
    model, x = Sequential([container]).build(case.input_shape, 0, "float64"), case.input(5)
    _check_adapting(case, model, x, listeners)
    for training in (True, False):
        for listener in listeners:
            listener.rows = None
        model.forward(x, training=training)
        for listener in listeners:
            if listener.rows is None:
                case.fail(f"forward never runs {listener!r}, one of its layers")
            if listener.training != training:
                wrong = "in training, but without `training`" if training else "in prediction with training=True"
                case.fail(
                    f"forward runs {listener!r}, one of its layers, {wrong}: pass it on, as in "
                    "self.chain.forward(x, training=training)"
                )
    for listener in listeners:
        listener.trainable = False
        model.follow_freezing()
        model.forward(x, training=True)
        if listener.training:
            case.fail(
                f"forward runs {listener!r}, which is frozen, with training=True: a frozen layer runs as in "
                "prediction; keep the layers in a Chain, which sees to it"
            )
        listener.trainable = True


def _check_adapting(case: Case, model: Sequential, x: Array, listeners: Sequence[Listener]) -> None:
    with contextlib.suppress(NnliteError):
        model.adapt(x)
    model.forward(x)
    for listener in listeners:
        if listener.adapted is None:
            case.fail(
                f"adapt does not reach {listener!r}; in its place a layer that learns from the training rows, such "
                "as Standardize, would never hear of them. Derive from nnlite.Container, which passes them on, or "
                "define adapt(self, x), which calls adapt of each layer in it with the rows that reach that layer"
            )
        elif not np.array_equal(listener.adapted, np.asarray(listener.rows)):
            case.fail(
                f"adapt gives {listener!r} other rows than reach it in forward: each layer learns from the output "
                "of the one before it, as Chain.adapt lets it"
            )
    for listener in listeners:
        if listener.initialized is None:
            case.fail(
                f"initialize does not reach {listener!r}; in its place a layer whose parameters start from training "
                "rows would never get any. Derive from nnlite.Container, which passes them on, or define "
                "initialize(self, x), which calls initialize of each layer in it with the rows that reach that layer"
            )
        elif not np.array_equal(listener.initialized, np.asarray(listener.rows)):
            case.fail(
                f"initialize gives {listener!r} other rows than reach it in forward: each layer starts from the "
                "output of the one before it, as Chain.initialize lets it"
            )


def _with_listeners(layer: Layer, listeners: list[Listener]) -> Layer:
    """A copy of a container, each layer among its arguments within a listener."""

    def heard(value: Any) -> Any:
        if isinstance(value, Layer):
            listeners.append(Listener(copy_of(value)))
            return listeners[-1]
        return type(value)(map(heard, value)) if isinstance(value, tuple | list) else value

    return type(layer)(**{name: heard(value) for name, value in configuration(layer).items()})
