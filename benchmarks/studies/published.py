"""Published results repeated, and PyTorch beside them: python -m benchmarks.studies.published --data mnist.npz

Every trial is run with the seeds 0, 1 and 2. PyTorch trains the same network from the same weights, on the same
batches, with the same optimizer and learning rates, on as many threads. Accuracy is the part of the rows whose
largest output stands at the right digit; nothing is chosen by it. The command ends with exit code 1 if a mean over
the seeds is not what was published.
"""

import argparse
import csv
import io
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.measuring import machine, tables
from benchmarks.measuring.commands import ROOT
from benchmarks.measuring.progress import say
from benchmarks.studies.trials import TRIALS, Trial
from nnlite import Sequential, files
from nnlite.data.batches import portions
from nnlite.errors import NnliteError
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit
from nnlite.types import Array

END = 0
"""The epoch of a figure that is of the finished model."""

RESULTS = report.RESULTS / "published.csv"
PAGE = ROOT / "docs" / "accuracy.md"
LIBRARIES = ("nnlite", "PyTorch")


@dataclass(frozen=True)
class Claim:
    """Attributes:
    trial: of which.
    text: what it says.
    epoch: after which; `END` for the finished model.
    accuracy: as published, or to be reached.
    within: how far ours may be from it; None if ours has to be as large at least.
    """

    trial: str
    text: str
    epoch: int
    accuracy: float
    within: float | None = None

    def holds(self, accuracy: float) -> bool:
        """Whether this is what it says."""
        return accuracy >= self.accuracy if self.within is None else abs(accuracy - self.accuracy) <= self.within

    @property
    def wanted(self) -> str:
        """For tables."""
        return (
            f"at least {self.accuracy:.2%}" if self.within is None else f"{self.accuracy:.2%} ± {100 * self.within:g}"
        )


CLAIMS = (
    Claim("nielsen", "Nielsen, 784-30-10, validation, epoch 1", 1, 0.9270, 0.005),
    Claim("nielsen", "Nielsen, 784-30-10, validation, epoch 10", 10, 0.9594, 0.005),
    Claim("nielsen", "Nielsen, 784-30-10, validation, epoch 30", END, 0.9650, 0.005),
    Claim("lecun", "LeCun, 784-300-100-10, test", END, 1 - 0.0305),
    Claim("mnist_mlp", "configs/mnist_mlp.toml, test", END, 0.984),
    Claim("mnist_lenet", "configs/mnist_lenet.toml, test", END, 0.992),
)


@dataclass(frozen=True)
class Figure:
    """An accuracy of one training, a line of the CSV file.

    Attributes:
        trial, library, seed, threads: of which.
        epoch: after which; `END` for the finished model.
        accuracy: a fraction.
        seconds: of the whole training.
    """

    trial: str
    library: str
    seed: int
    threads: int
    epoch: int
    accuracy: float
    seconds: float


def accuracy(outputs: Array, labels: Array) -> float:
    """The part of the rows whose largest output stands at the right digit."""
    return float((outputs.argmax(axis=1) == labels).mean())


def outputs(model: Sequential, x: Array) -> Array:
    """The raw outputs of many rows: probabilities may round to the same number where these differ."""
    return np.concatenate([model.forward(x[rows]) for rows in portions(len(x), model.rows_at_once)])


def with_nnlite(trial: Trial, epochs: Sequence[int]) -> tuple[dict[int, float], float]:
    """Trains; gives the accuracies after these epochs and of the finished model, and the seconds."""
    found: dict[int, float] = {}

    class Accuracies(Callback):
        def after_epoch(self, fit: Fit, row: dict[str, float]) -> None:
            if fit.epoch in epochs:
                found[fit.epoch] = accuracy(outputs(fit.model, trial.x), trial.labels)

    started = time.perf_counter()
    trial.trainer.fit(trial.train, callbacks=[Accuracies()], progress=False)
    seconds = time.perf_counter() - started
    return found | {END: accuracy(outputs(trial.trainer.model, trial.x), trial.labels)}, seconds


def with_pytorch(trial: Trial, epochs: Sequence[int]) -> tuple[dict[int, float], float]:
    """The same by the network's twin."""
    from benchmarks.peers.twin import Twin

    twin, found = Twin(trial.trainer, trial.train), {}

    def after_epoch(epoch: int) -> None:
        if epoch in epochs:
            found[epoch] = accuracy(twin.outputs(trial.x), trial.labels)

    started = time.perf_counter()
    twin.fit(after_epoch)
    seconds = time.perf_counter() - started
    return found | {END: accuracy(twin.outputs(trial.x), trial.labels)}, seconds


TRAIN: dict[str, Callable[[Trial, Sequence[int]], tuple[dict[int, float], float]]] = {
    "nnlite": with_nnlite,
    "PyTorch": with_pytorch,
}


def measure(
    trial: str, data: Path, seeds: Iterable[int], libraries: Sequence[str], threads: int, epochs: int | None = None
) -> list[Figure]:
    """All figures of one trial; `epochs` in place of its own are for a look. Raises `NnliteError`."""
    wanted = [claim.epoch for claim in CLAIMS if claim.trial == trial and claim.epoch != END]
    figures = []
    for seed in seeds:
        for library in libraries:
            one = TRIALS[trial](data, seed)
            one.trainer.threads = threads
            if epochs is not None:
                one.trainer.epochs = epochs
            found, seconds = TRAIN[library](one, wanted)
            say(f"{trial}, {library}, seed {seed}: {found[END]:.2%} in {seconds:.1f} s")
            figures += [
                Figure(trial, library, seed, threads, epoch, share, seconds) for epoch, share in found.items()
            ]
    return figures


