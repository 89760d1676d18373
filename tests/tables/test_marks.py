"""Which mark parts the decimals: texts of numbers that fit both readings, alone, beside others, and later."""

import warnings

import numpy as np
import pytest

from nnlite.data.table_rows import table_rows
from nnlite.tables import TableEncoder, as_table, infer, read_csv, targets
from nnlite.tables.look import look
from nnlite.tables.numbers import reader

DOTTED = ["4.285", "850", "1.990", "12.500"]
AS_THOUSANDS, AS_DECIMALS = [4285, 850, 1990, 12500], [4.285, 850, 1.99, 12.5]


def written(tmp_path, *columns, delimiter=";"):
    names = "abcdef"[: len(columns)]
    path = tmp_path / "rows.csv"
    path.write_text("".join(delimiter.join(row) + "\n" for row in [names, *zip(*columns, strict=True)]))
    return read_csv(path)


@pytest.mark.parametrize(
    ("beside", "delimiter", "numbers"),
    [
        (["x", "x", "y", "z"], ";", AS_THOUSANDS),
        (["x", "x", "y", "z"], ",", AS_DECIMALS),
        (['"1,5"', "2", "3", "4"], ",", AS_THOUSANDS),
        (['"1,5"', "unknown", "3", "4"], ",", AS_THOUSANDS),
        (["1.234,5", "2", "3", "4"], ";", AS_THOUSANDS),
        (["1,5", "2,5", "3.000", "4"], "|", AS_THOUSANDS),
        (["1.500.000", "2", "3", "4"], ",", AS_THOUSANDS),
        (["0.5", "2", "3.25", "4"], ";", AS_DECIMALS),
        (["0.123", "2", "3.253", "4"], ";", AS_DECIMALS),
    ],
)
def test_points_part_thousands_where_the_file_or_another_column_has_decimal_commas(
    beside, delimiter, numbers, tmp_path
):
    table = written(tmp_path, DOTTED, beside, delimiter=delimiter)
    guess = infer(table)["a"]
    assert guess.kind == "number"
    assert [reader(guess.format)(text) for text in DOTTED] == numbers
    doubt = "with a thousands dot (or is it a decimal point? formats says so)"
    assert (doubt in guess.why) == (numbers == AS_THOUSANDS)


@pytest.mark.parametrize("other", ["4.28", "0.285", "1234.567", "4.2855"])
def test_one_text_that_fits_a_decimal_point_alone_decides(other, tmp_path):
    guess = infer(written(tmp_path, [*DOTTED, other], ["x", "x", "y", "z", "z"]))["a"]
    assert (guess.format, guess.why) == ("plain", "numbers, 5 different ones")


def test_long_columns_of_different_numbers_are_read_alike(tmp_path):
    thousands = [f"{number}.{number % 900 + 100}" for number in range(1, 10)] * 700
    different = [f"{number // 1000}.{number % 1000:03}" for number in range(1000, 7300)]
    guesses = infer(written(tmp_path, thousands, different))
    assert {guess.format for guess in guesses.values()} == {"decimal comma"}


@pytest.mark.parametrize(
    ("texts", "form", "numbers"),
    [
        (["4.285 €", "850 €", "1.990 €"], "currency, decimal comma", [4285, 850, 1990]),
        (["1.234,5", "2", "1.000"], "decimal comma", [1234.5, 2, 1000]),
        (["0,123", "0,250"], "decimal comma", [0.123, 0.25]),
    ],
)
def test_other_forms(texts, form, numbers, tmp_path):
    guess = infer(written(tmp_path, texts, ["x"] * len(texts)))["a"]
    assert (guess.format, [reader(form)(text) for text in texts]) == (form, numbers)


@pytest.mark.parametrize("form", ["decimal comma", "thousands comma"])
def test_no_group_of_thousands_begins_with_a_zero(form):
    assert reader(form)("0,123" if "thousands" in form else "0.123") is None


def test_formats_decides(tmp_path):
    table = written(tmp_path, DOTTED, ["x", "x", "y", "z"])
    encoder = TableEncoder.fit(table, formats={"a": "plain"})
    np.testing.assert_array_equal(encoder.encode(table)[:, 0], AS_DECIMALS)


def test_what_kinds_says_is_a_number_is_read_as_its_file_is_written(tmp_path):
    table = written(tmp_path, [*DOTTED, "n.b."], ["x", "x", "y", "z", "z"], ["1", "0", "1", "0", "1"])
    rows = table_rows(table, "c", kinds={"a": "number"}, missing=["n.b."])
    np.testing.assert_array_equal(rows.split(0.0, 0.0, 0).train.x[:4, 0], AS_THOUSANDS)


def many():
    return [f"{number}.{number % 900 + 100}" for number in range(1, 40)]


def test_the_target_is_read_alike_and_the_target_says_how_features_are_written(tmp_path):
    table = written(tmp_path, many(), many(), ["1,5"] * 39, delimiter="|")
    found = targets(table, "a")
    assert (found.y[0], found.task) == (1101, "regression")
    said = "numbers with a thousands dot (or is it a decimal point? formats says so)"
    assert found.why == f"39 different numbers, {said}"
    assert targets(table, "a", format="plain").y[0] == 1.101
    alone = written(tmp_path, many(), [f"{number},5" for number in range(39)], delimiter="|")
    rows = table_rows(alone, "b")
    assert rows.guesses["a"].format == "decimal comma"
    assert said in look(alone, "b").columns[0].suspicious[0]


def test_a_column_by_which_rows_are_ordered_is_read_as_its_file_is_written(tmp_path):
    table = written(tmp_path, ["1.500", "900", "2.000", "1.000"], ["1,5", "2,5", "3", "4"], ["1", "0", "1", "0"])
    parts = table_rows(table, "c", time="a").split(0.25, 0.0, 0)
    assert parts.test.x[:, 1].tolist() == [3]


@pytest.mark.parametrize(
    ("texts", "later", "said"),
    [
        (["1,75", "1,8", "2"], "99.520", "decimal comma"),
        (["1,75", "1,8", "2"], "1.234 ", "decimal comma"),
        (["1,75", "1.800", "2"], "99.520", None),
        (["1,75", "1,8", "2"], "12,5", None),
        (["1,75", "1,8", "2"], "1.250,5", None),
    ],
)
def test_a_later_text_of_two_readings_is_said_where_training_rows_had_none(texts, later, said):
    encoder = TableEncoder.fit({"height": texts})
    encoder = TableEncoder.from_description(*encoder.description())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        encoder.encode({"height": later})
        encoder.encode(as_table({"height": [1.234]}))  # numbers have one reading
    assert [said in str(warning.message) for warning in caught] == ([] if said is None else [True])


def test_a_later_text_of_no_reading_is_refused():
    encoder = TableEncoder.fit({"height": ["1,75", "1,8", "2"]})
    with pytest.raises(Exception, match=r"'1\.5' is no number, written as 'decimal comma' says"):
        encoder.encode({"height": "1.5"})
