"""A block of lines gives the same numbers, codes and errors as a text for each cell, whatever the cells hold."""

import struct
import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnlite.data.table_reader import TableReader
from nnlite.errors import DataError
from nnlite.tables import TableEncoder, chunks, lines
from nnlite.tables.block import Block, InBlock
from nnlite.tables.words import Words

CELLS = st.one_of(
    st.sampled_from(["", "-", ".", "-.", "1.2.3", "--1", "-0", "5.", ".5", "1e5", "+5", " 7", "nan", "inf", "1_0"]),
    st.integers(-(10**16), 10**16).map(str),
    st.decimals(-(10**6), 10**6, places=5).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text("0123456789.-", max_size=17),
)
NAMES = ["Rome", "Bern", "a name of 24 characters!", "a name of 25 characters!!", "", "?", "bern", " Rome", "Zürich"]


def in_block(columns):
    """Columns of cells without line breaks as the block that their text is."""
    rows = list(zip(*columns, strict=True))
    return Block.of("".join(",".join(row) + "\n" for row in rows), ",", (len(rows), len(columns)))


@settings(max_examples=300, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=6))
@example(["-"])
@example(["1.5", "2"])
@example(["-0", ""])
@example(["123456789012.345", "999999999999999"])
def test_numbers_have_the_bits_that_float_gives_or_need_a_closer_look(texts):
    found = in_block([texts, ["x"] * len(texts)]).numbers(0)
    if found is None:
        return
    for text, number in zip(texts, found.tolist(), strict=True):
        assert struct.pack("d", number) == struct.pack("d", float(text or "nan"))


def test_numbers_as_they_are_mostly_written_need_no_closer_look():
    texts = ["", "0", "-17", "3.25", "-0.5", "12345678", "123456789.12345", "007", "5.", ".5"]
    expected = [np.nan, 0, -17, 3.25, -0.5, 12345678, 123456789.12345, 7, 5, 0.5]
    np.testing.assert_array_equal(in_block([texts, texts]).numbers(1), expected)


def test_words_are_found_among_thousands_or_not_at_all():
    words = Words(known := {f"{'word' * (number % 6)}{number}": number for number in range(3000)})
    texts = [*known, "word", "", "word3001"]
    found = in_block([["1"] * len(texts), texts]).codes(1, words)
    right = np.array([*known.values(), -1, -1, -1])
    assert ((found == right) | (found == -1)).all() and (found == right).mean() > 0.9


def every_way(path, monkeypatch, do):
    """What a function gives, or the message of its error, with its warnings, in blocks and with texts."""
    told = []
    for many in (1, 10**9):
        monkeypatch.setattr(lines, "_MANY", many)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                found = do(path)
            except DataError as error:
                found = str(error)
        told.append((found, [str(warning.message) for warning in caught]))
    return told


def reader():
    rows = {"n": ["1", "2", "", "4"] * 3, "town": ["Rome", "Bern", "?", "Oslo"] * 3, "any": ["A", "b", "B", "a"] * 3}
    rows["any"] = ["a name of 24 characters!", "Bern", "bern", "BERN"] * 3
    return TableReader(TableEncoder.fit(rows), "paid")


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(st.integers(-99, 999).map(str), CELLS), st.sampled_from(NAMES), st.sampled_from(NAMES)),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 5),
)
def test_a_file_is_encoded_the_same_in_blocks_and_with_texts(tmp_path_factory, rows, size):
    path = tmp_path_factory.mktemp("block") / "data.csv"
    path.write_text("n,town,any\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")

    def do(path):
        known = reader()
        return [
            (table.lines.tolist(), known.encode(table).tobytes(), known.unseen(table, known.encode(table)))
            for table in known.chunks(path, size)
        ]

    with pytest.MonkeyPatch.context() as monkeypatch:
        first, second = every_way(path, monkeypatch, do)
    assert first == second


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('a1",\n\r \0ü'), max_size=40), st.booleans(), st.integers(1, 4))
@example("1,2\r\n3,4\r\n", True, 2)
@example("1,2\n\n3,4\n", False, 4)
@example("1,2\n3,4,\n5\n", False, 4)
@example('1,2\n"3,4\n",5\n', False, 1)
def test_a_file_is_read_the_same_in_blocks_and_with_texts(tmp_path_factory, text, mark, size):
    path = tmp_path_factory.mktemp("block") / "data.csv"
    path.write_bytes(b"\xef\xbb\xbf" * mark + b"h,k\n" + text.encode())

    def do(path):
        return [
            (table.lines.tolist(), [list(column) for column in table.columns.values()])
            for table in chunks(path, size, delimiter=",")
        ]

    with pytest.MonkeyPatch.context() as monkeypatch:
        first, second = every_way(path, monkeypatch, do)
    assert first == second


def test_a_long_file_is_read_in_blocks(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a,b\n" + "1,x\n" * 2000)
    assert [isinstance(table.columns, InBlock) for table in chunks(path, 1024)] == [True, True]
