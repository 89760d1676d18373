"""A block of lines as bytes, of whose cells plain numbers and known words are read without a text for each."""

import functools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nnlite.tables.words import MOST_BYTES, WORD, Words
from nnlite.types import Array

_LONGEST = 15
"""Whole numbers of so many digits, and the powers of ten that part their decimals off, are exact in float64."""

_LEAST = 16
"""Bytes before the first cell, so that as many can be read before the end of each."""

_INSIDE = np.arange(_LEAST) >= _LEAST - np.arange(_LEAST + 1)[:, None]
"""For each length of a cell which of the 16 bytes before its end are its own."""

_TENS = 10.0 ** np.arange(_LEAST + 1)


class Block(Sequence[list[str]]):
    """Lines that all have as many cells; a sequence of their columns, each a list of texts, made when asked for.

    Args:
        text: the lines, without null characters; each ends in a line break.
        delimiter: what parts the cells.
        encoded: the lines in UTF-8.
        ends: (rows, columns), where in `encoded` each cell ends.
    """

    def __init__(self, text: str, delimiter: str, encoded: bytes, ends: Array) -> None:
        self._text, self._delimiter = text, delimiter
        self._bytes = b"".join((bytes(_LEAST), encoded, bytes(MOST_BYTES)))
        self._ends = ends + _LEAST
        self._starts = np.concatenate([[_LEAST - 1], self._ends.reshape(-1)[:-1]]).reshape(ends.shape) + 1
        # the eight bytes from each place on as one whole number
        self._words = np.ndarray((len(self._bytes) - WORD + 1,), "<u8", self._bytes, strides=(1,))

    @classmethod
    def of(cls, text: str, delimiter: str, shape: tuple[int, int]) -> "Block | None":
        """The block of (rows, columns) that this text is; None where it is none."""
        if not delimiter.isascii() or "\0" in text:
            return None
        try:
            encoded = text.encode()
        except UnicodeEncodeError:  # a half of a pair of UTF-16, as some encodings let through
            return None
        found = np.frombuffer(encoded, np.uint8)
        ends = np.flatnonzero((found == ord(delimiter)) | (found == ord("\n")))
        if len(ends) != shape[0] * shape[1]:
            return None
        ends = ends.reshape(shape)
        return cls(text, delimiter, encoded, ends) if (found[ends[:, -1]] == ord("\n")).all() else None

    def __len__(self) -> int:
        return len(self._ends[0])

    def __getitem__(self, place: int) -> list[str]:  # type: ignore[override] # a slice of columns is not needed
        return self._cells[range(len(self))[place] :: len(self)]

    @functools.cached_property
    def _cells(self) -> list[str]:
        return self._text[:-1].replace("\n", self._delimiter).split(self._delimiter)

    def text(self, row: int, place: int) -> str:
        """The text of one cell."""
        return self._bytes[self._starts[row, place] : self._ends[row, place]].decode()

    def numbers(self, place: int) -> Array | None:
        """(rows,), float64: a column of plain numbers, NaN for an empty cell; None where a cell needs a closer look.

        A closer look is needed for all but up to 15 digits with at most one point among them, and a minus before.
        """
        starts, ends = self._starts[:, place], self._ends[:, place]
        whole = starts < ends
        minus = (np.frombuffer(self._bytes, np.uint8)[starts] == ord("-")) & whole
        lengths = ends - starts - minus
        if lengths.max() > _LONGEST or (minus & (lengths == 0)).any():
            return None
        width = WORD if lengths.max() <= WORD else _LEAST
        parts = [self._words[ends - back] for back in range(width, 0, -WORD)]
        inside = _INSIDE[lengths, _LEAST - width :]
        found = np.stack(parts, axis=1).view(np.uint8)  # (rows, width), the last byte of each cell at the end
        digits = found - np.uint8(ord("0"))  # below "0" it is large
        is_digit = inside & (digits < 10)
        points = inside & (found == ord("."))
        if not np.array_equal(is_digit | points, inside):
            return None
        digits *= is_digit
        powers = _TENS[width - 1 :: -1]
        values: Array = digits.astype(np.float64) @ powers
        if points.any():
            counts = points.sum(axis=1)
            if (counts > 1).any() or (whole & (counts == lengths)).any():
                return None
            # The digits before a point stand one place too far to the left.
            decimals = np.where(counts > 0, width - 1 - points.argmax(axis=1), width)
            after = (digits * (np.arange(width - 1, -1, -1) < decimals[:, None])).astype(np.float64) @ powers
            values = np.where(counts > 0, ((values - after) / 10 + after) / _TENS[decimals], values)
        values[minus] *= -1.0
        values[~whole] = np.nan
        return values

    def codes(self, place: int, words: Words) -> Array:
        """(rows,), whole numbers: the codes of a column's cells, −1 for a cell that is none of the words."""
        starts, lengths = self._starts[:, place], self._ends[:, place] - self._starts[:, place]
        return words.find([self._words[starts + skipped] for skipped in range(0, MOST_BYTES, WORD)], lengths)


class InBlock(Mapping[str, list[str]]):
    """The columns of a block by name.

    Args:
        names: a name for each column.
        block: the block.
    """

    def __init__(self, names: Sequence[str], block: Block) -> None:
        self.block = block
        self.places = {name: place for place, name in enumerate(names)}

    def __getitem__(self, name: str) -> list[str]:
        return self.block[self.places[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def __len__(self) -> int:
        return len(self.places)
