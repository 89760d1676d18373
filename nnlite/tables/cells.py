"""Cells of every type that a column of Python objects may have become arrays of numbers and times, or texts."""

import datetime
import decimal
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.errors import DataError
from nnlite.missing import is_missing
from nnlite.tables.table import Cells
from nnlite.types import Array

EXACT = 2**53
"""Whole numbers beyond it are rounded by float64; such ones are names."""

_NO_CELLS = (list, tuple, set, frozenset, dict, np.ndarray)


def text_of(value: Any) -> str:
    """A value as the text that names it: 1 and 1.0 are "1", True is "true", a date is ISO.

    >>> from nnlite.tables.cells import text_of
    >>> [text_of(value) for value in (1, 1.0, 0.5, True, "Yes")]
    ['1', '1', '0.5', 'true', 'Yes']
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, np.datetime64):
        return str(value.astype("datetime64[s]")).removesuffix("T00:00:00")
    return str(value)


def from_array(array: Array, name: str) -> Cells:
    """A column from a NumPy array, (rows,); raises `DataError`, which names the column."""
    if array.ndim != 1:
        raise DataError(f"column {name!r} has shape {array.shape}; expected one value for each row")
    kind = array.dtype.kind
    if isinstance(array, np.ma.MaskedArray):
        if kind in "iuf":
            return np.where(np.ma.getmaskarray(array), np.nan, array.data.astype(np.float64))
        return from_objects(array.tolist(), name)  # masked cells are None there
    if kind == "f":
        return array.astype(np.float64) if array.dtype.char not in "fd" else array
    if kind in "iub":
        return array
    if kind == "M":
        return array.astype("datetime64[us]")
    if kind == "m":
        seconds = array.astype("timedelta64[us]").astype(np.float64) / 1e6
        return np.where(np.isnat(array), np.nan, seconds)
    if kind in "USOT":
        return from_objects(array.tolist(), name)
    raise DataError(f"column {name!r} has dtype {array.dtype}; expected numbers, booleans, texts or dates")


def from_objects(values: Sequence[Any], name: str) -> Cells:
    """A column from Python values: numbers, if all are; booleans or times, if all are; else texts."""
    types = set(map(type, values))
    if types <= {str, type(None)}:
        return values if isinstance(values, list) else list(values)
    if types == {bool}:
        return np.array(values, np.bool_)
    if types <= {int, float}:
        return _numbers(values)
    plain = [_plain(value, name, row) for row, value in enumerate(values)]
    types = {type(value) for value in plain if value is not None}
    if types == {bool} and None not in plain:
        return np.array(plain, np.bool_)
    if types <= {int, float}:
        return _numbers([math.nan if value is None else value for value in plain])
    if types == {datetime.datetime}:
        return np.array(plain, "datetime64[us]")
    return [None if value is None else text_of(value) for value in plain]


def _numbers(values: Sequence[Any]) -> Cells:
    """Numbers as an array; whole ones beyond what float64 holds, as texts where an integer cannot hold them all."""
    if all(type(value) is int for value in values):
        try:
            return np.array(values, np.int64)
        except OverflowError:
            return [text_of(value) for value in values]
    if any(type(value) is int and abs(value) > EXACT for value in values):
        return [None if is_missing(value) else text_of(value) for value in values]
    return np.array(values, np.float64)


def _plain(value: Any, name: str, row: int) -> Any:
    """A cell as None, bool, int, float, a datetime in UTC without a zone, or text; raises `DataError`."""
    if isinstance(value, _NO_CELLS):
        raise DataError(f"row {row}, column {name!r}: a {type(value).__name__}; expected a number, text or a date")
    if is_missing(value):
        return None
    if isinstance(value, str | bool | int | float) and not isinstance(value, np.generic):
        return value
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    elif isinstance(value, np.timedelta64):
        value = value.astype("timedelta64[us]").item()
    elif isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, datetime.datetime):
        moment = value.replace(tzinfo=None) if value.tzinfo is None else in_utc(value)
        return datetime.datetime(*moment.timetuple()[:6], moment.microsecond)  # of no subclass, such as pandas has
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise DataError(f"row {row}, column {name!r}: bytes that are no UTF-8 text; decode them first") from None
    if not isinstance(value, str) and " at 0x" in str(value):  # no more than its place in memory
        kind = type(value).__name__
        raise DataError(f"row {row}, column {name!r}: an object of {kind!r}; expected a number, text or a date")
    return value


def in_utc(moment: datetime.datetime) -> datetime.datetime:
    """A moment in some time zone as that of UTC, without a zone."""
    return moment.astimezone(datetime.UTC).replace(tzinfo=None)
