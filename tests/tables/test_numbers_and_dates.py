"""Texts of numbers and dates: what they are in each format, and what is none."""

import datetime

import numpy as np
import pytest

from nnlite.errors import ConfigError
from nnlite.tables import dates, numbers

READ = [
    ("plain", "1.5", 1.5),
    ("plain", " 1e-3 ", 0.001),
    ("plain", "−2", -2.0),
    ("plain", "1_000", None),
    ("plain", "nan", None),
    ("plain", "1,000", None),
    ("plain", "0x10", None),
    ("plain", "", None),
    ("thousands comma", "1,234,567.5", 1234567.5),
    ("thousands comma", "1234.5", 1234.5),
    ("thousands comma", "12,34", None),
    ("thousands comma", "−1,234", -1234.0),
    ("decimal comma", "1.234.567,5", 1234567.5),
    ("decimal comma", "1 234,5", 1234.5),
    ("decimal comma", "1\u202f234,5", 1234.5),
    ("decimal comma", "-0,5", -0.5),
    ("decimal comma", "1,5e3", 1500.0),
    ("decimal comma", "1.5", None),
    ("percent", "12.5 %", 12.5),
    ("percent", "12", 12.0),
    ("percent, decimal comma", "12,5%", 12.5),
    ("currency", "$7.5", 7.5),
    ("currency", "-$7.5", -7.5),
    ("currency", "7.5 CHF", 7.5),
    ("currency, thousands comma", "£1,234", 1234.0),
    ("currency, decimal comma", "1.234,50 €", 1234.5),
    ("currency", "7.5 %", None),
]


@pytest.mark.parametrize(("form", "text", "value"), READ)
def test_the_text_of_a_number_is_read_in_its_format(form, text, value):
    assert numbers.reader(form)(text) == value


DATES = [
    ("ISO", "2024-02-29", (2024, 2, 29)),
    ("ISO", "2024-02-29 07:05", (2024, 2, 29, 7, 5)),
    ("ISO", "2024-02-29T07:05:09.5", (2024, 2, 29, 7, 5, 9, 500000)),
    ("ISO", "2024-02-29T00:30:00+01:00", (2024, 2, 28, 23, 30)),
    ("ISO", "2024-02-29T00:30:00z", (2024, 2, 29, 0, 30)),
    ("ISO", "2023-02-29", None),
    ("ISO", "20240131", None),
    ("ISO", "2024-W05-1", None),
    ("%d.%m.%Y", "29.2.2024", (2024, 2, 29)),
    ("%d.%m.%Y", "2024-02-29", None),
    ("%m/%d/%y %H:%M", "02/29/24 13:00", (2024, 2, 29, 13)),
    ("%Y-%m-%d %H:%M%z", "2024-02-29 01:00+0200", (2024, 2, 28, 23)),
]


@pytest.mark.parametrize(("form", "text", "moment"), DATES)
def test_the_text_of_a_date_is_read_in_its_format(form, text, moment):
    assert dates.reader(form)(text) == (None if moment is None else datetime.datetime(*moment))


@pytest.mark.parametrize("pattern", ["%d.%m", "", "day", 3, None, "%Q%Y", "%Y%Y", "%", "%Y" * 99, "%Y-%", "iso"])
def test_a_pattern_that_is_none_is_refused(pattern):
    with pytest.raises(ConfigError, match="the format of a date is"):
        dates.check_pattern(pattern)


def test_a_date_becomes_days_the_time_of_year_and_of_day_and_the_weekday():
    moments = np.array(["1970-01-01T06:00", "2024-07-02T00:00", "NaT", "1969-12-28T00:00"], "datetime64[us]")
    values, weekday = dates.parts(moments)
    assert values[:, 0].tolist()[:2] == [0.25, 19906.0]  # 54 years of 365 days, 13 leap days, 183 days of 2024
    np.testing.assert_allclose(values[0, 3:], [1, 0], atol=1e-12)  # a quarter of the day
    np.testing.assert_allclose(values[1, 1:3], [0, -1], atol=1e-12)  # 183 of 366 days
    assert np.isnan(values[2]).all()
    assert weekday.tolist() == [4, 2, 0, 7]  # a Thursday, a Tuesday, none, a Sunday


@pytest.mark.parametrize(
    ("text", "form", "number"),
    [
        ("1'389.56", "thousands apostrophe", 1389.56),
        ("1\u2019389\u2019000", "thousands apostrophe", 1389000.0),
        ("4 284.50", "thousands space", 4284.5),
        ("4\u00a0284.50", "thousands space", 4284.5),
        ("4\u202f284,50", "decimal comma", 4284.5),
        ("4\u00a0284,50", "decimal comma", 4284.5),
        ("CHF 1'389.56", "currency, thousands apostrophe", 1389.56),
        ("(1,5)", "decimal comma", -1.5),
        ("($1,234.50)", "currency, thousands comma", -1234.5),
        ("74-", "plain", -74.0),
        ("1'389.56-", "thousands apostrophe", -1389.56),
    ],
)
def test_numbers_of_bookkeepers_and_of_switzerland(text, form, number):
    assert numbers.format_of([text, "12"]) == (form, []) and numbers.reader(form)(text) == number


@pytest.mark.parametrize("text", ["(-5)", "-5-", "()", "(a)", "5--", "1-2", "((5))", "1'38", "1 2", "(5", "12 3456"])
def test_what_is_nearly_such_a_number_is_none(text):
    assert all(numbers.reader(form)(text) is None for form in numbers.NUMBER_FORMATS)


def test_a_half_of_the_day_is_proposed():
    assert dates.patterns_of(["3/27/2024 12:43:11 PM"]) == ["%m/%d/%Y %I:%M:%S %p"]
    assert dates.patterns_of(["27.3.2024 9:43am"]) == ["%d.%m.%Y %I:%M%p"]
