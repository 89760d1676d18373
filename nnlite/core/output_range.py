"""An output range is the numbers that the last layers of a model can give: a sigmoid at its end gives 0 to 1."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnlite.core.chain import Chain
from nnlite.core.layer import Layer
from nnlite.core.tree import named_parameters
from nnlite.errors import DataError
from nnlite.types import Array, DtypeName, Shape

SIZES = (0.1, 0.3, 1.0, 3.0, 10.0, 100.0, 1e3, 1e4)
"""How large the numbers are that a tail is tried on; what still grows from 1e3 to 1e4 grows without end."""

MOST_FEATURES = 256
"""Up to here each feature is also tried by itself, all others 0."""

MOST_NUMBERS = 65536
"""How many numbers are drawn at the most, but for four rows."""


@dataclass(frozen=True)
class OutputRange:
    """The least and the greatest number that each output of a model can be.

    Attributes:
        place: the layer from which on the outputs are bounded, in words: "model.layers[3] Sigmoid()".
        low: the least number of each output, −∞ where there is none.
        high: the greatest number of each output, ∞ where there is none.
    """

    place: str
    low: Array
    high: Array

    @property
    def free(self) -> Array:
        """Whether each output takes all values."""
        return np.isneginf(self.low) & np.isposinf(self.high)

    @property
    def scalable(self) -> Array:
        """Whether each output takes all values, or all of one sign: with each its positive multiples."""
        at_zero = (np.abs(self.low) < 1e-6) | (np.abs(self.high) < 1e-6)
        return self.free | (at_zero & (np.isneginf(self.low) | np.isposinf(self.high)))

    def check(self, targets: Array) -> None:
        """Raises `DataError` where targets (rows, …) lie outside, which no weights could predict."""
        least, greatest = targets.min(axis=0), targets.max(axis=0)
        size = np.fmax(*(np.where(np.isfinite(end), np.abs(end), 0) for end in (self.low, self.high)))
        wrong = (least < self.low - 0.01 * size) | (greatest > self.high + 0.01 * size)  # an end is only approached
        if wrong.any():
            index = tuple(int(i) for i in np.argwhere(wrong)[0])
            which = f" of output {', '.join(map(str, index))}" if targets[0].size > 1 else ""
            high = self.high[index]
            upwards = "upwards" if np.isposinf(high) else f"to {high:.4g}"
            low = "" if np.isneginf(self.low[index]) else f" from {self.low[index]:.4g}"
            raise DataError(
                f"{self.place} lets the outputs take only numbers{low} {upwards}, but the training targets{which} "
                f"go from {least[index]:.6g} to {greatest[index]:.6g}: leave that layer out, so that the model can "
                "predict any number"
            )


def output_ranges(layers: Sequence[Layer], shapes: Sequence[Shape], dtype: DtypeName, path: int) -> list[OutputRange]:
    """The ranges that the last layers of a model leave its outputs; none if these can be any numbers.

    Every tail of the layers behind the last one with a matrix of weights is tried, and that layer itself, which may
    be a container that ends in an activation: before it the numbers can be any. A copy of the tail predicts from
    numbers of both signs and many sizes, with its trained parameters (such as the scale of a normalization) at many
    values too.

    Args:
        layers: the layers behind the preprocessing.
        shapes: the shape of each one's input.
        dtype: the model's.
        path: the place of the first of these layers in the model.
    """
    found: list[OutputRange] = []
    for index in reversed(range(len(layers))):
        mixes = any(parameter.value.ndim > 1 for _, parameter, _ in named_parameters([layers[index]]))
        if mixes and found:  # its outputs are any numbers, or as bounded as those of the layers behind it
            break
        try:
            low, high = _extremes(copy.deepcopy(layers[index:]), shapes[index], dtype)
        except Exception:  # a layer that takes no such numbers, an Embedding, say
            break
        here = OutputRange(f"model.layers[{path + index}] {layers[index]!r}", low, high)
        if not here.free.all():
            found.append(here)
        if mixes:
            break
    return found


def _extremes(tail: Sequence[Layer], shape: Shape, dtype: DtypeName) -> tuple[Array, Array]:
    """The least and the greatest number of each output, −∞ and ∞ where they become ever smaller and larger."""
    chain, rng = Chain(tail), np.random.default_rng(0)
    rows = _directions(shape, rng)
    trained = [
        (parameter, parameter.value.copy(), rng.standard_normal(parameter.shape))
        for _, parameter, frozen in named_parameters(tail)
        if not frozen
    ]
    low: list[Array] = []  # up to each of the sizes
    high: list[Array] = []
    for size in SIZES:
        outputs = []
        for sign in (0, 1, -1):
            for parameter, value, direction in trained:
                parameter.value = value + sign * size * direction
            with np.errstate(all="ignore"):
                outputs.append(chain.forward((size * rows).astype(dtype)).astype(np.float64))
        found = np.concatenate([*outputs, *low[-1:], *high[-1:]])
        low.append(np.fmin.reduce(found)[None])
        high.append(np.fmax.reduce(found)[None])
    lows, highs = np.concatenate(low), np.concatenate(high)
    return -_end(-lows, highs), _end(highs, lows)


def _end(highs: Array, others: Array) -> Array:
    """Where the greatest numbers, up to each size, come to an end; ∞ where they grow on."""
    with np.errstate(invalid="ignore"):
        before, last = highs[-2] - highs[-3], highs[-1] - highs[-2]
        rounding = 1e-6 * np.fmin(np.fmax(np.abs(highs[-1]), np.abs(others[-1])), SIZES[-1])
        # What comes near to its end grows less and less; a logarithm grows as much from each size to the next.
        ends: Array = np.where(last <= 0.5 * before + rounding, highs[-1], np.inf)
    return ends


def _directions(shape: Shape, rng: np.random.Generator) -> Array:
    """Rows of both signs, of one sign and of mixed ones; and each feature by itself, if they are not too many."""
    features = math.prod(shape)
    mixed = rng.standard_normal((min(max(4, MOST_NUMBERS // features), 64), *shape))
    rows = [mixed, np.abs(mixed)]
    if features <= MOST_FEATURES:
        rows.append(np.eye(features).reshape(features, *shape))
    half = np.concatenate(rows)
    return np.concatenate([half, -half])
