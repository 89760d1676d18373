"""Decoding makes an encoded row of a table readable again: a value, or a text, for each column."""

import datetime
import math
from typing import Any

from nnlite.tables.column import Column
from nnlite.tables.dates import ISO
from nnlite.tables.encoder import TableEncoder
from nnlite.types import Array

UNKNOWN_TEXT = "(none that training rows had)"
"""What stands for a text whose code says only that no training row had it."""


def places(encoder: TableEncoder) -> dict[str, list[int]]:
    """For each column of the table that is used the columns of the matrix that are made of it.

    >>> from nnlite.tables import TableEncoder
    >>> from nnlite.tables.decoding import places
    >>> places(TableEncoder.fit({"age": [31, None, 27], "town": ["Bern", "Rome", "Bern"]}))
    {'age': [0, 1], 'town': [2]}
    """
    number, flag = 0, encoder.numbers
    code = len(encoder.codes) - sum(map(bool, encoder.codes))
    found: dict[str, list[int]] = {}
    for column in encoder.columns:
        if column.kind == "ignore":
            continue
        own = list(range(number, number + len(column.numbers)))
        number += len(own)
        if column.numbers and column.gaps:
            own.append(flag)
            flag += 1
        if column.codes:
            own.append(code)
            code += 1
        found[column.name] = own
    return found


def decoded(encoder: TableEncoder, row: Array) -> dict[str, Any]:
    """The values of an encoded row by column: numbers, texts of categories and dates; None where one is missing.

    A date is written in its column's format, without its time of day, which the numbers have no more to the second.

    Args:
        encoder: what encoded the row.
        row: (width,), a row of its matrix.

    >>> from nnlite.tables import TableEncoder
    >>> from nnlite.tables.decoding import decoded
    >>> rows = {"age": [31, None, 27], "town": ["Bern", "Rome", "Bern"]}
    >>> rows["since"] = ["2024-03-15", "2024-03-16", "2024-04-01"]
    >>> encoder = TableEncoder.fit(rows)
    >>> decoded(encoder, encoder.encode(rows)[1])
    {'age': None, 'town': 'Rome', 'since': '2024-03-16'}
    """
    of_columns = places(encoder)
    return {
        column.name: _value(column, row[of_columns[column.name]].tolist())
        for column in encoder.columns
        if column.kind != "ignore"
    }


def _value(column: Column, numbers: list[float]) -> Any:
    if column.kind == "category":
        code = int(numbers[0]) - 1
        if code < 0:
            return UNKNOWN_TEXT
        return column.categories[code] if code < len(column.categories) else None
    first = numbers[0]
    if math.isnan(first):
        return None
    if column.kind == "number":
        return int(first) if first.is_integer() and abs(first) < 2**53 else first
    try:
        day = datetime.date(1970, 1, 1) + datetime.timedelta(days=math.floor(first))
    except OverflowError:
        return f"{first:.0f} days after 1970"
    return day.isoformat() if column.format == ISO else day.strftime(column.format)
