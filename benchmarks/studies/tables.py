"""The recipe for tables beside scikit-learn's methods: python -m benchmarks.studies.tables --tables FOLDER

Every table is parted into five folds (stratified for classes), once for each repetition, drawn by its number. All
methods learn from the same rows, with the same encoding: categories one-hot, gaps filled by the median, numbers
scaled, all learnt from the training rows of the fold. nnlite gets the raw rows and trains what the recipe says for
a table of which nothing else is known, an ensemble of five; the others have their default settings, MLPRegressor a
scaled target too. Nothing is tuned. Each fit has one thread; seconds are those of the processor for the fit, the
encoding, and the answers for the fold. What is measured stays in the file of results, so that the command goes on
where it ended.
"""

import argparse
import csv
import io
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import astuple, dataclass, fields
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.measuring import machine, tables
from benchmarks.measuring.commands import ROOT
from benchmarks.measuring.progress import say
from benchmarks.studies.table_list import TABLES, Listed
from nnlite import Ensemble
from nnlite.config import training_config
from nnlite.config.recipe import recipe
from nnlite.core.predictor import Predictor
from nnlite.data import Dataset
from nnlite.data.table_rows import TableRows, table_rows
from nnlite.errors import NnliteError
from nnlite.saving import files
from nnlite.tables import Table
from nnlite.tables.table import Cells
from nnlite.types import Array

FOLDS = 5
SMALL = 2000
"""Tables with fewer rows are counted apart."""

RESULTS = report.RESULTS / "tables.csv"
PAGE = ROOT / "docs" / "accuracy.md"
NNLITE = "nnlite"


@dataclass(frozen=True)
class Figure:
    """What one method gave on one table: means over the folds of a repetition.

    Attributes:
    table, rows, task: of what.
    repetition: which folds.
    method: of `METHODS`.
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


@dataclass(frozen=True)
class Fold:
    """Attributes:
    train: the rows to learn from.
    test: the others, without their targets.
    y: the targets of the others: indices of classes, or numbers.
    """

    train: TableRows
    test: Table
    y: Array


def with_nnlite(fold: Fold, seed: int) -> Array:
    """Probabilities of the classes, or numbers, for the test rows, by the recipe."""
    rows = fold.train
    kinds = [guess.kind for guess in rows.guesses.values() if guess.kind != "ignore"]
    document = recipe(len(rows.table), rows.found.task, kinds, test_fraction=0.0).document
    # The rows are at hand; no source is read.
    document["data"] |= {"source": "csv", "path": "rows.csv", "target": rows.target}
    config = training_config.check({"name": "table", "seed": seed, **document}, Path.cwd() / "table")
    models = []
    for member in range(config.members):
        splits, trainer = config.build(member, rows)
        trainer.threads = 1
        trainer.fit(splits.train, splits.validation, progress=False)
        models.append(trainer.model)
    predictor = Predictor(Ensemble(models))
    return predictor.predict(fold.test) if rows.found.classes is None else predictor.predict_proba(fold.test)


def with_scikit_learn(make: Callable[[bool, int], Any]) -> Callable[[Fold, int], Array]:
    """The same by a method of scikit-learn behind the shared encoding; `make` gets whether numbers are predicted."""

    def predicted(fold: Fold, seed: int) -> Array:
        from sklearn.pipeline import make_pipeline

        train = fold.train.split(0.0, 0.0, seed).train
        assert train.table is not None
        numbers = train.classes is None
        model = make_pipeline(encoding(train), make(numbers, seed)).fit(train.x, train.y)
        x = train.table.encode(fold.test)
        found: Array = model.predict(x) if numbers else model.predict_proba(x)
        return found

    return predicted


def encoding(train: Dataset) -> Any:
    """Numbers with gaps filled and scaled, flags as they are, categories one-hot: of an encoded table."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    assert train.table is not None
    encoder = train.table.encoder
    codes = np.array(encoder.codes)
    numbers = np.arange(len(codes)) < encoder.numbers
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), np.flatnonzero(numbers)),
            ("flags", "passthrough", np.flatnonzero(~numbers & (codes == 0))),
            ("codes", OneHotEncoder(handle_unknown="ignore", sparse_output=False), np.flatnonzero(codes > 0)),
        ]
    ).set_params(numbers__simpleimputer__strategy="median")


def linear(numbers: bool, seed: int) -> Any:
    """Logistic regression, or ridge."""
    from sklearn.linear_model import LogisticRegression, Ridge

    return Ridge() if numbers else LogisticRegression(max_iter=1000)


def boosting(numbers: bool, seed: int) -> Any:
    """Boosted trees on histograms."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if numbers else HistGradientBoostingClassifier
    return kind(random_state=seed)


def forest(numbers: bool, seed: int) -> Any:
    """A random forest."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return (RandomForestRegressor if numbers else RandomForestClassifier)(random_state=seed)


def network(numbers: bool, seed: int) -> Any:
    """scikit-learn's network; that of numbers gets them scaled, as it would hardly learn otherwise."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    if numbers:
        return TransformedTargetRegressor(MLPRegressor(random_state=seed), transformer=StandardScaler())
    return MLPClassifier(random_state=seed)


METHODS: dict[str, Callable[[Fold, int], Array]] = {
    NNLITE: with_nnlite,
    "linear": with_scikit_learn(linear),
    "boosting": with_scikit_learn(boosting),
    "forest": with_scikit_learn(forest),
    "MLP": with_scikit_learn(network),
}


def folds(rows: TableRows, repetition: int) -> Iterator[Fold]:
    """The table's folds; nothing is known of the test rows when the columns of the others are guessed and learnt."""
    from sklearn.model_selection import KFold, StratifiedKFold

    found = rows.found
    kind = KFold if found.classes is None else StratifiedKFold
    labels = found.y if found.classes is None else np.array(found.classes)[found.y]
    for train, test in kind(FOLDS, shuffle=True, random_state=repetition).split(found.y, found.y):
        part = rows.table.rows(train)
        columns: dict[str, Cells] = {**part.columns, rows.target: [str(label) for label in labels[train]]}
        known = table_rows(Table(columns), rows.target, task=found.task)
        assert known.found.classes == found.classes  # so that indices of classes mean the same
        yield Fold(known, rows.table.rows(test), found.y[test])


