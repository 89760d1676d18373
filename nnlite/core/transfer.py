"""Transfer gives what some layers of a model have learnt to layers of another model."""

from typing import Any

import numpy as np

from nnlite.core.layer import FACTORS, Layer
from nnlite.core.sequential import Sequential
from nnlite.core.tree import walk
from nnlite.signature import configuration
from nnlite.text import counted


def take_alike(model: Sequential, source: Sequential) -> tuple[int, str]:
    """Copies weights and statistics from the first layer on, as long as layers agree; both models are built.

    Layers agree if they have the same class, the same arguments (but for `trainable`, `rate` and `decay`) and arrays
    of the same shapes. What is taken stays: a fit does not let these layers learn from its training rows anew.

    Returns:
        How many layers were taken, and why the next one was not; "" where all were.
    """
    for index, layer in enumerate(model.layers):
        if index == len(source.layers):
            return index, f"it has {counted(index, 'layer')}"
        other = source.layers[index]
        if (came := _made_of(other)) != (made := _made_of(layer)):
            here, there = (layer, other) if repr(layer) != repr(other) else (made, came)
            return index, f"layer {index} is {here!r} here, and {there!r} there"
        ours, theirs = _shapes(layer), _shapes(other)
        if ours != theirs:
            path = next(path for path in {**ours, **theirs} if ours.get(path) != theirs.get(path))
            shapes = [each.get(path, "none") for each in (ours, theirs)]
            return index, f"{index}{path} of {layer!r} has shape {shapes[0]} here, and {shapes[1]} there"
        _copy(other, layer)
    return len(model.layers), ""


def _copy(source: Layer, layer: Layer) -> None:
    """Gives a built layer what another one of the same shapes has learnt."""
    for (_, ours, _), (_, theirs, _) in zip(walk([layer]), walk([source]), strict=True):
        for parameter, other in zip(ours.parameters, theirs.parameters, strict=True):
            parameter.value = other.value
        for name in ours.statistics:
            ours.statistics[name] = np.array(theirs.statistics[name])
    layer._learnt = True


def _shapes(layer: Layer) -> dict[str, tuple[int, ...]]:
    """The shapes of all that a layer learns, by path within it."""
    found: dict[str, tuple[int, ...]] = {}
    for path, inner, _ in walk([layer]):
        arrays = {parameter.name: parameter.shape for parameter in inner.parameters}
        arrays |= {name: array.shape for name, array in inner.statistics.items()}
        found |= {f"{path.removeprefix('0')}.{name}": tuple(shape) for name, shape in arrays.items()}
    return found


def _made_of(thing: Any) -> Any:
    """A layer's class and arguments, those of layers in it too, without what says how it is trained."""
    if isinstance(thing, tuple | list):
        return [_made_of(item) for item in thing]
    if not isinstance(thing, Layer):
        return thing
    leave_out = {"trainable", *(name for name in FACTORS if name in thing._takes_factors)}
    arguments = {name: _made_of(value) for name, value in configuration(thing).items() if name not in leave_out}
    return [type(thing).__name__, arguments]
