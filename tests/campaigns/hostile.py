"""Hostile files are loaded under watch: all are refused, quickly, in little memory, and without doing anything.

Each is loaded as a model and as a checkpoint, in a process of its own that ends at once when anything is imported,
compiled, run or unpickled, a process or a connection begun, a file removed or renamed, or a file opened but the one
that is loaded, and that for reading. It must raise ModelFileError in under a second; the process may grow by three
times the file's size and 64 MiB. The size is the number of files.
"""

import importlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nnlite
import nnlite.data.table_reader  # which the first model of a table does else
from nnlite import ModelFileError
from nnlite.saving import checkpoint
from tests.conftest import ROOT
from tests.helpers import hostile_files

FULL = REDUCED = 1_000
"""More than there are: all of them."""

SECONDS, MEMORY = 1.0, 64 * 2**20

FORBIDDEN = (
    "import",
    "exec",
    "compile",
    "code.",
    "marshal.",
    "pickle.",
    "ctypes.",
    "socket.",
    "subprocess.",
    "shutil.",
    "os.",  # processes begun, files removed or renamed, folders made or listed
)

LOADERS = {"model": nnlite.load, "checkpoint": checkpoint.load}


def run(size: int) -> str:
    with tempfile.TemporaryDirectory() as place:
        # Made here, so that the process that loads them has no freed memory to take without growing.
        good, files = hostile_files.good(Path(place)), hostile_files.make(Path(place))
        chosen = dict(itertools.islice(files.items(), size))
        index = [{name: str(path) for name, path in some.items()} for some in (good, chosen)]
        Path(place, "index").write_text(json.dumps(index))
        code = "from tests.campaigns import hostile; hostile.load_all()"
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=place)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not list(Path(place).glob("**/hostile-file-was-run"))
    return done.stdout.strip()


def load_all() -> None:
    """Loads the files that stand in the index in the working folder, each in a child of this process."""
    importlib.import_module("_strptime")  # which Python does at the first date, whatever its pattern
    good, files = json.loads(Path("index").read_text())
    for name, path in good.items():
        found = watched(name, Path(path))
        assert found["refused"] is None and not found["done"], f"a good {name}: {found}"
    wrong, slowest, largest = [], (0.0, ""), (-1.0, "")
    for name, place in files.items():
        path = Path(place)
        for loader in LOADERS:
            found = watched(loader, path)
            if found["seconds"] >= SECONDS > found["processor"] and others_compute():
                found["seconds"] = found["processor"]  # what it takes by itself
            allowed = MEMORY + 3 * (path.stat().st_size if path.is_file() else 0)
            over = [found["seconds"] >= SECONDS, found["memory"] > allowed, bool(found["done"]), not found["refused"]]
            if any(over):
                wrong.append(f"{name}, loaded as a {loader}: {found}")
            slowest = max(slowest, (found["seconds"], name))
            largest = max(largest, (found["memory"] / allowed, name))
    assert not wrong, "\n".join(wrong)
    print(
        f"{len(files)} hostile files, each loaded in {len(LOADERS)} ways: all refused with ModelFileError, nothing "
        f"imported, run or opened; slowest {slowest[0]:.2f} s ({slowest[1]}); at most {100 * largest[0]:.0f} % of "
        f"the memory allowed ({largest[1]})"
    )


def others_compute() -> bool:
    """Whether other processes want the processors too: seconds on the clock then say little."""
    return os.getloadavg()[0] > 0.5 * (os.cpu_count() or 1)


def watched(loader: str, path: Path) -> dict[str, Any]:
    """What happens when a child of this process loads the file."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        signal.alarm(20)  # ends it, should it wait for ever
        os.write(write, json.dumps(load(loader, path)).encode())
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        found: dict[str, Any] = json.loads(pipe.read() or b'{"killed": true}')
    os.waitpid(child, 0)
    return {"refused": None, "seconds": 1e9, "processor": 1e9, "memory": 1e99, "done": ["it was killed"]} | found


def load(loader: str, path: Path) -> dict[str, Any]:
    done: list[str] = []
    watching = True

    def hook(event: str, given: tuple[Any, ...]) -> None:
        opened = event == "open" and not (str(given[0]) == str(path) or isinstance(given[0], int))
        writes = event == "open" and bool((given[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        looks = folder and event in ("os.scandir", "os.listdir")  # which runs it has, for the message
        if watching and ((event.startswith(FORBIDDEN) and not looks) or opened or writes):
            done.append(f"{event} {given!r}"[:200])
            raise SystemExit(f"{event} is forbidden")

    folder, before = path.is_dir(), peak_memory()
    sys.addaudithook(hook)
    refused, began, busy = None, time.perf_counter(), time.process_time()
    try:
        LOADERS[loader](path)
    except ModelFileError as error:
        refused = str(error)
    except BaseException as error:
        done.append(f"{error!r}"[:200])
    seconds, processor = time.perf_counter() - began, time.process_time() - busy
    watching = False
    if refused is not None and not (str(path) in refused and len(refused) < 1000 and refused.isprintable()):
        done.append(f"its message is {refused[:300]!r}")
    memory = peak_memory() - before
    return {"refused": refused, "seconds": seconds, "processor": processor, "memory": memory, "done": done}


def peak_memory() -> int:
    """The most memory that this process has had, in bytes; a child begins with what its parent has then."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the peak of memory is only known on Linux")
