"""Columns of numbers but for a text or two, or for a unit, which make categories of them, or leave them out."""

import re
from collections.abc import Iterable, Mapping

import numpy as np

from nnlite.tables.absent import and_missing, is_absent
from nnlite.tables.column import as_texts
from nnlite.tables.guess import Guess
from nnlite.tables.kinds import MOST_STRAYS
from nnlite.tables.numbers import format_of
from nnlite.tables.table import Table
from nnlite.text import cut

_UNIT = re.compile(
    r"[<>~≈]?\s*[+−-]?[\d.,'\u2019 \u00a0\u202f]*\d[\s\u00a0\u202f]*([^\W\d_]{1,12}[²³]?|[°\"″′][CF]?)"
)
_MOST_UNITS = 3
_ORDINALS = {"st", "nd", "rd", "th"}
_LEAST_NUMBERS = 4  # different ones; or "1", "2", "3+" would be told


def nearly_numbers(table: Table, guesses: Mapping[str, Guess], absent: frozenset[str]) -> dict[str, str]:
    """For each column that is no number because of texts in a row each, or of units: a sentence with the remedy.

    Args:
        table: all rows.
        guesses: what each column is.
        absent: texts that stand for a missing value.

    >>> from nnlite.tables import as_table, infer
    >>> from nnlite.tables.nearly_numbers import nearly_numbers
    >>> table = as_table({"age": ["31", "45", "27", "60", "31", "Sum"]})
    >>> nearly_numbers(table, infer(table), frozenset())["age"].partition(";")[0]
    "row 5 has 'Sum', all others have numbers, so that the column is a category"
    """
    found = {}
    for name, guess in guesses.items():
        cells = table.columns[name]
        if guess.kind not in ("category", "ignore") or isinstance(cells, np.ndarray):
            continue
        column = as_texts(cells)
        counts: dict[str, int] = {}
        for text, count in zip(column.values, column.counts().tolist(), strict=True):
            if count and text is not None and not is_absent(text, absent):
                counts[text.strip()] = counts.get(text.strip(), 0) + count
        if unit := _units_in_words(counts):
            found[name] = unit
            continue
        _, strays = format_of(list(counts))
        alone = bool(strays) and all(counts[text] == 1 for text in strays)
        if not alone or len(strays) > MOST_STRAYS or len(counts) - len(strays) < _LEAST_NUMBERS:
            continue
        places = [code for code, text in enumerate(column.values) if text is not None and text.strip() in strays]
        row = int(np.flatnonzero(np.isin(column.codes, places))[0])
        text = (column.values[int(column.codes[row])] or "").strip()
        more = f", and {len(strays) - 1} more are no numbers either" if len(strays) > 1 else ""
        so = "is a category" if guess.kind == "category" else "is left out"
        found[name] = (
            f"{table.word} {table.lines[row]} has {cut(repr(text), 40)}, all others have numbers{more}, so that the "
            f"column {so}; correct it, take the row out of the file, or, if it stands for a missing value, say "
            f"{and_missing(absent, text)}; if it is meant, kinds says category"
        )
    return found


def _units_in_words(texts: Iterable[str]) -> str:
    """A sentence where nearly all texts are numbers with a unit, such as 3 kg; "" elsewhere."""
    texts = list(texts)
    matches = [match for match in map(_UNIT.fullmatch, texts) if match is not None]
    units = sorted({match[1] for match in matches})
    few = len(units) == 1 or (
        len(units) <= _MOST_UNITS and not any(len(unit) == 1 and unit.isupper() for unit in units)
    )
    if not few or _ORDINALS & set(units) or len(matches) < max(_LEAST_NUMBERS, 0.9 * len(texts)):
        return ""
    return (
        f"{cut(repr(matches[0][0]), 40)} and the like look like numbers with a unit ({', '.join(units)}), which "
        "are read as texts: write the numbers alone, all in one unit"
    )
