"""An encoder is written as plain values and arrays; what was damaged or forged is refused."""

import copy
import json

import numpy as np
import pytest

from nnlite.errors import ModelFileError
from nnlite.tables import TableEncoder

ROWS = {
    "age": ["31", "?", "27,5", "45"],
    "town": ["Bern", "Rome", "", "Zürich"],
    "since": ["2024-01-01 10:00", "2024-01-02", "", "2024-01-04"],
    "sex": ["m", "f", "f", "m"],
    "one": ["x", "", "x", "x"],
    "same": ["x", "x", "x", "x"],
}


def described():
    values, arrays = TableEncoder.fit(ROWS).description()
    return copy.deepcopy(values), {name: array.copy() for name, array in arrays.items()}


def test_an_encoder_is_read_back_whole():
    encoder = TableEncoder.fit(ROWS, missing=["?", ""])
    values, arrays = encoder.description()
    assert {name: (array.dtype.str, array.ndim) for name, array in arrays.items()} == {
        "text": ("|u1", 1),
        "ends": ("<i8", 1),
    }
    again = TableEncoder.from_description(json.loads(json.dumps(values)), arrays)
    assert again.columns == encoder.columns and again.missing == ("?", "") and again.named
    assert again.names == encoder.names and again.codes == encoder.codes
    assert again.encode(ROWS).tobytes() == encoder.encode(ROWS).tobytes()
    numbers = TableEncoder.fit([[1.5, 2], [2.5, 7]])
    assert not TableEncoder.from_description(*numbers.description()).named


def forged(change):
    """A description after this change of it."""
    values, arrays = described()
    change(values, arrays, {column["name"]: column for column in values["columns"]})
    return values, arrays


def put(name, key, value):
    return lambda values, arrays, columns: columns[name].update({key: value})


def replace(key, value):
    return lambda values, arrays, columns: arrays.update({key: value(arrays[key])})


def swap_ends(values, arrays, columns):
    arrays["ends"][[0, 1]] = arrays["ends"][[1, 0]]


def swap_categories(values, arrays, columns):
    arrays["text"][8:10] = arrays["text"][8:10]
    text = arrays["text"].tobytes().replace(b"BernRome", b"RomeBern")
    arrays["text"] = np.frombuffer(text, np.uint8)


FORGERIES = {
    "no dict": lambda v, a, c: v.clear(),
    "a further key": lambda v, a, c: v.update(more=1),
    "no columns": lambda v, a, c: v.update(columns=[]),
    "columns as a dict": lambda v, a, c: v.update(columns=c),
    "a column as a list": lambda v, a, c: v["columns"].append([]),
    "a column without a kind": lambda v, a, c: c["age"].pop("kind"),
    "a column with a further key": put("age", "more", 1),
    "named": lambda v, a, c: v.update(named=1),
    "missing as a text": lambda v, a, c: v.update(missing="?"),
    "missing of numbers": lambda v, a, c: v.update(missing=[3]),
    "missing twice": lambda v, a, c: v.update(missing=["?", "?"]),
    "missing without end": lambda v, a, c: v.update(missing=[str(n) for n in range(2000)]),
    "a name that is a number": put("age", "name", 3),
    "one name twice": put("age", "name", "town"),
    "an endless name": put("age", "name", "x" * 20_000),
    "another kind": put("age", "kind", "money"),
    "a kind that is a list": put("age", "kind", ["number"]),
    "a category as a number": put("town", "kind", "number"),
    "a format of numbers": put("age", "format", "hexadecimal"),
    "a format of categories": put("town", "format", "lower"),
    "a format of dates": put("since", "format", "%H"),
    "a pattern without end": put("since", "format", "%Y" + " " * 500),
    "gaps as a number": put("age", "gaps", 1),
    "a clock of a number": put("age", "clock", True),
    "categories of a number": put("age", "categories", 1),
    "fewer categories": put("town", "categories", 2),
    "more categories": put("sex", "categories", 3),
    "too many categories": put("town", "categories", 10**12),
    "categories below 0": put("town", "categories", -1),
    "categories as true": put("one", "categories", True),
    "categories as a float": put("town", "categories", 3.0),
    "every column left out": lambda v, a, c: [each.update(kind="ignore", categories=0) for each in c.values()],
    "a further array": lambda v, a, c: a.update(more=a["ends"]),
    "no text": lambda v, a, c: a.pop("text"),
    "text of numbers": replace("text", lambda text: text.astype(np.int64)),
    "text on two axes": replace("text", lambda text: text[None]),
    "ends of floats": replace("ends", lambda ends: ends.astype(np.float64)),
    "ends on two axes": replace("ends", lambda ends: ends[:, None]),
    "ends that fall": swap_ends,
    "ends that fall by one": replace("ends", lambda ends: np.array([*ends[:3], ends[2] - 1, *ends[4:]])),
    "ends below 0": replace("ends", lambda ends: ends - ends[0] - 1),
    "ends before the text": replace("ends", lambda ends: ends - 1),
    "ends behind the text": replace("ends", lambda ends: ends + 1),
    "an end too few": replace("ends", lambda ends: ends[:-1]),
    "more text": replace("text", lambda text: np.append(text, text[:1])),
    "text that is none": replace("text", lambda text: np.full_like(text, 255)),
    "categories out of order": swap_categories,
    "one category twice": replace(
        "text", lambda text: np.frombuffer(text.tobytes().replace(b"Rome", b"Bern"), np.uint8)
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_description_is_refused(name):
    values, arrays = forged(FORGERIES[name])
    with pytest.raises(ModelFileError, match="the description of the table's columns is damaged"):
        TableEncoder.from_description(values, arrays)


@pytest.mark.parametrize("values", [None, [], "x", 3])
def test_what_is_no_description_is_refused(values):
    with pytest.raises(ModelFileError):
        TableEncoder.from_description(values, described()[1])


def test_an_encoder_without_categories_and_odd_texts_is_read_back():
    for rows in ({"a": [1, 3, 4]}, {"a": ["x\ud800", "\0", "😀", "x\ud800"]}, {"a": ["", "", "x"]}):
        encoder = TableEncoder.fit(rows, missing=[])
        assert TableEncoder.from_description(*encoder.description()).columns == encoder.columns


def test_ten_thousand_columns_are_few_values():
    values, _ = TableEncoder.fit({f"c{place}": [place, 2, 7] for place in range(3, 10_003)}).description()
    text = json.dumps(values)
    assert sum(map(text.count, ",[{")) < 2**17  # as many as a model file may have
