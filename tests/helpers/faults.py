"""A fault strikes nnlite's writing at one system call: the disk is full there, or the process dies before it."""

import builtins
import contextlib
import io
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from nnlite import files


class Call(NamedTuple):
    """A system call that changes a file or a folder, or makes it durable."""

    name: str
    path: str
    target: str = ""


@contextlib.contextmanager
def watched(before: Callable[[Call], object]) -> Iterator[None]:
    """For a while `before` sees every call of nnlite's writing before it is made; it may raise an error for it.

    A write comes in two halves.
    """
    paths: dict[int, str] = {}  # of open files and folders
    real = {name: getattr(os, name) for name in ("open", "fsync", "replace", "unlink")}

    class Watched(io.FileIO):
        def __init__(self, path: Any) -> None:
            before(Call("create", str(path)))
            super().__init__(path, "xb")
            paths[self.fileno()] = str(path)

        def write(self, data: Any) -> int:
            half = len(data) // 2
            before(Call("write", paths[self.fileno()]))
            super().write(data[:half])
            before(Call("write on", paths[self.fileno()]))
            return half + super().write(data[half:])

        def close(self) -> None:
            path = None if self.closed else paths.pop(self.fileno(), None)
            super().close()
            if path is not None:
                before(Call("close", path))

    def watched_open(path: Any, mode: str, **options: Any) -> Any:
        return io.BufferedWriter(Watched(path)) if "x" in mode else builtins.open(path, mode, **options)

    def os_open(path: Any, flags: int, *more: Any, **options: Any) -> int:
        if os.path.isdir(path):
            before(Call("open folder", str(path)))
        descriptor: int = real["open"](path, flags, *more, **options)
        paths[descriptor] = str(path)
        return descriptor

    def fsync(descriptor: int) -> None:
        path = paths[descriptor]
        before(Call("fsync folder" if os.path.isdir(path) else "fsync", path))
        real["fsync"](descriptor)

    def replace(source: Any, target: Any) -> None:
        before(Call("rename", str(source), str(target)))
        real["replace"](source, target)

    def unlink(path: Any, **options: Any) -> None:
        before(Call("unlink", str(path)))
        real["unlink"](path, **options)

    vars(files)["open"] = watched_open
    os.open, os.fsync, os.replace, os.unlink = os_open, fsync, replace, unlink  # type: ignore[assignment]
    try:
        yield
    finally:
        del vars(files)["open"]
        for name, function in real.items():
            setattr(os, name, function)
