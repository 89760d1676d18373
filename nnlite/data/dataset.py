"""A dataset is rows of features and their targets."""

import contextlib
import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlite.data.rows import as_weights
from nnlite.errors import DataError
from nnlite.types import Array, DtypeName


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows of features x and what is to be learnt of them, y.

    Args:
        x: (rows, …), numbers, all finite. Floating rows in any dtype; integers stay integers until the
            model's first layers have seen them. A memory map stays one.
        y: (rows, …), as the loss takes them: for a classifier class indices, or rows of probabilities; for
            regression numbers; for labels that do not exclude each other a 0 or 1 for each, (rows, labels).
        sample_weight: (rows,), how much each row counts; all alike if None.
        classes: what the class indices, or the columns of labels, stand for, in their order: strings or numbers.
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
        x, y = as_rows(self.x, self.feature_names), np.asarray(self.y)
        if y.ndim == 0 or len(x) != len(y):
            raise DataError(f"x has {len(x)} rows, but y has shape {y.shape}; expected one target for each row")
        if not len(x):
            raise DataError("there are no rows")
        weight = self.sample_weight
        if weight is not None:
            weight = as_weights(weight, len(x))
        classes = None if self.classes is None else as_classes(self.classes)
        names = None if self.feature_names is None else tuple(map(str, self.feature_names))
        if names is not None and (x.ndim != 2 or len(names) != x.shape[1]):
            raise DataError(f"there are {len(names)} feature names for rows of shape {x.shape[1:]}")
        self._set(x=x, y=y, sample_weight=weight, classes=classes, feature_names=names)

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, index: Array | slice) -> "Dataset":
        """Some of the rows, by slice, indices or mask; raises `DataError` where these are none."""
        x = self.x[index]
        if x.ndim != self.x.ndim or not len(x):
            raise DataError(f"there are no rows; expected a slice, indices or a mask that keeps some of {len(self)}")
        part = copy.copy(self)  # not made anew: these rows were checked when the whole was made
        part._set(x=x, y=self.y[index])
        if self.sample_weight is not None:
            part._set(sample_weight=self.sample_weight[index])
        return part

    def check_range(self, dtype: DtypeName) -> None:
        """Raises `DataError` where a feature is too large for a model that computes in this dtype."""
        if self.x.dtype.kind == "f":
            largest = np.finfo(dtype).max
            where = _first(self.x, lambda rows: np.abs(rows) > largest)
            if where is not None:
                raise DataError(
                    f"x{list(where)} is {self.x[where]}, more than {dtype} can hold; "
                    "scale the feature down, or use dtype float64"
                )

    def __repr__(self) -> str:
        return f"Dataset({len(self)} rows of shape {self.x.shape[1:]}, targets of shape {self.y.shape[1:]})"


def as_rows(x: Array | Sequence[Any], names: Sequence[str] | None = None) -> Array:
    """x as an array of rows of finite numbers, (rows, …); raises `DataError` saying what is wrong where.

    Columns are called by these names, or by those that a table has itself.
    """
    _refuse_masks(x, "x")
    columns = _names(x, names)
    try:
        x = _without_objects(np.asarray(x))
    except ValueError:
        raise DataError("the rows have different lengths; expected a table of numbers") from None
    if x.dtype.kind not in "fiub":
        text = _columns_of_text(x, columns)
        raise DataError(f"x has dtype {x.dtype}{text}; expected numbers (turn text into numbers first)")
    if x.ndim < 2:
        raise DataError(
            f"x has shape {x.shape}; expected (rows, features): one row alone is x[None, :], "
            "one feature alone x[:, None]"
        )
    if 0 in x.shape[1:]:
        raise DataError(f"x has shape {x.shape}; expected at least one feature")
    where = _first(x, lambda rows: ~np.isfinite(rows)) if x.dtype.kind == "f" else None
    if where is not None:
        column = "" if columns is None or x.shape[1:] != (len(columns),) else f", column {columns[where[1]]!r}"
        raise DataError(
            f"x{list(where)} is {x[where]} (row {where[0]}{column}); expected finite numbers: fill in or leave out "
            "such rows first"
        )
    return x


def as_classes(classes: Sequence[Any] | Array) -> tuple[Any, ...]:
    """The names of classes as plain Python values; raises `DataError`.

    >>> import numpy as np
    >>> from nnlite.data.dataset import as_classes
    >>> as_classes(np.array(["no", "yes"]))
    ('no', 'yes')
    """
    try:
        names = tuple(name.item() if isinstance(name, np.generic) else name for name in classes)
    except TypeError:
        raise DataError(f"classes is {classes!r}; expected a list of names, one for each class") from None
    for name in names:
        if not isinstance(name, str | int | float) or (isinstance(name, float) and not math.isfinite(name)):
            raise DataError(f"class {name!r} is a {type(name).__name__}; expected strings or finite numbers")
    return names


