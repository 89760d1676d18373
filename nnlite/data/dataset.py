"""A dataset is rows of features and their targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlite.errors import DataError
from nnlite.types import Array, DtypeName


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows of features x and what is to be learnt of them, y.

    Args:
        x: (rows, …), numbers, all finite. Floating rows in any dtype; integers stay integers until the
            model's first layers have seen them.
        y: (rows, …), as the loss takes them: for a classifier class indices, or rows of probabilities.
        sample_weight: (rows,), how much each row counts; all alike if None.
        classes: what the class indices stand for, in their order: strings or numbers.
        feature_names: of the columns of x.

    Raises:
        DataError: when x and y do not belong together, or x has values that are not finite numbers.

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

    def __post_init__(self) -> None:
        x, y = as_rows(self.x), np.asarray(self.y)
        if y.ndim == 0 or len(x) != len(y):
            raise DataError(f"x has {len(x)} rows, but y has shape {y.shape}; expected one target for each row")
        if not len(x):
            raise DataError("there are no rows")
        weight = self.sample_weight
        if weight is not None:
            weight = np.asarray(weight, np.float64)
            if weight.shape != (len(x),) or not np.isfinite(weight).all() or (weight < 0).any():
                raise DataError(
                    f"sample_weight has shape {weight.shape}; expected {(len(x),)}, finite and none negative"
                )
        if self.feature_names is not None and (x.ndim != 2 or len(self.feature_names) != x.shape[1]):
            raise DataError(f"there are {len(self.feature_names)} feature names for rows of shape {x.shape[1:]}")
        for name, value in (("x", x), ("y", y), ("sample_weight", weight)):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, index: Array | slice) -> "Dataset":
        """Some of the rows, by index or slice."""
        weight = None if self.sample_weight is None else self.sample_weight[index]
        return Dataset(self.x[index], self.y[index], weight, self.classes, self.feature_names)

    def check_range(self, dtype: DtypeName) -> None:
        """Raises `DataError` where a feature is too large for a model that computes in this dtype."""
        if self.x.dtype.kind == "f" and np.abs(self.x).max() > np.finfo(dtype).max:
            where = tuple(int(i) for i in np.argwhere(np.abs(self.x) > np.finfo(dtype).max)[0])
            raise DataError(
                f"x{list(where)} is {self.x[where]}, more than {dtype} can hold; "
                "scale the feature down, or use dtype float64"
            )

    def __repr__(self) -> str:
        return f"Dataset({len(self)} rows of shape {self.x.shape[1:]}, targets of shape {self.y.shape[1:]})"


def as_rows(x: Array | Sequence[Any]) -> Array:
    """x as an array of rows of finite numbers, (rows, …); raises `DataError` saying what is wrong where."""
    _refuse_masks(x, "x")
    try:
        x = _without_objects(np.asarray(x))
    except ValueError:
        raise DataError("the rows have different lengths; expected a table of numbers") from None
    if x.dtype.kind not in "fiub":
        raise DataError(f"x has dtype {x.dtype}; expected numbers (turn text into numbers first)")
    if x.ndim < 2:
        raise DataError(
            f"x has shape {x.shape}; expected (rows, features): one row alone is x[None, :], "
            "one feature alone x[:, None]"
        )
    if 0 in x.shape[1:]:
        raise DataError(f"x has shape {x.shape}; expected at least one feature")
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise DataError(
            f"x{list(where)} is {x[where]} (row {where[0]}); expected finite numbers: fill in or leave out "
            "such rows first"
        )
    return x


def from_arrays(
    x: Array | Sequence[Any], labels: Array | Sequence[Any], *, feature_names: Sequence[str] | None = None
) -> Dataset:
    """A classification dataset from labels of any kind: `classes` are their distinct values, sorted.

    >>> from nnlite.data import from_arrays
    >>> data = from_arrays([[1.0], [2.0], [3.0]], ["yes", "no", "yes"])
    >>> data.classes, data.y.tolist()
    (('no', 'yes'), [1, 0, 1])
    """
    _refuse_masks(labels, "labels")
    labels = _without_objects(np.asarray(labels))
    if labels.ndim != 1 or labels.dtype.kind not in "fiubUS":
        raise DataError(
            f"the labels have dtype {labels.dtype} and shape {labels.shape}; expected one number or text for each row"
        )
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise DataError(f"label {labels[~np.isfinite(labels)][0]} is not a class; every row needs a label")
    if labels.dtype.kind == "f":
        labels = labels.astype(np.float64)
    elif labels.dtype.kind == "S":
        try:
            labels = np.char.decode(labels, "utf-8")
        except UnicodeDecodeError:
            raise DataError("the labels are bytes that are not UTF-8 text; decode them first") from None
    values, indices = np.unique(labels, return_inverse=True)
    if len(values) == 1:
        raise DataError(f"every label is {values[0].item()!r}; a classifier needs at least two classes")
    if feature_names is None:
        feature_names = getattr(x, "columns", None)  # a data frame's
    names = None if feature_names is None else tuple(map(str, feature_names))
    return Dataset(as_rows(x), indices, classes=tuple(values.tolist()), feature_names=names)


def _without_objects(array: Array) -> Array:
    """An array of Python objects, as a data frame may give, as text or numbers if all of them are."""
    if array.dtype.kind == "O":
        for kinds, dtype in (((str,), None), ((bool, int, float, np.number, np.bool_), np.float64)):
            if all(isinstance(value, kinds) for value in array.flat):
                return np.array(array.tolist(), dtype)
    return array


def _refuse_masks(array: object, name: str) -> None:
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise DataError(f"{name} has masked values; fill them in, or leave such rows out, first")
