"""The whole process: from the command line to a trained classifier, its test accuracy and a picture of its loss."""

import sys
from collections.abc import Sequence

from benchmarks.measuring import commands, tables
from benchmarks.measuring.measurement import Measurement, best, ratio
from benchmarks.measuring.options import Findings, Options

PROGRAMS = commands.ROOT / "benchmarks" / "programs"


def measure(options: Options) -> Findings:
    """nnlite's command with the shipped iris config, and scripts that do the same with other libraries."""
    programs = {
        "nnlite": ["train.py", "configs/iris.toml", "--out"],
        "scikit-learn": [str(PROGRAMS / "iris_sklearn.py")],
        "PyTorch": [str(PROGRAMS / "iris_pytorch.py")],
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
