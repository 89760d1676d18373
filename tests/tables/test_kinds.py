"""What each column of a table is taken for, and why."""

import datetime
from decimal import Decimal

import numpy as np
import pytest

from nnlite.tables import MISSING, Guess, TableEncoder, as_table, infer, read_csv

COUNT = 40


def texts(*some, rows=COUNT):
    """These texts again and again, as many as there are rows."""
    return [some[row % len(some)] for row in range(rows)]


def spread(form, rows=COUNT):
    """A different number in each row, written in this form; never rising by one."""
    return [form.format(row * 37 % 1000 + row / 8) for row in range(rows)]


def number(form="plain"):
    return ("number", form)


CATEGORY, ANY_CASE, IGNORE, DATE = ("category", ""), ("category", "any case"), ("ignore", None), ("date", "ISO")

COLUMNS = {
    # numbers
    "whole numbers": (texts("3", "17", "250"), number(), "3 different ones"),
    "decimals": (spread("{:.3f}"), number(), "numbers"),
    "exponents": (texts("1e5", "-2.5E-3", "4"), number(), "numbers"),
    "signs": (texts("+1", "-2", "3"), number(), "numbers"),
    "the minus of printed text": (texts("−1.5", "2", "3"), number(), "numbers"),
    "zero and one": (texts("0", "1"), number(), "2 different ones"),
    "numbers with ?": ([*spread("{:.2f}"), "?", "NA", ""], number(), "3 missing"),
    "spaces around numbers": (texts(" 1", "2 ", " 3 "), number(), "numbers"),
    "thousands comma": (texts("1,234.5", "12", "1,234,567.25"), number("thousands comma"), "thousands comma"),
    "always three digits": (texts("1,234", "5,678", "9,000"), number("thousands comma"), "or is it a decimal comma"),
    "decimal comma": (texts("1,5", "2,25", "3"), number("decimal comma"), "decimal comma"),
    "points for thousands": (texts("1.234,5", "12", "1.234.567,25"), number("decimal comma"), "decimal comma"),
    "spaces for thousands": (texts("1 234,5", "12\u00a0345", "7"), number("decimal comma"), "decimal comma"),
    "percent": (texts("12%", "7.5 %", "3%"), number("percent"), "percent"),
    "percent with a comma": (texts("12,5%", "7,25 %"), number("percent, decimal comma"), "percent"),
    "dollars": (texts("$12", "$7.50", "-$3"), None, ""),
    "dollars and thousands": (
        texts("$1,234.50", "$7", "$12,000"),
        number("currency, thousands comma"),
        "currency and a thousands comma",
    ),
    "euros": (texts("12,50 €", "7,25 €"), number("currency, decimal comma"), "currency"),
    "names of currencies": (texts("EUR 12", "USD 7.5"), number("currency"), "currency"),
    "an unknown among numbers": (
        [*spread("{:.2f}"), "unknown", "unknown"],
        number(),
        "'unknown' taken for missing in 2 rows",
    ),
    "two strays": (
        [*spread("{:.2f}"), "?", "n.d.", "low"],
        number(),
        "'n.d.', 'low' taken for missing in 2 rows, 1 missing",
    ),
    "years": (texts("1999", "2004", "2024"), number(), "numbers"),
    "dates as whole numbers": (texts("20240131", "20240215"), number(), "numbers"),
    "a shuffled counter": ([str(row * 37 % 101 + 1) for row in range(100)], number(), "perhaps an id"),
    "hospital numbers": ([str(530000 + row * row) for row in range(50)], number(), "perhaps an id"),
    "nearly all different": ([str(row * row) for row in range(50)] + ["4"], number(), "numbers"),
    "floats": ([0.5, 2.25, 4.0] * 9, number(), "numbers"),
    "floats with gaps": ([0.5, None, 4.0] * 9, number(), "9 missing"),
    "whole numbers of Python": ([5, 3, 9] * 9, number(), "numbers"),
    "Decimal": ([Decimal("0.1"), Decimal("0.25")] * 9, number(), "numbers"),
    "time spans": ([datetime.timedelta(hours=1), datetime.timedelta(hours=3)] * 9, number(), "numbers"),
    "infinity": (texts("1", "inf", "3"), number(), "numbers"),
    # categories
    "texts": (texts("red", "green", "blue"), CATEGORY, "3 different ones"),
    "texts with gaps": (texts("red", "", "blue", None), CATEGORY, "20 missing"),
    "booleans of Python": ([True, False] * 9, CATEGORY, "true or false"),
    "booleans with gaps": ([True, None, False] * 9, ANY_CASE, "9 missing"),
    "True and False": (texts("True", "False"), ANY_CASE, "true or false"),
    "TRUE and false": (texts("TRUE", "false", "False"), ANY_CASE, "true or false"),
    "yes and no": (texts("yes", "no"), CATEGORY, "2 different ones"),
    "Yes, yes and NO": (texts("Yes", "yes", "NO", "no"), ANY_CASE, "2 categories once upper and lower case"),
    "Yes, yes and No": (texts("Yes", "yes", "No"), CATEGORY, "3 different ones"),
    "ranges": (texts("20-29", "30-39", "40-49"), CATEGORY, "3 different ones"),
    "numbers and more": (texts("0", "1", "2", "3+"), CATEGORY, "4 different ones"),
    "zip codes": (texts("02139", "10001", "94301"), CATEGORY, "leading zeros"),
    "codes of zeros": (texts("00000", "02208", "11300"), CATEGORY, "leading zeros"),
    "beyond 2⁵³, again and again": (texts("9007199254740993", "9007199254740995"), CATEGORY, "beyond"),
    "numbers with _": (texts("1_000", "2_000"), CATEGORY, "texts"),
    "one value or none": (texts("x", ""), CATEGORY, "'x' or missing"),
    "one number or none": ([7.0, None] * 9, CATEGORY, "'7' or missing"),
    "times of day": (texts("10:30", "11:45"), CATEGORY, "texts"),
    "emoji": (texts("😀", "🙁"), CATEGORY, "2 different ones"),
    # dates
    "ISO dates": (texts("2024-01-31", "2023-12-01"), DATE, "dates"),
    "ISO times": (texts("2024-01-31 12:30", "2023-12-01T08:00:05.5"), DATE, "dates"),
    "zones": (texts("2024-01-31T12:30:00+02:00", "2023-12-01T08:00:00Z"), DATE, "dates"),
    "dates of Python": ([datetime.date(2024, 1, 31), None] * 3 + [datetime.date(2024, 2, 1)], DATE, "3 missing"),
    "times of NumPy": (np.array(["2024-01-31", "2024-02-01"], "datetime64[D]"), DATE, "dates"),
    "days first": (texts("31.12.2024", "01.02.2023"), IGNORE, '"%d.%m.%Y"'),
    "months first": (texts("12/31/2024", "01/02/2023"), IGNORE, '"%m/%d/%Y"'),
    "days or months first": (texts("01/02/2024", "03/04/2023"), IGNORE, '"%d/%m/%Y" or "%m/%d/%Y"'),
    # nothing to learn from
    "always the same": (texts("x"), IGNORE, "'x' in every row"),
    "always the same number": ([1.0] * 9, IGNORE, "'1' in every row"),
    "nothing": (texts("", "?", "NA"), IGNORE, "no value at all"),
    "None": ([None] * 9, IGNORE, "no value at all"),
    "NaN": ([float("nan")] * 9, IGNORE, "no value at all"),
    "a counter": ([str(row) for row in range(COUNT)], IGNORE, "counts the rows"),
    "a counter from 1 of Python": (list(range(1, 30)), IGNORE, "counts the rows"),
    "uuids": ([f"{row:08x}-0000-4000-8000-00000000000{row % 10}x" for row in range(COUNT)], IGNORE, "free text"),
    "free text": ([f"He said {row} things, and left." for row in range(COUNT)], IGNORE, "free text"),
    "ids beyond 2⁵³": ([str(2**60 + row * row) for row in range(COUNT)], IGNORE, "beyond"),
    "whole numbers of NumPy beyond 2⁵³": (2**60 + np.arange(40) ** 2, IGNORE, "beyond"),
    "codes of each row": ([f"{row * 7:05d}" for row in range(COUNT)], IGNORE, "leading zeros"),
}
COLUMNS["dollars"] = (texts("$12", "$7.50", "$3"), number("currency"), "currency")


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_what_a_person_takes_it_for(name):
    values, (kind, form), why = COLUMNS[name]
    guess = infer(as_table({"x": values}))["x"]
    assert guess.kind == kind, guess
    assert form is None or guess.format == form
    assert why in guess.why


