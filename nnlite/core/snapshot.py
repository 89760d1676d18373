"""A snapshot is a copy of everything that a model has learnt: its parameters, and the statistics of its parts."""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.core.tree import walk
from nnlite.types import Array


def arrays_of(model: Sequential) -> dict[str, Array]:
    """The arrays of everything that the model has learnt, by path; not copies."""
    arrays = {path: parameter.value for path, parameter in model.parameters.paths.items()}
    for path, statistics in statistics_of(model):
        arrays |= {f"{path}.{name}": array for name, array in statistics.items()}
    return arrays


def statistics_of(model: Sequential) -> list[tuple[str, dict[str, Array]]]:
    """The statistics of each layer by its path, and those of the loss."""
    loss = [] if model.criterion is None else [("loss", model.criterion.statistics)]
    return [(path, layer.statistics) for path, layer, _ in walk(model.layers)] + loss


def take(model: Sequential) -> dict[str, Array]:
    """A copy of everything that the model has learnt so far.

    >>> from nnlite import Dense, Sequential

    >>> from nnlite.core import snapshot
    >>> model = Sequential([Dense(1, use_bias=False, weight_init="ones")]).build((2,))
    >>> before = snapshot.take(model)
    >>> model.parameters.values[:] = 5
    >>> snapshot.restore(before, model)
    >>> model.parameters.values.tolist()
    [1.0, 1.0]
    """
    return {path: array.copy() for path, array in arrays_of(model).items()}


def restore(taken: Mapping[str, Array], model: Sequential) -> None:
    """Restores a snapshot: the model has again what it had learnt when it was taken."""
    for path, parameter in model.parameters.paths.items():
        parameter.value[...] = taken[path]
    for path, statistics in statistics_of(model):
        for name in statistics:  # assigned, not copied into: a layer may have replaced the array by a NumPy scalar
            statistics[name] = np.array(taken[f"{path}.{name}"])


def digest(model: Sequential) -> str:
    """SHA-256 over everything that the model has learnt, by sorted path: names, dtypes, shapes and bytes."""
    found = hashlib.sha256()
    for path, array in sorted(arrays_of(model).items()):
        found.update(f"{path} {array.dtype.str} {array.shape}\n".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def matches(taken: Mapping[str, Array], model: Sequential) -> bool:
    """Whether the model has not changed since the snapshot was taken."""
    arrays = arrays_of(model)
    return arrays.keys() == taken.keys() and all(
        np.array_equal(array, taken[path], equal_nan=True) for path, array in arrays.items()
    )


def stateful(model: Sequential) -> list[tuple[str, Layer]]:
    """The layers whose statistics training changes, such as running means, with their places in words."""
    raw = len(model.layers) - len(model.network.chain.layers)  # preprocessing learns before training
    return [
        (f"model.layers[{path}] {layer!r}", layer)
        for path, layer, _ in walk(model.layers)
        if layer.statistics and int(path.partition(".")[0]) >= raw
    ]


def spoilt(layers: Iterable[tuple[str, Layer]]) -> str:
    """In words, the first of their statistics that is not finite, such as a running variance; "" if all are."""
    for place, layer in layers:
        for name, array in layer.statistics.items():
            if not np.isfinite(array).all():
                return f"{name} of {place}"
    return ""
