"""What each column of a table is, guessed from its values: a number, a category, a date, or nothing to learn from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnlite.tables import dates, marks, numbers
from nnlite.tables.absent import MISSING, is_absent
from nnlite.tables.cells import EXACT, text_of
from nnlite.tables.guess import ANY_CASE, NOTHING, Guess, Kind, Sign
from nnlite.tables.marks import Comma, comma_of
from nnlite.tables.table import Cells, Table, coded
from nnlite.text import counted
from nnlite.types import Array

MOST_STRAYS = 3
"""The most texts such as "unknown" among numbers that are taken for missing."""

_CODE = re.compile(r"^\s*0\d+\s*$", re.M)
_LEAST_NUMBERS = 10  # distinct ones, for a column of numbers in spite of strays: "0", "1", "2", "3+" is none
_MANY = 20


@dataclass(frozen=True)
class _Texts:
    """The distinct texts of a column, in how many rows each stands, and how many rows miss one."""

    texts: list[str]
    counts: Array
    gaps: int
    rows: int


def infer(
    table: Table, missing: Sequence[str] = MISSING, comma: Comma | None = None, *, typed: bool = False
) -> dict[str, Guess]:
    """What each column is, with a reason; of all rows, since a stray text may stand in any of them.

    Nothing that is counted here is kept for the model, and no column is compared with another.

    Args:
        table: the rows.
        missing: texts that stand for a missing value.
        comma: what a comma is in numbers such as 1,234; if None the table's other columns and its file say so.
        typed: whether the source has types of its own, as data frames have and text files have not: a column of
            nothing but texts of digits has categories then, such as zip codes; amounts would have come as numbers.

    >>> from nnlite.tables import as_table, infer
    >>> guesses = infer(as_table({"price": ["1,5", "12,25", "?"], "town": ["Bern", "Rome", "Bern"]}))
    >>> guesses["price"].kind, guesses["price"].format, guesses["price"].why
    ('number', 'decimal comma', 'numbers with a decimal comma, 2 different ones, 1 missing')
    >>> guesses["town"].kind
    'category'
    """
    absent = frozenset(missing)
    comma = comma or comma_of(table)
    guesses: dict[str, Guess | None] = {}
    for name, cells in table.columns.items():
        if isinstance(cells, np.ndarray):
            guesses[name] = _of_array(cells)
        else:
            quickly = isinstance(cells, list) and not typed
            guesses[name] = _of_plain_numbers(cells, absent, comma) if quickly else None  # type: ignore[arg-type]
    texts = {name: _texts(table.columns[name], absent) for name, guess in guesses.items() if guess is None}
    return {
        name: guess
        or _of_texts(texts[name], table.columns[name], comma, declared=name in table.categorical, typed=typed)
        for name, guess in guesses.items()
    }


def guess_as(kind: Kind, cells: Cells, missing: Sequence[str], why: str, comma: Comma) -> Guess:
    """What the user says that a column is, with the format in which it is that."""
    said = frozenset({Sign.SAID})
    if isinstance(cells, np.ndarray):
        form = {"date": dates.ISO, "number": "plain"}.get(kind, "")
        return Guess(kind, why, form, signs=said)
    if kind == "number":
        texts = _texts(cells, frozenset(missing)).texts
        form, _ = numbers.format_of(texts, comma)
        doubt = marks.doubt(texts, form)
        return Guess(kind, why + doubt, form, signs=said | {Sign.TWO_READINGS} if doubt else said)
    return Guess(kind, why, dates.ISO if kind == "date" else "", signs=said)


def _texts(cells: Cells, absent: frozenset[str]) -> _Texts:
    column = coded(cells)
    counts = column.counts()
    merged: dict[str, int] = {}
    gaps = 0
    for text, count in zip(column.values, counts.tolist(), strict=True):
        if not count:
            continue  # the rows are a part of the table
        if text is None or is_absent(text, absent):
            gaps += count
        else:
            text = text.strip()
            merged[text] = merged.get(text, 0) + count
    return _Texts(list(merged), np.array(list(merged.values()), np.int64), gaps, len(column))


def _and_gaps(why: str, gaps: int) -> str:
    return f"{why}, {gaps} missing" if gaps else why


_EMPTY = Guess("ignore", "no value at all", signs=frozenset({Sign.EMPTY}))
_PLAIN = Guess("number", "numbers", "plain", signs=frozenset({Sign.OBVIOUS}))


def _of_array(cells: Array) -> Guess:
    kind = cells.dtype.kind
    gone = np.isnat(cells) if kind == "M" else np.isnan(cells) if kind == "f" else np.zeros(len(cells), np.bool_)
    gaps = int(gone.sum())
    if gaps == len(cells):
        return _EMPTY
    values = np.unique(cells[~gone] if gaps else cells)
    if len(values) == 1:
        return _constant(text_of(values[0].item() if kind != "M" else values[0]), gaps)
    if kind == "b":
        return Guess("category", "true or false")
    if kind == "M":
        return Guess("date", _and_gaps("dates", gaps), dates.ISO)
    if kind in "iu" and max(abs(int(values[0])), abs(int(values[-1]))) > EXACT:
        return _of_names("whole numbers beyond what float64 holds", len(values), len(cells) - gaps, gaps)
    return _of_numbers(cells, len(values), gaps, _PLAIN)


def _of_plain_numbers(cells: list[str | None], absent: frozenset[str], comma: Comma) -> Guess | None:
    """The guess for a column that is mostly different numbers, quickly; None where it needs a closer look."""
    found = numbers.plain_numbers(cells, absent)
    if found is None or _CODE.search("\n".join(cells)):  # type: ignore[arg-type] # without None, or found is None
        return None
    if comma == "decimal comma" and numbers.dots_may_part_thousands(cells):  # type: ignore[arg-type]
        return None
    gone = np.isnan(found)
    gaps = int(gone.sum())
    values = np.unique(found[~gone])
    if len(values) < 2 or max(-values[0], values[-1]) > EXACT:
        return None
    return _of_numbers(found, len(values), gaps, _PLAIN)


def _of_texts(column: _Texts, cells: Cells, comma: Comma, *, declared: bool, typed: bool) -> Guess:
    texts, filled = column.texts, column.rows - column.gaps
    if not texts:
        return _EMPTY
    if len(texts) == 1:
        return _constant(texts[0], column.gaps)
    if declared:
        return Guess("category", _and_gaps("declared to be a category", column.gaps))
    if {text.lower() for text in texts} == {"true", "false"}:
        return Guess("category", _and_gaps("true or false", column.gaps), ANY_CASE)
    number = _number(column, cells, comma)
    if typed and number is not None and number.kind == "number" and _are_digits(cells):
        found = _of_names("texts of digits", len(column.texts), filled, column.gaps)
        return replace(found, signs=found.signs | {Sign.DIGITS})
    if number is not None:
        return number
    date = _date(column)
    if date is not None:
        return date
    lowered = len({text.lower() for text in texts})
    if lowered * 2 <= len(texts):
        why = f"{counted(lowered, 'category', 'categories')} once upper and lower case are taken for the same"
        return Guess("category", _and_gaps(why, column.gaps), ANY_CASE)
    return _of_names(_TEXTS, len(texts), filled, column.gaps)


def _are_digits(cells: Cells) -> bool:
    """Whether all texts have digits alone; where one is "?", say, it may be why the others were left as texts."""
    return all(text is None or text.strip().isdigit() for text in coded(cells).values)


def _constant(text: str, gaps: int) -> Guess:
    if gaps:
        return Guess("category", f"{_shown(text)} or missing")
    return Guess("ignore", f"{_shown(text)} in every row", signs=frozenset({Sign.CONSTANT}))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 30 else text[:29] + "…")


_TEXTS = "texts"


def _of_names(what: str, distinct: int, filled: int, gaps: int) -> Guess:
    """Texts: categories, or left out where nearly each row has one of its own."""
    if distinct * 2 > filled and (distinct > _MANY or (distinct == filled and distinct >= _LEAST_NUMBERS)):
        return Guess(
            "ignore",
            f"{what}, {distinct} different ones in {counted(filled, 'row')}: names, ids or free text",
            signs=frozenset({Sign.NAMES}),
        )
    rare = "; the most common are kept" if distinct > 255 else ""
    signs = frozenset({Sign.OBVIOUS}) if what == _TEXTS and not rare else NOTHING
    return Guess("category", _and_gaps(f"{what}, {distinct} different ones{rare}", gaps), signs=signs)


def _number(column: _Texts, cells: Cells, comma: Comma) -> Guess | None:
    """The guess where the texts are numbers, or codes of digits; None where they are not."""
    form, strays = numbers.format_of(column.texts, comma)
    distinct = len(column.texts) - len(strays)
    if strays:
        gone = set(strays)
        rows = sum(count for text, count in zip(column.texts, column.counts.tolist(), strict=True) if text in gone)
        if len(strays) > MOST_STRAYS or distinct <= _LEAST_NUMBERS or rows * 2 > column.rows - column.gaps:
            return None
    if any(map(numbers.is_code, column.texts)):
        return _of_names("codes with leading zeros", len(column.texts), column.rows - column.gaps, column.gaps)
    read = numbers.reader(form)
    values = {text: value for text in column.texts if (value := read(text)) is not None}
    if form == "plain" and any(
        text.lstrip("+-").isdigit() and abs(int(text)) > EXACT for text in values if len(text) > 15
    ):
        what = "whole numbers beyond what float64 holds"
        return _of_names(what, len(column.texts), column.rows - column.gaps, column.gaps)
    why, signs = marks.in_words(column.texts, form)
    if strays:
        signs -= {Sign.OBVIOUS}
        why += f", {', '.join(map(_shown, strays))} taken for missing in {counted(rows, 'row')}"
    guess = Guess("number", why, form, tuple(strays), signs)
    if column.gaps or strays:
        return _of_numbers(None, distinct, column.gaps, guess)
    table = coded(cells)
    in_order = np.array(
        [values[text.strip()] if text is not None and text.strip() in values else np.nan for text in table.values]
    )
    return _of_numbers(in_order[table.codes], distinct, 0, guess)


def _of_numbers(cells: Array | None, distinct: int, gaps: int, guess: Guess) -> Guess:
    """Numbers, or a counter of the rows; whole numbers that are all different are said to be perhaps an id."""
    few = f", {distinct} different ones" if distinct <= _MANY else ""  # they may be codes
    why, signs = _and_gaps(guess.why + few, gaps), guess.signs
    if cells is not None and not gaps and distinct == len(cells) >= _LEAST_NUMBERS // 2:
        steps = np.diff(cells.astype(np.float64))
        if (steps == 1).all():
            return Guess("ignore", "counts the rows", guess.format, signs=frozenset({Sign.COUNTER}))
        if len(cells) > _MANY and (np.floor(cells) == cells).all():
            why += ", whole and all different: perhaps an id"
            signs = signs - {Sign.OBVIOUS} | {Sign.PERHAPS_AN_ID}
    return Guess(guess.kind, why, guess.format, guess.missing, signs)


def _date(column: _Texts) -> Guess | None:
    """The guess where the texts are dates; None where they are not."""
    read = dates.reader(dates.ISO)
    some = column.texts[:: max(1, len(column.texts) // 50)]
    if any(read(text) is not None for text in some):
        strays = [text for text in column.texts if read(text) is None]
        distinct = len(column.texts) - len(strays)
        if not strays or (len(strays) <= MOST_STRAYS and distinct > _LEAST_NUMBERS):
            why = "dates" + (f", {', '.join(map(_shown, strays))} taken for missing" if strays else "")
            return Guess("date", _and_gaps(why, column.gaps), dates.ISO, tuple(strays))
    alike = [text for text in column.texts if dates.looks_like_one(text)]
    strays = [text for text in column.texts if not dates.looks_like_one(text)]
    if strays and (len(strays) > MOST_STRAYS or len(alike) <= _LEAST_NUMBERS):
        return None
    patterns = dates.patterns_of(alike)
    if not patterns:
        return None
    said = " or ".join(f'"{pattern}"' for pattern in patterns)
    but = f", but for {', '.join(map(_shown, strays))}, which missing may name" if strays else ""
    why = f"dates such as {_shown(alike[0])}{but}; say how they are written: formats, {said}"
    return Guess("ignore", why, signs=frozenset({Sign.UNREAD_DATES}))
