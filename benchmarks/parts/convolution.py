"""Convolution: how long a training step takes of networks that look at pictures, beside PyTorch."""

from collections.abc import Sequence

from benchmarks.cases.networks import PICTURES, QUICK_PICTURES, plans
from benchmarks.measuring import tables
from benchmarks.measuring.measurement import Measurement
from benchmarks.measuring.options import Findings, Options
from benchmarks.parts import steps
from benchmarks.peers import PEERS

WITH_CONVOLUTIONS = ("nnlite", "torch", "torch-fused", "torch-compile")
"""The peers that know them here."""


def measure(options: Options) -> Findings:
    """Trains every network with every peer; raises `DisagreementError`."""
    chosen = plans(options.quick, options.networks, PICTURES, QUICK_PICTURES)
    return steps.of_plans(chosen, [peer for peer in WITH_CONVOLUTIONS if peer in options.peers], options)


def markdown(measurements: Sequence[Measurement]) -> str:
    """nnlite's time as a part of PyTorch's for each number of threads, then the tables of the steps."""
    found = {(one.case, one.peer, one.threads): one for one in measurements}
    counts = sorted({one.threads for one in measurements})
    eager = PEERS["torch"].label
    rows = []
    for case in dict.fromkeys(one.case for one in measurements):
        pairs = [(found.get((case, "nnlite", count)), found.get((case, eager, count))) for count in counts]
        rows.append([case, *(f"{ours.each / theirs.each:.2f}" if ours and theirs else "" for ours, theirs in pairs)])
    header = ["", *(f"{count} thread{'s' * (count > 1)}" for count in counts)]
    title = f"nnlite's time of a step divided by that of {eager} with as many threads: **below 1 nnlite is faster.**"
    return "\n\n".join([title, tables.table(header, rows), steps.markdown(measurements)]) if rows else ""
