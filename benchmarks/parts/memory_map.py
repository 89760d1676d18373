"""Trains from a memory-mapped file in a process that may not hold so much: python -m benchmarks.parts.memory_map FILE

The limit (RLIMIT_DATA) is on memory that a process writes to: arrays, thread stacks, the heap. Pages of a file that
is mapped for reading do not count, since the system can drop them whenever it likes. So a copy of the rows, or of a
good part of them, is a `MemoryError`. With --copy the rows are read into memory first, which has to fail: it shows
that the limit holds. Linux only.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from nnlite import SGD, Dataset, Dense, ReLU, Sequential, SoftmaxCrossEntropy, Trainer
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit

FEATURES = 1024  # a row of float32 is then one page of 4 KiB
MIB = 2**20


def write_rows(path: Path, mib: int) -> None:
    """A .npy file of so many MiB of normal numbers, written piece by piece."""
    rows, piece = mib * MIB // (4 * FEATURES), 4096
    file = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, FEATURES))
    numbers = np.random.default_rng(0).standard_normal((piece, FEATURES), dtype=np.float32)
    for start in range(0, rows, piece):
        file[start : start + piece] = numbers[: rows - start]
    file.flush()


def anonymous_mib() -> float:
    """The memory this process occupies now, pages of files left out."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc/self/status has no RssAnon")


class Peak(Callback):
    """Notes the most memory that the process has at any of the steps that it looks at."""

    def __init__(self, mib: float) -> None:
        self.mib = mib

    def after_step(self, fit: Fit) -> None:
        if fit.step % 64 == 1:
            self.mib = max(self.mib, anonymous_mib())


def train(path: Path, limit: int, copy: bool) -> dict[str, float]:
    """One epoch over the whole file under a limit of so many MiB; raises `MemoryError`."""
    resource.setrlimit(resource.RLIMIT_DATA, (limit * MIB, limit * MIB))
    x = np.load(path, mmap_mode=None if copy else "r")
    y = np.random.default_rng(1).integers(0, 2, len(x))
    model = Sequential([Dense(32), ReLU(), Dense(2), SoftmaxCrossEntropy()]).build((FEATURES,))
    peak = Peak(anonymous_mib())
    trainer = Trainer(model, SGD(0.01), epochs=1, batch_size=256)
    started = time.perf_counter()
    trainer.fit(Dataset(x, y), callbacks=[peak], progress=False)
    return {"seconds": time.perf_counter() - started, "MiB": peak.mib, "rows": len(x)}


def main() -> int:
    """Prints what `train` found as JSON; returns 3 when the memory did not suffice."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.parts.memory_map", description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="a .npy file that benchmarks.parts.memory has written"
    )
    parser.add_argument("--limit", metavar="MIB", type=int, default=256, help="of memory (default: 256)")
    parser.add_argument("--copy", action="store_true", help="read the rows into memory: this has to fail")
    options = parser.parse_args()
    try:
        print(json.dumps(train(options.file, options.limit, options.copy)))
    except MemoryError as error:
        print(f"MemoryError: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
