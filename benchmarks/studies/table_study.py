"""A study of tables: the same folds of each for all methods, and a file of results with which it goes on."""

import argparse
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.measuring import machine
from benchmarks.measuring.commands import ROOT
from benchmarks.measuring.progress import say
from benchmarks.studies.table_figures import FOLDS, Figure, read, write
from benchmarks.studies.table_list import FILE, Listed
from benchmarks.studies.table_methods import Fold, Method
from nnlite import files
from nnlite.data.table_rows import TableRows, table_rows
from nnlite.errors import NnliteError
from nnlite.tables import Table
from nnlite.tables.table import Cells

PAGE = ROOT / "docs" / "accuracy.md"


@dataclass(frozen=True)
class Study:
    """Which methods are measured on which tables.

    Attributes:
        name: of its module, of its file of results, and of its place in docs/accuracy.md.
        about: what the command says of itself.
        tables: in the order in which they are shown.
        methods: by the name that is shown.
        markdown: the figures as Markdown.
    """

    name: str
    about: str
    tables: Sequence[Listed]
    methods: Mapping[str, Method]
    markdown: Callable[[Sequence[Figure]], str]

    @property
    def results(self) -> Path:
        """Where its figures are kept, if nothing else is said."""
        return report.RESULTS / f"{self.name}.csv"


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


def measured(methods: Mapping[str, Method], listed: Listed, folder: Path | None, repetition: int) -> list[Figure]:
    """All methods on one table; raises `NnliteError`."""
    from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error
    from threadpoolctl import threadpool_limits

    found: dict[str, list[tuple[float, float, float]]] = {method: [] for method in methods}
    with warnings.catch_warnings(), threadpool_limits(1):
        # what is left out, never seen, or has not converged, is told to users; here it is as it is
        warnings.simplefilter("ignore")
        rows = listed.load(folder)
        for fold in folds(rows, repetition):
            for method, predicted in methods.items():
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


def _at_once(
    methods: Mapping[str, Method], work: Sequence[tuple[Listed, int]], folder: Path | None, processes: int
) -> Iterator[list[Figure]]:
    """Measures each table's repetition, as many at once; gives what is found as soon as it is there."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # of the processes that begin now
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(measured, methods, listed, folder, repetition) for listed, repetition in work]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def run(study: Study, words: Sequence[str] | None = None) -> int:
    """The command: measures, prints the tables, and writes them; returns the exit code."""
    names = [listed.name for listed in study.tables]
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.studies.{study.name}",
        description=study.about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--tables",
        metavar="FOLDER",
        type=Path,
        help="where the ten tables lie that are files; else they are left out",
    )
    add("--only", metavar="TABLE", nargs="+", choices=names, help=f"of {', '.join(names)}")
    add("--repetitions", metavar="N", type=int, default=3, help="how often five folds (default: 3)")
    add("--processes", metavar="N", type=int, default=1, help="how many tables at once (default: 1)")
    add(
        "--results",
        metavar="FILE",
        type=Path,
        default=study.results,
        help="where figures are kept (default: %(default)s)",
    )
    given = parser.parse_args(words)
    if given.repetitions < 1 or given.processes < 1:
        parser.error("--repetitions and --processes must be at least 1")
    figures = read(given.results)
    done = {(one.table, one.repetition) for one in figures}
    chosen = [
        listed
        for listed in study.tables
        if (listed.name in given.only if given.only else given.tables or listed.source != FILE)
    ]
    work = [(listed, turn) for turn in range(given.repetitions) for listed in chosen]
    work = [(listed, turn) for listed, turn in work if (listed.name, turn) not in done]
    notes = machine.describe()
    try:
        for found in _at_once(study.methods, work, given.tables, given.processes) if work else ():
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
    text = study.markdown(figures)
    if given.results == study.results:
        inserted = "\n\n".join([text, f"- {' '.join(notes)}"])
        files.write(PAGE, report.insert(PAGE.read_text(), {study.name: inserted}))
    print(text)
    return 0