def of(figures: Iterable[Figure], claim: Claim, library: str) -> list[Figure]:
    """What a library has to say to a claim, a figure for each seed."""
    return [one for one in figures if (one.trial, one.epoch, one.library) == (claim.trial, claim.epoch, library)]


def broken(figures: Sequence[Figure]) -> list[Claim]:
    """The claims that nnlite's means do not bear out."""
    means = {claim: [one.accuracy for one in of(figures, claim, "nnlite")] for claim in CLAIMS}
    return [claim for claim, found in means.items() if found and not claim.holds(statistics.fmean(found))]


def markdown(figures: Sequence[Figure]) -> str:
    """A table of the claims that there are figures for."""
    rows = []
    for claim in CLAIMS:
        ours, theirs = (of(figures, claim, library) for library in LIBRARIES)
        if ours:
            times = _times(ours, theirs) if claim.epoch == END else ["", ""]
            rows.append([claim.text, claim.wanted, _shown(ours), _shown(theirs), *times])
    header = ["", "published, or to be reached", *LIBRARIES, "nnlite's time", "PyTorch's to it"]
    return tables.table(header, rows)


def _shown(figures: Sequence[Figure]) -> str:
    if not figures:
        return ""
    each = " ".join(f"{100 * one.accuracy:.2f}" for one in figures)
    return f"{statistics.fmean(one.accuracy for one in figures):.2%} ({each})"


def _times(ours: Sequence[Figure], theirs: Sequence[Figure]) -> list[str]:
    """The mean seconds of a training, and PyTorch's as a multiple of them."""
    seconds = statistics.fmean(one.seconds for one in ours)
    ratio = statistics.fmean(one.seconds for one in theirs) / seconds if theirs else None
    return [f"{seconds:.0f} s", tables.share(ratio)]


def write(path: Path, figures: Sequence[Figure], notes: Iterable[str]) -> None:
    """A line for each figure, after the notes, whose lines begin with #."""
    text = io.StringIO()
    text.writelines(f"# {note}\n" for note in notes)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(Figure))
    for one in figures:
        *which, share, seconds = astuple(one)
        writer.writerow([*which, f"{share:.6g}", f"{seconds:.4g}"])
    files.write(path, text.getvalue())


def read(path: Path) -> tuple[list[Figure], list[str]]:
    """What `write` wrote: the figures and the notes."""
    lines = path.read_text().splitlines()
    figures = [
        Figure(
            row["trial"],
            row["library"],
            int(row["seed"]),
            int(row["threads"]),
            int(row["epoch"]),
            float(row["accuracy"]),
            float(row["seconds"]),
        )
        for row in csv.DictReader(line for line in lines if not line.startswith("# "))
    ]
    return figures, [line.removeprefix("# ") for line in lines if line.startswith("# ")]


def page_text(figures: Sequence[Figure], notes: Iterable[str]) -> str:
    """What stands on the page between the markers."""
    return "\n\n".join([markdown(figures), "\n".join(f"- {note}" for note in notes)])


def keep(figures: Sequence[Figure], trials: Sequence[str]) -> None:
    """Puts these trials' figures in place of their old ones, in the CSV file and on the page."""
    about = machine.describe()
    old, notes = read(RESULTS) if RESULTS.exists() else ([], [])
    rest = [one for one in old if one.trial not in trials]
    merged = [one for name in TRIALS for one in [*rest, *figures] if one.trial == name]
    kept = [note for note in notes if note.partition(": ")[0] not in trials]
    kept += [f"{name}: {' '.join(about)}" for name in trials]
    kept.sort(key=lambda note: list(TRIALS).index(note.partition(": ")[0]))
    write(RESULTS, merged, kept)
    files.write(PAGE, report.insert(PAGE.read_text(), {"published": page_text(merged, kept)}))


def main(words: Sequence[str] | None = None) -> int:
    """Prints a table, and writes it; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.studies.published",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", metavar="FILE", type=Path, required=True, help="MNIST: .npz with x_train, y_train, x_test, y_test")
    add("--only", metavar="TRIAL", nargs="+", choices=TRIALS, default=list(TRIALS), help=f"of {', '.join(TRIALS)}")
    add("--seeds", metavar="N", type=int, default=3, help="how many, from 0 (default: 3)")
    add("--threads", metavar="N", type=int, default=1, help="of both libraries (default: 1)")
    add("--alone", action="store_true", help="leave PyTorch out; write nothing")
    add("--epochs", metavar="N", type=int, help="in place of each trial's own: a look; write nothing")
    given = parser.parse_args(words)
    if given.seeds < 1 or given.threads < 1 or (given.epochs is not None and given.epochs < 1):
        parser.error("--seeds, --threads and --epochs must be at least 1")
    libraries = LIBRARIES[:1] if given.alone else LIBRARIES
    figures: list[Figure] = []
    try:
        for trial in given.only:
            found = measure(trial, given.data, range(given.seeds), libraries, given.threads, given.epochs)
            figures += found
            if not given.alone and given.epochs is None:
                keep(found, [trial])
    except (NnliteError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(markdown(figures))
    for claim in broken(figures):
        print(f"not as published: {claim.text}: {claim.wanted}", file=sys.stderr)
    return 1 if broken(figures) else 0


if __name__ == "__main__":
    sys.exit(main())
