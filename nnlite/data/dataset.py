"""A dataset is rows of features and their targets."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnlite.data.arrays import (
    as_classes,
    as_numbers,
    as_weights,
    column_names,
    first_gap,
    first_missing,
    first_wrong,
    refuse_masks,
    without_objects,
    wrong_number,
)
from nnlite.data.labels import as_indices, check_classes_differ
from nnlite.errors import DataError
from nnlite.text import counted
from nnlite.types import Array, DtypeName


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows of features x, and the targets y that a model learns to predict from them.

    Args:
        x: (rows, …), finite numbers of any dtype; in rows of features also NaN, where a number is missing: a model
            takes that if its first layer fills gaps. Integers stay integers until the model's preprocessing layers;
            a memory map stays one.
        y: (rows, …), as the loss takes them: for a classifier class indices, or rows of probabilities; for
            regression numbers; for labels that do not exclude each other a 0 or 1 for each, (rows, labels).
        sample_weight: (rows,), the weight of each row in the loss; None for equal weights. Training leaves rows
            of weight 0 out.
        classes: the names of the classes, or of the columns of labels, in order: strings or numbers.
        feature_names: the names of the columns of x.
        table: the `TableReader` that made x of a table; a model that is trained on such rows takes such tables.

    Attributes:
        numbers: (rows,), the number of each row, from 0, in the data that it was taken from; messages name it.
        gaps: whether NaN stands anywhere in x, or in the x that these rows were taken from.

    Raises:
        DataError: when x and y do not belong together, or x has values that are neither finite numbers nor NaN.

    >>> import numpy as np
    >>> from nnlite import Dataset
    >>> Dataset(np.zeros((5, 4)), np.array([0, 1, 0, 1, 1]))
    Dataset(5 rows of shape (4,), targets of shape ())
    """

    x: Array
    y: Array
    sample_weight: Array | None = None
    classes: tuple[Any, ...] | None = None
    feature_names: tuple[str, ...] | None = None
    table: Any = None  # a `TableReader`, which makes datasets, and so is not known here
    numbers: Array = field(init=False, repr=False)
    gaps: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        x, y = as_numbers(self.x, self.feature_names), np.asarray(self.y)
        columns = column_names(self.x, self.feature_names)
        gap = first_gap(x, columns)
        if gap is not None and x.ndim != 2:  # images and the like: nothing fills gaps in them
            raise wrong_number(x, gap, columns)
        if y.ndim == 0 or len(x) != len(y):
            raise DataError(
                f"x has {counted(len(x), 'row')}, but y has shape {y.shape}; expected one target for each row"
            )
        if not len(x):
            raise DataError("there are no rows")
        weight = self.sample_weight
        if weight is not None:
            weight = as_weights(weight, len(x))
        classes = None if self.classes is None else as_classes(self.classes)
        check_classes_differ(classes or ())
        names = None if self.feature_names is None else tuple(map(str, self.feature_names))
        if names is not None and (x.ndim != 2 or len(names) != x.shape[1]):
            raise DataError(f"there are {len(names)} feature names for rows of shape {x.shape[1:]}")
        self._set(x=x, y=y, sample_weight=weight, classes=classes, feature_names=names)
        self._set(numbers=np.arange(len(x)), gaps=gap is not None)

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, index: Array | slice) -> "Dataset":
        """The rows that a slice, indices or a mask select, as a dataset; raises `DataError` if there are none.

        Rows that follow one another are a view: those of a memory map stay in their file. Others are copied.
        """
        index = _as_slice(index)
        x = self.x[index]
        if x.ndim != self.x.ndim or not len(x):
            raise DataError(f"there are no rows; expected a slice, indices or a mask that keeps some of {len(self)}")
        part = copy.copy(self)  # copied, not constructed: these rows were checked with the whole
        part._set(x=x, y=self.y[index], numbers=self.numbers[index])
        if self.sample_weight is not None:
            part._set(sample_weight=self.sample_weight[index])
        return part

    def counted(self) -> "Dataset":
        """The rows whose weight is not 0; all of them where no weight is, or every weight is."""
        weight = self.sample_weight
        return self if weight is None or weight.all() or not weight.any() else self.rows(weight > 0)

    def refuse_gaps(self) -> None:
        """Raises `DataError` where NaN stands in x; it names the row's number in the data, and the column."""
        where = first_wrong(self.x, np.isnan) if self.gaps else None
        if where is not None:
            raise wrong_number(self.x, where, self.feature_names, int(self.numbers[where[0]]))

    def check_range(self, dtype: DtypeName) -> None:
        """Raises `DataError` where a feature is too large for a model that computes in this dtype."""
        if self.x.dtype.kind == "f":
            largest = np.finfo(dtype).max
            where = first_wrong(self.x, lambda rows: np.abs(rows) > largest)
            if where is not None:
                raise DataError(
                    f"x{list(where)} is {self.x[where]}, more than {dtype} can hold; "
                    "scale the feature down, or use dtype float64"
                )

    def __repr__(self) -> str:
        return (
            f"Dataset({counted(len(self), 'row')} of shape {self.x.shape[1:]}, targets of shape {self.y.shape[1:]})"
        )


