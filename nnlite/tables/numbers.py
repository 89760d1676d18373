"""Numbers as people write them: with a thousands or a decimal comma, a percent sign, a currency."""

import functools
import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from nnlite.types import Array

_CURRENCIES = r"(?:[$€£¥₹₽₩]|USD|EUR|GBP|CHF|JPY)"
_BOTH = re.compile(r"[^\d.,]*[1-9]\d{0,2}[.,]\d{3}[^\d.,]*")
_SIGN = r"(?P<sign>[+-]?)"
_WRITTEN = {
    "plain": r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?",
    "thousands comma": r"(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d*)?",
    "decimal comma": r"(?:[1-9]\d{0,2}(?:[. '\u2019\u00a0\u202f]\d{3})+(?:,\d*)?|\d+(?:,\d*)?(?:[eE][+-]?\d+)?)",
    "thousands apostrophe": r"(?:[1-9]\d{0,2}(?:['\u2019]\d{3})+|\d+)(?:\.\d*)?",
    "thousands space": r"(?:[1-9]\d{0,2}(?:[ \u00a0\u202f]\d{3})+|\d+)(?:\.\d*)?",
}
_NEGATIVE = re.compile(r"\s*(?:\(([^()+−-]*\d[^()+−-]*)\)|([^()+−-]*\d[^()+−-]*)[−-])\s*")
_AROUND: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "percent": ("", r"\s*%?"),
    "currency": (rf"(?:{_CURRENCIES})?\s*", rf"\s*(?:{_CURRENCIES})?"),
}


def _name(written: str, around: str) -> str:
    return written if not around else around if written == "plain" else f"{around}, {written}"


_FORMATS = {
    _name(written, around): (written, re.compile(rf"\s*{_SIGN}{before}(?P<number>{digits}){after}\s*"))
    for around, (before, after) in _AROUND.items()
    for written, digits in _WRITTEN.items()
}

NUMBER_FORMATS = tuple(_FORMATS)
"""The names of the formats of numbers: "plain", "thousands comma", …, "currency, decimal comma"."""


def reader(form: str) -> Callable[[str], float | None]:
    """The function that reads the text of a number in this format: the number, or None where it is none.

    A percent sign and a currency are read over: "12 %" is 12. What float() takes but people do not write, as 1_000,
    is no number; "nan" is none either, infinity is infinity. Brackets, and a minus behind it, make a number negative.

    Args:
        form: one of `NUMBER_FORMATS`.

    >>> from nnlite.tables.numbers import reader
    >>> reader("plain")("−1.5e3"), reader("thousands comma")("1,234.5"), reader("decimal comma")("1.234,5")
    (-1500.0, 1234.5, 1234.5)
    >>> reader("percent")("12 %"), reader("currency, thousands comma")("$1,234"), reader("plain")("1_000")
    (12.0, 1234.0, None)
    """
    if form == "plain":
        return _plain
    written, pattern = _FORMATS[form]

    def read(text: str) -> float | None:
        match = pattern.fullmatch(text.replace("−", "-"))
        if match is None:
            return _negated(text, read)
        digits = match["number"]
        if written == "thousands comma":
            digits = digits.replace(",", "")
        elif written.startswith("thousands"):
            digits = re.sub("[ '\u2019\u00a0\u202f]", "", digits)
        elif written == "decimal comma":
            digits = re.sub("[. '\u2019\u00a0\u202f]", "", digits).replace(",", ".")
        return float(match["sign"] + digits)

    return read


def example(form: str) -> str:
    """A number as it is written in a format.

    >>> from nnlite.tables.numbers import example
    >>> example("plain"), example("currency, decimal comma")
    ('1234.5', '€ 1.234,5')
    """
    if "apostrophe" in form or "space" in form:
        number = "1'234.5" if "apostrophe" in form else "1 234.5"
    else:
        number = "1,234.5" if "thousands" in form else "1.234,5" if "decimal" in form else "1234.5"
    return f"{number} %" if form.startswith("percent") else f"€ {number}" if form.startswith("currency") else number


