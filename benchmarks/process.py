"""The whole process: from the command line to a trained classifier, its test accuracy and a picture of its loss."""

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import commands, tables
from benchmarks.measurement import Measurement, best, ratio
from benchmarks.options import Findings, Options

SCRIPTS = Path(__file__).parent / "scripts"


def measure(options: Options) -> Findings:
    """nnlite's command with the shipped iris config, and scripts that do the same with other libraries."""
    programs = {
        "nnlite": ["train.py", "configs/iris.toml", "--out"],
        "scikit-learn": [str(SCRIPTS / "iris_sklearn.py")],
        "PyTorch": [str(SCRIPTS / "iris_pytorch.py")],
    }
    python = {peer: [sys.executable, *program, commands.FOLDER] for peer, program in programs.items()}
    rounds = options.rounds or (1 if options.quick else 7)
    return Findings(*commands.in_rounds("iris", python, rounds, ["seconds", "MiB"]))


def markdown(measurements: Sequence[Measurement]) -> str:
    """One table."""
    among = best(measurements)
    rows = []
    for peer in dict.fromkeys(one.peer for one in measurements):
        seconds, memory = among["iris", "seconds", peer], among["iris", "MiB", peer]
        rows.append([peer, tables.timing(seconds), tables.share(ratio(seconds, among))])
        rows[-1] += [f"{memory.median:.0f} MiB", tables.share(ratio(memory, among))]
    return tables.table(["", "wall time: median (quartiles)", "to nnlite", "peak memory", "to nnlite"], rows)
