"""The estimators beside scikit-learn's networks and boosted trees: python -m benchmarks.studies.estimators

The tables are scikit-learn's own, and with --tables FOLDER those that are files. They are parted into folds as in
the study of tables. All get the same columns, which are found in the training rows of the fold: nnlite the numbers
with their gaps and the categories by their codes, told which is which; the others the categories one-hot, gaps filled
by the median, numbers scaled, MLPRegressor a scaled target too. All settings are the default ones but those that a
column names, and nothing is tuned. Of scikit-learn's network there are three: its solver adam, lbfgs, and adam with
early stopping; "MLP best" is for each table and figure the best of these on the test folds, an advantage that nnlite
does not have. Seconds and results are as in the study of tables.
"""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.measuring import tables
from benchmarks.studies.table_figures import SMALL, Figure, Means, means, of_each, of_ranks
from benchmarks.studies.table_list import DIGITS, FILE, TABLES
from benchmarks.studies.table_methods import Fold, Method, boosting, network, with_scikit_learn
from benchmarks.studies.table_study import Study, run
from nnlite.types import Array

OURS = ("nnlite", "ensemble=1")
SOLVERS: dict[str, dict[str, Any]] = {
    "MLP adam": {},
    "MLP lbfgs": {"solver": "lbfgs"},
    "MLP early stopping": {"early_stopping": True},
}
BOOSTING = "boosting"
BEST = "MLP best"


def with_nnlite(settings: dict[str, Any], fold: Fold, seed: int) -> Array:
    """Probabilities of the classes, or numbers, for the test rows, by an estimator with these arguments."""
    from nnlite import NNClassifier, NNRegressor

    train = fold.train.split(0.0, 0.0, seed).train
    assert train.table is not None
    encoder = train.table.encoder
    codes = np.array(encoder.codes)
    own = (codes > 0) | (np.arange(len(codes)) < encoder.numbers)  # it makes flags of missing numbers itself
    kind = NNRegressor if train.classes is None else NNClassifier
    model = kind(categorical_features=codes[own] > 0, random_state=seed, **settings).fit(train.x[:, own], train.y)
    x = train.table.encode(fold.test)[:, own]
    found: Array = model.predict(x) if train.classes is None else model.predict_proba(x)
    return found


METHODS: dict[str, Method] = {
    OURS[0]: partial(with_nnlite, {}),
    OURS[1]: partial(with_nnlite, {"ensemble": 1}),
    **{name: with_scikit_learn(partial(network, **settings)) for name, settings in SOLVERS.items()},
    BOOSTING: with_scikit_learn(boosting),
}


def beside_best(one: Means) -> Means:
    """The figures of nnlite, of the solver that is best in each figure (seconds: in the score), and of boosting."""
    score, loss, seconds = (dict(zip(METHODS, each, strict=True)) for each in (one.score, one.loss, one.seconds))
    best = {
        "score": max(score[name] for name in SOLVERS),
        "loss": min(loss[name] for name in SOLVERS),
        "seconds": seconds[max(SOLVERS, key=lambda name: score[name])],
    }

    def chosen(figures: dict[str, float], name: str) -> list[float]:
        return [*(figures[ours] for ours in OURS), best[name], figures[BOOSTING]]

    return replace(one, score=chosen(score, "score"), loss=chosen(loss, "loss"), seconds=chosen(seconds, "seconds"))


def over_tables(found: Sequence[Means]) -> str:
    """For each method the mean figures over the tables of classes, and its time as a multiple of boosting's."""
    classes = [one for one in found if one.task == "classification"]
    small = [one for one in found if one.rows < SMALL]
    if not classes or not small:
        return ""
    boosted = list(METHODS).index(BOOSTING)
    rows = []
    for place, method in enumerate(METHODS):
        accuracy = statistics.fmean(one.score[place] for one in classes)
        loss = statistics.fmean(one.loss[place] for one in classes)
        time = statistics.median(one.seconds[place] / one.seconds[boosted] for one in small)
        rows.append([method, f"{accuracy:.4f}", f"{loss:.4f}", tables.share(time)])
    times = f"time to boosting's, median below {SMALL:,} rows"
    return tables.table(["mean", f"accuracy, {len(classes)} tables", "log loss", times], rows)


def markdown(figures: Sequence[Figure]) -> str:
    """Ranks beside the best solver, means, then the figures of each table with all solvers."""
    found = means(figures, METHODS)
    ranked = of_ranks([beside_best(one) for one in found], (*OURS, BEST, BOOSTING))
    return "\n\n".join(part for part in (ranked, over_tables(found), of_each(found, tuple(METHODS))) if part)


ALL = (DIGITS, *(listed for listed in TABLES if listed.source in ("scikit-learn", FILE)))
STUDY = Study("estimators", __doc__, ALL, METHODS, markdown)


def main(words: Sequence[str] | None = None) -> int:
    """Prints the tables, and writes them; returns the exit code."""
    return run(STUDY, words)


if __name__ == "__main__":
    sys.exit(main())
