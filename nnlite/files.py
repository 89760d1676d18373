"""A file is written whole or not at all, and stays written when the power fails."""

import contextlib
import errno
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from nnlite.errors import RunError


def write(path: Path, content: bytes | str) -> None:
    """Replaces the content of a file; raises `RunError`, and then has changed nothing.

    At every moment the file has the old content or the new: see `replaced`.
    """
    # Half a surrogate pair is no text; it is written as its escape, which JSON reads back.
    content = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    with replaced(path) as file:
        file.write(content)


def make_folder(path: Path) -> None:
    """Makes a folder, and those that it lies in, where they are not there; raises `RunError` if it cannot."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"the folder {path} cannot be made: {error.strerror or error}") from None


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """Within the block a file is open, with which it replaces the one at the path if it ends without an error.

    A temporary file in the same folder is written and synced, then renamed over the old one, then the folder is
    synced: at every moment the file has the old content or the new. Temporary files of killed writes to it go.
    Raises `RunError` where it cannot be written, also for an `OSError` of the block, and then has changed nothing.
    """
    try:
        # Opened first, so that nothing is renamed in a folder that cannot be synced.
        with _folder(path.parent) as sync_folder:
            temporary, file = _open_temporary(path)
            try:
                with file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, path)
            except BaseException:
                with contextlib.suppress(OSError):  # a folder may be read-only by now
                    temporary.unlink()
                raise
            sync_folder()
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from None
    sweep(path.parent, path.name)


def check_writable(path: Path) -> None:
    """Raises `RunError` if `write` would; it makes a temporary file and removes it."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with _folder(path.parent):
            temporary, file = _open_temporary(path)
            file.close()
            temporary.unlink()
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from None


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable; raises `OSError`."""
    with _folder(folder) as sync:
        sync()


def is_temporary(path: Path, name: str | None = None) -> bool:
    """Whether the file is a temporary one of `write`, made for the file `name` if that is given."""
    of = ".+" if name is None else re.escape(name)
    return re.fullmatch(rf"\.{of}\.[0-9a-f]{{8}}\.tmp", path.name, re.DOTALL) is not None


def sweep(folder: Path, name: str | None = None) -> None:
    """Removes the temporary files of killed writes from the folder; those for the file `name`, if that is given.

    A file that another process is writing stays. If the folder cannot be read or written, all stay.
    """
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            if is_temporary(path, name):
                with contextlib.suppress(OSError):
                    _remove_unless_locked(path)


def _open_temporary(path: Path) -> tuple[Path, BinaryIO]:
    """Opens a new file beside `path`, locked while it is open, so that `sweep` does not remove it."""
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        file = open(temporary, "xb")  # noqa: SIM115 (the caller closes it)
        if _lock(file):
            return temporary, file
        file.close()  # swept away before it was locked


@contextlib.contextmanager
def _folder(folder: Path) -> Iterator[Callable[[], None]]:
    """Yields a function that makes the names in the folder durable; on Windows, which cannot, it does nothing."""
    if os.name != "posix":
        yield lambda: None
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield lambda: os.fsync(descriptor)
    finally:
        os.close(descriptor)


if sys.platform == "win32":

    def _lock(file: BinaryIO) -> bool:
        return True

    def _remove_unless_locked(path: Path) -> None:
        path.unlink()  # Windows removes no file that is open

else:
    import fcntl

    def _lock(file: BinaryIO) -> bool:
        """Locks the file until it is closed or the process ends; returns whether it still exists."""
        with contextlib.suppress(OSError):  # file systems without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        return os.fstat(file.fileno()).st_nlink > 0

    def _remove_unless_locked(path: Path) -> None:
        # To be locked on NFS it has to be open for writing; a pipe of that name must not block.
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises OSError while its writer lives
            path.unlink()
        finally:
            os.close(descriptor)
