"""A label names the class of a row; here labels become class indices, each with the value that it came with."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nnlite.data.arrays import as_classes, listed
from nnlite.errors import DataError
from nnlite.missing import is_missing
from nnlite.types import Array


def as_indices(labels: Any, classes: Sequence[Any] | Array | None = None) -> tuple[tuple[Any, ...], Array]:
    """The classes, and the index of each row's class among them, (rows,).

    Labels keep their values: the text "2" is not the number 2, and whole numbers of any size stay apart. Numbers come
    before text in the order of the classes.

    Args:
        labels: one for each row, text or numbers; a column, (rows, 1) or a table of one column, will do.
        classes: all classes in the order of their indices; if None the distinct labels, sorted.

    Raises:
        DataError: when a label is missing or is none of the classes, or two classes would look the same.

    >>> from nnlite.data.labels import as_indices
    >>> as_indices(["yes", "no", "yes"])
    (('no', 'yes'), array([1, 0, 1]))
    """
    values, places, rows = _distinct(labels)
    if classes is None:
        if len(values) == 1:
            raise DataError(f"every label is {values[0]!r}; a classifier needs at least two classes")
        check_classes_differ(values)
        _refuse_amounts(values)
        return tuple(values), places
    names = as_classes(classes)
    index = {name: index for index, name in enumerate(names)}
    if len(index) != len(names) or len(names) < 2:
        raise DataError(f"the classes are {listed(names)}; expected at least two, none of them twice")
    check_classes_differ(names)
    if unknown := [value for value in values if value not in index]:
        are = "labels {} are" if len(unknown) > 1 else "label {} is"
        row = min(rows[values.index(value)] for value in unknown)
        raise DataError(f"{are.format(listed(unknown))} not among the classes {listed(names)} (see row {row})")
    return names, np.array([index[value] for value in values], np.intp)[places]


_MOST_FRACTIONS = 20
"""Ratings such as 3.5 are classes perhaps; more different numbers with decimals are amounts."""


def _refuse_amounts(values: list[Any]) -> None:
    """Raises `DataError` for labels that are many numbers with decimals."""
    fractions = [value for value in values if isinstance(value, float) and not value.is_integer()]
    if len(fractions) > _MOST_FRACTIONS:
        raise DataError(
            f"the labels are {len(values)} different numbers, such as {fractions[0]}; if they are amounts, this is a "
            'regression: regression_from_arrays(x, y) in Python, task = "regression" in a config; if they are '
            "classes, make them text, or pass classes=…"
        )


def check_classes_differ(classes: Sequence[Any]) -> None:
    """Raises `DataError` where two classes have the same text, as 2 and "2" have."""
    seen: dict[str, Any] = {}
    for name in classes:
        if (text := str(name)) in seen:
            other = seen[text]
            raise DataError(
                f"{other!r}, a {type(other).__name__}, and {name!r}, a {type(name).__name__}, are two classes of the "
                "same text; make all labels text, or all numbers, and name each class once"
            )
        seen[text] = name


def _distinct(labels: Any) -> tuple[list[Any], Array, list[int]]:
    """The distinct labels as sorted Python values, the place of each row's label in them, a row of each."""
    column = _column(labels)
    if isinstance(column, np.ndarray):
        found, first, places = np.unique(column, return_index=True, return_inverse=True)
        return found.tolist(), places, first.tolist()
    numbers: dict[Any, int] = {}
    rows: list[int] = []
    try:
        codes = [numbers.setdefault(value, len(numbers)) for value in column]
    except TypeError:  # such as a list of lists
        raise _not_labels(np.asarray(column, object)) from None
    codes_of_rows = np.array(codes, np.intp)
    rows = np.unique(codes_of_rows, return_index=True)[1].tolist()
    values = _alike([_plain(value, row) for value, row in zip(numbers, rows, strict=True)])
    order = sorted(range(len(values)), key=lambda code: (isinstance(values[code], str), values[code]))
    places = np.empty(len(order), np.intp)
    places[order] = np.arange(len(order))
    return [values[code] for code in order], places[codes_of_rows], [rows[code] for code in order]


def _column(labels: Any) -> Array | list[Any]:
    """The labels, one for each row: an array of numbers or text, or a list of Python objects; raises `DataError`."""
    if isinstance(labels, set | frozenset | dict | str | bytes):
        raise DataError(
            f"the labels are a {type(labels).__name__}; expected a list of them, in the order of the rows"
        )
    if isinstance(labels, np.ma.MaskedArray) and np.ma.is_masked(labels):
        row = int(np.argwhere(np.ma.getmaskarray(labels))[0][0])
        raise DataError(f"the label in row {row} is masked; {_FILL_IN}")
    if not hasattr(labels, "__array__"):
        if not isinstance(labels, Iterable):
            raise _not_labels(np.asarray(labels))
        column = list(labels)
        if any(isinstance(value, list | tuple | np.ndarray) for value in column):
            if not all(isinstance(value, list | tuple | np.ndarray) and len(value) == 1 for value in column):
                raise _not_labels(_as_objects(column))
            column = [value[0] for value in column]
        return column
    array = np.asarray(labels)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise _not_labels(array)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array))[0])
        raise DataError(f"the label in row {row} is {array[row]}; {_FILL_IN}")
    if array.dtype.kind in "iubU":
        return array
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    if array.dtype.kind in "OSTMm":
        return list(array)
    raise _not_labels(array)


_FILL_IN = "every row needs a label: fill it in, or leave such rows out, first"


def _plain(value: Any, row: int) -> str | int | float:
    """A label as text or a number of Python's; raises `DataError`, which names the row."""
    if isinstance(value, np.generic):
        value = value.item() if value.dtype.kind not in "Mm" else value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise DataError(
                f"the label in row {row} is bytes that are not UTF-8 text ({value!r}); decode such labels first"
            ) from None
    if is_missing(value) or (isinstance(value, float) and not np.isfinite(value)):
        raise DataError(f"the label in row {row} is {value!r}; {_FILL_IN}")
    if not isinstance(value, str | int | float):
        raise DataError(f"the label in row {row} is a {type(value).__name__}, {value!r}; expected a number or text")
    return value


def _alike(values: list[Any]) -> list[Any]:
    """Labels that are numbers as numbers of one kind, where that changes none: a boolean is an integer to Python."""
    kinds = {type(value) for value in values}
    if float in kinds and all(not isinstance(value, str) and _as_float(value) == value for value in values):
        return [float(value) for value in values]
    return [int(value) for value in values] if kinds == {bool, int} else values


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _as_objects(column: list[Any]) -> Array:
    try:
        return np.asarray(column)
    except ValueError:  # rows of different lengths
        return np.array([None, *column], object)[1:]


def _not_labels(array: Array) -> DataError:
    return DataError(
        f"the labels have dtype {array.dtype} and shape {array.shape}; expected one number or text for each "
        "row (of several labels, 0 or 1 each: Dataset(x, y), with BinaryCrossEntropy)"
    )
