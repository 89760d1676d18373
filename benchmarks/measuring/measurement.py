"""A measurement is what one peer took for one case: a figure from every round."""

import csv
import io
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnlite import files

COLUMNS = "case peer threads quantity count rounds median lower_quartile upper_quartile smallest largest ratio values"


@dataclass(frozen=True)
class Measurement:
    """Attributes:
    case: what was done, such as "4-16-3, batch 16".
    peer: who did it, as tables call it.
    threads: it was allowed; 0 for as many as it likes.
    quantity: what the values are: "seconds" or "MiB".
    count: of steps, say, in one value.
    values: of all rounds, in their order.
    """

    case: str
    peer: str
    threads: int
    quantity: str
    count: int
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Of the rounds."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Lower and upper: between them lies the middle half of the rounds."""
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        lower, _, upper = statistics.quantiles(self.values, n=4, method="inclusive")
        return lower, upper

    @property
    def each(self) -> float:
        """The median for one of `count`."""
        return self.median / self.count


def best(measurements: Iterable[Measurement]) -> dict[tuple[str, str, str], Measurement]:
    """For each (case, quantity, peer) the measurement with the smallest median: at its best number of threads."""
    found: dict[tuple[str, str, str], Measurement] = {}
    for one in measurements:
        key = one.case, one.quantity, one.peer
        if key not in found or one.median < found[key].median:
            found[key] = one
    return found


def ratio(one: Measurement, among: Mapping[tuple[str, str, str], Measurement]) -> float | None:
    """How often nnlite's best goes into this: 2 is twice nnlite's time; None where nnlite was not measured."""
    ours = among.get((one.case, one.quantity, "nnlite"))
    return None if ours is None else one.median / ours.median


def write(path: Path, measurements: Sequence[Measurement], notes: Sequence[str]) -> None:
    """One line for each in a CSV file, after the notes, whose lines begin with #."""
    among = best(measurements)
    text = io.StringIO()
    text.writelines(f"# {note}\n" for note in notes)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS.split())
    for one in measurements:
        share = ratio(one, among)
        figures = [one.median, *one.quartiles, min(one.values), max(one.values)]
        writer.writerow(
            [one.case, one.peer, one.threads, one.quantity, one.count, len(one.values)]
            + [f"{figure:.6g}" for figure in figures]
            + ["" if share is None else f"{share:.3f}", " ".join(f"{value:.6g}" for value in one.values)]
        )
    files.write(path, text.getvalue())


def read(path: Path) -> tuple[list[Measurement], list[str]]:
    """What `write` wrote: the measurements and the notes."""
    lines = path.read_text().splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("# "))
    return [
        Measurement(
            row["case"],
            row["peer"],
            int(row["threads"]),
            row["quantity"],
            int(row["count"]),
            tuple(map(float, row["values"].split())),
        )
        for row in rows
    ], [line.removeprefix("# ") for line in lines if line.startswith("# ")]
