"""The same table from every source has the same columns, and is encoded to the same bits."""

import datetime
from decimal import Decimal

import numpy as np
import pytest

from nnlite.errors import DataError
from nnlite.tables import Coded, Table, TableEncoder, as_table, read_csv
from tests.project.test_layout import loaded_by

NAN = float("nan")
AGES = [31.0, None, 27.5, 45.0, 27.5, 60.0]
COUNTS = [1, 5, 2, 5, 9, 1]
TOWNS = ["Bern", "Rome", None, "Bern", "Oslo", "Rome"]
MEMBER = [True, False, True, True, False, False]
SINCE = ["2024-01-31", "2023-12-01", None, "2020-02-29", "1969-12-31", "2024-01-31"]
COLUMNS = {"age": AGES, "count": COUNTS, "town": TOWNS, "member": MEMBER, "since": SINCE}
DATES = [None if text is None else datetime.date.fromisoformat(text) for text in SINCE]
ROWS = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]
TYPED = COLUMNS | {"since": DATES}


def text_of(value):
    return "" if value is None else str(value)


def csv_texts():
    return {name: [text_of(value) for value in values] for name, values in COLUMNS.items()}


def pandas_frame(**columns):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    return pandas.DataFrame(columns or COLUMNS)


def pandas_typed():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(COLUMNS)
    frame["age"] = frame["age"].astype("Float64")
    frame["count"] = frame["count"].astype("Int64")
    frame["town"] = frame["town"].astype("category")
    frame["member"] = frame["member"].astype("boolean")
    frame["since"] = pandas.to_datetime(frame["since"])
    return frame


def pandas_objects():
    return pandas_frame(**TYPED).astype(object)


def pandas_arrow():
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(COLUMNS).convert_dtypes(dtype_backend="pyarrow")
    return frame.assign(since=pandas.to_datetime(frame["since"]).astype("timestamp[us][pyarrow]"))


def pandas_in_zones():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    return pandas_typed().assign(
        since=pandas.to_datetime(pandas.Series(SINCE)).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    )


def polars_frame():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    return polars.DataFrame(TYPED)


def polars_typed():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    return polars.DataFrame(TYPED).with_columns(
        polars.col("town").cast(polars.Categorical), polars.col("since").cast(polars.Datetime("ms"))
    )


def pyarrow_table():
    return pytest.importorskip("pyarrow", reason="pyarrow is not installed").table(TYPED)


def pyarrow_typed():
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = pyarrow.table(TYPED)
    first, second = table.slice(0, 2), table.slice(2)
    table = pyarrow.concat_tables([first, second])  # of two chunks
    return table.set_column(2, "town", table["town"].dictionary_encode())


def pyarrow_batch():
    return pyarrow_table().to_batches()[0]


SOURCES = {
    "a dict of texts": csv_texts,
    "a dict of columns": lambda: COLUMNS,
    "a dict of typed columns": lambda: TYPED,
    "a dict of arrays": lambda: {
        "age": np.array([NAN if value is None else value for value in AGES]),
        "count": np.array(COUNTS, np.int16),
        "town": np.array(TOWNS, object),
        "member": np.array(MEMBER),
        "since": np.array(SINCE, "datetime64[D]"),
    },
    "masked arrays": lambda: (
        COLUMNS | {"age": np.ma.masked_invalid([NAN if value is None else value for value in AGES])}
    ),
    "a list of dicts": lambda: ROWS,
    "Decimal": lambda: COLUMNS | {"age": [None if value is None else Decimal(str(value)) for value in AGES]},
    "an array of objects": lambda: np.array([list(row.values()) for row in ROWS], object),
    "a list of rows": lambda: [list(row.values()) for row in ROWS],
    "a table": lambda: as_table(COLUMNS),
    "pandas": pandas_frame,
    "pandas, typed": pandas_typed,
    "pandas, objects": pandas_objects,
    "pandas, arrow": pandas_arrow,
    "pandas, with a time zone": pandas_in_zones,
    "polars": polars_frame,
    "polars, typed": polars_typed,
    "pyarrow": pyarrow_table,
    "pyarrow, typed": pyarrow_typed,
    "pyarrow, a batch": pyarrow_batch,
}