def test_strays_are_kept_as_texts_for_missing():
    guess = infer(as_table({"x": [*spread("{:.2f}"), "unknown"]}))["x"]
    assert guess.missing == ("unknown",)


def test_more_than_three_strays_are_categories_or_left_out():
    assert infer(as_table({"x": [*spread("{:.2f}"), "a", "b", "c", "d"]}))["x"].kind == "ignore"
    assert infer(as_table({"x": [*spread("{:.2f}"), "a", "b", "c", "d"] * 3}))["x"].kind == "category"


def test_strays_in_most_rows_are_no_strays():
    assert infer(as_table({"x": spread("{:.2f}") + ["none of it"] * 50}))["x"].kind == "category"


def test_a_comma_is_that_of_the_other_columns():
    both = infer(as_table({"a": texts("1,234", "5,678"), "b": texts("1,5", "12,25")}))
    assert both["a"].format == both["b"].format == "decimal comma" and "thousands comma?" in both["a"].why


def test_a_comma_is_a_decimal_one_where_semicolons_part_the_cells(tmp_path):
    for name, content, form in (
        ("a.csv", "x;y\n1,234;2\n5,678;3\n", "decimal comma"),
        ("b.tsv", "x\ty\n1,234\t2\n5,678\t3\n", "thousands comma"),
    ):
        (tmp_path / name).write_text(content)
        assert infer(read_csv(tmp_path / name))["x"].format == form


