"""A checkpoint is a file from which training goes on; the last two of a run lie in its folder.

It is a tensor file with the state of the training, and a header: plain values that say which training it is.
"""

import contextlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnlite.core.state import State
from nnlite.errors import DivergenceError, ModelFileError, RunError, UnreadableError
from nnlite.saving import files, tensors

KIND = "checkpoint"
"""What the description of such a file says it is."""

_NAME = re.compile(r"checkpoint-(\d{1,18})-(\d{1,18})\.safetensors", re.ASCII)


class Checkpoint(NamedTuple):
    """What was found in a file."""

    path: Path
    state: State
    header: dict[str, Any]


def path_in(folder: Path, epoch: int, step: int) -> Path:
    """Where the checkpoint belongs that is written after so many epochs, and so many steps of the next one."""
    return folder / f"checkpoint-{epoch}-{step}.safetensors"


def paths(folder: Path) -> list[Path]:
    """The checkpoints in a folder, the newest last: by the numbers in their names, whatever the clock said.

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
    """Writes a checkpoint, durably; the one before it stays, and older ones go, and what killed writes left.

    Args:
        path: from `path_in`.
        state: of the training.
        header: plain values of JSON; `load` gives them back.

    Raises:
        DivergenceError: when a weight is not finite; nothing is written, and the former checkpoints stay.
        RunError: when the file cannot be written; the former checkpoints stay.
    """
    for name, array in state.arrays.items():
        if name.startswith("model/") and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DivergenceError(
                f"{name.removeprefix('model/')} is infinite or NaN, so that no checkpoint was written; the former "
                "ones stay"
            )
    description = {"kind": KIND, "header": header, "values": state.values}
    files.write(path, tensors.to_bytes(state.arrays, description))
    kept = [path, *[earlier for earlier in paths(path.parent) if _numbers(earlier) < _numbers(path)][-1:]]
    for other in paths(path.parent):  # those after it are of a course that training has not taken
        if other not in kept:
            with contextlib.suppress(OSError):  # the next one tries again
                other.unlink()
    files.sweep(path.parent)


def load(path: Path) -> tuple[State, dict[str, Any]]:
    """The state and the header in a checkpoint; raises `ModelFileError`."""
    arrays, description = tensors.read(path)
    kind, header, values = (description.get(key) for key in ("kind", "header", "values"))
    if kind != KIND or not isinstance(header, dict) or not isinstance(values, dict):
        raise ModelFileError(f"{path}: the file is not a checkpoint of nnlite, but perhaps a model")
    return State(values, arrays), header


def newest(folder: Path, warn: Callable[[str], object] = lambda text: None) -> Checkpoint | None:
    """The newest checkpoint in a folder that is whole; None if there is no checkpoint at all.

    `warn` is called with a sentence on each newer one that is damaged.

    Raises:
        ModelFileError: when all are damaged.
        UnreadableError: when one may be whole, but cannot be read here and now.
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
            "begin anew"
        )
    return None


def forget_after(path: Path) -> None:
    """Removes the checkpoints after this one, which are damaged: the next one is to have this one before it."""
    for other in paths(path.parent):
        if _numbers(other) > _numbers(path):
            other.unlink()


def clear(folder: Path) -> None:
    """Removes the checkpoints from a folder, the newest last."""
    for path in paths(folder):
        path.unlink(missing_ok=True)


def _numbers(path: Path) -> tuple[int, int]:
    """Its epoch and its step."""
    found = _NAME.fullmatch(path.name)
    assert found is not None
    return int(found[1]), int(found[2])
