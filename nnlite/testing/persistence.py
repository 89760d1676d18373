"""Checks that what a layer has learnt is kept: by a prediction, while frozen, and in a model file."""

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.core.snapshot import arrays_of
from nnlite.core.tree import walk
from nnlite.plugins.registry import Registry
from nnlite.saving.model_file import from_bytes, to_bytes
from nnlite.signature import copy_of
from nnlite.testing.case import Case, in_row, numbers
from nnlite.testing.derivatives import check_backward_parameters


def check_prediction_is_deterministic(case: Case) -> None:
    """Predicting twice gives the same, and changes no statistics."""
    layer, x = case.build(), case.input()
    before = {name: array.copy() for name, array in layer.statistics.items()}
    first = layer.forward(x).copy()
    second = layer.forward(x)
    for name, array in before.items():
        case.compare(f"statistic {name!r} after a prediction", np.asarray(layer.statistics[name]), array)
    case.compare("a second prediction (does it forget `training`?)", second, first, place=in_row)


def check_freezing(case: Case) -> None:
    """A frozen layer runs as in prediction and keeps its statistics; set free, it learns. Each layer in it too."""
    model, x = case.build_model(), case.input()
    for path, layer, _ in list(walk(model.layers)):
        before, layer.trainable = layer.trainable, False
        model.follow_freezing()
        arrays = {name: array.copy() for name, array in arrays_of(model).items() if name.startswith(f"{path}.")}
        y = model.forward(x, training=True)
        if path == "0":
            case.compare("the output of a training step while frozen, against a prediction,", y, model.forward(x))
        for name, array in arrays.items():
            what = f"{name} after a training step of the frozen {layer!r}"
            case.compare(what, np.asarray(arrays_of(model)[name]), array)
        layer.trainable = before

    outer = copy_of(case.layer)
    inner = [(layer, layer.trainable) for _, layer, _ in walk(outer.children)]
    for layer, _ in inner:
        layer.trainable = False
    model = Sequential([outer]).build(case.input_shape, 0, "float64")
    for layer, before in inner:
        layer.trainable = before
    model.follow_freezing()
    y = outer.forward(x, training=True)
    check_backward_parameters(case, outer, numbers(np.random.default_rng(5), y.shape))


def check_storage(case: Case) -> None:
    """Parameters and statistics come back from a model file: a loaded layer predicts the same to the bit."""
    model = case.build_model()
    registry = Registry()
    for _, layer, _ in walk(model.layers):
        registry.classes[type(layer).__name__] = type(layer)  # a layer of the user's may have the name of one of ours
    loaded = from_bytes(to_bytes(model), registry).members[0]
    expected = arrays_of(model)
    for name, array in arrays_of(loaded).items():
        case.compare(f"{name} after saving and loading", np.asarray(array), np.asarray(expected[name]))
    x = case.input()
    case.compare("the loaded layer's output", loaded.layers[0].forward(x), model.layers[0].forward(x), place=in_row)
