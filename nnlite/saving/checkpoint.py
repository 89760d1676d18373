"""A checkpoint is a file from which training can be resumed; the last two of a run are in its folder.

It is a tensor file with the state of the training, and a header of plain values that identifies the training.
"""

import contextlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnlite import files
from nnlite.core.state import State
from nnlite.errors import DivergenceError, ModelFileError, RunError, UnreadableError
from nnlite.saving import tensors

KIND = "checkpoint"
"""The `kind` in the description of such a file."""

_NAME = re.compile(r"checkpoint-(\d{1,18})-(\d{1,18})\.safetensors", re.ASCII)


class Checkpoint(NamedTuple):
    """A checkpoint that was read from a file."""

    path: Path
    state: State
    header: dict[str, Any]


def path_in(folder: Path, epoch: int, step: int) -> Path:
    """The path of the checkpoint after `epoch` epochs and `step` steps of the next one."""
    return folder / f"checkpoint-{epoch}-{step}.safetensors"


def paths(folder: Path) -> list[Path]:
    """The checkpoints in a folder by epoch and step, the newest last (file times do not count).

    >>> import pathlib, tempfile
    >>> from nnlite.saving import checkpoint
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for epoch in (9, 10):
    ...     checkpoint.path_in(folder, epoch, 0).touch()
    >>> [path.name for path in checkpoint.paths(folder)]
    ['checkpoint-9-0.safetensors', 'checkpoint-10-0.safetensors']
    """
    try:
        return sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=_numbers)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"{folder} cannot be read: {error.strerror}") from None


def save(path: Path, state: State, header: Mapping[str, Any]) -> None:
    """Writes a checkpoint durably. Keeps the one before it; removes older ones, and files that killed writes left.

    Args:
        path: the path that `path_in` gives.
        state: the state of the training.
        header: plain values of JSON, which `load` returns.

    Raises:
        DivergenceError: if a weight is not finite; nothing is written, and earlier checkpoints stay.
        RunError: if the file cannot be written, or has another name; earlier checkpoints stay.
    """
    if not _NAME.fullmatch(path.name):
        raise RunError(f"{path}: no checkpoint has such a name; take that of path_in(folder, epoch, step)")
    for name, array in state.arrays.items():
        if name.startswith("model/") and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DivergenceError(
                f"{name.removeprefix('model/')} is infinite or NaN, so that no checkpoint was written; the former "
                "ones stay"
            )
    description = {"kind": KIND, "header": header, "values": state.values}
    files.write(path, tensors.to_bytes(state.arrays, description))
    kept = [path, *[earlier for earlier in paths(path.parent) if _numbers(earlier) < _numbers(path)][-1:]]
    for other in paths(path.parent):  # later ones belong to a course that was abandoned on resuming an earlier one
        if other not in kept:
            with contextlib.suppress(OSError):  # the next checkpoint tries again
                other.unlink()
    files.sweep(path.parent)


def load(path: Path) -> tuple[State, dict[str, Any]]:
    """Reads a checkpoint: its state and its header; raises `ModelFileError`."""
    arrays, description = tensors.read(path)
    kind, header, values = (description.get(key) for key in ("kind", "header", "values"))
    if kind != KIND or not isinstance(header, dict) or not isinstance(values, dict):
        raise ModelFileError(f"{path}: the file is not a checkpoint of nnlite, but perhaps a model")
    return State(values, arrays), header


def newest(folder: Path, warn: Callable[[str], object] = lambda text: None) -> Checkpoint | None:
    """The newest intact checkpoint in a folder; None if the folder has no checkpoints.

    `warn` is called with a sentence about each newer one that is damaged.

    Raises:
        ModelFileError: if all are damaged.
        UnreadableError: if one cannot be read now, but may be intact.
    """
    damaged = []
    for path in reversed(paths(folder)):
        try:
            found = Checkpoint(path, *load(path))
        except UnreadableError:
            raise
        except ModelFileError as error:
            damaged.append(error)
            continue
        for each in damaged:
            warn(f"{each}; the checkpoint before it is taken")
        return found
    if damaged:
        raise ModelFileError(
            f"none of the checkpoints in {folder} can be read: {'; '.join(map(str, damaged))}; move them away to "
            "begin again"
        )
    return None


def forget_after(path: Path) -> None:
    """Removes the checkpoints after this one, which are damaged, so that this one counts as the last."""
    for other in paths(path.parent):
        if _numbers(other) > _numbers(path):
            other.unlink()


def clear(folder: Path) -> None:
    """Removes all checkpoints from a folder, the newest last."""
    for path in paths(folder):
        path.unlink(missing_ok=True)


def _numbers(path: Path) -> tuple[int, int]:
    """The epoch and the step in the name of a checkpoint."""
    found = _NAME.fullmatch(path.name)
    assert found is not None
    return int(found[1]), int(found[2])