def measured(listed: Listed, folder: Path | None, repetition: int) -> list[Figure]:
    """All methods on one table; raises `NnliteError`."""
    from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error
    from threadpoolctl import threadpool_limits

    found: dict[str, list[tuple[float, float, float]]] = {method: [] for method in METHODS}
    with warnings.catch_warnings(), threadpool_limits(1):
        # what is left out, never seen, or has not converged, is told to users; here it is as it is
        warnings.simplefilter("ignore")
        rows = listed.load(folder)
        for fold in folds(rows, repetition):
            for method, predicted in METHODS.items():
                started = time.process_time()
                given = predicted(fold, repetition)
                seconds = time.process_time() - started
                if rows.found.classes is None:
                    score, loss = r2_score(fold.y, given), root_mean_squared_error(fold.y, given)
                else:
                    indices = np.arange(len(rows.found.classes))
                    score = accuracy_score(fold.y, given.argmax(axis=1))
                    loss = log_loss(fold.y, given / given.sum(axis=1, keepdims=True), labels=indices)
                found[method].append((float(score), float(loss), seconds))
    return [
        Figure(
            listed.name,
            len(rows.table),
            rows.found.task,
            repetition,
            method,
            *(statistics.fmean(column) for column in zip(*each, strict=True)),
        )
        for method, each in found.items()
    ]


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


def means(figures: Sequence[Figure]) -> list[Means]:
    """For each table in the order of the list."""
    found = []
    for listed in TABLES:
        own = [one for one in figures if one.table == listed.name]
        if own:
            by_method = [[one for one in own if one.method == method] for method in METHODS]
            columns = [
                [statistics.fmean(getattr(one, name) for one in each) for each in by_method]
                for name in ("score", "loss", "seconds")
            ]
            folds = FOLDS * len({one.repetition for one in own})
            found.append(Means(listed.name, own[0].rows, folds, own[0].task, *columns))
    return found


def of_tables(found: Iterable[Means], task: str) -> str:
    """A row for each table with this task: the score and the loss of each method, and the seconds of two."""
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
    return tables.table(["table", "rows", "folds", *METHODS, "seconds a fit"], rows)


def shown(value: float) -> str:
    """Three digits after the point, or fewer of a large number.

    >>> shown(0.98765), shown(23456.7)
    ('0.988', '23457')
    """
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.2f}" if abs(value) < 1000 else f"{value:.0f}"


def of_ranks(found: Sequence[Means]) -> str:
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
    return tables.table(["mean rank (1 is best)", *METHODS], rows)


def markdown(figures: Sequence[Figure]) -> str:
    """Ranks, then the tables with classes, then those with numbers."""
    found = means(figures)
    blocks = [
        of_ranks(found),
        "Accuracy / log loss:",
        of_tables(found, "classification"),
        "R² / root of the mean squared error:",
        of_tables(found, "regression"),
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


def _at_once(work: Sequence[tuple[Listed, int]], folder: Path | None, processes: int) -> Iterator[list[Figure]]:
    """Measures each table's repetition, as many at once; gives what is found as soon as it is there."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # of the processes that begin now
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(measured, listed, folder, repetition) for listed, repetition in work]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def main(words: Sequence[str] | None = None) -> int:
    """Prints the tables, and writes them; returns the exit code."""
    names = [listed.name for listed in TABLES]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.studies.tables",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--tables", metavar="FOLDER", type=Path, help="where the ten tables lie that are files")
    add("--only", metavar="TABLE", nargs="+", choices=names, default=names, help=f"of {', '.join(names)}")
    add("--repetitions", metavar="N", type=int, default=3, help="how often five folds (default: 3)")
    add("--processes", metavar="N", type=int, default=1, help="how many tables at once (default: 1)")
    add("--results", metavar="FILE", type=Path, default=RESULTS, help="where figures are kept (default: %(default)s)")
    given = parser.parse_args(words)
    if given.repetitions < 1 or given.processes < 1:
        parser.error("--repetitions and --processes must be at least 1")
    figures = read(given.results)
    done = {(one.table, one.repetition) for one in figures}
    chosen = [listed for listed in TABLES if listed.name in given.only]
    work = [(listed, turn) for turn in range(given.repetitions) for listed in chosen]
    work = [(listed, turn) for listed, turn in work if (listed.name, turn) not in done]
    notes = machine.describe()
    try:
        for found in _at_once(work, given.tables, given.processes) if work else ():
            figures += found
            figures.sort(key=lambda one: (names.index(one.table), one.repetition))
            write(given.results, figures, notes)
            one = found[0]
            say(f"{one.table}, {one.repetition}: " + ", ".join(f"{each.method} {each.score:.4f}" for each in found))
    except NnliteError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    text = markdown(figures)
    if given.results == RESULTS:
        inserted = "\n\n".join([text, f"- {' '.join(notes)}"])
        files.write(PAGE, report.insert(PAGE.read_text(), {"tables": inserted}))
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
