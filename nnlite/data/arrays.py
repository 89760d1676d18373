"""Turns what users have (lists, tables, arrays) into checked arrays of rows, class names and sample weights."""

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnlite.errors import DataError
from nnlite.missing import is_missing
from nnlite.text import cut
from nnlite.types import Array


def as_rows(x: Array | Sequence[Any], names: Sequence[str] | None = None, *, gaps: bool = False) -> Array:
    """x as an array of rows of finite numbers, (rows, …); with `gaps` also of NaN, where a number is missing.

    Raises `DataError`, which says what is wrong and where; it names columns by `names`, or as a table itself does.
    """
    rows, columns = as_numbers(x, names), column_names(x, names)
    where = first_gap(rows, columns)
    if where is not None and not gaps:
        raise wrong_number(rows, where, columns)
    return rows


def as_numbers(x: Array | Sequence[Any], names: Sequence[str] | None = None) -> Array:
    """x as an array of rows of numbers, (rows, …), infinite ones and NaN too; raises `DataError` as `as_rows`."""
    refuse_masks(x, "x")
    columns = column_names(x, names)
    try:
        x = without_objects(np.asarray(x))
    except ValueError:
        raise DataError("the rows have different lengths; expected a table of numbers") from None
    if x.dtype.kind == "O" and (where := first_missing(x)) is not None:
        raise wrong_number(x, where, columns)
    if x.dtype.kind not in "fiub":
        text = _columns_of_text(x, columns)
        raise DataError(
            f"x has dtype {x.dtype}{text}; expected numbers: turn text into numbers first, "
            "as nnlite.data.from_table(table, target) does with all columns of a table and parts its rows"
        )
    if x.ndim < 2:
        raise DataError(
            f"x has shape {x.shape}; expected (rows, features): one row alone is x[None, :], "
            "one feature alone x[:, None]"
        )
    if 0 in x.shape[1:]:
        raise DataError(f"x has shape {x.shape}; expected at least one feature")
    return x


def first_gap(x: Array, columns: tuple[str, ...] | None) -> tuple[int, ...] | None:
    """The index of the first NaN in rows x, None without any; raises `DataError` where a number is infinite."""
    where = first_wrong(x, lambda rows: ~np.isfinite(rows)) if x.dtype.kind == "f" else None
    if where is None:
        return None
    infinite = first_wrong(x, np.isinf) if np.isnan(x[where]) else where
    if infinite is not None:
        raise wrong_number(x, infinite, columns)
    return where


def as_classes(classes: Sequence[Any] | Array) -> tuple[Any, ...]:
    """The names of classes, as plain Python values; raises `DataError`.

    >>> import numpy as np
    >>> from nnlite.data.arrays import as_classes
    >>> as_classes(np.array(["no", "yes"]))
    ('no', 'yes')
    """
    if isinstance(classes, set | frozenset):
        raise DataError(
            f"classes is a {type(classes).__name__}; expected a list of names, in the order of the indices"
        )
    try:
        names = tuple(name.item() if isinstance(name, np.generic) else name for name in classes)
    except TypeError:
        raise DataError(f"classes is {classes!r}; expected a list of names, one for each class") from None
    for name in names:
        if not isinstance(name, str | int | float) or (isinstance(name, float) and not math.isfinite(name)):
            raise DataError(f"class {name!r} is a {type(name).__name__}; expected strings or finite numbers")
    return names


def as_weights(weights: Array | Sequence[float], rows: int) -> Array:
    """Sample weights in float64, one for each row; raises `DataError`."""
    found = np.asarray(weights)
    if found.shape != (rows,) or found.dtype.kind not in "fiub" or not np.isfinite(found).all() or (found < 0).any():
        raise DataError(
            f"sample_weight has shape {found.shape} and dtype {found.dtype}; expected {(rows,)}, finite numbers and "
            "none negative"
        )
    found = found.astype(np.float64)
    if rows and (found.max() > 1e30 or (found[found > 0] < 1e-30).any()):  # a model may compute in float32
        raise DataError(
            f"sample_weight goes up to {found.max():g}; expected weights of 0 or from 1e-30 to 1e30: "
            "only their ratios count"
        )
    return found


def refuse_masks(array: object, name: str) -> None:
    """Raises `DataError` if the array has masked values."""
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        row = int(np.argwhere(np.ma.getmaskarray(array))[0][0])
        raise DataError(f"{name} has masked values (see row {row}); fill them in, or leave such rows out, first")


def without_objects(array: Array) -> Array:
    """The array itself; one of Python objects, as a data frame may give, becomes one of text or numbers if it can."""
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


def first_missing(array: Array) -> tuple[int, ...] | None:
    """The index of the first missing value among Python objects that are numbers otherwise; None without any."""
    missing = np.asarray(np.frompyfunc(is_missing, 1, 1)(array), np.bool_)
    if not missing.any() or without_objects(np.where(missing, 0, array)).dtype.kind == "O":
        return None
    return tuple(int(i) for i in np.argwhere(missing)[0])


def wrong_number(
    x: Array, where: tuple[int, ...], columns: tuple[str, ...] | None, row: int | None = None
) -> DataError:
    """The error that says what stands at this place of x, where a finite number should.

    Args:
        x: the rows.
        where: the index of the number.
        columns: the names of the columns; None where there are none.
        row: the number of the row in the data that x was taken from; None if it is the one in x.
    """
    column = "" if columns is None or x.shape[1:] != (len(columns),) else f", column {columns[where[1]]!r}"
    row = where[0] if row is None else row
    return DataError(
        f"x{[row, *where[1:]]} is {x[where]} (row {row}{column}); expected finite numbers: fill in or leave out "
        "such rows first"
    )


def first_wrong(x: Array, wrong: Callable[[Array], Array]) -> tuple[int, ...] | None:
    """The index of the first number for which `wrong` is true; x, which may exceed memory, is read in parts."""
    step = max(1, 2**18 // math.prod(x.shape[1:]))
    for start in range(0, len(x), step):
        found = wrong(x[start : start + step])
        if found.any():
            row, *rest = (int(i) for i in np.argwhere(found)[0])
            return (start + row, *rest)
    return None


def column_names(x: object, feature_names: Sequence[str] | None) -> tuple[str, ...] | None:
    """The given names as text; without them, the names of a data frame's columns; raises `DataError`."""
    names = getattr(x, "columns", None) if feature_names is None else feature_names
    if isinstance(names, set | frozenset):
        raise DataError(
            f"feature_names is a {type(names).__name__}; expected a list of names, in the order of the columns"
        )
    return None if names is None else tuple(map(str, names))


def _columns_of_text(x: Array, names: tuple[str, ...] | None) -> str:
    """The end of an error message: which columns of a table are not numbers; "" if that cannot be told."""
    if names is None or x.shape[1:] != (len(names),):
        return ""
    kinds = {name: without_objects(column).dtype.kind for name, column in zip(names, x.T, strict=True)}
    wrong = [name for name, kind in kinds.items() if kind not in "fiub"]
    return f", for something else stands in the column{'s' * (len(wrong) > 1)} {listed(wrong)}" if wrong else ""


def listed(names: Sequence[Any]) -> str:
    """The names in quotation marks, for a message; the first twenty of them, and of a long one its beginning."""
    return ", ".join(cut(repr(name)) for name in names[:20]) + (", …" if len(names) > 20 else "")