@pytest.fixture
def encoder(tmp_path):
    """An encoder that has learnt from a file."""
    path = tmp_path / "d.csv"
    lines = [COLUMNS, *zip(*csv_texts().values(), strict=True)]
    path.write_text("".join(",".join(line) + "\n" for line in lines))
    return TableEncoder.fit(read_csv(path))


@pytest.mark.filterwarnings("ignore:the column 'since' has times with a time zone")  # those of the file have none
@pytest.mark.parametrize("name", SOURCES)
def test_every_source_is_encoded_to_the_same_bits(name, encoder):
    assert encoder.encode(SOURCES[name]()).tobytes() == encoder.encode(csv_texts()).tobytes()
    assert encoder.unseen(SOURCES[name]()) == {}


@pytest.mark.parametrize(
    "name", [name for name in SOURCES if "array of obj" not in name and "list of rows" not in name]
)
def test_an_encoder_learns_the_same_from_every_source(name, encoder):
    learnt = TableEncoder.fit(SOURCES[name]())
    assert [(c.name, c.kind, c.gaps, c.categories, c.clock) for c in learnt.columns] == [
        (c.name, c.kind, c.gaps, c.categories, c.clock) for c in encoder.columns
    ]


def test_one_row_as_a_dict(encoder):
    for row, expected in zip(ROWS, encoder.encode(COLUMNS), strict=True):
        assert encoder.encode(row).tobytes() == expected.tobytes()


def test_the_kinds_of_cells():
    table = as_table(
        {
            "numpy": [np.float32(0.5), np.int64(3), None],
            "mixed": [1, "x", 2.0],
            "flag and number": [True, 1, 0],
            "bytes": [b"x", b"y", None],
            "large": [2**70, 1, 2],
            "spans": [np.timedelta64(1, "m"), None, datetime.timedelta(seconds=2)],
            "moments": [np.datetime64("2024-01-31"), datetime.datetime(2024, 1, 31, 2, tzinfo=datetime.UTC), None],
        }
    )
    assert table.columns["mixed"] == ["1", "x", "2"]
    assert table.columns["flag and number"] == ["true", "1", "0"]
    assert table.columns["bytes"] == ["x", "y", None]
    assert table.columns["large"] == [str(2**70), "1", "2"]
    np.testing.assert_array_equal(table.columns["numpy"], [0.5, 3, NAN])
    np.testing.assert_array_equal(table.columns["spans"], [60, NAN, 2])
    assert table.columns["moments"].astype(str).tolist() == [
        "2024-01-31T00:00:00.000000",
        "2024-01-31T02:00:00.000000",
        "NaT",
    ]


def test_names_of_several_levels_are_joined_and_whole_numbers_are_places():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    levels = pandas.MultiIndex.from_tuples([("blood", "low"), ("blood", "high")])
    assert as_table(pandas.DataFrame([[1, 2]], columns=levels)).names == ("blood_low", "blood_high")
    assert not as_table(pandas.DataFrame([[1, 2]])).named
    assert as_table(pandas.DataFrame([[1, 2]], columns=[3, 4])).names == ("3", "4")


def test_categories_of_frames_are_declared():
    assert as_table(pandas_typed()).categorical == {"town"}
    assert as_table(polars_typed()).categorical == {"town"}
    assert as_table(pyarrow_typed()).categorical == {"town"}


def test_whole_numbers_beyond_2_to_the_53_stay_what_they_are_beside_gaps():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"id": pandas.array([2**60 + 1, None], "Int64")})
    assert as_table(frame).columns["id"] == [str(2**60 + 1), None]


