"""Figures of methods on tables: kept in a file, and shown as Markdown tables and as mean ranks."""

import csv
import io
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from benchmarks.measuring import tables
from nnlite import files

FOLDS = 5
SMALL = 2000
"""Tables with fewer rows are counted apart."""


@dataclass(frozen=True)
class Figure:
    """What one method gave on one table: means over the folds of a repetition.

    Attributes:
    table, rows, task: of what.
    repetition: which folds.
    method: of the study's methods.
    score: accuracy, or R².
    loss: log loss, or the root of the mean squared error.
    seconds: of the processor, of a fit with its answers.
    """

    table: str
    rows: int
    task: str
    repetition: int
    method: str
    score: float
    loss: float
    seconds: float


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each, 1 for the smallest; equal ones share theirs.

    >>> ranks([0.3, 0.1, 0.3])
    [2.5, 1.0, 2.5]
    """
    return [sum(other < one for other in values) + (values.count(one) + 1) / 2 for one in values]


@dataclass(frozen=True)
class Means:
    """The figures of a table, by method: means over the repetitions, of which there are `folds` divided by five."""

    table: str
    rows: int
    folds: int
    task: str
    score: list[float]
    loss: list[float]
    seconds: list[float]


def means(figures: Sequence[Figure], methods: Iterable[str]) -> list[Means]:
    """For each table, in the order in which they first come."""
    found = []
    names = list(methods)
    for table in dict.fromkeys(one.table for one in figures):
        own = [one for one in figures if one.table == table]
        if own:
            by_method = [[one for one in own if one.method == method] for method in names]
            columns = [
                [statistics.fmean(getattr(one, name) for one in each) for each in by_method]
                for name in ("score", "loss", "seconds")
            ]
            folds = FOLDS * len({one.repetition for one in own})
            found.append(Means(table, own[0].rows, folds, own[0].task, *columns))
    return found


def of_tables(found: Iterable[Means], task: str, methods: Iterable[str]) -> str:
    """A row for each table with this task: the score, the loss and the seconds of each method."""
    rows = []
    for one in found:
        if one.task == task:
            best = max(one.score), min(one.loss)
            cells = [
                " / ".join(
                    f"**{shown(value)}**" if value == winner else shown(value)
                    for value, winner in zip(pair, best, strict=True)
                )
                for pair in zip(one.score, one.loss, strict=True)
            ]
            times = [tables.three(seconds) for seconds in one.seconds]
            rows.append([one.table, str(one.rows), str(one.folds), *cells, " / ".join(times)])
    return tables.table(["table", "rows", "folds", *methods, "seconds a fit"], rows)


def shown(value: float) -> str:
    """Three digits after the point, or fewer of a large number.

    >>> shown(0.98765), shown(23456.7)
    ('0.988', '23457')
    """
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.2f}" if abs(value) < 1000 else f"{value:.0f}"


def of_ranks(found: Sequence[Means], methods: Iterable[str]) -> str:
    """The mean rank of each method, below and above 2,000 rows."""
    parts = {
        f"below {SMALL:,} rows": [one for one in found if one.rows < SMALL],
        f"from {SMALL:,} rows on": [one for one in found if one.rows >= SMALL],
        "all": list(found),
    }
    rows = []
    for task, names in (("classification", ("accuracy", "log loss")), ("regression", ("R²",))):
        for name in names:
            for part, members in parts.items():
                own = [one for one in members if one.task == task]
                if own:
                    of_each = [
                        ranks(one.loss if name == "log loss" else [-score for score in one.score]) for one in own
                    ]
                    cells = [statistics.fmean(column) for column in zip(*of_each, strict=True)]
                    marked = [f"**{cell:.2f}**" if cell == min(cells) else f"{cell:.2f}" for cell in cells]
                    rows.append([f"{name}, {len(own)} tables {part}", *marked])
    for part, members in parts.items():
        if members:
            seconds = [statistics.fmean(column) for column in zip(*(one.seconds for one in members), strict=True)]
            rows.append([f"seconds a fit, {part}", *(tables.three(cell) for cell in seconds)])
    return tables.table(["mean rank (1 is best)", *methods], rows)


def markdown(figures: Sequence[Figure], methods: Sequence[str]) -> str:
    """Ranks, then the tables with classes, then those with numbers."""
    found = means(figures, methods)
    return "\n\n".join([of_ranks(found, methods), of_each(found, methods)])


def of_each(found: Sequence[Means], methods: Sequence[str]) -> str:
    """The tables with classes, then those with numbers."""
    blocks = [
        "Accuracy / log loss:",
        of_tables(found, "classification", methods),
        "R² / root of the mean squared error:",
        of_tables(found, "regression", methods),
    ]
    return "\n\n".join(blocks)


def write(path: Path, figures: Iterable[Figure], notes: Iterable[str]) -> None:
    """A line for each figure, after the notes, whose lines begin with #."""
    text = io.StringIO()
    text.writelines(f"# {note}\n" for note in notes)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(Figure))
    for one in figures:
        *which, score, loss, seconds = astuple(one)
        writer.writerow([*which, f"{score:.6g}", f"{loss:.6g}", f"{seconds:.4g}"])
    files.write(path, text.getvalue())


def read(path: Path) -> list[Figure]:
    """The figures that `write` wrote; none where there is no file."""
    if not path.exists():
        return []
    lines = path.read_text().splitlines()
    return [
        Figure(
            row["table"],
            int(row["rows"]),
            row["task"],
            int(row["repetition"]),
            row["method"],
            float(row["score"]),
            float(row["loss"]),
            float(row["seconds"]),
        )
        for row in csv.DictReader(line for line in lines if not line.startswith("# "))
    ]
