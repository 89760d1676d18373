"""The disk is full during a write: what was there stays to the byte, no temporary is left, and one error says so.

Models, checkpoints, pictures and texts are written over former ones: with the error for a full disk at each system
call; with a limit on the size of files that grows from nothing to the whole file; and, where it may be mounted, onto
a disk of a few pages that is full. The size is the number of limits for each kind.
"""

import contextlib
import errno
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import nnlite
from nnlite import RunError, files, plots
from nnlite.core.state import State
from nnlite.saving import checkpoint
from nnlite.training import history
from tests.conftest import ROOT
from tests.helpers import faults

FULL, REDUCED = 300, 10

ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
"""What systems say of a full disk, of a full quota, of a broken disk, of one that has become read-only."""


def model(path: Path, seed: int) -> None:
    nnlite.save(nnlite.Sequential([nnlite.Dense(60)]).build((30,), seed), path)


def saved_checkpoint(path: Path, seed: int) -> None:
    arrays = {"model/0.weight": np.random.default_rng(seed).normal(size=(30, 60))}
    checkpoint.save(path, State({"seed": seed}, arrays), {})


def picture(path: Path, seed: int) -> None:
    course = history.History()
    for epoch in range(1, 4):
        course.append({"epoch": epoch, "training_loss": seed + 1 / epoch})
    plots.save(plots.curves({"run": course}), path)


def text(path: Path, seed: int) -> None:
    files.write(path, f"the row number {seed}\n" * 500)


KINDS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "model": ("model.safetensors", model),
    "checkpoint": ("checkpoint-1-0.safetensors", saved_checkpoint),
    "SVG": ("loss.svg", picture),
    "PNG": ("loss.png", picture),
    "text": ("history.csv", text),
}


def run(size: int) -> str:
    calls = limits = 0
    for name, (file, write) in KINDS.items():
        with tempfile.TemporaryDirectory() as place:
            path = Path(place, file)
            write(path, 1)
            new = path.read_bytes()
            write(path, 0)
            for error in ERRORS[: max(1, size // 10)]:
                calls += refuse_every_call(name, path, write, new, error)
            for number in range(size):
                with limited(len(new) * number // size):
                    check(f"{name}, files of at most {len(new) * number // size} bytes", path, write)
                limits += 1
    return f"{calls} calls refused, {limits} limits on the size of files, {small_disks()}: all as promised"


def refuse_every_call(name: str, path: Path, write: Callable[[Path, int], None], new: bytes, error: int) -> int:
    """Writes with an error at the first call, at the second and so on; returns how many calls there were."""
    point = 0
    while True:
        count, struck = 0, ""

        def strike(call: faults.Call, point: int = point) -> None:
            nonlocal count, struck
            count += 1
            if count == point + 1:
                struck = call.name
                raise OSError(error, os.strerror(error))

        former = path.read_bytes()
        where = f"{name}, {os.strerror(error)} at call {point + 1}"
        with faults.watched(strike):
            try:
                write(path, 1)
            except RunError as found:
                check_error(where, path, found)
            else:
                assert struck in ("", "unlink"), f"{where}, {struck}: no error"
        names = [other.name for other in path.parent.iterdir()]
        assert names == [path.name], f"{where}, {struck}: left {names}"
        if struck in ("", "fsync folder", "unlink"):  # the file has its name by then
            assert path.read_bytes() == new, f"{where}, {struck}: neither the old nor the new"
            write(path, 0)
        else:
            assert path.read_bytes() == former, f"{where}, {struck}: the former file has changed"
        if not struck:
            return point
        point += 1


def check(where: str, path: Path, write: Callable[[Path, int], None]) -> None:
    """Writes where that must fail."""
    former = path.read_bytes()
    try:
        write(path, 1)
    except RunError as found:
        check_error(where, path, found)
    else:
        raise AssertionError(f"{where}: no error")
    assert path.read_bytes() == former, f"{where}: the former file has changed"
    names = [other.name for other in path.parent.iterdir() if other.name != "filling"]
    assert names == [path.name], f"{where}: left {names}"


def check_error(where: str, path: Path, error: RunError) -> None:
    assert str(error).startswith(f"cannot write {path}: ") and "\n" not in str(error), f"{where}: {error}"


@contextlib.contextmanager
def limited(size: int) -> Iterator[None]:
    """No file may become larger; Python ignores the signal that comes with it, so that it is an error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def small_disks() -> str:
    """Every kind of write on a disk of its own that is full."""
    unshare = shutil.which("unshare")
    with tempfile.TemporaryDirectory() as place:
        mount = f"mount -t tmpfs -o size=256k nnlite {place}"
        alone = [unshare or "", "--user", "--map-root-user", "--mount", "sh", "-c"]
        try:
            mounted = subprocess.run([*alone, mount], capture_output=True).returncode == 0
        except OSError:
            mounted = False
        if not mounted:
            return "no disk may be mounted here"
        code = f"from tests.campaigns import full_disk; full_disk.fill({place!r})"
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHON": sys.executable, "CODE": code}
        command = [*alone, f'{mount} && exec "$PYTHON" -c "$CODE"']
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


def fill(place: str) -> None:
    """In a folder that is a small disk: fills it up but for less than a file, then writes."""
    tries = 0
    for name, (file, write) in KINDS.items():
        path = Path(place, file)
        write(path, 0)
        for free in (0, 1):  # pages
            filling = Path(place, "filling")
            with contextlib.suppress(OSError), open(filling, "wb", buffering=0) as filler:
                while True:
                    filler.write(bytes(4096))
            os.truncate(filling, filling.stat().st_size - 4096 * free)
            assert os.statvfs(place).f_bavail == free
            check(f"{name}, {free} pages free", path, write)
            filling.unlink()
            tries += 1
        write(path, 1)
        path.unlink()
    print(f"{tries} full disks")
