"""Hashes by which rows that are the same are counted, and columns of the same values are found."""

import hashlib

import numpy as np

from nnlite.tables.giveaway import Read
from nnlite.types import Array


def mixed(hashes: Array, read: Read) -> Array:
    """The rows' hashes with one more column; two different rows have the same with a chance of 2⁻⁶⁴ or so."""
    bits = read.codes.astype(np.uint64)
    with np.errstate(over="ignore"):
        found: Array = (hashes ^ (bits + np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    found ^= found >> np.uint64(29)
    return found


def digest(read: Read) -> bytes:
    """Equal for columns of the same values in the same rows."""
    numbers = read.numbers
    first = read.codes if numbers is None else np.where(np.isnan(numbers), np.nan, numbers + 0.0)
    found = hashlib.blake2b(np.ascontiguousarray(first).data, digest_size=16)
    found.update(repr(read.texts).encode("utf-8", "surrogatepass"))
    return found.digest()
