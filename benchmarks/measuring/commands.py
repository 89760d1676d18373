"""A command is a whole process, timed from its start to its end, with the most memory that it occupied."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.measuring.crew import environment
from benchmarks.measuring.measurement import Measurement
from benchmarks.measuring.progress import say
from benchmarks.measuring.rounds import go_round

FOLDER = "FOLDER"
"""In a command: an empty folder, new each time."""

ROOT = Path(__file__).parents[2]
STOPWATCH = ROOT / "benchmarks" / "programs" / "stopwatch.py"


def run(command: Sequence[str]) -> dict[str, float]:
    """Its seconds and MiB, in a folder of its own for FOLDER; raises `RuntimeError` with what it said if it fails."""
    # pip compiled the peers' modules when it installed them. Nobody did so for a working copy of nnlite, unless
    # Python may keep what the first, unmeasured run compiles.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        words = [folder if word == FOLDER else word for word in command]
        done = subprocess.run(
            [sys.executable, str(STOPWATCH), *words], cwd=ROOT, env=environment, capture_output=True, text=True
        )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed with exit code {done.returncode}:\n{done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def figures_of(module: str, *words: str) -> dict[str, float]:
    """What `python -m module words` prints as JSON, run on one thread; raises `RuntimeError` if it fails."""
    command = [sys.executable, "-m", module, *words]
    done = subprocess.run(command, cwd=ROOT, env=environment(1), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def in_rounds(
    case: str, commands: Mapping[str, Sequence[str]], rounds: int, quantities: Sequence[str]
) -> tuple[list[Measurement], list[str]]:
    """Measures commands by the name of the peer; leaves out, with a note, those that lack a module.

    Each is run once before, unmeasured: it shows what is missing, and leaves the files in the system's memory.
    """
    turns: dict[str, Callable[[], dict[str, float]]] = {}
    notes = []
    for peer, command in commands.items():
        say(f"{case}: {peer} for the first time")
        try:
            run(command)
        except RuntimeError as error:
            missing = [line for line in str(error).splitlines() if line.startswith("ModuleNotFoundError")]
            if not missing:
                raise
            notes.append(f"Left out: {peer}: {missing[-1].removeprefix('ModuleNotFoundError: ')}")
            say(notes[-1])
        else:
            turns[peer] = lambda command=command: run(command)  # type: ignore[misc]
    figures = go_round(turns, rounds, case)
    return [
        Measurement(case, peer, 0, quantity, 1, tuple(one[quantity] for one in figures[peer]))
        for peer in turns
        for quantity in quantities
    ], notes
