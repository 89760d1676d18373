"""Saves are killed at every system call: what is found afterwards is the old file or the new one.

A process that writes is really killed, with SIGKILL, before each create, write, half write, fsync, rename and unlink
of saving a model over another one, and of saving one checkpoint after another. What it leaves is then looked at as
it is, and as it would be after a power cut that takes whatever was not synced: the files' contents, or the names of
the renamed and removed ones, or the renamed ones alone. A save that has returned must have left the new file in all
of these. The size is the number of checkpoints.
"""

import functools
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import nnlite
from nnlite.core.state import State
from nnlite.saving import checkpoint
from tests.conftest import ROOT
from tests.helpers import faults

FULL, REDUCED = 40, 4


def run(size: int) -> str:
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.campaigns.crash_points", str(size)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return f"{done.stdout.strip()}; {system_calls()}"


class Model:
    """A model saved over another one."""

    saves = 1

    def __init__(self, saves: int) -> None:
        self.models = [nnlite.Sequential([nnlite.Dense(2)]).build((3,), seed) for seed in (0, 1, 2)]

    def save(self, folder: Path, number: int) -> None:
        nnlite.save(self.models[number], folder / "model.safetensors")

    def found(self, folder: Path) -> int:
        """The number of the save that is found in the folder."""
        values = nnlite.load(folder / "model.safetensors").model.parameters.values
        return [bool((model.parameters.values == values).all()) for model in self.models].index(True)

    def kept(self, number: int) -> list[str]:
        """The files that the folder then has."""
        return ["model.safetensors"]


class Checkpoints:
    """One checkpoint after the other."""

    def __init__(self, saves: int) -> None:
        self.saves = saves

    def path(self, folder: Path, number: int) -> Path:
        return checkpoint.path_in(folder, *divmod(number + 28, 3))  # "10" sorts before "9"

    def save(self, folder: Path, number: int) -> None:
        weights = np.random.default_rng(number).normal(size=50)
        state = State({"number": number}, {"model/0.weight": weights, "best": weights})
        checkpoint.save(self.path(folder, number), state, {"number": number})

    def found(self, folder: Path) -> int:
        warnings: list[str] = []
        found = checkpoint.newest(folder, warnings.append)
        assert found is not None and not warnings, warnings
        number = int(found.header["number"])
        assert found.path == self.path(folder, number) and found.state.values == {"number": number}
        weights = np.random.default_rng(number).normal(size=50)
        assert all((array == weights).all() for array in found.state.arrays.values())
        return number

    def kept(self, number: int) -> list[str]:
        return sorted(self.path(Path(), kept).name for kept in (number - 1, number))


def kill_everywhere(size: int) -> str:
    """Tries all points of both scenarios; returns what was found."""
    points = states = 0
    for scenario in (Model(size), Checkpoints(size)):
        for point in itertools.count(1):
            with tempfile.TemporaryDirectory() as place:
                folder, log, former = (Path(place, name) for name in ("folder", "log", "former"))
                folder.mkdir()
                former.mkdir()
                scenario.save(folder, 0)
                killed = in_a_child(functools.partial(save_until, point, scenario, folder, log, former))
                calls = [json.loads(line) for line in log.read_text().splitlines()]
                check_order(calls)
                for state in list(left_by(folder, calls[:-1] if killed else calls, former)):
                    check(scenario, state, calls, f"{type(scenario).__name__}, killed at call {point}: {calls[-1]}")
                    states += 1
            if not killed:
                break
            points += 1
    return f"{points} kills, {states} states of the disk after them, all recovered"


def in_a_child(job: Callable[[], None]) -> bool:
    """Runs the job in a process of its own; returns whether it was killed."""
    if (child := os.fork()) == 0:
        try:
            job()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), f"the child ended with status {status}"
    return status != 0


