"""Growth: how the time of training grows with the rows, and with the width of the layers."""

from collections.abc import Callable, Sequence

from benchmarks.cases.networks import Network
from benchmarks.measuring import tables
from benchmarks.measuring.crew import Crew, Hand, fits
from benchmarks.measuring.measurement import Measurement, best, ratio
from benchmarks.measuring.options import Findings, Options
from benchmarks.measuring.rounds import go_round
from benchmarks.peers import PEERS

BY_WIDTH = ("nnlite", "torch-fused", "products")
ROUNDS = 7


def by_rows(quick: bool) -> list[Network]:
    """One small network, ever more rows; about as many steps in each fit. Not quite a power of ten: whole batches."""
    sizes, batch = (20, 32, 2), 250
    counts = ((10_000, 20), (100_000, 2)) if quick else ((10_000, 100), (100_000, 10), (1_000_000, 2))
    return [Network(sizes, batch, rows, epochs) for rows, epochs in counts]


def by_width(quick: bool) -> list[Network]:
    """64 inputs, two hidden layers of the same width, 10 outputs."""
    widths = (16, 128) if quick else (16, 32, 64, 128, 256, 512, 1024, 2048)
    return [Network((64, width, width, 10), 64, 256, 30 if width <= 512 else 10) for width in widths]


def measure(options: Options) -> Findings:
    """nnlite alone over the rows; over the width PyTorch and the bare matrix products beside it."""
    rounds = options.rounds or (3 if options.quick else ROUNDS)
    peers = [peer for peer in BY_WIDTH if peer in options.peers]
    found: list[Measurement] = []
    with Crew([peer for peer in peers if peer == "nnlite"], [max(options.threads)]) as crew:
        found += rows_in_rounds(crew, by_rows(options.quick), rounds)
    with Crew(peers, options.threads) as crew:
        for network in by_width(options.quick):
            crew.prepare(network)
            found += fits(crew, network, rounds, f"width {network.sizes[1]}")
            crew.forget(network)
        return Findings(found, [f"Left out: {line}" for line in crew.skipped])


def rows_in_rounds(crew: Crew, networks: list[Network], rounds: int) -> list[Measurement]:
    """Here a round goes through the numbers of rows, for it is these that are compared."""

    def turn(hand: Hand, network: Network) -> Callable[[], float]:
        return lambda: float(hand.ask("fit", network)["seconds"])

    for network in networks:
        crew.prepare(network)
    turns = {(hand, network): turn(hand, network) for hand in crew.hands for network in networks}
    return [
        Measurement(
            f"{network.rows} rows",
            PEERS[hand.peer].label,
            hand.threads,
            "seconds",
            network.rows * network.epochs,
            tuple(seconds),
        )
        for (hand, network), seconds in go_round(turns, rounds, "rows").items()
    ]


def markdown(measurements: Sequence[Measurement]) -> str:
    """Two tables."""
    among, parts = best(measurements), []
    rows = [one for one in measurements if one.case.endswith(" rows")]
    if rows:
        cells = [[f"{int(one.case.split()[0]):,}", tables.timing(one)] for one in rows]
        parts += [
            "nnlite, network 20-32-2, batch 250",
            tables.table(["rows", "a row and epoch: median (quartiles)"], cells),
        ]
    widths = list(dict.fromkeys(one.case for one in measurements if one.case.startswith("width ")))
    labels = [PEERS[peer].label for peer in BY_WIDTH]
    peers = [label for label in labels if any(one.peer == label for one in measurements)]
    if widths:
        cells = []
        for case in widths:
            ones = [among[case, "seconds", peer] for peer in peers]
            line = [case.split()[1], *map(tables.timing, ones)]
            cells.append(line + [tables.share(ratio(one, among)) for one in ones if one.peer != "nnlite"])
        header = ["width", *peers, *(f"{peer} to nnlite" for peer in peers if peer != "nnlite")]
        parts += [
            "Networks 64-width-width-10, batch 64, a step: median (quartiles), each at its best number of threads",
            tables.table(header, cells),
        ]
    return "\n\n".join(parts)
