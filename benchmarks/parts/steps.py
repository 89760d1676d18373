"""Training steps: how long a step takes, over whole fits, for each network, peer and number of threads."""

from collections.abc import Sequence

from benchmarks.cases.networks import Plan, plans
from benchmarks.measuring import agreement, tables
from benchmarks.measuring.crew import Crew, fits
from benchmarks.measuring.measurement import Measurement, best, ratio
from benchmarks.measuring.options import Findings, Options
from benchmarks.measuring.progress import say
from benchmarks.peers import PEERS


def measure(options: Options) -> Findings:
    """Trains every network with every peer; raises `DisagreementError`."""
    return of_plans(plans(options.quick, options.networks), options.peers, options)


def of_plans(chosen: Sequence[Plan], peers: Sequence[str], options: Options) -> Findings:
    """Trains these networks with these peers; raises `DisagreementError`."""
    found, notes = [], []
    with Crew(peers if chosen else (), options.threads) as crew:
        for plan in chosen:
            network = plan.network
            crew.prepare(network)
            notes.append(agreement.check(crew, network))
            say(notes[-1])
            found += fits(crew, network, options.rounds or plan.rounds, f"{network.name}, batch {network.batch}")
            crew.forget(network)
        notes += [f"Left out: {line}" for line in crew.skipped]
    return Findings(found, notes)


def markdown(measurements: Sequence[Measurement]) -> str:
    """Ratios of all networks in one table, then the times of each."""
    among = best(measurements)
    cases = list(dict.fromkeys(one.case for one in measurements))
    threads = sorted({one.threads for one in measurements})
    labels = [entry.label for entry in PEERS.values()]
    peers = sorted({one.peer for one in measurements}, key=labels.index)
    parts = [
        "Time of a step as a multiple of nnlite's, each at its best number of threads. **Above 1 nnlite is faster, "
        "below 1 slower.**"
    ]
    rows = []
    for peer in peers:
        ones = [among.get((case, "seconds", peer)) for case in cases]
        rows.append([peer, *(tables.share(ratio(one, among)) if one else "" for one in ones)])
    parts.append(tables.table(["", *cases], rows))
    for case in cases:
        found = {(one.peer, one.threads): one for one in measurements if one.case == case}
        columns = [f"{count} thread{'s' * (count > 1)}" for count in threads]
        rows = []
        for peer in peers:
            if (case, "seconds", peer) in among:
                times = [tables.timing(found.get((peer, count))) for count in threads]
                rows.append([peer, *times, tables.share(ratio(among[case, "seconds", peer], among))])
        rounds = len(next(iter(found.values())).values)
        parts.append(
            f"**{case}**, a step: median (quartiles) of {rounds} fits\n\n"
            + tables.table(["", *columns, "to nnlite"], rows)
        )
    return "\n\n".join(parts)
