"""A long training, and many runs after one another in one process: what grows with them.

The training has dropout, batch normalization, a schedule, an average, early stopping that keeps weights, and after
every hundred steps a validation. Its memory is looked at twice, after the first thousand steps and at the end: what
Python and NumPy hold, as tracemalloc counts it, its state being read after every validation; and in a fit without
these the memory of the process, which shows libraries too, and room for copies of the history where states are read.
The history is part of it: a row for every epoch. Runs write checkpoints and leave their folders, and nothing in the
process: no open file, no picture, no memory once the libraries are there.
"""

import contextlib
import ctypes
import gc
import io
import json
import os
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]

FULL, REDUCED = 100_000, 5000

BEFORE = 1000
"""Steps after which nothing may grow any more."""

MOST = 2**20
"""Bytes."""


def run(size: int) -> str:
    """Trains for `size` steps, twice, and makes a run for each 5,000 of them, and a few before."""
    command = [sys.executable, "-c", f"from tests.campaigns.growth import measure; measure({size})"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    for what in ("held", "process", "after runs"):
        assert found[what] <= MOST, (
            f"{what}: {found[what]:,} bytes more after {size:,} steps, or {found['runs']} runs"
        )
    assert found["files"] == [], f"files are open: {found['files']}"
    assert found["pictures"] == 0, f"{found['pictures']} pictures are left"
    return (
        f"{size - BEFORE:,} steps after the first {BEFORE:,}: {found['held'] / 1024:.0f} KiB held, "
        f"{found['process'] / 1024:.0f} KiB of the process; {found['runs']} runs: "
        f"{found['after runs'] / 1024:.0f} KiB, no open file, no picture"
    )


def measure(size: int) -> None:
    """In a process of its own: the figures, as a line of JSON."""
    found: dict[str, object] = {"process": _grown(size, _resident)}
    tracemalloc.start()
    found["held"] = _grown(size, lambda: tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        found |= _after_runs(size // 5000)
    print(json.dumps(found))


def _grown(size: int, memory: Callable[[], int]) -> int:
    """By how many bytes the memory grows from the thousandth step of a training to its last."""
    import nnlite

    rng = np.random.default_rng(0)
    rows = nnlite.Dataset(rng.normal(size=(3200, 6)), rng.integers(0, 3, 3200))
    validation = nnlite.Dataset(rng.normal(size=(100, 6)), rng.integers(0, 3, 100))
    layers = [nnlite.Dense(8), nnlite.BatchNorm(), nnlite.ReLU(), nnlite.Dropout(0.2), nnlite.Dense(3)]
    trainer = nnlite.Trainer(
        nnlite.Sequential([*layers, nnlite.SoftmaxCrossEntropy()]),
        nnlite.Adam(0.001),
        epochs=size // 100,
        batch_size=32,
        schedule=nnlite.Cosine(warmup=0.1),
        early_stopping=nnlite.EarlyStopping(patience=size),
        average=0.99,
        clip_norm=5.0,
    )
    sizes = []

    def look(row: dict[str, float]) -> None:
        if row["epoch"] in (BEFORE // 100, size // 100):
            gc.collect()
            sizes.append(memory())
        if tracemalloc.is_tracing():
            _ = trainer.state  # as for a checkpoint; after the memory, as it has a copy of the history

    from tests.helpers.callbacks import On

    trainer.fit(rows, validation, callbacks=[On(epoch=look)])
    return sizes[1] - sizes[0]


def _resident() -> int:
    """Bytes of this process, once what is free was given back: glibc does that when it likes, with 9 MiB at times."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _after_runs(count: int) -> dict[str, object]:
    """What is left of so many runs after the first four, which import and fill the libraries' caches."""
    from nnlite.cli import main

    def runs(count: int) -> None:
        for _ in range(count):
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                words = ["training.epochs=20", "checkpoints.every_steps=5"]
                assert main(["train", str(ROOT / "configs" / "iris.toml"), *words]) == 0
            gc.collect()  # a picture is full of cycles

    runs(4)
    files, memory = _open_files(), _resident()
    runs(count)
    from matplotlib.figure import Figure

    gc.unfreeze()  # what is frozen is not among the objects
    grown = _resident() - memory
    pictures = sum(isinstance(thing, Figure) for thing in gc.get_objects())
    return {
        "runs": count,
        "after runs": grown,
        "files": [file for file in _open_files() if file not in files],
        "pictures": pictures + len(sys.modules["matplotlib._pylab_helpers"].Gcf.figs)
        if "matplotlib._pylab_helpers" in sys.modules
        else pictures,
    }


def _open_files() -> list[str]:
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # that of the folder itself
            found.append(f"{descriptor.name}: {descriptor.readlink()}")
    return sorted(found)
