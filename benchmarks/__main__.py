"""Measures nnlite beside its peers: python -m benchmarks"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import report
from benchmarks.cases.networks import FULL, PICTURES, SEQUENCES
from benchmarks.measuring import machine, measurement
from benchmarks.measuring.agreement import DisagreementError
from benchmarks.measuring.options import Options
from benchmarks.measuring.progress import say
from benchmarks.peers import PEERS
from nnlite.errors import NnliteError

DESCRIPTION = """\
Measures nnlite beside its peers, and prints tables.

  steps        the time of a training step: five networks, every peer, each number of threads
  convolution  the same of three networks with convolutions, beside PyTorch
  recurrent    the same of a GRU and an LSTM, over sequences of 8 to 50 steps
  shares       where the time of such a step goes
  process      the whole process, from the command line to a trained classifier: time and memory
  import       the time of an import
  growth       the time of training as the rows grow, and as the layers grow wider
  memory       training from a file that is larger than the memory allowed
  table        reading, encoding and predicting tables in CSV files, beside pandas and scikit-learn
  search       a search by cross-validation with NNClassifier, and the same with MLPClassifier

Peers that are not installed are left out, and named: pip install -e ".[bench]" brings them. Before times are
compared, all peers have to have learnt the same; else the command ends with exit code 1.

A full run takes about 20 minutes on 2 cores, and wants a machine that does nothing else. It writes
benchmarks/results/ (a CSV file for each part, a picture) and the tables in docs/performance.md. --quick takes less
than a minute and writes nothing: it is a look, not a measurement.
"""


# One of each library: the others take long to compile, or to import once more.
QUICK_PEERS = ["nnlite", "scikit-learn", "torch-fused", "jax-epoch", "products"]


def parser() -> argparse.ArgumentParser:
    """What the command line may say."""
    found = argparse.ArgumentParser(
        prog="python -m benchmarks", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = found.add_argument
    add("--quick", action="store_true", help="fewer networks, rounds, epochs and (unless named) peers and threads")
    add("--only", metavar="PART", nargs="+", choices=report.PARTS, default=list(report.PARTS), help="these parts")
    add(
        "--peers",
        metavar="PEER",
        nargs="+",
        choices=PEERS,
        help=f"in steps, convolution, recurrent and growth: of {', '.join(PEERS)}",
    )
    names = [plan.network.name for plan in (*FULL, *PICTURES, *SEQUENCES)]
    add(
        "--networks",
        metavar="NETWORK",
        nargs="+",
        choices=names,
        help=f"in steps, convolution, recurrent and shares: of {', '.join(names)}",
    )
    add("--threads", metavar="N", nargs="+", type=int, help="in these too (default: 1 2, as far as there are)")
    add("--rounds", metavar="N", type=int, help="in every part, in place of its own number")
    add("--out", metavar="DIR", type=Path, help="write the CSV files and the picture here, and leave the page alone")
    add("--render", action="store_true", help="measure nothing: picture and page anew from the CSV files")
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Measures, prints and writes; returns the exit code."""
    line = parser()
    given = line.parse_args(words)
    cores = machine.cores()
    threads = given.threads or ([1] if given.quick else [n for n in (1, 2) if n <= cores])
    if any(not 1 <= n <= cores for n in threads) or (given.rounds is not None and given.rounds < 1):
        line.error(f"--threads must be between 1 and {cores}, the cores there are, and --rounds at least 1")
    peers = given.peers or (QUICK_PEERS if given.quick else list(PEERS))
    networks = None if given.networks is None else tuple(given.networks)
    options = Options(given.quick, tuple(sorted(set(threads))), given.rounds, tuple(peers), networks)
    folder = given.out or (None if given.quick and not given.render else report.RESULTS)
    page = report.PAGE if folder == report.RESULTS else None
    try:
        if not given.render:
            _measure(given.only, options, folder)
        if folder is not None:
            report.write(folder, page)
            say(f"written: {folder}{'' if page is None else f', {page}'}")
    except (DisagreementError, NnliteError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _measure(parts: Sequence[str], options: Options, folder: Path | None) -> None:
    about = machine.describe()
    for part in parts:
        say(f"== {part}")
        findings = report.PARTS[part].measure(options)
        findings.notes.extend(about)
        print(f"## {part}\n\n{report.text(part, findings)}\n", flush=True)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            measurement.write(folder / f"{part}.csv", findings.measurements, findings.notes)


if __name__ == "__main__":
    sys.exit(main())
