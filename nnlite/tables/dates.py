"""Dates and times: their texts in a format, and the numbers that a network sees of them."""

import datetime
import re
from collections.abc import Callable, Sequence
from itertools import permutations

import numpy as np

from nnlite.errors import ConfigError
from nnlite.tables.cells import in_utc
from nnlite.types import Array

ISO = "ISO"
"""The format of dates such as 2024-01-31, 2024-01-31 12:30 and 2024-01-31T12:30:00+02:00."""

MOST_LETTERS = 100
"""The longest pattern that a format may be."""

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}(:?\d{2}){1,2}([.,]\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?", re.I)
_TIME = r"( \d{1,2}:\d{2}(:\d{2})?( ?[AP]M)?( ?(?:Z|[+-]\d{2}:?\d{2}))?)?"
_NUMERIC = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{2,4})" + _TIME, re.I)
_MICROSECONDS_A_DAY = 86_400_000_000


def reader(form: str) -> Callable[[str], datetime.datetime | None]:
    """The function that reads the text of a date in this format: the moment, in UTC, or None where it is none.

    Args:
        form: "ISO", or a pattern of `datetime.strptime` as `check_pattern` takes it.

    >>> from nnlite.tables.dates import reader
    >>> reader("ISO")("2024-01-31T01:30+02:00"), reader("%d.%m.%Y")("31.12.2024")
    (datetime.datetime(2024, 1, 30, 23, 30), datetime.datetime(2024, 12, 31, 0, 0))
    """

    def read(text: str) -> datetime.datetime | None:
        text = text.strip()
        try:
            if form != ISO:
                moment = datetime.datetime.strptime(text, form)
            elif _ISO_DATE.fullmatch(text):
                moment = datetime.datetime.fromisoformat(text.replace(",", ".").upper())
            else:
                return None
            return moment if moment.tzinfo is None else in_utc(moment)
        except (ValueError, OverflowError):
            return None

    return read


def example(form: str) -> str:
    """A date as it is written in a format.

    >>> from nnlite.tables.dates import example
    >>> example("ISO"), example("%d.%m.%Y")
    ('2024-12-31', '31.12.2024')
    """
    some = datetime.datetime(2024, 12, 31, 23, 59, tzinfo=datetime.UTC)
    return some.strftime("%Y-%m-%d" if form == ISO else form)


def check_pattern(pattern: object) -> None:
    """Raises `ConfigError` where this is neither "ISO" nor a pattern of `strptime` that names a year.

    An offset, %z, is one that all computers read alike; the name of a zone, %Z, is not, and is refused.
    """
    if pattern == ISO:
        return
    zone = datetime.timezone(datetime.timedelta(hours=1), "of no name that strptime knows")
    some = datetime.datetime(2024, 11, 23, 14, 5, 6, tzinfo=zone)
    if isinstance(pattern, str) and len(pattern) <= MOST_LETTERS and ("%Y" in pattern or "%y" in pattern):
        try:
            datetime.datetime.strptime(some.strftime(pattern), pattern)
            return
        except (ValueError, re.error, IndexError, KeyError, OverflowError):
            pass
    raise ConfigError(
        f'the format of a date is {str(pattern)[:MOST_LETTERS]!r}; expected "ISO", or a pattern such as '
        '"%d.%m.%Y", with a year, as datetime.strptime takes it'
    )


def patterns_of(texts: Sequence[str]) -> list[str]:
    """Patterns in which all these texts are dates, such as "%d.%m.%Y": several, where days and months may be swapped.

    >>> from nnlite.tables.dates import patterns_of
    >>> patterns_of(["31.12.2024"]), patterns_of(["01/02/2024"])
    (['%d.%m.%Y'], ['%d/%m/%Y', '%m/%d/%Y'])
    >>> patterns_of(["3/27/2024 12:43:11 PM"])
    ['%m/%d/%Y %I:%M:%S %p']
    >>> patterns_of(["31.12.2024 12:30 +02:00"])
    ['%d.%m.%Y %H:%M %z']
    """
    first = texts[0].strip() if texts else ""
    match = _NUMERIC.fullmatch(first)
    if match is None:
        return []
    years = "%Y" if len(match[1]) == 4 or len(match[4]) == 4 else "%y"
    hour, half = ("%I", match[7].replace(match[7].strip(), "%p")) if match[7] else ("%H", "")
    time = "" if match[5] is None else f" {hour}:%M:%S{half}" if match[6] else f" {hour}:%M{half}"
    if match[8]:
        time += " %z" if match[8].startswith(" ") else "%z"
    found = []
    for parts in permutations(["%d", "%m", years]):
        pattern = match[2].join(parts) + time
        read = reader(pattern)
        if parts[1] != years and all(read(text) is not None for text in texts):
            found.append(pattern)
    return found


def looks_like_one(text: str) -> bool:
    """Whether a text is a date in one of the patterns that `patterns_of` may find."""
    return _NUMERIC.fullmatch(text.strip()) is not None


def parts(moments: Array) -> tuple[Array, Array]:
    """What a network sees of these moments.

    Args:
        moments: (rows,), datetime64 in microseconds.

    Returns:
        (rows, 5), NaN where there is none: days since 1970, the sine and cosine of the part of the year that has
        passed, and of the day; and (rows,), the weekday, 1 for Monday … 7 for Sunday, 0 where there is none.
    """
    missing = np.isnat(moments)
    whole = np.where(missing, np.datetime64(0, "us"), moments.astype("datetime64[us]"))
    days = whole.astype(np.int64) / _MICROSECONDS_A_DAY
    first = whole.astype("datetime64[Y]")
    start = first.astype("datetime64[us]").astype(np.int64) / _MICROSECONDS_A_DAY
    end = (first + 1).astype("datetime64[us]").astype(np.int64) / _MICROSECONDS_A_DAY
    year = 2 * np.pi * (days - start) / (end - start)
    day = 2 * np.pi * (days - np.floor(days))
    numbers = np.stack([days, np.sin(year), np.cos(year), np.sin(day), np.cos(day)], axis=1)
    numbers[missing] = np.nan
    weekday = (np.floor(days).astype(np.int64) + 3) % 7 + 1  # 1970 began on a Thursday
    return numbers, np.where(missing, 0, weekday)
