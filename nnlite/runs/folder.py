"""A run folder is where a training run keeps and leaves all that it makes; none is ever overwritten."""

import contextlib
import glob
import itertools
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from nnlite.config import toml
from nnlite.errors import ConfigError, DataError, DivergenceError, ModelFileError, RunError, ShapeError
from nnlite.runs import lock
from nnlite.runs.signals import undisturbed
from nnlite.saving import checkpoint, files

CONFIG = "config.toml"
ENVIRONMENT = "environment.json"
HISTORY = "history.csv"
WEIGHTS = "weights.csv"
MODEL = "model.safetensors"
METRICS = "metrics.json"

RUNS = Path("runs")
"""Where run folders are made that the user gives no place."""


def begun(folder: Path) -> bool:
    """Whether a run was begun in this folder."""
    return (folder / CONFIG).is_file()


def check_begun(folder: Path) -> None:
    """Raises `RunError` where no run was begun in this folder."""
    if not begun(folder):
        raise RunError(f"{folder} is not a run folder: it has no {CONFIG}")


def finished(folder: Path) -> bool:
    """Whether the run in this folder is over: its figures are written last."""
    return (folder / METRICS).is_file()


@contextlib.contextmanager
def new(name: str, out: Path | None = None) -> Iterator[Path]:
    """A new run folder, locked for the length of a run.

    If the run fails before it has a checkpoint, it is as if it had never been.

    Args:
        name: of the config: the folder is runs/<name>, or runs/<name>-2 and so on if there is one.
        out: the folder itself, if the user wants it elsewhere; it must be new or empty.

    Raises:
        RunError: when the folder cannot be made or is not empty, or another process trains in it.
    """
    folder, made = _claim(name) if out is None else (out, _make(out))
    ours = False
    with contextlib.ExitStack() as stack:
        try:
            try:
                stack.enter_context(lock.locked(folder))
                _check_empty(folder)
                for place in made:
                    files.sync_folder(place.parent)
            except OSError as error:
                raise RunError(
                    f"the run folder {folder} cannot be written: {error.strerror}; name another with --out"
                ) from None
            ours = True
            yield folder
        except BaseException as error:
            with undisturbed(), contextlib.suppress(OSError):
                if ours and (finished(folder) or checkpoint.paths(folder)):
                    error.add_note(_how_it_is(folder, error))
                elif ours:
                    _clear(folder)
                stack.close()
                for empty in made:  # but for a folder that somebody else uses too
                    empty.rmdir()
            raise


@contextlib.contextmanager
def existing(folder: Path) -> Iterator[None]:
    """Locks the folder of a run that goes on; whatever happens, nothing that was there is lost.

    Raises:
        RunError: when it is no run folder or cannot be written, or another process trains in it.
    """
    check_begun(folder)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(lock.locked(folder))
        except OSError as error:
            raise RunError(f"the run folder {folder} cannot be written: {error.strerror}") from None
        files.sweep(folder)
        try:
            yield
        except (ConfigError, DataError, ShapeError, ModelFileError):
            raise  # it would come again
        except BaseException as error:
            error.add_note(_how_it_is(folder, error))
            raise


def newest_checkpoint(
    folder: Path, warn: Callable[[str], object] = lambda text: None
) -> checkpoint.Checkpoint | None:
    """The newest whole checkpoint of the run in this folder, as `checkpoint.newest` finds it.

    Raises `ModelFileError`, as that does, and where the checkpoint is not one that a run has written.
    """
    found = checkpoint.newest(folder, warn)
    if found is not None:
        config, hashes = found.header.get("config"), found.state.arrays.get("hashes", np.empty(0))
        if not isinstance(config, dict) or hashes.dtype != np.uint8 or hashes.shape[1:] != (32,):
            raise ModelFileError(
                f"{found.path}: the checkpoint is not that of a run: its config or hashes are missing"
            )
    return found


def _how_it_is(folder: Path, error: BaseException) -> str:
    """What is left of the run that ended with this error, and what can be done with it."""
    if finished(folder):
        return f"{folder}: this run is finished"
    if isinstance(error, DivergenceError):
        names = {"checkpoints": "checkpoint-*", "history": HISTORY, "model": MODEL}
        kept = [what for what, name in names.items() if any(folder.glob(name))]
        return (
            f"{folder} keeps its {', '.join(kept) or 'config'}; going on would diverge again, so begin a new run "
            "with another config"
        )
    command = "python train.py" if Path(sys.argv[0]).name == "train.py" else "nnlite train"
    return f"to go on: {command} --resume {shlex.quote(str(folder))}"


def latest(name: str) -> Path | None:
    """The run of this name to go on with: the latest that is unfinished, or else the latest of all."""
    runs = []
    for folder in RUNS.glob(f"{glob.escape(name)}*"):
        number = re.fullmatch(r"(?:-(\d{1,9}))?", folder.name[len(name) :])
        if number and begun(folder) and _name(folder) == name:
            runs.append((not finished(folder), int(number[1] or 1), folder))
    return max(runs)[2] if runs else None


def _name(folder: Path) -> str | None:
    """The name of the run's config; None where that cannot be read."""
    try:
        name = toml.parse((folder / CONFIG).read_bytes()).get("name")
    except (OSError, ConfigError):
        return None
    return name if isinstance(name, str) else None


def _claim(name: str) -> tuple[Path, list[Path]]:
    made = _make(RUNS)
    for number in itertools.count(1):
        folder = RUNS / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise RunError(
                f"cannot make the run folder {folder}: {error.strerror}; name another with --out"
            ) from None
        return folder, [folder, *made]
    raise AssertionError("there is always a next number")


def _make(folder: Path) -> list[Path]:
    """Makes the folder and its parents; returns those that were not there, innermost first."""
    try:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make the run folder {folder}: {error.strerror}; name another with --out") from None
    return missing


def _check_empty(folder: Path) -> None:
    """Raises `RunError` where there is anything but what a process that was killed left of its beginning."""
    if begun(folder) and not finished(folder):
        raise RunError(
            f"the run folder {folder} has an unfinished run: --resume {shlex.quote(str(folder))} goes on with it; or "
            "name a new one"
        )
    files.sweep(folder)
    for file in folder.iterdir():
        if file.name != lock.NAME:
            raise RunError(f"the run folder {folder} is not empty; a run is never overwritten, so name a new one")


def _clear(folder: Path) -> None:
    for file in folder.iterdir():
        if file.name != lock.NAME:
            file.unlink()
