"""Memory: whether nnlite trains from a file that is larger than the memory its process is allowed."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import tables
from benchmarks.measuring.commands import ROOT
from benchmarks.measuring.measurement import Measurement, best
from benchmarks.measuring.options import Findings, Options
from benchmarks.measuring.progress import say

FILE, LIMIT = 1024, 256
"""MiB."""


def measure(options: Options) -> Findings:
    """Trains from the mapped file, and shows by a copy of it that the limit holds."""
    if sys.platform != "linux":
        return Findings([], ["Left out: only Linux limits the memory that a process writes to."])
    from benchmarks.parts.memory_map import write_rows  # it needs a module that Windows lacks

    case = f"a file of {FILE} MiB, at most {LIMIT} MiB of memory"
    rounds = options.rounds or (1 if options.quick else 3)
    found: dict[str, list[float]] = {"seconds": [], "MiB": []}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rows.npy")
        say(f"writing {FILE} MiB")
        write_rows(file, FILE)
        copied = run(file, "--copy")
        notes = [
            "Read into memory, the same file does not fit: the limit holds."
            if isinstance(copied, str) and copied.startswith("MemoryError")
            else f"Read into memory, the same file should not fit, but: {copied}. The limit does not hold."
        ]
        for number in range(rounds):
            say(f"{case}: round {number + 1} of {rounds}")
            figures = run(file)
            if isinstance(figures, str):
                notes.append(f"nnlite does not train from {case}: {figures}")
                say(notes[-1])
                return Findings([], notes)
            for quantity, values in found.items():
                values.append(figures[quantity])
    return Findings([Measurement(case, "nnlite", 0, name, 1, tuple(found[name])) for name in found], notes)


def run(file: Path, *more: str) -> dict[str, float] | str:
    """What the training found, or what kept it from it."""
    command = [sys.executable, "-m", "benchmarks.parts.memory_map", str(file), "--limit", str(LIMIT), *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        return last[0]
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def markdown(measurements: Sequence[Measurement]) -> str:
    """One table, or nothing: then the notes say why."""
    among = best(measurements)
    rows = [
        [case, tables.timing(one), f"{among[case, 'MiB', peer].median:.0f} MiB"]
        for (case, quantity, peer), one in among.items()
        if quantity == "seconds"
    ]
    return tables.table(["", "one epoch: median (quartiles)", "memory written to, at most"], rows) if rows else ""
