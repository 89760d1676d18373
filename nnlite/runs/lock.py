"""A lock reserves a run folder for one process; it ends with the process, however that ends."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from nnlite.errors import RunError
from nnlite.warning import warn

NAME = ".lock"
"""The name of the file that is locked; it is there during a run, and after one that was killed."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Within the block no other process may have this lock.

    An OS lock on an open file: the system frees it when the process dies. On a file system without locks there is a
    warning, and no lock.

    Raises:
        RunError: at once, where another process has it.
        OSError: where the folder cannot be written.
    """
    descriptor = _take(folder / NAME, folder)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows removes no open file; a folder may be read-only by now
            (folder / NAME).unlink()
        os.close(descriptor)


def _take(path: Path, folder: Path) -> int:
    """An open file at this path that is locked by us."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _try(descriptor):
                raise RunError(f"another process is training in {folder}; wait for its end, or name another folder")
            if os.name != "posix" or _is(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the process that had the lock has removed the file since we opened it


def _is(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            warn(
                f"there is no lock on the run folder, since its file system has none ({error.strerror}): see to it "
                "that no other process trains in it",
                RuntimeWarning,
            )
        return True
