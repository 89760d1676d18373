"""A table becomes one matrix, as the training rows say."""

import math

import numpy as np
import pytest

from nnlite.errors import ConfigError, DataError, NnliteError
from nnlite.tables import Guess, TableEncoder, as_table, chunks, infer, lines, read_csv

NAN = math.nan
ROWS = {
    "age": ["31", "?", "27.5", "45"],
    "town": ["Bern", "Rome", "", "Bern"],
    "since": ["2024-01-01", "2024-01-02", "", "2024-01-04"],
    "plus": ["1", "2", "2", "1"],
    "same": ["x", "x", "x", "x"],
}


def test_the_matrix_has_numbers_then_flags_then_codes():
    encoder = TableEncoder.fit(ROWS)
    assert encoder.names == (
        "age", "since days", "since year sin", "since year cos", "plus",
        "age is missing", "since is missing", "town", "since weekday",
    )  # fmt: skip
    assert encoder.numbers == 5 and encoder.codes == (0, 0, 0, 0, 0, 0, 0, 4, 8)
    matrix = encoder.encode(ROWS)
    assert matrix.dtype == np.float64 and matrix.shape == (4, 9)
    np.testing.assert_array_equal(matrix[:, 0], [31, NAN, 27.5, 45])
    np.testing.assert_array_equal(matrix[:, 1], [19723, 19724, NAN, 19726])
    np.testing.assert_array_equal(matrix[:, 4], [1, 2, 2, 1])
    np.testing.assert_array_equal(matrix[:, 5:].T, [[0, 1, 0, 0], [0, 0, 1, 0], [1, 2, 3, 1], [1, 2, 0, 4]])
    assert [column.kind for column in encoder.columns] == ["number", "category", "date", "number", "ignore"]


def test_a_date_with_times_has_the_time_of_day():
    encoder = TableEncoder.fit({"t": ["2024-01-01 06:00", "2024-01-02 18:00", "2024-01-02 18:00"]})
    assert encoder.names == ("t days", "t year sin", "t year cos", "t day sin", "t day cos", "t weekday")
    np.testing.assert_allclose(encoder.encode({"t": "2024-01-01T06:00"})[0, 3:5], [1, 0], atol=1e-12)


def test_a_category_that_was_never_seen_has_code_0_and_is_counted():
    encoder = TableEncoder.fit(ROWS)
    rows = {name: values[:2] for name, values in ROWS.items()} | {"town": ["Oslo", "Oslo"]}
    assert encoder.encode(rows)[:, 7].tolist() == [0, 0]
    assert encoder.unseen(rows) == {"town": {"Oslo": 2}} and encoder.unseen(ROWS) == {}


def test_a_missing_category_has_code_0_where_training_rows_missed_none():
    encoder = TableEncoder.fit({"town": ["Bern", "Rome", "Bern"]})
    assert encoder.codes == (3,)
    assert encoder.encode({"town": [None, "?", "Rome"]})[:, 0].tolist() == [0, 0, 2]
    assert encoder.unseen({"town": [None, "?"]}) == {}


def test_only_the_most_common_categories_have_a_code():
    towns = ["a"] * 3 + ["b"] * 2 + ["d"] * 2 + ["c"]
    assert TableEncoder.fit({"t": towns}, most_categories=2).columns[0].categories == ("a", "b")
    assert TableEncoder.fit({"t": towns}, least_rows=2).columns[0].categories == ("a", "b", "d")
    many = [f"n{row % 300:03d}" for row in range(900)]
    assert TableEncoder.fit({"t": many}).codes == (256,)


def test_upper_and_lower_case_are_one_where_training_said_so():
    encoder = TableEncoder.fit({"smoker": ["Yes", "yes", "NO", "no"]})
    assert encoder.columns[0].categories == ("no", "yes")
    assert encoder.encode({"smoker": ["YES", "No"]})[:, 0].tolist() == [2, 1]


