"""Search: GridSearchCV of 24 fits with NNClassifier, with MLPClassifier and by hand, in one process and in two."""

from collections.abc import Sequence
from functools import partial

from benchmarks.measuring import tables
from benchmarks.measuring.agreement import DisagreementError
from benchmarks.measuring.commands import figures_of
from benchmarks.measuring.measurement import Measurement
from benchmarks.measuring.options import Findings, Options
from benchmarks.measuring.rounds import go_round
from benchmarks.parts.search_turn import PEERS

PROGRAM = "benchmarks.parts.search_turn"
TABLES = ("iris", "wine", "breast_cancer")
EPOCHS = 200
FITS = 25
"""24, and that of the best settings on all rows."""

SAME = 0.03
"""The best mean accuracies may differ by so much: a few rows."""


def measure(options: Options) -> Findings:
    """Every search has a process of its own, and each of its jobs one thread."""
    epochs = EPOCHS // 10 if options.quick else EPOCHS
    rounds = options.rounds or (1 if options.quick else 5)
    found: list[Measurement] = []
    for name in TABLES[:1] if options.quick else TABLES:
        keys = [(peer, jobs) for jobs in options.threads for peer in PEERS]
        turns = {
            (peer, jobs): partial(figures_of, PROGRAM, peer, name, str(jobs), str(epochs)) for peer, jobs in keys
        }
        figures = go_round(turns, rounds, name)
        accuracies = {peer: figures[peer, keys[0][1]][0]["accuracy"] for peer in PEERS}
        if max(accuracies.values()) - min(accuracies.values()) > SAME:
            raise DisagreementError(f"{name}: the best accuracies are {accuracies}: that is not the same search")
        for (peer, jobs), values in figures.items():
            seconds = tuple(one["seconds"] for one in values)
            found.append(Measurement(name, peer, jobs, "seconds", FITS, seconds))
    return Findings(found, [])


def markdown(measurements: Sequence[Measurement]) -> str:
    """One table; of each number of processes the ratio of its own."""
    ours = {(one.case, one.threads): one.median for one in measurements if one.peer == "nnlite"}
    rows = []
    for one in measurements:
        nnlite = ours.get((one.case, one.threads))
        ratio = None if nnlite is None else one.median / nnlite
        rows.append([f"{one.case}: {one.peer}", str(one.threads), tables.timing(one), tables.share(ratio)])
    return tables.table(["", "processes", "a fit: median (quartiles)", "to nnlite"], rows)