def _plain(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        if "−" in text:
            return _plain(text.replace("−", "-"))
        return _negated(text, _plain)
    return None if "_" in text or math.isnan(number) else number


@functools.lru_cache
def some_are_numbers(absent: frozenset[str]) -> bool:
    """Whether a number stands for a missing value, as -999 may, among these texts."""
    return any(_plain(text) is not None for text in absent)


def _negated(text: str, read: Callable[[str], float | None]) -> float | None:
    """The number below 0 that a text in brackets, or with a minus behind it, is; None of another."""
    match = _NEGATIVE.fullmatch(text)
    found = None if match is None else read((match[1] or match[2]).strip())
    return None if found is None else -found


def is_negated(text: str) -> bool:
    """Whether brackets, or a minus behind it, say that a number is below 0.

    >>> from nnlite.tables.numbers import is_negated
    >>> is_negated("(1.5)"), is_negated("74-"), is_negated("-74")
    (True, True, False)
    """
    return _NEGATIVE.fullmatch(text) is not None


def plain_numbers(texts: Sequence[str | None], absent: frozenset[str]) -> Array | None:
    """(rows,), float64: plain numbers, NaN for a missing one; None where some text needs a closer look.

    Args:
        texts: a number for each row.
        absent: texts that stand for a missing number.
    """
    if some_are_numbers(absent):
        return None
    distinct = set(texts)
    if 2 * len(distinct) > len(texts):
        return _each(texts, absent)
    some = list(distinct)  # a number is looked up four times as fast as it is read
    if (found := _each(some, absent)) is None:
        return None
    known = dict(zip(some, found.tolist(), strict=True))
    return np.fromiter(map(known.__getitem__, texts), np.float64, len(texts))


def _each(texts: Sequence[str | None], absent: frozenset[str]) -> Array | None:
    try:
        try:
            found = np.fromiter(map(float, texts), np.float64, len(texts))  # type: ignore[arg-type]
        except ValueError:
            written = map(dict.fromkeys(absent, "nan").get, texts, texts)  # type: ignore[arg-type]
            found = np.fromiter(map(float, written), np.float64, len(texts))  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return None
    whole = "".join(texts)  # type: ignore[arg-type] # float() has refused None
    is_odd = "_" in whole or (bool(np.isnan(found).any()) and "nan" in whole.lower())
    return None if is_odd else found


def fits_both(text: str) -> bool:
    """Whether the mark in a number may part thousands or decimals.

    >>> from nnlite.tables.numbers import fits_both
    >>> [fits_both(text) for text in ("1.234", "12,500 €", "0.234", "1234.567", "1.25", "1.234.567", "12")]
    [True, True, False, False, False, False, False]
    """
    return _BOTH.fullmatch(text) is not None


def dots_may_part_thousands(texts: Sequence[str]) -> bool:
    """Whether there are points in numbers, and each of them stands before three last digits, as in 4.285.

    Args:
        texts: texts, numbers or not; those without a point say nothing.
    """
    dotted = False
    for text in texts:
        if "." in text and not fits_both(text):
            if any(reader(form)(text) is not None for form in ("plain", "percent", "currency")):
                return False
        elif "." in text:
            dotted = True
    return dotted


def format_of(texts: Sequence[str], comma: str = "thousands comma") -> tuple[str, list[str]]:
    """The format in which most of these texts are numbers, and those texts that are none in it.

    Args:
        texts: distinct texts, none of them missing.
        comma: which of the two commas is meant where both would do, as in 1,234. Where it is a decimal comma, points
            part thousands if all of them can, as in 4.285.

    >>> from nnlite.tables.numbers import format_of
    >>> format_of(["1,5", "2", "many"])
    ('decimal comma', ['many'])
    """
    best: tuple[str, list[str]] = ("plain", list(texts))
    order = sorted(NUMBER_FORMATS, key=lambda form: "comma" in form and comma not in form)
    if comma == "decimal comma" and dots_may_part_thousands(texts):
        order.sort(key=lambda form: comma not in form)
    some = texts[:: max(1, len(texts) // 50)]
    for form in order:
        read = reader(form)
        if all(read(text) is None for text in some):
            continue  # the texts of a million names are not read nine times
        strays = [text for text in texts if read(text) is None]
        if len(strays) < len(best[1]):
            best = form, strays
        if not strays:
            break
    return best


def is_code(text: str) -> bool:
    """Whether a text of digits starts with a zero that a number would lose, as the zip code 02139 does."""
    text = text.strip()
    return len(text) > 1 and text[0] == "0" and text.isdigit()
