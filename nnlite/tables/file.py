"""An open file of data: gzip is undone, and it must not change while it is read."""

import contextlib
import gzip
import io
import os
import re
import stat
import zlib
from collections.abc import Iterator
from typing import Any

from nnlite.errors import DataError

_BEGINNING = 2**16
_SEPARATOR = re.compile(rb"(?:\xef\xbb\xbf)?sep=[;,\t|](?=\r?\n)", re.I)
"""The first line by which Excel is told what parts the cells."""


class DataFile:
    """A file that is being read, its gzip undone, and what it was when it was opened."""

    def __init__(self, path: str, raw: Any) -> None:
        self._path, self._raw = path, raw
        self._state = self._now()
        is_gzip = raw.peek(2)[:2] == b"\x1f\x8b"
        self.bytes: Any = io.BufferedReader(gzip.GzipFile(fileobj=raw), _BEGINNING) if is_gzip else raw
        said = _SEPARATOR.match(bytes(self.bytes.peek(20)[:20]))
        skipped = len(self.bytes.read(said.end())) if said else 0  # but for its line's end: lines keep their numbers
        self.beginning = bytes(self.bytes.peek(_BEGINNING)[:_BEGINNING])
        self.whole = not is_gzip and self._state is not None and len(self.beginning) + skipped >= self._state[0]

    def _now(self) -> tuple[int, int] | None:
        """Size and time of the last change; None of a pipe."""
        state = os.fstat(self._raw.fileno())
        return (state.st_size, state.st_mtime_ns) if stat.S_ISREG(state.st_mode) else None

    def check_unchanged(self) -> None:
        if self._now() != self._state:
            raise DataError(f"{self._path} was changed while it was read; copy it first, then read the copy")


@contextlib.contextmanager
def opened(path: str) -> Iterator[DataFile]:
    try:
        with open(path, "rb", buffering=_BEGINNING) as raw:
            yield DataFile(path, raw)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataError(f"{path}: the gzip file is damaged or cut off; get it again") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