def from_arrays(
    x: Array | Sequence[Any],
    labels: Array | Sequence[Any],
    *,
    classes: Sequence[Any] | Array | None = None,
    feature_names: Sequence[str] | None = None,
    sample_weight: Array | Sequence[float] | None = None,
) -> Dataset:
    """A classification dataset from labels of any kind; `regression_from_arrays` is for numbers to be predicted.

    Args:
        x: (rows, …), numbers, or a table with named columns.
        labels: (rows,), numbers or text.
        classes: all classes in the order of their indices; if None the distinct labels, sorted. Rows that come
            apart from the training rows need it (`classes=train.classes`): some class may be missing there.
        feature_names: of the columns of x; if None those of the table.
        sample_weight: (rows,), how much each row counts; all alike if None.

    Raises:
        DataError: when a label is none of the classes, or rows or labels cannot be used.

    >>> from nnlite.data import from_arrays
    >>> train = from_arrays([[1.0], [2.0], [3.0]], ["yes", "no", "yes"])
    >>> train.classes, train.y.tolist()
    (('no', 'yes'), [1, 0, 1])
    >>> from_arrays([[4.0]], ["yes"], classes=train.classes).y.tolist()
    [1]
    """
    _refuse_masks(labels, "labels")
    labels = _without_objects(np.asarray(labels))
    if labels.ndim != 1 or labels.dtype.kind not in "fiubUS":
        raise DataError(
            f"the labels have dtype {labels.dtype} and shape {labels.shape}; expected one number or text for each "
            "row (of several labels, 0 or 1 each: Dataset(x, y), with BinaryCrossEntropy)"
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
    if classes is None:
        if len(values) == 1:
            raise DataError(f"every label is {values[0].item()!r}; a classifier needs at least two classes")
        classes = values.tolist()
    else:
        classes = as_classes(classes)
        indices = _indices(values.tolist(), classes)[indices]
    names = _names(x, feature_names)
    return Dataset(x, indices, sample_weight, tuple(classes), names)  # type: ignore[arg-type] # it takes lists too


def regression_from_arrays(
    x: Array | Sequence[Any],
    targets: Array | Sequence[Any],
    *,
    feature_names: Sequence[str] | None = None,
    sample_weight: Array | Sequence[float] | None = None,
) -> Dataset:
    """A regression dataset: rows, and the numbers to be predicted of them.

    Args:
        x: (rows, …), numbers, or a table with named columns.
        targets: (rows,), or (rows, …) where several numbers are predicted of each row; in their own units,
            since the loss standardizes them.
        feature_names: of the columns of x; if None those of the table.
        sample_weight: (rows,), how much each row counts; all alike if None.

    Raises:
        DataError: when a target is no finite number, or rows cannot be used.

    >>> from nnlite.data import regression_from_arrays
    >>> regression_from_arrays([[1.0], [2.0]], [10, 20]).y
    array([10., 20.])
    """
    _refuse_masks(targets, "targets")
    try:
        y = _without_objects(np.asarray(targets))
    except ValueError:
        raise DataError("the rows of targets have different lengths; expected as many numbers for each") from None
    if y.dtype.kind not in "fiub" or y.ndim == 0:
        raise DataError(
            f"the targets have dtype {y.dtype} and shape {y.shape}; expected numbers for each row "
            "(from_arrays takes labels)"
        )
    where = _first(y, lambda rows: ~np.isfinite(rows)) if y.size else None
    if where is not None:
        raise DataError(f"the target in row {where[0]} is {y[where]}; expected finite numbers: leave out such rows")
    y = y.astype(np.float64)  # integers too: they are amounts, not classes
    return Dataset(x, y, sample_weight, None, _names(x, feature_names))  # type: ignore[arg-type] # it takes lists too


def _names(x: object, feature_names: Sequence[str] | None) -> tuple[str, ...] | None:
    """The names as given, or those of a data frame's columns."""
    names = getattr(x, "columns", None) if feature_names is None else feature_names
    return None if names is None else tuple(map(str, names))


def _columns_of_text(x: Array, names: tuple[str, ...] | None) -> str:
    """Which columns of a table are no numbers, in words."""
    if names is None or x.shape[1:] != (len(names),):
        return ""
    kinds = {name: _without_objects(column).dtype.kind for name, column in zip(names, x.T, strict=True)}
    wrong = [name for name, kind in kinds.items() if kind not in "fiub"]
    return f", for something else stands in the column{'s' * (len(wrong) > 1)} {_listed(wrong)}" if wrong else ""


def _indices(values: list[Any], classes: tuple[Any, ...]) -> Array:
    """Where each of the values stands among the classes."""
    places = {name: index for index, name in enumerate(classes)}
    if len(places) != len(classes) or len(classes) < 2:
        raise DataError(f"the classes are {_listed(classes)}; expected at least two, none of them twice")
    if unknown := [value for value in values if value not in places]:
        are = "labels {} are" if len(unknown) > 1 else "label {} is"
        raise DataError(f"{are.format(_listed(unknown))} not among the classes {_listed(classes)}")
    return np.array([places[value] for value in values], np.intp)


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(map(repr, names[:20])) + (", …" if len(names) > 20 else "")


def _first(x: Array, wrong: Callable[[Array], Array]) -> tuple[int, ...] | None:
    """The index of the first number that is wrong. A few rows at a time: x may be larger than memory."""
    step = max(1, 2**18 // math.prod(x.shape[1:]))
    for start in range(0, len(x), step):
        found = wrong(x[start : start + step])
        if found.any():
            row, *rest = (int(i) for i in np.argwhere(found)[0])
            return (start + row, *rest)
    return None


def _without_objects(array: Array) -> Array:
    """An array of Python objects, as a data frame may give, as text or numbers if all of them are."""
    if array.dtype.kind != "O":
        return array
    # In this order: a boolean is an integer to Python, and integers stand among floats.
    kinds: tuple[tuple[Any, Any], ...] = (
        (str, None),
        ((bool, np.bool_), np.bool_),
        ((int, np.integer, np.bool_), np.int64),
        ((int, float, np.integer, np.floating, np.bool_), np.float64),
    )
    for kind, dtype in kinds:
        if all(isinstance(value, kind) for value in array.flat):
            with contextlib.suppress(OverflowError):  # an integer of more than 64 bits is tried as a float
                return np.array(array.tolist(), dtype)
    return array


def _refuse_masks(array: object, name: str) -> None:
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise DataError(f"{name} has masked values; fill them in, or leave such rows out, first")
