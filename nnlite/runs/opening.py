"""Opening a run folder: a new one is made and locked, or the one of a run that goes on is locked."""

import contextlib
import itertools
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from nnlite import files
from nnlite.errors import ConfigError, DataError, DivergenceError, ModelFileError, RunError, ShapeError
from nnlite.runs import lock
from nnlite.runs.folder import RUNS, RunFolder
from nnlite.runs.signals import undisturbed

Resuming: TypeAlias = Callable[[RunFolder], str]
"""What goes on with the run in a folder: a command, or a call in Python, as a user would write it."""


def command(folder: RunFolder) -> str:
    """The command that goes on with the run in the folder."""
    program = "python train.py" if Path(sys.argv[0]).name == "train.py" else "nnlite train"
    return f"{program} --resume {shlex.quote(str(folder))}"


@contextlib.contextmanager
def new(name: str, out: Path | None = None, resuming: Resuming = command) -> Iterator[RunFolder]:
    """Within the block a new run folder is locked; if the block fails before a checkpoint, the folder goes again.

    Args:
        name: the name of the config: the folder is runs/<name>, or runs/<name>-2 and so on if there is one.
        out: the folder itself, if the user wants it elsewhere; it must be new or empty.
        resuming: what goes on with a run, for messages.

    Raises:
        RunError: when the folder cannot be made or is not empty, or another process trains in it.
    """
    path, made = _claim(name) if out is None else (out, _make(out))
    folder, ours = RunFolder(path), False
    with contextlib.ExitStack() as stack:
        try:
            try:
                stack.enter_context(lock.locked(path))
                _check_empty(folder, resuming)
                for place in made:
                    files.sync_folder(place.parent)
            except OSError as error:
                raise RunError(
                    f"the run folder {path} cannot be written: {error.strerror}; name another with --out"
                ) from None
            ours = True
            yield folder
        except BaseException as error:
            with undisturbed(), contextlib.suppress(OSError):
                if ours and folder.worth_keeping:
                    error.add_note(_how_to_go_on(folder, error, resuming))
                elif ours:
                    _clear(path)
                stack.close()
                for empty in made:  # fails, and ends this, at a folder that is used for something else too
                    empty.rmdir()
            raise


@contextlib.contextmanager
def existing(folder: RunFolder, resuming: Resuming = command) -> Iterator[None]:
    """Within the block the folder of a run that goes on is locked; whatever happens, nothing in it is lost.

    Args:
        folder: the folder.
        resuming: what goes on with a run, for messages.

    Raises:
        RunError: when it is no run folder or cannot be written, or another process trains in it.
    """
    folder.check_begun()
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(lock.locked(folder.path))
        except OSError as error:
            raise RunError(f"the run folder {folder} cannot be written: {error.strerror}") from None
        files.sweep(folder.path)
        try:
            yield
        except (ConfigError, DataError, ShapeError, ModelFileError):
            raise  # it would come again
        except BaseException as error:
            error.add_note(_how_to_go_on(folder, error, resuming))
            raise


def _how_to_go_on(folder: RunFolder, error: BaseException, resuming: Resuming) -> str:
    """What is left of the run that ended with this error, and what can be done with it."""
    if folder.finished:
        return f"{folder}: this run is finished"
    if isinstance(error, DivergenceError):
        names = {"checkpoints": "checkpoint-*", "history": folder.history.name, "model": folder.model.name}
        kept = [what for what, name in names.items() if any(folder.path.rglob(name))]
        return (
            f"{folder} keeps its {', '.join(kept) or 'config'}; going on would diverge again, so begin a new run "
            "with another config"
        )
    return f"to go on: {resuming(folder)}"


def _claim(name: str) -> tuple[Path, list[Path]]:
    """Makes the first folder of this name that there is not; returns it, and all folders that were made."""
    made = _make(RUNS)
    for number in itertools.count(1):
        path = RUNS / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise RunError(f"cannot make the run folder {path}: {error.strerror}; name another with --out") from None
        return path, [path, *made]
    raise AssertionError("there is always a next number")


def _make(path: Path) -> list[Path]:
    """Makes the folder and its parents; returns those that were not there, innermost first."""
    try:
        missing = [place for place in (path, *path.parents) if not place.exists()]
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make the run folder {path}: {error.strerror}; name another with --out") from None
    return missing


def _check_empty(folder: RunFolder, resuming: Resuming) -> None:
    """Raises `RunError` where there is anything but what a process that was killed left of its beginning."""
    if folder.begun and not folder.finished:
        raise RunError(
            f"the run folder {folder} has an unfinished run: {resuming(folder)} goes on with it; or name a new one"
        )
    files.sweep(folder.path)
    for file in folder.path.iterdir():
        if file.name != lock.NAME:
            raise RunError(f"the run folder {folder} is not empty; a run is never overwritten, so name a new one")


def _clear(path: Path) -> None:
    for file in path.iterdir():
        if file.is_dir():  # of a member of an ensemble
            shutil.rmtree(file)
        elif file.name != lock.NAME:
            file.unlink()
