"""Columns is the preprocessing of a table: its numbers are filled in and scaled, its categories become columns."""

import functools
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta

from nnlite.annotations import NonNegativeInt
from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.layers import quantiles
from nnlite.layers.codes import MOST_CODES, as_codes
from nnlite.layers.preprocessing import centred, mean_and_scale
from nnlite.text import counted
from nnlite.types import Array, Shape, float_dtype

SMOOTH = 3.0
"""The number that a robustly scaled column only approaches."""


class Columns(Layer):
    """Prepares the rows of a table, whose columns hold numbers (NaN: missing) or the codes of categories.

    y = (the numbers, scaled; columns of 0 and 1 for small categories; the codes of large categories), each part in
    the order of x. What is learnt, once, comes from the training rows alone, in float64, and for a column of numbers
    from those that are there. Until then numbers stay as they are, and missing ones become 0.

    **Numbers.** A missing one is taken for the median of its column. Then they are scaled, by `numbers`:

    * "standard": (x − mean)/deviation, as `Standardize` does.
    * "robust": z/√(1 + (z/3)²) with z = (x − median)/(q₃ − q₁), where q₁ and q₃ are the quartiles, so that outliers
      come near to ±3 and no further. Where the quartiles are equal, z = 2·(x − median)/(max − min).
    * "quantile": Φ⁻¹(p), where p is the part of the training rows below x, read off 255 quantiles: a normal
      distribution whatever the column's own. The least and the greatest become ±2.88, equal numbers the middle of
      their parts. (It is not uniform, since a dense network wants numbers about 0 with a deviation of 1.)
    * "none": as they are.

    A column in which all training rows are alike becomes 0 in every row: nothing is learnt from it, so it must not
    speak when it varies in prediction.

    **Codes** are whole numbers from 0 on; 0 stands for a category that is not known. A code that no training row had
    is taken for 0. A column of at most `one_hot` codes becomes one column for each code but 0, with a 1 in the rows
    that have it; code 0 is all zeros. Where there are just two of them, they become a single column of −1 and 1.
    Columns of more codes stay codes, at the end, for `Embeddings`.

    Shapes: x (batch, columns), y (batch, width); integer rows come out in float64.

    Args:
        codes: for each column of x how many codes it has, 0 for numbers; without any, all columns are numbers.
        numbers: how numbers are scaled.
        one_hot: the most codes, 0 included, that become columns.

    Raises:
        ShapeError: on build, when x has other columns than `codes`, or nothing is left of it.
        DataError: when a column of codes holds anything else; when a number is too large for its square.

    >>> import numpy as np
    >>> from nnlite import Columns, Sequential
    >>> model = Sequential([Columns([0, 4, 3])]).build((3,))
    >>> model.adapt(np.array([[1.0, 1, 1], [np.nan, 3, 2], [5.0, 3, 2]]))
    >>> model.forward(np.array([[5.0, 3, 1], [np.nan, 2, 0]]))
    array([[ 1.,  0.,  0.,  1., -1.],
           [ 0.,  0.,  0.,  0.,  0.]], dtype=float32)

    Sources: LeCun, Bottou, Orr, Müller, "Efficient BackProp" (1998), section 4.3, on normalizing the inputs;
    "robust" from Holzmüller, Grinsztajn, Steinwart, "Better by default: strong pre-tuned MLPs and boosted trees on
    tabular data" (2024), section 3; "quantile" as in Gorishniy, Rubachev, Khrulkov, Babenko, "Revisiting deep
    learning models for tabular data" (2021), section 4.
    """

    takes_raw_rows = True
    takes_gaps = True
    refuses_rows = True

    def __init__(
        self,
        codes: Sequence[Annotated[int, Meta(ge=0, le=MOST_CODES)]] = (),
        numbers: Literal["standard", "robust", "quantile", "none"] = "standard",
        one_hot: NonNegativeInt = 10,
        *,
        trainable: bool = True,
    ) -> None:
        self.codes = codes
        self.numbers = numbers
        self.one_hot = one_hot
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        if len(input_shape) != 1 or (self.codes and len(self.codes) != input_shape[0]):
            columns = f"{counted(len(self.codes), 'column')}, one for each of its codes" if self.codes else "columns"
            raise ShapeError(f"takes rows of {columns}, but its input has shape {input_shape}")
        counts = np.array(self.codes, np.intp)  # without any, all columns are numbers
        self.whole = np.flatnonzero(counts).tolist()
        self.at_numbers = np.flatnonzero(counts == 0) if self.codes else slice(None)
        self.counts = counts[self.whole]
        self.offsets = np.cumsum(self.counts) - self.counts  # of each column's codes in `seen`
        amounts = input_shape[0] - len(self.counts)
        self.kept = np.flatnonzero(self.counts > self.one_hot)
        self.widths = np.where(self.counts == 3, 1, self.counts - 1)  # how many columns of 0 and 1 each becomes
        self.widths[self.kept] = 0
        vars(self).pop("_made", None)  # of an earlier build
        width = amounts + int(self.widths.sum()) + len(self.kept)
        if not width:
            raise ShapeError(f"leaves nothing of an input of shape {input_shape}: no column has a code but 0")
        self.add_statistic("seen", (int(self.counts.sum()),), 1)
        self.add_statistic("fill", (amounts,))
        self.add_statistic("mean", (amounts,))
        self.add_statistic("gain", (amounts,), 1)
        if self.numbers == "quantile":
            self.add_statistic("quantiles", (quantiles.COUNT, amounts))
        return (width,)

    @functools.cached_property  # not in build: a file's few bytes may ask for many columns, and are refused after it
    def _made(self) -> tuple[Array, Array, Array, Array]:
        """Which columns of codes become columns of 0 and 1, and where the codes of each start in what follows.

        For each code of these: in which of the columns of 0 and 1 it stands, and as what.
        """
        split = np.flatnonzero(self.widths)
        counts, widths = self.counts[split], self.widths[split]
        of_column = np.repeat(np.arange(len(split)), counts)
        starts = np.cumsum(counts) - counts
        code = np.arange(len(of_column)) - starts[of_column]
        two = counts[of_column] == 3
        place = (np.cumsum(widths) - widths)[of_column] + np.where(two, 0, np.maximum(code - 1, 0))
        value = np.where(two, np.array([0, -1, 1])[np.minimum(code, 2)], code > 0)  # of code 0 nothing
        return split, starts, place, value

    def adapt(self, x: Array) -> None:
        # A column at a time, since the rows may be those of a file that is larger than memory.
        for column, count, start in zip(self.whole, self.counts, self.offsets, strict=True):
            codes = as_codes(x[:, [column]], count, self, _ADVICE, [column])[:, 0]
            self.statistics["seen"][start : start + count] = np.bincount(codes, minlength=count) > 0
        for index, column in enumerate(np.arange(x.shape[1])[self.at_numbers].tolist()):
            numbers = _signed(x[:, column])
            self._learn(numbers[~np.isnan(numbers)] if numbers.dtype.kind == "f" else numbers, index)

    def _learn(self, numbers: Array, index: int) -> None:
        """Learns from the numbers (rows,) that are there, of the column of numbers with this index."""
        fill, mean, scale = float(np.median(numbers)) if len(numbers) else 0.0, 0.0, 1.0
        constant = not len(numbers) or bool(numbers.min() == numbers.max())
        if not constant and self.numbers == "standard":
            (mean,), (scale,) = mean_and_scale(numbers[:, None], "a number")
        elif not constant and self.numbers == "robust":
            low, high = np.quantile(numbers, (0.25, 0.75))
            mean, scale = fill, high - low or (float(numbers.max()) - float(numbers.min())) / 2
        elif not constant and self.numbers == "quantile":
            self.statistics["quantiles"][:, index] = quantiles.quantiles(numbers)
        self.statistics["fill"][index], self.statistics["mean"][index] = fill, mean
        self.statistics["gain"][index] = 0.0 if constant else min(1 / scale, np.finfo(np.float64).max)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        codes = as_codes(x[:, self.whole], self.counts, self, _ADVICE, self.whole)  # (batch, codes)
        codes = codes * (self.statistics["seen"][codes + self.offsets] > 0)
        if training or self.passes_gradient:
            self.x = x
        numbers = self._scaled(self._filled(x))
        split, starts, place, value = self._made
        first, kept = numbers.shape[1], len(self.kept)
        y = np.zeros((len(x), first + int(self.widths.sum()) + kept), float_dtype(x))  # (batch, width)
        y[:, :first] = numbers
        at = codes[:, split] + starts
        # in y laid out flat, which takes half as long as by two indices
        y.reshape(-1)[place[at] + (first + y.shape[1] * np.arange(len(x))[:, None])] = value[at]
        y[:, y.shape[1] - kept :] = codes[:, self.kept]
        return y

    def _filled(self, x: Array) -> Array:
        """The columns of numbers (batch, numbers), missing ones filled in."""
        numbers = _signed(x[:, self.at_numbers])
        if numbers.dtype.kind != "f":
            return numbers
        return np.where(np.isnan(numbers), self.statistics["fill"], numbers)

    def _scaled(self, numbers: Array) -> Array:
        """The numbers, scaled, in float64: a large mean costs no digits."""
        gain = self.statistics["gain"]
        if self.numbers == "quantile":
            return self._by_column(quantiles.to_normal, numbers) * gain
        y: Array = centred(numbers, self.statistics["mean"]) * gain
        if self.numbers == "robust":
            y /= np.hypot(1.0, y / SMOOTH)
        return y

    def _by_column(self, function: Callable[[Array, Array], Array], numbers: Array) -> Array:
        """A function of each column and its quantiles."""
        known = self.statistics["quantiles"]
        found = np.empty(numbers.shape)
        for index in range(numbers.shape[1]):
            found[:, index] = function(numbers[:, index], known[:, index])
        return found

    def backward(self, dy: Array) -> Array:
        numbers, gain = self._filled(self.x), self.statistics["gain"]
        slopes: Array = gain
        if self.numbers == "quantile":
            slopes = self._by_column(quantiles.slopes, numbers) * gain
        elif self.numbers == "robust":
            # ∂y/∂x = gain·(1 + (z/3)²)^(−3/2)
            z = centred(numbers, self.statistics["mean"]) * gain
            slopes = gain / np.hypot(1.0, z / SMOOTH) ** 3
        there = self.x[:, self.at_numbers] == self.x[:, self.at_numbers]  # NaN is not equal to itself
        dx = np.zeros(self.x.shape, dy.dtype)  # by whole numbers there is no derivative
        dx[:, self.at_numbers] = dy[:, : len(gain)] * slopes * there
        return dx


_ADVICE = "number the categories of a column from 0"


def _signed(x: Array) -> Array:
    """x as numbers with which one can calculate: NumPy subtracts no booleans."""
    return x.view(np.int8) if x.dtype.kind == "b" else x
