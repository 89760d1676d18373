"""Short words with a code each, which are found in bytes of UTF-8, many at once."""

from collections.abc import Mapping, Sequence

import numpy as np

from nnlite.types import Array

WORD = 8
"""Bytes that are compared at once, as one whole number."""

MOST_BYTES = 3 * WORD

_OWN = np.array(
    [
        [2 ** (8 * min(max(length - before, 0), WORD)) - 1 for length in range(MOST_BYTES + 1)]
        for before in range(0, MOST_BYTES, WORD)
    ],
    np.uint64,
)
"""For each part, and each length of a word, which bytes belong to it: the first, which are the lowest."""

_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_MOST_BITS = 16


class Words:
    """Finds the codes of words; of more than 24 bytes it finds none.

    It is a hash table: where two words have one place in it, the second is not found either.

    Args:
        codes: the code of each word.

    >>> import numpy as np
    >>> from nnlite.tables.words import Words
    >>> cells = np.array([b"Bern", b"Rome", b"Oslo"], "S24").view("<u8").reshape(3, 3)
    >>> Words({"Bern": 1, "Rome": 2}).find(list(cells.T), np.array([4, 4, 4])).tolist()
    [1, 2, -1]
    """

    def __init__(self, codes: Mapping[str | None, int]) -> None:
        short = {text: code for text, code in codes.items() if text is not None and _is_short(text)}
        bits = min(_MOST_BITS, 2 + 2 * len(short).bit_length())  # few words meet in 4·n² places
        self._shift = np.uint64(64 - bits)
        keys = np.array(
            [b"\0" * MOST_BYTES, *(text.encode("utf-8", "surrogatepass") for text in short)], f"S{MOST_BYTES}"
        )
        self._keys = keys.view("<u8").reshape(-1, MOST_BYTES // WORD).T.copy()  # (3, 1 + words)
        self._codes = np.array([-1, *short.values()])
        self._places = np.zeros(2**bits, np.intp)  # 0: no word is there
        self._places[self._hash(list(self._keys[:, :0:-1]))] = np.arange(len(short), 0, -1)

    def find(self, parts: Sequence[Array], lengths: Array) -> Array:
        """(rows,): the code of each word, −1 where there is none.

        Args:
            parts: (rows,) each, the bytes of the word and what follows it, eight as a whole number.
            lengths: (rows,), how many bytes each word has in UTF-8.
        """
        if (longest := int(lengths.max(initial=0))) <= WORD:
            parts = parts[:1]
        capped = np.minimum(lengths, MOST_BYTES)
        parts = [part & own[capped] for part, own in zip(parts, _OWN, strict=False)]
        at = self._places[self._hash(parts)]
        found = self._codes[at]
        wrong = np.zeros(len(at), bool) if longest <= MOST_BYTES else lengths > MOST_BYTES
        for place, key in enumerate(self._keys):
            wrong |= key[at] != (parts[place] if place < len(parts) else 0)
        found[wrong] = -1
        return found

    def _hash(self, parts: Sequence[Array]) -> Array:
        mixed = np.zeros(len(parts[0]), np.uint64)
        for part, factor in zip(parts, _FACTORS, strict=False):
            mixed ^= part * factor
        return (mixed >> self._shift).astype(np.intp)


def _is_short(text: str) -> bool:
    return "\0" not in text and len(text.encode("utf-8", "surrogatepass")) <= MOST_BYTES
