"""An encoder's columns as plain values and arrays, and back, where each value that was read is checked."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, get_args

import numpy as np

from nnlite.errors import ConfigError, ModelFileError
from nnlite.tables import dates
from nnlite.tables.column import Column
from nnlite.tables.guess import ANY_CASE, Kind
from nnlite.tables.numbers import NUMBER_FORMATS
from nnlite.types import Array

_NEEDED = {"name", "kind", "why", "format"}
_DEFAULTS: dict[str, Any] = {
    "missing": [],
    "gaps": False,
    "categories": 0,
    "clock": False,
    "grouped": True,
    "span": None,
    "zoned": None,
}
_MOST_LETTERS = 10_000  # of a name or a reason
_MOST_MISSING = 1_000

MOST_CATEGORIES = 2**20
"""The most categories of all columns in a file: each takes some bytes there, and a hundred and more in memory."""


def described(columns: Sequence[Column]) -> tuple[dict[str, Any], dict[str, Array]]:
    """The columns as values for JSON; the texts of their categories as arrays: end to end, and where each ends.

    Raises `ModelFileError` where there are too many.
    """
    if (count := sum(len(column.categories) for column in columns)) > MOST_CATEGORIES:
        raise ModelFileError(
            f"the columns have {count} categories, and {MOST_CATEGORIES} are the most that a file may have; keep "
            "fewer of each column, with most_categories or least_rows, or leave columns out"
        )
    texts = [text.encode("utf-8", "surrogatepass") for column in columns for text in column.categories]
    values = []
    for column in columns:
        learnt = {
            "missing": list(column.missing),
            "gaps": column.gaps,
            "categories": len(column.categories),
            "clock": column.clock,
            "grouped": column.grouped,
            "span": None if column.span is None else list(column.span),
            "zoned": column.zoned,
        }
        known = {"name": column.name, "kind": column.kind, "why": column.why[:_MOST_LETTERS], "format": column.format}
        values.append(known | {key: value for key, value in learnt.items() if value != _DEFAULTS[key]})
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    return {"columns": values}, {"text": np.frombuffer(b"".join(texts), np.uint8), "ends": ends}


def read_back(values: object, arrays: Mapping[str, Array]) -> tuple[list[Column], list[str], bool]:
    """The columns, the texts that stand for a missing value, whether there are names; raises `ModelFileError`."""
    _require(isinstance(values, dict) and set(values) == {"columns", "missing", "named"}, "its keys are others")
    assert isinstance(values, dict)
    given, named = values["columns"], values["named"]
    _require(isinstance(named, bool), "named is not true or false")
    _require(isinstance(given, list) and given, "it has no columns")
    missing = _texts(values["missing"], "missing")
    text, starts = _categories(arrays)
    columns: list[Column] = []
    first, total = 0, len(starts) - 1
    for each in given:
        _require(
            isinstance(each, dict) and each.keys() >= _NEEDED and each.keys() <= _NEEDED | _DEFAULTS.keys(),
            "the keys of a column are others",
        )
        each = _DEFAULTS | each
        count = each["categories"]
        _require(type(count) is int and 0 <= count <= total - first, "a column has more categories than texts")
        columns.append(_column(each, _decoded(text, starts[first : first + count + 1].tolist())))
        first += count
    _require(first == total, "there are more texts than categories")
    _require(len({column.name for column in columns}) == len(columns), "two columns have one name")
    _require(any(column.kind != "ignore" for column in columns), "every column is left out")
    _require(named or all(column.name.isdecimal() for column in columns), "columns without names have names")
    return columns, missing, named


def _require(right: object, problem: str) -> None:
    if not right:
        raise ModelFileError(f"the description of the table's columns is damaged: {problem}")


def _texts(values: object, what: str) -> list[str]:
    _require(isinstance(values, list) and len(values) <= _MOST_MISSING, f"{what} is no short list")
    assert isinstance(values, list)
    for text in values:
        _require(isinstance(text, str) and len(text) <= _MOST_LETTERS, f"{what} has what is no text")
    _require(len(set(values)) == len(values), f"{what} has a text twice")
    return values


def _categories(arrays: Mapping[str, Array]) -> tuple[bytes, Array]:
    """The texts of all categories end to end, one column's after the other's, and where each starts, and the end."""
    _require(set(arrays) == {"text", "ends"}, "its arrays are others")
    text, ends = arrays["text"], arrays["ends"]
    _require(text.dtype == np.uint8 and text.ndim == 1, "the text is no row of bytes")
    _require(ends.dtype == np.int64 and ends.ndim == 1, "the ends of the texts are no row of whole numbers")
    _require(len(ends) <= MOST_CATEGORIES, f"it has more than {MOST_CATEGORIES} categories")
    starts = np.concatenate([[0], ends])
    _require((starts[:-1] <= ends).all() and starts[-1] == len(text), "the ends of the texts do not rise to the last")
    return text.tobytes(), starts


def _decoded(text: bytes, starts: list[int]) -> list[str]:
    """The texts between these places."""
    try:
        return [text[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(starts)]
    except UnicodeDecodeError:
        raise ModelFileError("the description of the table's columns is damaged: a category is no text") from None


def _column(each: dict[str, Any], categories: list[str]) -> Column:
    """One column, checked."""
    name, kind, why, form = each["name"], each["kind"], each["why"], each["format"]
    for text in (name, kind, why, form):
        _require(isinstance(text, str) and len(text) <= _MOST_LETTERS, "a name, kind, reason or format is no text")
    _require(kind in get_args(Kind), f"there is no kind {kind[:20]!r}")
    _require(type(each["gaps"]) is bool and type(each["clock"]) is bool, "gaps and clock are not true or false")
    _require(kind == "category" or not categories, f"a {kind} has categories")
    _require(kind == "date" or not each["clock"], f"a {kind} has a clock")
    zoned = each["zoned"]
    _require(zoned is None or (type(zoned) is bool and kind == "date"), "zoned is not true or false, of a date")
    _require(type(each["grouped"]) is bool, "grouped is not true or false")
    _require(each["grouped"] or (kind == "number" and "comma" in form), "thousands are parted without a comma")
    span = each["span"]
    spans = span is None or (isinstance(span, list) and len(span) == 3 and kind in ("number", "date"))
    _require(spans and all(type(value) is float and math.isfinite(value) for value in span or ()), "a span is none")
    _require(span is None or span == sorted(span), "a span does not rise")
    rising = all(one < following for one, following in pairwise(categories))
    _require(rising, "categories are not sorted, or one stands there twice")
    if kind == "number":
        _require(form in NUMBER_FORMATS, f"there is no format {form[:40]!r} of numbers")
    elif kind == "date":
        try:
            dates.check_pattern(form)
        except ConfigError as error:
            raise ModelFileError(f"the description of the table's columns is damaged: {error}") from None
    elif kind == "category":
        _require(form in ("", ANY_CASE), f"there is no format {form[:40]!r} of categories")
    missing = tuple(_texts(each["missing"], "missing"))
    return Column(
        name,
        kind,
        why,
        form,
        missing,
        each["gaps"],
        tuple(categories),
        each["clock"],
        each["grouped"],
        None if span is None else (span[0], span[1], span[2]),
        zoned=zoned,
    )
