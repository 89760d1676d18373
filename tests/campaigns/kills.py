"""Killed at any moment, twice, and resumed, a run ends with the weights of one that never was.

It does so by going on from its newest checkpoint, as it says itself: what lies before that is not trained again.
"""

import filecmp
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from nnlite.config import toml
from nnlite.runs.folder import RunFolder
from nnlite.saving import checkpoint
from nnlite.training.full_batch import ITERATIONS_PER_START
from tests.conftest import ROOT
from tests.helpers import processes, random_configs

FULL = 200
REDUCED = 10

_REAL_EVERY = 20
"""Of so many runs one is killed and resumed in processes of its own; the others are forks of one."""

_SAME = ("model.safetensors", "weights.csv", "metrics.json", "config.toml")


def run(size: int) -> str:
    """Trains so many random configs, each once as a whole and once with two kills."""
    killed = resumed = 0
    for number in range(size):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            kills, checkpoints = _try(number, folder)
            killed, resumed = killed + kills, resumed + checkpoints
    done = f"{size} of {size} runs ended with the same weights, history and figures"
    return f"{done} after {killed} kills, {resumed} of them with a checkpoint"


def _try(number: int, folder: Path) -> tuple[int, int]:
    """One config; returns how many kills came before the end, and after how many of them there was a checkpoint."""
    rng, real = np.random.default_rng([11, number]), number % _REAL_EVERY == 0
    config = _config(number, folder, rng)
    began = time.perf_counter()
    code = processes.finish(folder, ["train", config, "--out", "whole"], pictures=real)
    seconds = time.perf_counter() - began
    assert code == 0, (number, (folder / "stderr").read_text())
    steps = int((folder / "steps").read_text())
    kills = checkpoints = 0
    for _ in range(2):
        arguments = ["train", config, "--out", "run", "--resume"]
        if real:
            code = _kill_real(folder, arguments, rng.random())
        elif rng.random() < 0.5:
            code = processes.finish(folder, arguments, kill_at_step=1 + int(rng.integers(steps)), pictures=real)
        else:
            process = processes.start(folder, arguments, pictures=real)
            process.join(seconds * rng.random())
            process.kill()
            process.join()
            code = process.exitcode
            process.close()
        assert code in (0, -9), (number, code, (folder / "stderr").read_text())
        kills += code == -9
        checkpoints += bool(checkpoint.paths(folder / "run"))
    found = [] if RunFolder(folder / "run").finished else checkpoint.paths(folder / "run")
    code = processes.finish(folder, ["train", config, "--out", "run", "--resume"], pictures=real)
    assert code == 0, (number, (folder / "stderr").read_text())
    if found:
        _check_went_on(found[-1], folder, steps)
    for name in _SAME:
        assert filecmp.cmp(folder / "whole" / name, folder / "run" / name, shallow=False), (number, name)
    whole, resumed = ((folder / name / "history.csv").read_text().splitlines() for name in ("whole", "run"))
    assert [row.rpartition(",")[0] for row in whole] == [row.rpartition(",")[0] for row in resumed], number
    left = [sorted(file.name for file in (folder / name).iterdir()) for name in ("whole", "run")]
    assert left[0] == left[1], (number, left)
    return kills, checkpoints


def _check_went_on(newest: Path, folder: Path, steps: int) -> None:
    """The last run made the steps after its newest checkpoint, of so many in all; L-BFGS at most a turn more."""
    assert f"going on from {newest.name}\n" in (folder / "stdout").read_text(), newest
    epochs = len((folder / "whole" / "history.csv").read_text().splitlines()) - 1
    epoch, step = map(int, newest.stem.split("-")[1:])
    again = int((folder / "steps").read_text()) - (steps - epoch * (steps // epochs) - step)
    assert 0 <= again <= ("LBFGS" in (folder / "config.toml").read_text()) * ITERATIONS_PER_START, (newest, again)


def _config(number: int, folder: Path, rng: np.random.Generator) -> Path:
    """The random config of this number, long enough to be killed in, and with checkpoints at various times."""
    document = random_configs.make(number, folder)
    document["training"]["epochs"] *= 10
    if "early_stopping" in document:
        document["early_stopping"]["patience"] *= 10
    times = [{}, {"every_steps": int(rng.integers(1, 30))}, {"every_seconds": 0.01}][number % 3]
    path = folder / "config.toml"
    path.write_text(toml.dump(document | {"checkpoints": times}))
    return path


def _kill_real(folder: Path, arguments: list[object], part: float) -> int:
    """The same by the command that a user gives, killed after a part of about two seconds."""
    with subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *map(str, arguments[1:])],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            process.wait(2 * part)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.returncode