REFUSED = {
    "text": ("a,b", "the table is a str; expected a data frame of pandas"),
    "a number": (3, "the table is a int; expected"),
    "one row as an array": (np.zeros(3), r"shape \(3,\); expected \(rows, columns\); one row is x\[None\]"),
    "three axes": (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\)"),
    "an empty dict": ({}, "empty dict"),
    "an empty list": ([], "empty list"),
    "lengths": ({"a": [1, 2], "b": [1]}, "column 'a' has 2 rows, but column 'b' 1"),
    "a column and a value": ({"a": [1, 2], "b": 1}, "column 'b' is a single value, 1, but others are columns"),
    "rows of other lengths": ([[1, 2], [1]], "row 1 has 1 value, but row 0 2"),
    "rows of other kinds": ([{"a": 1}, [1]], "a list with a dict"),
    "lists in cells": ({"a": [[1], [2]]}, "row 0, column 'a': a list; expected a number, text or a date"),
    "complex": ({"a": np.array([1j])}, "column 'a' has dtype complex128"),
    "a matrix as a column": ({"a": np.zeros((2, 2))}, r"column 'a' has shape \(2, 2\)"),
    "a set as a column": ({"a": {1, 2}}, "column 'a' is a set"),
    "bytes": ({"a": [b"\xe9"]}, "row 0, column 'a': bytes that are no UTF-8 text"),
    "one name twice": ({1: [1], "1": [2]}, "two columns are called '1'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused(name):
    source, message = REFUSED[name]
    with pytest.raises(DataError, match=message):
        as_table(source)


def test_frames_that_are_no_table_are_refused():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    with pytest.raises(DataError, match="two columns are called 'a'"):
        as_table(pandas.DataFrame([[1, 2]], columns=["a", "a"]))
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    with pytest.raises(DataError, match="two columns are called 'a'"):
        as_table(pyarrow.table([[1], [2]], names=["a", "a"]))
    polars = pytest.importorskip("polars", reason="polars is not installed")
    with pytest.raises(DataError, match=r"LazyFrame.*pass its .collect\(\)"):
        as_table(polars.DataFrame({"a": [1]}).lazy())


def test_dates_as_categories_have_the_texts_of_a_file():
    encoder = TableEncoder.fit({"day": ["2024-01-31", "2024-02-01"]}, kinds={"day": "category"})
    assert encoder.encode({"day": np.array(["2024-02-01", "2024-01-31"], "datetime64[D]")}).tolist() == [[2], [1]]


@pytest.mark.parametrize("none", [[], (), np.zeros(3, bool), slice(0), np.empty(0)])
def test_no_rows_of_a_table_are_a_table_too(none):
    table = as_table({"age": [31, None, 27], "town": ["Bern", "Rome", "Bern"], "n": np.arange(3)})
    empty = table.rows(none)
    assert len(empty) == 0 and empty.names == table.names and empty.rows([]).names == table.names
    assert all(len(cells) == 0 for cells in empty.columns.values())
    assert TableEncoder.fit(table).encode(empty).shape == (0, len(TableEncoder.fit(table).names))


def test_rows_columns_and_portions_of_a_table():
    table = Table({"a": np.arange(5), "b": Coded(["x", "y"], np.array([0, 1, 0, 1, 1])), "c": list("vwxyz")})
    for index in ([1, 3], np.array([1, 3]), np.array([False, True, False, True, False]), slice(1, 5, 2)):
        part = table.rows(index)
        assert part.columns["a"].tolist() == [1, 3] and part.columns["c"] == ["w", "y"]
        assert part.columns["b"].codes.tolist() == [1, 1] and part.lines.tolist() == [1, 3]
    assert [len(part) for part in table.portions(2)] == [2, 2, 1]
    assert table.without("b").names == ("a", "c") and table.only(["c", "a"]).names == ("c", "a")
    with pytest.raises(DataError, match="there is no column 'd'"):
        table.without("d")


def test_no_package_of_frames_is_imported():
    loaded = loaded_by("from nnlite import tables\ntables.TableEncoder.fit({'a': [1, 3], 'b': ['x', 'y']})")
    assert "nnlite.tables.encoder" in loaded
    assert not {"pandas", "polars", "pyarrow", "sklearn"} & loaded
