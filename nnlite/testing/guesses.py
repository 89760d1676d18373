"""Guesses of what a file's classes are checked with: arguments, a layer's inputs, a loss's targets."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, Literal, get_args, get_origin

import numpy as np

from nnlite.annotations import convert
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.core.sequential import Sequential
from nnlite.errors import ConfigError, DataError, NnliteError, ShapeError
from nnlite.layers.activations import Tanh
from nnlite.layers.dense import Dense
from nnlite.signature import Field, copy_of, fields
from nnlite.testing.case import Case, codes, numbers
from nnlite.types import Array, Shape, Task

SHAPES: tuple[Shape, ...] = ((4,), (1,), (2, 3), (2, 6, 6))
"""The input shapes that are tried; a layer is checked with those that it takes."""

_BY_NAME = {"learning_rate": 0.1, "monitor": "training_loss"}
"""What is guessed for arguments of these names."""


def arguments(function: Callable[..., Any], given: Collection[str] = ()) -> dict[str, Any]:
    """A value for each argument that has no default and is not given; raises `ConfigError` if none can be guessed."""
    return {field.name: _guess(field) for field in fields(function) if field.required and field.name not in given}


def _guess(field: Field) -> Any:
    """A value that the annotation of an argument without default allows."""
    names = [
        get_args(choice)
        for choice in (field.annotation, *get_args(field.annotation))
        if get_origin(choice) is Literal
    ]
    named = [_BY_NAME[field.name]] if field.name in _BY_NAME else []
    for candidate in (*named, 3, 0.5, True, *(names[0] if names else ()), "name", Dense(3), [Dense(3), Tanh()]):
        try:
            if (named or field.annotation is not Any) and convert(candidate, field.annotation) is not None:
                return candidate
        except ConfigError:
            continue
    raise ConfigError(f"no value can be guessed for the argument {field.name!r}: give it a default")


def input_shapes(layer: Layer) -> Iterator[Shape]:
    """The shapes in SHAPES that the layer takes."""
    for shape in SHAPES:
        try:
            Sequential([copy_of(layer)]).build(shape)
        except ShapeError:
            continue
        yield shape


def sample(layer: Layer, shape: Shape) -> Callable[[np.random.Generator, Shape], Array]:
    """A function that makes inputs: `numbers`, or `codes` for a layer that refuses numbers."""
    try:
        Case(layer, shape, numbers).build()
    except DataError:
        return codes
    except Exception:  # the checks will say what is wrong
        pass
    return numbers


def targets(loss: Loss) -> tuple[Shape, Array] | None:
    """A shape of outputs and targets that the loss takes; None if it refuses all that are tried.

    Where some raise other errors, and none is taken, they are the first of those: the checks will say what is wrong.
    """
    failing = None
    for shape, of_rows in _candidates(loss):
        try:
            made = copy_of(loss)
            made.build(shape)
            made.adapt(encoded := made.encode(of_rows, shape))
            made.forward(np.zeros((len(of_rows), *shape)), encoded)
        except NnliteError:
            continue
        except Exception:
            failing = failing or (shape, of_rows)
            continue
        return shape, of_rows
    return failing


def _candidates(loss: Loss) -> Iterator[tuple[Shape, Array]]:
    """Shapes of outputs, and targets for them, those for the loss's task first."""
    labels = {3: np.array([0, 2, 1, 1, 0, 2]), 2: np.array([0, 1, 1, 0, 0, 1])}
    of_classes: list[tuple[Shape, Array]] = []
    for classes, rows in labels.items():
        try:
            wanted = loss.outputs_for(classes)
        except Exception:  # a loss of two classes may refuse three; of another fault the checks will tell
            wanted = None
        of_classes += [((width,), rows) for width in ([wanted] if isinstance(wanted, int) else [classes, 1])]
    several = np.array([[1, 0], [0, 0], [1, 1], [0, 1]])
    plain = np.array([1.0, 5.0, 2.0, 4.0, -3.0])
    found: dict[Task, list[tuple[Shape, Array]]] = {
        "classification": of_classes,
        "multi-label": [((2,), several)],
        "regression": [((1,), plain), ((2,), np.stack([plain, plain**2], axis=1))],
    }
    yield from found.pop(loss.task, [])
    for others in found.values():
        yield from others
