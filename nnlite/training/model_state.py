"""A model's state in training is what it has learnt, its generators, and which of its layers are frozen."""

import re
from collections.abc import Iterator

import numpy as np

from nnlite import seeding
from nnlite.core import snapshot
from nnlite.core.sequential import Sequential
from nnlite.core.state import State
from nnlite.core.tree import walk
from nnlite.errors import ConfigError, ShapeError


def of(model: Sequential) -> State:
    """The state of a model; one that is not built has none but what it is made of.

    >>> import numpy as np
    >>> from nnlite import Dense, Dropout, Sequential
    >>> from nnlite.training import model_state
    >>> one, other = (Sequential([Dropout(0.5), Dense(2)]) for _ in range(2))
    >>> model_state.put_back(model_state.of(one.build((3,), seed=1)), other)
    >>> x = np.ones((4, 3))
    >>> bool((one.forward(x, training=True) == other.forward(x, training=True)).all())
    True
    """
    values = {"layers": _layers(model), "built": model.built}
    if not model.built:
        return State(values)
    values |= {
        "input_shape": list(model.input_shape),
        "dtype": model.dtype,
        "adapted": model.adapted,
        "frozen": sorted(model.frozen),
        "trainable": {path: layer.trainable for path, layer, _ in walk(model.layers)},
        "generators": {path: seeding.state(generator) for path, generator in _generators(model)},
    }
    return State(values, snapshot.arrays_of(model))


def put_back(state: State, model: Sequential) -> None:
    """Brings a model of the same layers, built or not, to where the one was that had this state.

    Raises `ConfigError` or `ShapeError` where the layers are others. A model that is not built is, first.
    """
    values = state.values
    if values["layers"] != (layers := _layers(model)):
        raise ConfigError(f"the state is of another model: {values['layers']}, where this one is {layers}")
    if not values["built"]:
        return
    if not model.built:
        model.build(tuple(values["input_shape"]), dtype=values["dtype"])
    arrays, generators = snapshot.arrays_of(model), dict(_generators(model))
    if list(model.input_shape) != values["input_shape"] or model.dtype != values["dtype"]:
        raise ShapeError(
            f"the state is of a model in {values['dtype']} for examples of shape {tuple(values['input_shape'])}, "
            f"where this one is in {model.dtype} for shape {model.input_shape}"
        )
    if arrays.keys() != state.arrays.keys() or generators.keys() != values["generators"].keys():
        odd = arrays.keys() ^ state.arrays.keys() | generators.keys() ^ values["generators"].keys()
        raise ConfigError(f"the state is of another model: {', '.join(sorted(odd))} belong to one of the two alone")
    for path, array in arrays.items():
        given = state.arrays[path]
        if (given.shape, given.dtype) != (array.shape, array.dtype):
            raise ShapeError(f"{path} is {array.dtype} {array.shape}, in the state {given.dtype} {given.shape}")
    frozen = set(values["frozen"])
    # First as the parameters are laid out, then as the layers are to be: the one may lag behind the other.
    for path, layer, _ in walk(model.layers):
        layer.trainable = path not in frozen
    model.follow_freezing()
    for path, layer, _ in walk(model.layers):
        layer.trainable = values["trainable"][path]
    snapshot.put_back(state.arrays, model)
    for path, generator in generators.items():
        seeding.put_back(values["generators"][path], generator)
    model.adapted = values["adapted"]


def _layers(model: Sequential) -> str:
    """What the model is made of; which layers are frozen may change while it is trained."""
    return re.sub(r"(, )?trainable=(True|False)", "", repr(model))


def _generators(model: Sequential) -> Iterator[tuple[str, np.random.Generator]]:
    """The generators that layers draw from in training, by path: those which a layer keeps as attributes."""
    for path, layer, _ in walk(model.layers):
        for name, value in vars(layer).items():
            if isinstance(value, np.random.Generator):
                yield f"{path}.{name}", value
