"""The codes of a column of categories, one for each text."""

import numpy as np

from nnlite.tables.absent import is_absent
from nnlite.tables.block import Block, InBlock
from nnlite.tables.column import UNKNOWN, Column, as_texts, category
from nnlite.tables.table import Table
from nnlite.tables.words import Words
from nnlite.types import Array


class Codes(dict[str | None, int]):
    """The code of each text that may stand in a cell of a column of categories; worked out when it first does.

    Args:
        column: the column.
        absent: texts that stand for a missing value in every column.

    Attributes:
        known: the code of each category; of truth values that of 1 and 0 too, since True is 1.
    """

    def __init__(self, column: Column, absent: frozenset[str]) -> None:
        super().__init__()
        self.known = {text: code for code, text in enumerate(column.categories, start=1)}
        self.known |= _of_the_same_truth(self.known)
        self._form, self._absent, self._more = column.format, absent, frozenset(column.missing)  # not one set: memory
        self._missing = len(column.categories) + 1 if column.gaps else 0
        self._most = _MOST_OTHERS + 2 * len(self.known)
        self._words, self._in_words = Words({}), 0

    def __missing__(self, text: str | None) -> int:
        if text is None or is_absent(text, self._absent) or is_absent(text, self._more):
            code = self._missing
        else:
            code = self.known.get(category(text, self._form), 0)
        if len(self) < self._most:  # a file may have more than memory has
            self[text] = code
        return code

    def of_block(self, block: Block, place: int) -> Array:
        """(rows,), whole numbers: the codes of a column's cells in a block of lines."""
        found = block.codes(place, self._words)
        others = np.flatnonzero(found < 0).tolist()
        if len(others) * _FEW < len(found):
            for row in others:
                found[row] = self[block.text(row, place)]
            return found
        texts = block[place]
        found = np.fromiter(map(self.__getitem__, texts), np.int64, len(texts))
        if len(self) > 1.25 * self._in_words:  # not at each new text
            self._in_words = len(self)
            self._words = Words(self.copy())  # another thread may add texts to the dict
        return found


_TRUTHS = (("true", "1", "1.0"), ("false", "0", "0.0"))


def _of_the_same_truth(known: dict[str, int]) -> dict[str, int]:
    """The codes of further texts where all categories are truth values, or all 0 and 1: True and 1 are the same.

    >>> from nnlite.tables.codes import _of_the_same_truth
    >>> _of_the_same_truth({"false": 1, "true": 2})
    {'1': 2, '1.0': 2, '0': 1, '0.0': 1}
    >>> _of_the_same_truth({"1": 1, "2": 2})
    {}
    """
    named = [[text for text in texts if text in known] for texts in _TRUTHS]
    categories = sum(text != UNKNOWN for text in known)
    if any(len(texts) > 1 for texts in named) or sum(map(len, named)) != categories:
        return {}
    return {
        other: known[own]
        for texts, found in zip(_TRUTHS, named, strict=True)
        for own in found
        for other in texts
        if other != own
    }


_FEW = 16
"""One of so many rows may have a text that is looked up by itself."""

_MOST_OTHERS = 256
"""Texts beside the known categories, such as unknown ones, whose codes are kept."""


def as_codes(table: Table, column: Column, codes: Codes) -> Array:
    """(rows,), whole numbers: the codes of a column of categories."""
    if isinstance(table.columns, InBlock):
        return codes.of_block(table.columns.block, table.columns.places[column.name])
    cells = table.columns[column.name]
    if isinstance(cells, list):
        return np.fromiter(map(codes.__getitem__, cells), np.int64, len(cells))
    texts = as_texts(cells)
    return np.array([codes[text] for text in texts.values], np.int64)[texts.codes]