def save_until(point: int, scenario: Model | Checkpoints, folder: Path, log: Path, former: Path) -> None:
    """Saves until the call of that number, noting all calls, and copies of files whose names are taken from them."""
    numbers = itertools.count(1)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(*words: object) -> None:
        os.write(descriptor, json.dumps(words).encode() + b"\n")

    def before(call: faults.Call) -> None:
        number = next(numbers)
        taken = Path(call.target if call.name == "rename" else call.path)
        if call.name in ("rename", "unlink") and taken.exists():
            shutil.copy(taken, former / f"{number}")
        note(call.name, call.path, call.target, number)
        if number == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with faults.watched(before):
        for save in range(1, scenario.saves + 1):
            note("begin", save)
            scenario.save(folder, save)
            note("done", save)


def check_order(calls: list[list]) -> None:
    """No rename without a sync of the file before, and one of the folder before a removal or the save's end."""
    synced: set[str] = set()
    pending = ""
    for name, *where in calls:
        if name in ("write", "write on"):
            synced.discard(where[0])
        elif name == "fsync":
            synced.add(where[0])
        elif name == "rename":
            assert where[0] in synced, f"{where[0]} was renamed before it was synced"
            pending = where[1]
        elif name == "fsync folder":
            pending = ""
        elif name in ("done", "unlink"):
            assert not pending, f"the folder was not synced after {pending} got its name"


def left_by(folder: Path, made: list[list], former: Path) -> Iterator[Path]:
    """The folder as it was left, and as a power cut may leave it after these calls."""
    yield folder
    files = [call for call in made if call[0] != "begin"]
    synced = {call[1] for call in files if call[0] == "fsync"}
    last = max((index for index, call in enumerate(files) if call[0] == "fsync folder"), default=-1)
    names = [call for call in files[last + 1 :] if call[0] in ("rename", "unlink")]
    for lost in ("contents", "names", "renames"):
        state = folder.with_name(lost)
        shutil.copytree(folder, state)
        if lost == "contents":
            current = {call[1]: Path(call[2]).name for call in files if call[0] == "rename"}
            for call in files:
                if call[0] == "create" and call[1] not in synced:
                    path = state / current.get(call[1], Path(call[1]).name)
                    if path.exists():
                        path.write_bytes(b"")
        for name, path, target, number in reversed(names if lost != "contents" else []):
            if name == "rename" or lost == "names":
                place = state / Path(target or path).name
                place.unlink(missing_ok=True)
                if (former / f"{number}").exists():
                    shutil.copy(former / f"{number}", place)
        yield state


def check(scenario: Model | Checkpoints, folder: Path, calls: list[list], where: str) -> None:
    begun = max(call[1] for call in calls if call[0] == "begin")
    done = max((call[1] for call in calls if call[0] == "done"), default=0)
    found = scenario.found(folder)
    assert found in (begun, done), f"{where}, in {folder.name}: found {found} of {done} done and {begun} begun"
    scenario.save(folder, begun + 1)
    scenario.found(folder)
    names = sorted(path.name for path in folder.iterdir())
    if found == begun:
        assert names == scenario.kept(begun + 1), f"{where}, in {folder.name}: left {names}"
    assert not [name for name in names if name.endswith(".tmp")], f"{where}, in {folder.name}: left {names}"


def system_calls() -> str:
    """The order of the true system calls of a save, from strace where there is one."""
    strace = shutil.which("strace")
    with tempfile.TemporaryDirectory() as place:
        code = "from tests.campaigns import crash_points as c; from pathlib import Path; s = c.Checkpoints(3)\n"
        code += f"for number in range(3): s.save(Path({place!r}), number)"
        command = [
            strace or "",
            "-f",
            "-y",
            "-e",
            "trace=write,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat",
        ]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        try:
            done = subprocess.run(
                [*command, sys.executable, "-c", code], capture_output=True, text=True, env=environment
            )
        except OSError:
            return "no strace here"
        if done.returncode != 0:
            return "strace is not permitted here"
        order = []
        for line in done.stderr.splitlines():
            call = line.partition("] ")[2] or line
            if place in call:
                name = call.partition("(")[0].removesuffix("at2").removesuffix("at")
                order.append("fsync folder" if name == "fsync" and f"<{place}>" in call else name)
    save = ["write", "fsync", "rename", "fsync folder"]
    assert order == [*save, *save, *save, "unlink"], order
    return "strace sees write, fsync, rename, fsync of the folder"


if __name__ == "__main__":
    print(kill_everywhere(int(sys.argv[1])))
