"""Preprocessing layers learn from the training rows, and are saved with the model.

So a model takes raw rows wherever it is used, and learns nothing from the test rows.
"""

import math

import numpy as np

from nnlite.core.layer import Layer
from nnlite.data.batches import portions
from nnlite.errors import DataError
from nnlite.types import Array, Shape, float_dtype

_ROWS_AT_ONCE = 16384
_NUMBERS_AT_ONCE = 2**21  # 16 MB, so that many images need little memory


class Standardize(Layer):
    """y = (x − mean) / deviation, with the mean and the deviation of each feature over the training rows.

    Both are learnt once, before the first step of training, in float64; until then y = x. The deviation is that of
    the population (divided by n, as in scikit-learn's `StandardScaler`), and 1 for a constant feature: one
    whose numbers are all equal. Sample weights are ignored.

    Shapes: x and y (batch, …), alike; integer rows come out in float64.

    Raises:
        DataError: by `adapt`, when a feature is too large for its square.

    >>> import numpy as np
    >>> from nnlite import Sequential, Standardize
    >>> model = Sequential([Standardize()]).build((2,))
    >>> model.adapt(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> model.forward(np.array([[1.0, 5.0], [4.0, 6.0]]))
    array([[-1.,  0.],
           [ 2.,  1.]], dtype=float32)

    Source: LeCun, Bottou, Orr, Müller, "Efficient BackProp" (1998), section 4.3, on normalizing the inputs.
    """

    takes_raw_rows = True

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.add_statistic("mean", input_shape, 0)
        self.add_statistic("scale", input_shape, 1)
        return input_shape

    def adapt(self, x: Array) -> None:
        self.statistics["mean"], self.statistics["scale"] = mean_and_scale(x, "a feature")

    def forward(self, x: Array, *, training: bool = False) -> Array:
        # in float64: a large mean costs no digits
        y = centred(x, self.statistics["mean"]) / self.statistics["scale"]
        return y.astype(float_dtype(x), copy=False)

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = 1/deviation
        return (dy / self.statistics["scale"]).astype(dy.dtype, copy=False)


class Rescale(Layer):
    """y = scale·x + offset with fixed numbers, such as scale 1/255 for pixels.

    Shapes: x and y (batch, …), alike; integer rows come out in float64.

    Args:
        scale: the factor.
        offset: the number added to the product.

    >>> import numpy as np
    >>> from nnlite import Rescale
    >>> Rescale(scale=0.5, offset=-1.0).forward(np.array([[0.0, 4.0]]))
    array([[-1.,  1.]])

    Source: LeCun, Bottou, Orr, Müller, "Efficient BackProp" (1998), section 4.3, on normalizing the inputs.
    """

    takes_raw_rows = True

    def __init__(self, scale: float, offset: float = 0.0, *, trainable: bool = True) -> None:
        self.scale = scale
        self.offset = offset
        self.trainable = trainable

    def forward(self, x: Array, *, training: bool = False) -> Array:
        y: Array = x * self.scale
        y += self.offset
        return y

    def backward(self, dy: Array) -> Array:
        # ∂y/∂x = scale
        return dy * self.scale


def mean_and_scale(x: Array, what: str) -> tuple[Array, Array]:
    """Mean and deviation of each column of x (rows, …), in float64; a constant column gets the deviation 1.

    A column is constant if all its numbers are equal, however small their differences are beside the mean.

    Raises `DataError`, which begins with `what`, if a number is too large to be squared.
    """
    rows_at_once = min(_ROWS_AT_ONCE, max(1, _NUMBERS_AT_ONCE // math.prod(x.shape[1:])))
    chunks = [x[rows] for rows in portions(len(x), rows_at_once)]
    # Two passes: Σ(x − mean)²/n, since mean(x²) − mean(x)² cancels where the mean is large.
    nothing = np.zeros(x.shape[1:])
    with np.errstate(over="ignore", invalid="ignore"):  # it becomes an error
        mean = np.asarray(sum((chunk.sum(axis=0, dtype=np.float64) for chunk in chunks), nothing) / len(x))
        variance = np.asarray(sum((np.square(chunk - mean).sum(axis=0) for chunk in chunks), nothing) / len(x))
    if not np.isfinite(variance).all():
        raise DataError(f"{what} is so large that its variance is not finite; scale it down first")
    scale = np.sqrt(variance)
    close = scale <= _CLOSE * np.abs(mean)
    if close.any():
        mean[close], scale[close] = _of_close_numbers([chunk[:, close] for chunk in chunks])
    return mean, scale


_CLOSE = 2.0**-30
"""The deviation, as a part of the mean, from which on the rounding of the mean would show in the deviation."""


def _of_close_numbers(chunks: list[Array]) -> tuple[Array, Array]:
    """Mean and deviation of columns whose numbers differ little, from their differences, which are exact."""
    rows = sum(map(len, chunks))
    first = chunks[0][0]
    differences = [_differences(chunk, first) for chunk in chunks]
    mean = sum(each.sum(axis=0) for each in differences) / rows
    largest = np.max([np.abs(each).max(axis=0) for each in differences], axis=0)
    unit = np.where(largest == 0, 1.0, largest)  # so that no square is too small for float64
    variance = sum(np.square((each - mean) / unit).sum(axis=0) for each in differences) / rows
    return first.astype(np.float64) + mean, np.where(largest == 0, 1.0, unit * np.sqrt(variance))


def _differences(x: Array, first: Array) -> Array:
    """x − first, exact for whole numbers that float64 would round."""
    if x.dtype.kind in "iu" and x.dtype.itemsize == 8:
        return (x - first).view(np.int64).astype(np.float64)
    return x.astype(np.float64) - first


def centred(x: Array, mean: Array) -> Array:
    """x − mean in float64; whole numbers that float64 would round are rounded after the subtraction, not before."""
    rough: Array = x - mean
    large = np.abs(mean) >= 2.0**53  # such a mean is a whole number too
    if x.dtype.kind not in "iu" or x.dtype.itemsize < 8 or not large.any():
        return rough
    highest = np.nextafter(float(np.iinfo(x.dtype).max), 0)  # the next float above it is no such integer
    whole = np.minimum(mean[large], highest)
    exact = (x[:, large] - whole.astype(x.dtype)).view(np.int64) - (mean[large] - whole)
    rough[:, large] = np.where(np.abs(rough[:, large]) < 2.0**62, exact, rough[:, large])
    return rough
