"""The texts that stand for a missing value in the cells of a table."""

import json
from collections.abc import Collection

_WORDS = ("NA", "N/A", "NaN", "null", "None", "#N/A")
_CASES = [case for word in _WORDS for case in (word, word.upper(), word.lower())]

MISSING = tuple(dict.fromkeys(["", "?", *_CASES, "Null", "-", "."]))
"""Texts that stand for a missing value, words in upper and in lower case; an empty cell is missing whatever is said.

"Na" is sodium, and "Nan" a name: they are none. A model file has its own list, and texts are compared to the letter.
"""


def and_missing(absent: Collection[str], text: str) -> str:
    """The key `missing` with one more text, to be pasted into a config, or into Python.

    Args:
        absent: the texts that stand for a missing value now.
        text: one more.

    >>> from nnlite.tables.absent import and_missing
    >>> and_missing(["?", ""], "unknown")
    'missing = ["", "?", "unknown"]'
    """
    known = [mark for mark in MISSING if mark in absent]
    others = sorted(set(absent) - set(known) - {text})
    return f"missing = {json.dumps([*known, *others, text.strip()], ensure_ascii=False)}"


def is_absent(text: str | None, absent: frozenset[str]) -> bool:
    """Whether the text of a cell stands for a missing value; an empty one always does."""
    return text is None or not (text := text.strip()) or text in absent