def test_1_and_1_0_and_the_text_1_are_one_category_and_so_are_booleans():
    encoder = TableEncoder.fit(
        {"code": ["1", "2", "1"], "flag": ["True", "FALSE", "true"]}, kinds={"code": "category"}
    )
    for codes in ([1, 2], [1.0, 2.0], ["1", " 2 "], np.array([1, 2], np.uint8), np.array([1, 2], np.float32)):
        for flags in ([False, True], ["false", "TRUE"], np.array([False, True])):
            assert encoder.encode({"code": codes, "flag": flags}).tolist() == [[1, 1], [2, 2]]
    assert encoder.unseen({"code": ["1.0", "03"], "flag": [True, True]}) == {"code": {"1.0": 1, "03": 1}}


def test_true_and_false_are_one_in_any_case_among_other_categories_too():
    encoder = TableEncoder.fit({"x": ["True", "maybe", "FALSE", "Perhaps"]})
    assert encoder.columns[0].categories == ("Perhaps", "false", "maybe", "true")
    assert encoder.encode({"x": [True, "FALSE", "MAYBE"]})[:, 0].tolist() == [4, 2, 0]


def test_columns_come_in_any_order_and_further_ones_are_left_out_of_account():
    encoder = TableEncoder.fit(ROWS)
    other = {"more": [object] * 4, **dict(reversed(ROWS.items()))}
    other["more"] = ["?", "1", "x", None]
    del other["same"]  # is left out anyway
    assert encoder.encode(other).tobytes() == encoder.encode(ROWS).tobytes()


def test_rows_without_names_have_no_more_columns_than_a_target_beside_the_others():
    encoder = TableEncoder.fit(np.arange(12.0).reshape(6, 2) ** 2)
    for columns in (2, 3):
        assert encoder.encode(np.ones((4, columns))).shape == (4, 2)
    with pytest.raises(DataError, match="5 columns without names; expected 2"):
        encoder.encode(np.ones((4, 5)))


def test_missing_columns_are_named():
    encoder = TableEncoder.fit(ROWS)
    with pytest.raises(DataError, match="the columns 'town', 'since' are missing; there are: 'age', 'plus'"):
        encoder.encode({"age": [1], "plus": [2]})
    with pytest.raises(DataError, match="the rows have 2 columns without names; expected 5"):
        encoder.encode(np.zeros((3, 2)))


def test_rows_without_names_go_by_their_places():
    encoder = TableEncoder.fit([["x", 1.5], ["y", 2.5], ["x", 3.5]])
    assert encoder.names == ("1", "0")
    assert encoder.encode([["y", 7]]).tolist() == [[7, 2]]
    named = TableEncoder.fit({"a": ["x", "y", "x"], "b": [1, 2, 2]})
    assert named.encode(np.array([["y", 7]], object)).tolist() == [[7, 2]]
    without_the_first = TableEncoder.fit(as_table([["x", 1, 5], ["y", 2, 9], ["x", 4, 5]]).without("0"))
    assert without_the_first.encode([["z", 7, 9]]).tolist() == [[7, 9]]  # the file, target and all
    assert without_the_first.encode([[7, 9]]).tolist() == [[7, 9]]


STRAYS = {
    "text": ({"age": ["1", "x"]}, "line 3, column 'age': 'x' is no number; correct it"),
    "infinity": ({"age": ["1", "-inf"]}, "line 3, column 'age': infinity"),
    "_": ({"age": ["1_0", "2"]}, "line 2, column 'age': '1_0' is no number"),
    "a date": ({"since": ["2024-13-01", ""]}, "line 2, column 'since': '2024-13-01' is no date, written as 'ISO'"),
    "long": ({"age": ["9", "x" * 500]}, "x{59}…' is no number"),
}


@pytest.mark.parametrize("name", STRAYS)
def test_a_stray_is_named_with_file_line_and_column(name, tmp_path):
    columns, message = STRAYS[name]
    rows = {"age": ["1", "2"], "town": ["Bern", "Bern"], "since": ["", ""], "plus": ["1", "1"]} | columns
    path = tmp_path / "new.csv"
    path.write_text("".join(",".join(line) + "\n" for line in [rows, *zip(*rows.values(), strict=True)]))
    with pytest.raises(DataError, match=f"new.csv: {message}|{message}"):
        TableEncoder.fit(ROWS).encode(read_csv(path))


def test_a_stray_in_a_part_is_named_by_its_row_in_the_whole():
    table = as_table({"age": [str(row) for row in range(50)] + ["x"], "b": [0.5, 1.5, 7] * 17})
    encoder = TableEncoder.fit(table.rows(slice(0, 40)), kinds={"age": "number"})
    with pytest.raises(DataError, match="row 50, column 'age': 'x' is no number"):
        encoder.encode(table.rows(slice(30, None)))


