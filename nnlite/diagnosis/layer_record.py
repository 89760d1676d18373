"""What the layers of a trained model do on some of its training rows: how units answer, which gradients come back."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlite.core.clean_copy import clean_copy
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.core.sequential import Sequential
from nnlite.core.tree import named_parameters, walk
from nnlite.data.dataset import Dataset
from nnlite.layers.activations import ReLU, Sigmoid, Tanh
from nnlite.types import Array

FLAT = 0.02
"""An output of Sigmoid or Tanh is flat where its slope is less than this part of the steepest one.

Tanh is then beyond ±0.99, Sigmoid beyond 0.005 and 0.995.
"""


@dataclass(frozen=True)
class Units:
    """What the units of an activation do, over all rows (and all places of an image, or steps of a sequence).

    Attributes:
        place: where the layer stands, such as "model.layers[3]".
        layer: the layer.
        idle: (units,), of a ReLU the share of outputs that are 0, of others the share of those that are flat.
    """

    place: str
    layer: Layer
    idle: Array


@dataclass(frozen=True)
class LayerRecord:
    """What was recorded.

    Attributes:
        rows: on how many rows.
        units: those of each ReLU, Sigmoid and Tanh that has layers to train before and behind it.
        gradients: for each trained layer at the top of the model its place, the layer, and the norm of the gradient
            of the loss by its output.
        criterion: a copy of the loss, to compute with.
    """

    rows: int
    units: tuple[Units, ...]
    gradients: tuple[tuple[str, Layer, float], ...]
    criterion: Loss


def recorded(model: Sequential, rows: Dataset) -> LayerRecord:
    """Runs rows forward as in prediction, then forward and backward as in training, on a clean copy of the model."""
    copy = clean_copy(model)
    chain, criterion = copy.network.chain, copy.network.criterion
    first = len(copy.layers) - len(chain.layers)
    trained = [
        index
        for index, layer in enumerate(chain.layers)
        if any(not frozen for _, _, frozen in named_parameters([layer]))
    ]
    if not trained:
        return LayerRecord(len(rows), (), (), criterion)
    outputs: dict[str, tuple[Layer, Array]] = {}
    for path, layer, _ in walk(chain.layers):
        if isinstance(layer, ReLU | Sigmoid | Tanh) and trained[0] < int(path.partition(".")[0]) < trained[-1]:
            _after_forward(layer, functools.partial(_note_units, outputs, path))
    x = copy.preprocess(rows.x)
    chain.forward(x)
    for layer, _ in outputs.values():
        vars(layer).pop("forward", None)  # the layer's own again; a shared one stands in several places
    targets = criterion.encode(rows.y, copy.output_shape)
    criterion.forward(chain.forward(x, training=True), targets, rows.sample_weight)
    dy, gradients = criterion.backward(), dict[int, float]()
    for index in reversed(range(trained[0], len(chain.layers))):
        gradients[index] = float(np.sqrt(np.square(dy, dtype=np.float64).sum()))
        if index > trained[0]:
            dy = chain.layers[index].backward(dy)
    return LayerRecord(
        len(rows),
        tuple(Units(_place(path, first), layer, idle) for path, (layer, idle) in outputs.items()),
        tuple((_place(str(index), first), chain.layers[index], gradients[index]) for index in trained),
        criterion,
    )


def _place(path: str, first: int) -> str:
    """How a config calls the place of a layer; of one within another what is in it is counted from 0."""
    top, _, inner = path.partition(".")
    return f"model.layers[{int(top) + first}]" + (f", layer {inner} in it" if inner else "")


def _after_forward(layer: Layer, note: Callable[[Layer, Array], None]) -> None:
    """Lets a layer call a function with itself and each output."""
    forward = layer.forward

    def call(x: Array, *, training: bool = False) -> Array:
        y = forward(x, training=training)
        note(layer, y)
        return y

    setattr(layer, "forward", call)  # noqa: B010


def _note_units(outputs: dict[str, tuple[Layer, Array]], path: str, layer: Layer, y: Array) -> None:
    # Channels are the second axis of (batch, channels, height, width); features the last one of all else.
    axis = 1 if y.ndim == 4 else y.ndim - 1
    others = tuple(other for other in range(y.ndim) if other != axis)
    if isinstance(layer, ReLU):
        idle = y <= 0
    elif isinstance(layer, Tanh):
        idle = 1 - y * y < FLAT  # the slope of tanh, at most 1
    else:
        idle = 4 * y * (1 - y) < FLAT  # that of sigmoid, at most 1/4
    outputs[path] = layer, idle.mean(axis=others)
