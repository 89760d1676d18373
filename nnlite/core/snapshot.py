"""A snapshot is a copy of everything that a model has learnt: its parameters, and its layers' state."""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.core.tree import named_parameters, walk
from nnlite.types import Array


def arrays_of(model: Sequential) -> dict[str, Array]:
    """Everything that the model learnt, by path: its own arrays, not copies."""
    arrays = {path: parameter.value for path, parameter, _ in named_parameters(model.layers)}
    for path, state in states_of(model):
        arrays |= {f"{path}.{name}": array for name, array in state.items()}
    return arrays


def states_of(model: Sequential) -> list[tuple[str, dict[str, Array]]]:
    """The state of each layer by its path, and that of the loss."""
    loss = [] if model.criterion is None else [("loss", model.criterion.state)]
    return [(path, layer.state) for path, layer, _ in walk(model.layers)] + loss


def take(model: Sequential) -> dict[str, Array]:
    """A copy of everything that the model has learnt so far.

    >>> from nnlite import Dense, Sequential

    >>> from nnlite.core import snapshot
    >>> model = Sequential([Dense(1, use_bias=False, weight_init="ones")]).build((2,))
    >>> before = snapshot.take(model)
    >>> model.parameters.values[:] = 5
    >>> snapshot.put_back(before, model)
    >>> model.parameters.values.tolist()
    [1.0, 1.0]
    """
    return {path: array.copy() for path, array in arrays_of(model).items()}


def put_back(taken: Mapping[str, Array], model: Sequential) -> None:
    """Gives the model what it had learnt when the snapshot was taken."""
    for path, parameter, _ in named_parameters(model.layers):
        parameter.value[...] = taken[path]
    for path, state in states_of(model):
        for name in state:  # the layer may have put there a number where its array was, into which nothing can go
            state[name] = np.array(taken[f"{path}.{name}"])


def digest(model: Sequential) -> str:
    """SHA-256 over everything that the model has learnt, by sorted path: names, dtypes, shapes and bytes."""
    found = hashlib.sha256()
    for path, array in sorted(arrays_of(model).items()):
        found.update(f"{path} {array.dtype.str} {array.shape}\n".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def matches(taken: Mapping[str, Array], model: Sequential) -> bool:
    """Whether the model still is what it was when the snapshot was taken."""
    arrays = arrays_of(model)
    return arrays.keys() == taken.keys() and all(
        np.array_equal(array, taken[path], equal_nan=True) for path, array in arrays.items()
    )


def stateful(model: Sequential) -> list[tuple[str, Layer]]:
    """The layers whose state training changes, such as running figures, with their places in words."""
    raw = len(model.layers) - len(model.network.chain.layers)  # preprocessing learns before training
    return [
        (f"model.layers[{path}] {layer!r}", layer)
        for path, layer, _ in walk(model.layers)
        if layer.state and int(path.partition(".")[0]) >= raw
    ]


def spoilt(layers: Iterable[tuple[str, Layer]]) -> str:
    """In words, the first array of their state that is not finite, such as a running variance; "" if none is."""
    for place, layer in layers:
        for name, array in layer.state.items():
            if not np.isfinite(array).all():
                return f"{name} of {place}"
    return ""