def test_values_of_another_kind_are_refused():
    encoder = TableEncoder.fit(ROWS)
    for name, values, message in (
        ("age", np.array(["2024-01-01"], "datetime64[D]"), "column 'age' has dates; expected numbers"),
        ("since", [3.0], "column 'since' has numbers; expected dates"),
        ("age", [NAN], None),
        ("since", [NAN], None),
        ("age", [math.inf], "row 0, column 'age': infinity"),
    ):
        row = {column: cells[:1] for column, cells in ROWS.items()} | {name: values}
        if message is None:
            assert np.isnan(encoder.encode(row)).any()
        else:
            with pytest.raises(DataError, match=message):
                encoder.encode(row)


def test_texts_that_stand_for_missing_are_kept_with_the_column():
    rows = {"x": [f"{row * row / 8}" for row in range(30)] + ["unknown"]}
    encoder = TableEncoder.fit(rows)
    assert encoder.names == ("x", "x is missing")
    assert encoder.encode({"x": ["unknown", "3"]}).tolist()[1] == [3, 0]
    assert math.isnan(encoder.encode({"x": ["unknown"]})[0, 0])
    with pytest.raises(DataError, match="'unkown' is no number"):
        encoder.encode({"x": ["unkown"]})


def test_kinds_and_formats_are_the_users():
    rows = {
        "zip": ["123", "456", "123"],
        "born": ["31.12.1990", "01.02.1985", ""],
        "price": ["1,234", "2,345", "3,456"],
    }
    encoder = TableEncoder.fit(
        rows, kinds={"zip": "category"}, formats={"born": "%d.%m.%Y", "price": "decimal comma"}
    )
    assert [(column.kind, column.format) for column in encoder.columns] == [
        ("category", ""), ("date", "%d.%m.%Y"), ("number", "decimal comma"),
    ]  # fmt: skip
    assert encoder.encode(rows)[:, encoder.names.index("price")].tolist() == [1.234, 2.345, 3.456]
    assert encoder.encode(rows)[1, 0] == 5510.0  # days from 1970-01-01 to 1985-02-01
    assert TableEncoder.fit({"a": ["1,5", "x", "2"]}, kinds={"a": "category"}).codes == (4,)
    counter = {"n": ["1", "2", "3", "4", "5", "6"]}
    assert TableEncoder.fit(counter, kinds={"n": "number"}).encode(counter)[:, 0].tolist() == [1, 2, 3, 4, 5, 6]
    with pytest.raises(DataError, match="row 1, column 'a': 'x' is no number, written as 'decimal comma' says"):
        TableEncoder.fit({"a": ["1,5", "x", "2"]}, kinds={"a": "number"})


