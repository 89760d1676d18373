"""The weight hashes of a run: what the model had learnt at every epoch's end; equal ones prove equal training."""

from collections.abc import Sequence

import numpy as np

from nnlite.types import Array


def to_csv(hashes: Sequence[str]) -> str:
    """The hashes as a table, a row for each epoch."""
    rows = "".join(f"{epoch},{each}\n" for epoch, each in enumerate(hashes, start=1))
    return f"epoch,sha256\n{rows}"


def to_array(hashes: Sequence[str]) -> Array:
    """The hashes as bytes, (epochs, 32), for a checkpoint, whose text has no place for many."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(-1, 32)


def from_array(array: Array) -> list[str]:
    """The hashes that `to_array` was given."""
    return [row.tobytes().hex() for row in array]
