"""A file is written whole or not at all, and stays written when the power fails."""

import contextlib
import errno
import os
import re
import secrets
from pathlib import Path

from nnlite.errors import RunError


def write(path: Path, content: bytes | str) -> None:
    """Puts `content` into the file, in place of what was there; raises `RunError` and changes nothing.

    A temporary file in the same folder is written and synced, then renamed over the old one, then the
    folder is synced: whoever looks, at whatever moment, finds the old content or the new.
    """
    content = content.encode() if isinstance(content, str) else content
    temporary = _temporary(path)
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):  # renamed, or never made
            temporary.unlink()


def check_writable(path: Path) -> None:
    """Raises `RunError` where `write` would: it tries, and leaves nothing behind."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        temporary = _temporary(path)
        open(temporary, "xb").close()
        temporary.unlink()
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from None


def is_temporary(path: Path) -> bool:
    """Whether this is what a process that was killed has left of a file that it was writing."""
    return re.fullmatch(r"\..+\.[0-9a-f]{8}\.tmp", path.name) is not None


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def sync_folder(folder: Path) -> None:
    """Makes the folder's list of names durable; systems that cannot sync folders (Windows) need not."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
