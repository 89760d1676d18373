"""Recurrent layers: how long a training step takes of a GRU or an LSTM and a dense layer, beside PyTorch."""

from collections.abc import Sequence

from benchmarks.cases.networks import QUICK_SEQUENCES, SEQUENCES, plans
from benchmarks.measuring import tables
from benchmarks.measuring.measurement import Measurement, best
from benchmarks.measuring.options import Findings, Options
from benchmarks.parts import steps
from benchmarks.peers import PEERS

WITH_CELLS = ("nnlite", "torch", "torch-fused")
"""The peers that know them here: PyTorch does not compile its recurrent layers."""


def measure(options: Options) -> Findings:
    """Trains every network with every peer; raises `DisagreementError`."""
    chosen = plans(options.quick, options.networks, SEQUENCES, QUICK_SEQUENCES)
    return steps.of_plans(chosen, [peer for peer in WITH_CELLS if peer in options.peers], options)


def markdown(measurements: Sequence[Measurement]) -> str:
    """The time of a step for each layer, and nnlite's as a part of PyTorch's, each at its best number of threads."""
    among = best(measurements)
    labels = [PEERS[peer].label for peer in WITH_CELLS]
    rows = []
    for case in dict.fromkeys(one.case for one in measurements):
        ones = [among.get((case, "seconds", label)) for label in labels]
        ours, *theirs = ones
        times = [one.each for one in theirs if one]
        share = f"{ours.each / min(times):.2f}" if ours and times else ""
        rows.append([case, *map(tables.timing, ones), share])
    title = (
        "A step: median (quartiles), each at its best number of threads. LSTM32x20 has 32 units and sequences of 20 "
        "steps, 8 features each. **Below 1 nnlite is faster** than the faster of the two."
    )
    return "\n\n".join([title, tables.table(["", *labels, "nnlite's part"], rows)]) if rows else ""
