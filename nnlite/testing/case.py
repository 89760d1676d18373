"""A case is a layer or loss under test, with the inputs, copies and comparisons that its checks need."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.signature import copy_of
from nnlite.testing.jacobians import disagreement
from nnlite.types import Array, DtypeName, Shape

TOLERANCE = 1e-6
"""The tolerance for derivatives: right code is off by 1e-9, the smallest of the classic mistakes by 0.1."""


class CheckError(AssertionError):
    """A check failed; the message says which, on which array, at which index, with both numbers."""


class UntellableError(CheckError):
    """A check needs more information from its caller."""


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

    def compare(
        self,
        what: str,
        found: Array | float,
        expected: Array | float,
        tolerance: float = 0.0,
        place: Callable[[tuple[int, ...]], str] | None = None,
    ) -> None:
        """Fails if the two differ, and names the worst entry; with `tolerance=TOLERANCE` they are derivatives.

        Args:
            what: what is compared, for the message.
            found: what was found.
            expected: what it should be.
            tolerance: the greatest disagreement allowed.
            place: an index in words; "at index (1, 2)" without it.
        """
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
            where = (f" at index {index}" if index else "") if place is None else f" {place(index)}"
            self.fail(
                f"{what} differs{where}: {found[index]:.9g}, expected {expected[index]:.9g} "
                f"({np.count_nonzero(apart > tolerance)} of {apart.size} entries are wrong)"
            )


def in_row(index: tuple[int, ...]) -> str:
    """An index of an array with a batch axis, in words.

    >>> from nnlite.testing.case import in_row
    >>> in_row((1, 2)), in_row((0, 2, 3))
    ('in row 1, feature 2', 'in row 0, feature (2, 3)')
    """
    return f"in row {index[0]}{feature(index[1:])}"


def feature(index: tuple[int, ...]) -> str:
    """The index of a feature within its row, for a message."""
    return "" if not index else f", feature {index[0] if len(index) == 1 else index}"


@dataclass
class Case(Judge):
    """A layer under test, and how to make inputs for it.

    Attributes:
        layer: the layer that the user passed; every check works on copies.
        input_shape: the shape of an input, without the batch axis.
        sample: a function (rng, shape with the batch axis) that returns an input in float64. In place of `numbers`,
            the default of the checks, come codes where the layer takes whole numbers.
        variants: another value for each argument whose values cannot be guessed, by name.
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
        """An input of `batch` rows, the same for the same seed."""
        return self.drawn(np.random.default_rng([seed, batch]), (batch, *self.input_shape))

    def drawn(self, rng: np.random.Generator, shape: Shape) -> Array:
        """An input of this shape, the batch axis included."""
        x = self.sample(rng, shape)
        if self.sample is numbers and (whole := self._whole(shape[1:])):
            x[:, whole] = codes(rng, x[:, whole].shape)
        return x

    def _whole(self, input_shape: Shape) -> list[int]:
        """The columns that the layer takes as whole numbers; none if it cannot be built."""
        with contextlib.suppress(Exception):  # the checks will say what is wrong
            (layer := copy_of(self.layer)).build(input_shape, np.random.default_rng(0))
            return list(layer.whole)
        return []

    def build(self, layer: Layer | None = None, dtype: DtypeName = "float64", *, moved: bool = True) -> Layer:
        """A copy of the layer in a model of its own.

        `moved` changes the starting values: where a scale is 1 or a mean 0, a derivative that ignores them looks
        right.
        """
        return self.build_model(layer, dtype, moved=moved).layers[0]

    def build_model(
        self, layer: Layer | None = None, dtype: DtypeName = "float64", *, moved: bool = True
    ) -> Sequential:
        """A model that consists of a copy of the layer; for `moved` see `build`."""
        model = Sequential([copy_of(self.layer if layer is None else layer)]).build(self.input_shape, 0, dtype)
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


def layouts(x: Array) -> Iterator[tuple[str, Array]]:
    """The same numbers in every memory layout that a layer may be given, each with its name."""
    yield "contiguous", x.copy(order="C")
    yield "Fortran-ordered", np.asfortranarray(x)
    wide = np.zeros([2 * size for size in x.shape], x.dtype)
    every_second = tuple(slice(None, None, 2) for _ in x.shape)
    wide[every_second] = x
    yield "strided", wide[every_second]
    frozen = x.copy()
    frozen.flags.writeable = False
    yield "read-only", frozen
