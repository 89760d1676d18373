"""A case is a layer or loss under test, and the inputs, copies and comparisons that its checks are made of."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.signature import configuration
from nnlite.testing.jacobians import disagreement
from nnlite.types import Array, DtypeName, Shape

TOLERANCE = 1e-6
"""Of derivatives: right code measures 1e-9, the smallest of the classic mistakes 0.1."""


class CheckError(AssertionError):
    """A check failed; the message says which, on which array, at which index, with both numbers."""


class UntellableError(CheckError):
    """Whether the layer is right cannot be told without help from whoever checks it."""


class Judge:
    """Compares what a check found with what it expected, and fails with a message that names what is under test.

    Attributes:
        worst: the largest disagreement of a derivative so far.
    """

    worst: float = 0.0

    @property
    def name(self) -> str:
        """What is under test, for messages."""
        raise NotImplementedError

    def fail(self, what: str) -> None:
        """Raises `CheckError`."""
        raise CheckError(f"{self.name}: {what}")

    def compare(self, what: str, found: Array | float, expected: Array | float, tolerance: float = 0.0) -> None:
        """Fails with the worst entry where the two differ; those compared to TOLERANCE are derivatives."""
        found, expected = np.asarray(found), np.asarray(expected)
        if found.shape != expected.shape:
            self.fail(f"{what} has shape {found.shape}, expected {expected.shape}")
        if not found.size:
            return
        apart = np.nan_to_num(disagreement(found, expected), nan=math.inf)
        if tolerance == TOLERANCE:
            self.worst = max(self.worst, float(apart.max()))
        if apart.max() > tolerance:
            index = tuple(int(i) for i in np.unravel_index(int(apart.argmax()), apart.shape))
            self.fail(
                f"{what} differs at index {index}: {found[index]:.9g}, expected {expected[index]:.9g} "
                f"({np.count_nonzero(apart > tolerance)} of {apart.size} entries are wrong)"
            )


@dataclass
class Case(Judge):
    """A layer under test, and how to make inputs for it.

    Attributes:
        layer: as the user made it; every check works on fresh copies.
        input_shape: without the batch axis.
        sample: (rng, shape with the batch axis) to an input in float64; numbers about ±2 if not given.
        variants: argument name to another value for it, where none can be guessed.
    """

    layer: Layer
    input_shape: Shape
    sample: Callable[[np.random.Generator, Shape], Array]
    variants: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What is under test, for messages."""
        return f"{self.layer!r} on inputs of shape {self.input_shape}"

    def input(self, batch: int = 4, seed: int = 0) -> Array:
        """An input of so many rows, the same for the same seed."""
        return self.sample(np.random.default_rng([seed, batch]), (batch, *self.input_shape))

    def build(self, layer: Layer | None = None, dtype: DtypeName = "float64", *, moved: bool = True) -> Layer:
        """A fresh copy of the layer in a model of its own.

        `moved` takes it off its starting values: where a scale is 1 or a mean 0, a derivative that
        forgets them looks right.
        """
        return self.build_model(layer, dtype, moved=moved).layers[0]

    def build_model(
        self, layer: Layer | None = None, dtype: DtypeName = "float64", *, moved: bool = True
    ) -> Sequential:
        """A model with a fresh copy of the layer in it."""
        model = Sequential([again(self.layer if layer is None else layer)]).build(self.input_shape, 0, dtype)
        if moved:
            rng = np.random.default_rng(1)
            for parameter in model.parameters:
                parameter.value = parameter.value + 0.2 * rng.standard_normal(parameter.shape)
            x = self.input(8, seed=2)
            model.adapt(x)
            for _ in range(3):
                model.layers[0].forward(x.astype(dtype), training=True)
        return model


def numbers(rng: np.random.Generator, shape: Shape) -> Array:
    """Distinct numbers between −2 and 2, none within 1e-3 of 0 or of another: clear of kinks and ties."""
    count = math.prod(shape)
    grid = (np.arange(count) + 0.37) / count * 4 - 2
    return np.asarray(rng.permutation(grid).reshape(shape))


def codes(rng: np.random.Generator, shape: Shape) -> Array:
    """The integers 0, 1 and 2."""
    return rng.integers(0, 3, shape)


def again(layer: Layer) -> Layer:
    """A fresh layer from the same arguments, nested ones fresh too."""

    def fresh(value: Any) -> Any:
        if isinstance(value, Layer):
            return again(value)
        return type(value)(map(fresh, value)) if isinstance(value, tuple | list) else value

    return type(layer)(**{name: fresh(value) for name, value in configuration(layer).items()})


def layouts(x: Array) -> Iterator[tuple[str, Array]]:
    """The same numbers laid out in memory in every way a layer may meet."""
    yield "contiguous", x.copy(order="C")
    yield "Fortran-ordered", np.asfortranarray(x)
    wide = np.zeros([2 * size for size in x.shape], x.dtype)
    every_second = tuple(slice(None, None, 2) for _ in x.shape)
    wide[every_second] = x
    yield "strided", wide[every_second]
    frozen = x.copy()
    frozen.flags.writeable = False
    yield "read-only", frozen
