"""Texts that differ in upper and lower case or in spaces alone, so that they are one more likely."""

import unicodedata
from collections.abc import Mapping

from nnlite.text import counted, cut

_MOST = 3  # that are named


def alike_in_words(counts: Mapping[str, int]) -> str:
    """Which texts differ in case or spaces alone, and in how many rows each stands; "" if none do.

    Args:
        counts: in how many rows each text stands.

    >>> from nnlite.tables.alike import alike_in_words
    >>> alike_in_words({"Yes": 10, "no": 9, "yes": 1})
    "'Yes' (10 rows), 'yes' (1 row) differ in case or spaces alone: are they one?"
    """
    same: dict[str, list[str]] = {}
    for text in counts:
        same.setdefault("".join(unicodedata.normalize("NFKC", text).casefold().split()), []).append(text)
    several = [texts for texts in same.values() if len(texts) > 1]
    if not several:
        return ""
    shown = "; ".join(
        ", ".join(f"{cut(repr(text), 30)} ({counted(counts[text], 'row')})" for text in texts)
        for texts in several[:_MOST]
    )
    more = f", and {len(several) - _MOST:,} more," if len(several) > _MOST else ""
    return f"{shown}{more} differ in case or spaces alone: are they one?"
