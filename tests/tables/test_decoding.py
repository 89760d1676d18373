"""Rows that were encoded, made readable again: encoded once more they are the same numbers."""

import numpy as np
import pytest

from nnlite.tables import TableEncoder
from nnlite.tables.decoding import UNKNOWN_TEXT, decoded, places

ROWS = {
    "age": [31, None, 27.5, 40],
    "town": ["Bern", "Rome", None, "Bern"],
    "since": ["15.03.2024", "", "29.02.2020", "01.12.1969"],
    "id": ["a1", "b2", "c3", "d4"],
    "paid": ["yes", "no", "yes", "yes"],
}


@pytest.mark.parametrize("kinds", [{"id": "ignore"}, {"id": "category", "age": "ignore"}])
def test_what_is_decoded_is_encoded_to_the_same_numbers(kinds):
    kinds = {"town": "category", "paid": "category", **kinds}
    encoder = TableEncoder.fit(ROWS, kinds=kinds, formats={"since": "%d.%m.%Y"})
    matrix = encoder.encode(ROWS)
    rows = [decoded(encoder, row) for row in matrix]
    again = encoder.encode({name: [row[name] for row in rows] for name in rows[0]})
    assert np.array_equal(again, matrix, equal_nan=True)
    assert rows[0]["since"] == "15.03.2024" and rows[2]["town"] is None and "ignore" not in rows[0]
    assert "id" not in rows[0] or kinds["id"] == "category"
    of_columns = places(encoder)
    assert sorted(place for own in of_columns.values() for place in own) == list(range(matrix.shape[1]))
    assert all(encoder.names[own[-1]].startswith(name) for name, own in of_columns.items())


def test_a_text_that_is_not_known_and_a_date_beyond_the_calendar_are_said():
    encoder = TableEncoder.fit(
        {"town": ["Bern", "Rome", "Bern"], "since": ["2024-03-15", "2024-03-16", "2024-03-17"]}
    )
    row = encoder.encode({"town": ["Oslo"], "since": ["2024-03-15"]})[0]
    assert decoded(encoder, row) == {"town": UNKNOWN_TEXT, "since": "2024-03-15"}
    row[0] = 1e9
    assert decoded(encoder, row)["since"] == "1000000000 days after 1970"
