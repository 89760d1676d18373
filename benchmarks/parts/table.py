"""Table: reading and encoding a CSV file, and predicting one that need not fit into memory, beside pandas."""

import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks.cases import census
from benchmarks.measuring import tables
from benchmarks.measuring.commands import figures_of
from benchmarks.measuring.measurement import Measurement, best, ratio
from benchmarks.measuring.options import Findings, Options
from benchmarks.measuring.progress import say
from benchmarks.measuring.rounds import go_round

PROGRAM = "benchmarks.parts.table_turns"
ENCODED, PREDICTED = 285_000, 1_000_000
"""Rows: 35 MB and 125 MB."""

PORTIONS = (1_024, 10_000, 50_000)
"""Rows of a chunk of pandas'; nnlite's portions have 4,096."""


def measure(options: Options) -> Findings:
    """Every turn is a process of its own, on one core's thread: what waits for another core's says little."""
    if sys.platform != "linux":
        return Findings([], ["Left out: what a process occupies is only read on Linux."])
    share = 20 if options.quick else 1
    rounds = options.rounds or (1 if options.quick else 5)
    notes = []
    if find_spec("pandas") is None:
        notes.append("Left out: pandas and scikit-learn, since pandas is not installed.")
        say(notes[-1])
    measurements: list[Measurement] = []
    with tempfile.TemporaryDirectory() as folder:
        for do, rows in (("encode", ENCODED // share), ("predict", PREDICTED // share)):
            file = Path(folder, f"{do}.csv")
            say(f"{do}: writing {rows} rows")
            census.write(file, rows)
            peers = {"nnlite": ["nnlite", do, str(file)]}
            if find_spec("pandas") is not None and do == "encode":
                peers["pandas, ColumnTransformer"] = ["pandas", do, str(file)]
            elif find_spec("pandas") is not None:
                for portion in PORTIONS:
                    peers[f"pandas, MLPClassifier, chunks of {portion:,}"] = ["pandas", do, str(file), str(portion)]
            case = f"{do}, {rows:,} rows"
            figures = go_round(
                {peer: partial(figures_of, PROGRAM, *words) for peer, words in peers.items()}, rounds, case
            )
            for peer, found in figures.items():
                for quantity, count in (("seconds", rows), *((("MiB", 1),) if do == "predict" else ())):
                    values = tuple(one[quantity] for one in found)
                    measurements.append(Measurement(case, peer, 1, quantity, count, values))
    return Findings(measurements, notes)


def markdown(measurements: Sequence[Measurement]) -> str:
    """One table."""
    among = best(measurements)
    rows = []
    for one in (one for one in measurements if one.quantity == "seconds"):
        memory = among.get((one.case, "MiB", one.peer))
        rows.append(
            [
                f"{one.case}: {one.peer}",
                tables.timing(one),
                f"{1 / one.each:,.0f}",
                "" if memory is None else f"{memory.median:.0f} MiB",
                tables.share(ratio(one, among)),
            ]
        )
    header = ["", "a row: median (quartiles)", "rows a second", "memory grew after the first portion by", "to nnlite"]
    return tables.table(header, rows)