WRONG = [
    ({"kinds": {"agee": "number"}}, "kinds: there is no column 'agee'; did you mean 'age'"),
    ({"formats": {"x": "ISO"}}, "formats: there is no column 'x'"),
    ({"kinds": {"age": "numeric"}}, "kinds: column 'age' is 'numeric'.*Valid: number, category, date, ignore"),
    ({"formats": {"age": "decimal"}}, "formats: column 'age' is 'decimal'; did you mean 'decimal comma'"),
    ({"formats": {"since": "%d.%m"}}, "the format of a date is '%d.%m'"),
    ({"kinds": {"age": "category"}, "formats": {"age": "percent"}}, "a category by kinds and a number by formats"),
    ({"most_categories": 0}, "most_categories is 0"),
    ({"least_rows": 0}, "least_rows 0"),
    ({"missing": "?"}, "missing is the text '\\?'; expected a list"),
    ({"kinds": dict.fromkeys(ROWS, "ignore")}, "no column is left to learn from"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_arguments_that_cannot_be_used_are_refused(arguments, message):
    with pytest.raises(NnliteError, match=message):
        TableEncoder.fit(ROWS, **arguments)
    assert issubclass(ConfigError, NnliteError)


def test_no_rows_are_refused():
    with pytest.raises(DataError, match="there are no rows to learn from"):
        TableEncoder.fit(as_table(ROWS).rows(slice(0, 0)))


def test_what_is_learnt_comes_from_the_training_rows_alone():
    generator = np.random.default_rng(0)
    towns = generator.choice(list("abcdefgh"), 60)
    table = as_table({"town": towns.tolist(), "x": [None if row == 59 else row / 7 for row in range(60)]})
    training = np.arange(20)
    encoder = TableEncoder.fit(table.rows(training), guesses=infer(table))
    assert encoder.columns[0].categories == tuple(sorted(set(towns[:20])))
    assert not encoder.columns[1].gaps and encoder.columns[1].why == "numbers, 1 missing"


def test_guesses_are_taken_as_they_are():
    guesses = {"town": Guess("ignore", "so it shall be"), "age": Guess("category", "for once")}
    encoder = TableEncoder.fit({"town": ["a", "b"], "age": [31, 40]}, guesses=guesses)
    plain = TableEncoder.fit({"x": ["1", "2"]}, guesses={"x": Guess("number", "no format said")})
    assert plain.encode({"x": "3"}).tolist() == [[3]]
    assert encoder.codes == (3,) and encoder.names == ("age",)


def test_the_columns_are_described_a_line_each():
    assert TableEncoder.fit(ROWS).described().splitlines() == [
        "age    number    with gaps, numbers, 3 different ones, 1 missing",
        "town   category  2 known, with gaps, texts, 2 different ones, 1 missing",
        "since  date      with gaps, dates, 1 missing",
        "plus   number    numbers, 2 different ones",
        "same   ignore    'x' in every row",
    ]


@pytest.mark.slow
def test_ten_thousand_columns_and_a_hundred_thousand_categories():
    wide = TableEncoder.fit({f"c{place}": [place, 2, 7] for place in range(3, 10_003)})
    assert len(wide.names) == 10_000
    names = [f"n{row}" for row in range(10**5)]
    encoder = TableEncoder.fit({"n": names}, kinds={"n": "category"})
    assert encoder.codes == (256,) and encoder.encode({"n": names}).sum() == 255 * 256 / 2


@pytest.mark.parametrize("many", [1, 10**9])
def test_a_number_may_stand_for_a_missing_value_in_a_column_of_numbers_alone(many, tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "_MANY", many)
    texts = [*map(str, range(40)), "-999"]
    path = tmp_path / "data.csv"
    path.write_text("n,k\n" + "".join(f"{text},1\n" for text in texts))
    encoder = TableEncoder.fit({"n": texts}, missing=["-999"])
    assert encoder.columns[0].gaps
    for table in ({"n": texts}, *chunks(path, 41)):
        assert np.isnan(encoder.encode(table)[:, 0]).tolist() == [False] * 40 + [True]


COLLIDING = {
    "a": [1.5, None, 3.0, 4.5],
    "a is missing": [5.0, 6.5, 8.0, 9.0],
    "day": ["2024-01-31", "2024-02-01", "2024-03-01", "2024-03-02"],
    "day days": [100.5, 101.0, 102.0, 103.5],
    "day weekday": ["x", "y", "x", "y"],
}


def test_what_is_made_of_a_column_has_a_name_of_its_own_beside_a_column_of_that_name():
    encoder = TableEncoder.fit(COLLIDING)
    assert encoder.names == (
        *("a", "a is missing", "day days (2)", "day year sin", "day year cos", "day days"),
        *("a is missing (2)", "day weekday (2)", "day weekday"),
    )
    assert encoder.of_numbers["day"][0] == "day days (2)" and encoder.of_numbers["day days"] == ("day days",)
    matrix = dict(zip(encoder.names, encoder.encode(COLLIDING).T.tolist(), strict=True))
    assert matrix["a is missing"] == COLLIDING["a is missing"] and matrix["a is missing (2)"] == [0, 1, 0, 0]
    assert matrix["day days"] == COLLIDING["day days"] and matrix["day days (2)"] == [19753, 19754, 19783, 19784]
    assert TableEncoder.from_description(*encoder.description()).names == encoder.names


def test_a_column_that_is_left_out_takes_no_name():
    encoder = TableEncoder.fit(COLLIDING, kinds={"a is missing": "ignore"})
    assert "a is missing" in encoder.names and "a is missing (2)" not in encoder.names
