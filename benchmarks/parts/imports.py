"""Import: how long a fresh interpreter takes to start and import a library, and nothing else."""

import sys
from collections.abc import Sequence

from benchmarks.measuring import commands, tables
from benchmarks.measuring.measurement import Measurement, best, ratio
from benchmarks.measuring.options import Findings, Options

MODULES = ("numpy", "nnlite", "sklearn.neural_network", "torch", "jax")


def measure(options: Options) -> Findings:
    """The empty program is measured too: what Python itself takes is in every figure."""
    programs = {"Python alone": [sys.executable, "-c", "pass"]}
    programs |= {module: [sys.executable, "-c", f"import {module}"] for module in MODULES}
    rounds = options.rounds or (1 if options.quick else 11)
    return Findings(*commands.in_rounds("import", programs, rounds, ["seconds"]))


def markdown(measurements: Sequence[Measurement]) -> str:
    """One table."""
    among = best(measurements)
    rows = [[one.peer, tables.timing(one), tables.share(ratio(one, among))] for one in measurements]
    return tables.table(["import", "median (quartiles)", "to nnlite"], rows)