def test_missing_texts_are_the_callers():
    column = as_table({"country": texts("NA", "DE", "FR")})  # Namibia
    assert infer(column)["country"].why == "texts, 2 different ones, 14 missing"
    assert infer(column, [text for text in MISSING if text != "NA"])["country"].why == "texts, 3 different ones"


def test_an_empty_cell_is_missing_whatever_is_said():
    table = as_table({"x": texts("a", " ", "b", None)})
    assert infer(table, [])["x"].why == infer(table)["x"].why == "texts, 2 different ones, 20 missing"
    assert TableEncoder.fit(table, missing=["?"]).columns[0].categories == ("a", "b")


def test_a_declared_category_is_one():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"code": pandas.Categorical([3, 5, 3])})
    assert infer(as_table(frame)) == {"code": Guess("category", "declared to be a category")}


def test_a_hundred_thousand_categories_are_counted_once():
    guess = infer(as_table({"x": [f"name {row}" for row in range(10**5)] * 2}))["x"]
    assert (guess.kind, guess.why) == ("category", "texts, 100000 different ones; the most common are kept")


def test_rows_of_a_part_are_not_judged_by_the_whole():
    table = as_table({"x": texts("a", "b")}).rows(slice(0, 40, 2))
    assert infer(table)["x"].why == "'a' in every row"


def written(header, *columns, delimiter=","):
    """The text of a file with these columns, each of which gives its cell of a row."""
    lines = (delimiter.join(str(column(row)) for column in columns) for row in range(60))
    return "\n".join([header, *lines]) + "\n"


def turns(*some):
    return lambda row: some[row % len(some)]


REALISTIC = {
    "patients.csv": (
        written(
            "id,born,sex,smoker,weight,pressure,zip,note,ward",
            lambda row: row,
            lambda row: f"19{row % 90 + 10}-0{row % 9 + 1}-1{row % 7}",
            turns("f", "m"),
            turns("Yes", "no", "NO", "yes"),
            lambda row: f"{50 + row * 7 % 45}.{row % 10}",
            lambda row: "" if row % 5 == 0 else 90 + row * 13 % 60,
            lambda row: f"0{row % 6}139",
            lambda row: f"seen at {row}:00",
            turns("B"),
        ),
        "ignore date category category number number category ignore ignore",
    ),
    "sales.csv": (
        written(
            "Datum;Filiale;Umsatz;Rabatt;Menge;Bar",
            lambda row: f"{row % 27 + 1:02d}.03.2024",
            turns("Ost", "West", "Süd"),
            lambda row: f"{1 + row % 9}.{row * 37 % 900 + 100},{row % 90 + 10}",
            lambda row: f"{row % 12},5 %",
            lambda row: row * 11 % 70,
            turns("true", "false"),
            delimiter=";",
        ),
        "ignore category number number number category",
    ),
    "houses.tsv": (
        written(
            "\tprice\trooms\tsold\tcity",
            lambda row: row,
            lambda row: f"$1,{row * 7 % 900 + 100:03d}",
            lambda row: row % 5 + 1 if row % 11 else "n/a?",
            lambda row: f"2023-0{row % 9 + 1}-01T10:00",
            turns("A", "B", "C"),
            delimiter="\t",
        ),
        "ignore number category date category",
    ),
}


@pytest.mark.parametrize("name", REALISTIC)
def test_the_columns_of_a_file_are_what_a_person_takes_them_for(name, tmp_path):
    text, kinds = REALISTIC[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    guesses = infer(read_csv(tmp_path / name))
    assert " ".join(guess.kind for guess in guesses.values()) == kinds, guesses


def test_words_for_missing_hold_in_upper_and_lower_case():
    marks = ["n/a", "N/A", "na", "none", "NONE", "NAN", "Null", "#n/a"]
    guess = infer(as_table({"age": [str(age) for age in range(20, 60, 3)] + marks}))["age"]
    assert (guess.kind, guess.missing) == ("number", ()) and guess.why.endswith("8 missing")
    assert {"", "?", "-", "."} < set(MISSING) and not {"Na", "Nan"} & set(MISSING)


def test_a_list_of_an_earlier_version_is_compared_to_the_letter():
    earlier = ("", "?", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "#N/A", "-", ".")
    encoder = TableEncoder.fit({"town": ["Bern", "n/a", "Bern", "n/a"]}, missing=earlier)
    again = TableEncoder.from_description(*encoder.description())
    assert again.missing == earlier and again.encode({"town": ["n/a", "N/A"]}).tolist() == [[2], [0]]