def _as_slice(index: Array | slice) -> Array | slice:
    """The slice that selects the same rows as indices which follow one another; anything else as it is."""
    if isinstance(index, np.ndarray) and index.ndim == 1 and index.size and index.dtype.kind in "iu":
        first, stop = int(index[0]), int(index[0]) + len(index)
        if first >= 0 and np.array_equal(index, np.arange(first, stop)):
            return slice(first, stop)
    return index


def from_arrays(
    x: Array | Sequence[Any],
    labels: Array | Sequence[Any],
    *,
    classes: Sequence[Any] | Array | None = None,
    feature_names: Sequence[str] | None = None,
    sample_weight: Array | Sequence[float] | None = None,
) -> Dataset:
    """A classification dataset, from labels of any kind; for numbers to predict see `regression_from_arrays`.

    Args:
        x: (rows, …), numbers, or a table with named columns.
        labels: (rows,), numbers or text; a column, (rows, 1), will do. They keep their values: "2" is not 2.
        classes: all classes in the order of their indices; if None the distinct labels, sorted. Pass
            `classes=train.classes` for validation or test rows: some class may be missing among them.
        feature_names: the names of the columns of x; if None those of the table.
        sample_weight: (rows,), the weight of each row in the loss; None for equal weights.

    Raises:
        DataError: when a label is missing or none of the classes, or rows or labels cannot be used.

    >>> from nnlite.data import from_arrays
    >>> train = from_arrays([[1.0], [2.0], [3.0]], ["yes", "no", "yes"])
    >>> train.classes, train.y.tolist()
    (('no', 'yes'), [1, 0, 1])
    >>> from_arrays([[4.0]], ["yes"], classes=train.classes).y.tolist()
    [1]
    """
    known, indices = as_indices(labels, classes)
    names = column_names(x, feature_names)
    return Dataset(x, indices, sample_weight, known, names)  # type: ignore[arg-type] # it takes lists too


def regression_from_arrays(
    x: Array | Sequence[Any],
    targets: Array | Sequence[Any],
    *,
    feature_names: Sequence[str] | None = None,
    sample_weight: Array | Sequence[float] | None = None,
) -> Dataset:
    """A regression dataset: rows, and the numbers to predict for each.

    Args:
        x: (rows, …), numbers, or a table with named columns.
        targets: (rows,), or (rows, …) where several numbers are predicted for each row; in their own units,
            since the loss standardizes them. Integers become float64, in which those beyond 2⁵³ are rounded.
        feature_names: the names of the columns of x; if None those of the table.
        sample_weight: (rows,), the weight of each row in the loss; None for equal weights.

    Raises:
        DataError: when a target is no finite number, or rows cannot be used.

    >>> from nnlite.data import regression_from_arrays
    >>> regression_from_arrays([[1.0], [2.0]], [10, 20]).y
    array([10., 20.])
    """
    refuse_masks(targets, "targets")
    try:
        y = without_objects(np.asarray(targets))
    except ValueError:
        raise DataError("the rows of targets have different lengths; expected as many numbers for each") from None
    if y.dtype.kind == "O" and (where := first_missing(y)) is not None:
        raise DataError(f"the target in row {where[0]} is {y[where]}; expected finite numbers: leave out such rows")
    if y.dtype.kind not in "fiub" or y.ndim == 0:
        raise DataError(
            f"the targets have dtype {y.dtype} and shape {y.shape}; expected numbers for each row "
            "(from_arrays takes labels)"
        )
    where = first_wrong(y, lambda rows: ~np.isfinite(rows)) if y.size else None
    if where is not None:
        raise DataError(f"the target in row {where[0]} is {y[where]}; expected finite numbers: leave out such rows")
    y = y.astype(np.float64)  # integers too: they are amounts, not classes
    return Dataset(x, y, sample_weight, None, column_names(x, feature_names))  # type: ignore[arg-type] # it takes lists too
