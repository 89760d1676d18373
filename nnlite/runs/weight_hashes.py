"""The weight hashes of a run say what the model had learnt at every epoch's end; equal ones prove equal training."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nnlite.errors import RunError
from nnlite.runs import folder as run_folder
from nnlite.saving import files
from nnlite.types import Array


def write(folder: Path, hashes: Sequence[str]) -> None:
    """Writes them to the run's folder, a row for each epoch."""
    rows = "".join(f"{epoch},{each}\n" for epoch, each in enumerate(hashes, start=1))
    files.write(folder / run_folder.WEIGHTS, f"epoch,sha256\n{rows}")


def read(folder: Path) -> list[str]:
    """Those of all epochs so far, of a run that is over or not; raises an `NnliteError`."""
    written = _read(folder / run_folder.WEIGHTS)
    found = None if run_folder.finished(folder) else run_folder.newest_checkpoint(folder)
    kept: list[str] = [] if found is None else from_array(found.state.arrays["hashes"])
    hashes = max(written, kept, key=len)  # a run that went on after a signal has newer ones in its checkpoint
    if not hashes:
        raise RunError(f"{folder} has no weights of any epoch yet")
    return hashes


def to_array(hashes: Sequence[str]) -> Array:
    """The hashes as bytes, (epochs, 32), for a checkpoint; whose text has no place for many."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(-1, 32)


def from_array(array: Array) -> list[str]:
    """What `to_array` was given."""
    return [row.tobytes().hex() for row in array]


def _read(path: Path) -> list[str]:
    try:
        heading, *rows = csv.reader(io.StringIO(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, csv.Error) as error:
        raise RunError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not a table'}") from None
    hashes = [row[1] for row in rows if len(row) == 2 and re.fullmatch("[0-9a-f]{64}", row[1])]
    if heading != ["epoch", "sha256"] or rows != [[str(epoch), each] for epoch, each in enumerate(hashes, start=1)]:
        raise RunError(f"{path} is damaged: expected the columns epoch and sha256, a row for each epoch")
    return hashes
