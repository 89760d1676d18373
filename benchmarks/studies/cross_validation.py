"""Cross-validated scores beside scikit-learn's MLPClassifier and MLPRegressor.

Five times ten folds, stratified for classes, drawn by the seeds 0 to 4; accuracy, and R² for diabetes, as the mean
over all folds. nnlite's settings are chosen in each fold by cross-validation within the training rows alone, so no
test fold ever had a say. scikit-learn's models get standardized inputs and one hidden layer of 64; each of its
solvers is tried with default settings otherwise, and the best one shown is the one with the best score on the test
folds: an advantage that nnlite does not have.
"""

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlite import (
    LBFGS,
    AdamW,
    Dataset,
    Dense,
    Dropout,
    MeanSquaredError,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Tanh,
    Trainer,
)
from nnlite.data import SOURCES
from nnlite.training.evaluation import evaluate
from nnlite.types import Array

DATA = ("iris", "wine", "breast_cancer", "digits", "diabetes")
SOLVERS = ("lbfgs", "adam", "sgd")
HIDDEN = 64


@dataclass(frozen=True)
class Smooth:
    """For a few hundred rows: L-BFGS on a network of one hidden layer, or none (0), with weight decay."""

    hidden: int
    weight_decay: float

    def trainer(self, outputs: int, regression: bool, seed: int) -> Trainer:
        """A model, and what trains it."""
        hidden = [Dense(self.hidden), Tanh()] if self.hidden else []
        loss = MeanSquaredError() if regression else SoftmaxCrossEntropy()
        model = Sequential([Standardize(), *hidden, Dense(outputs), loss])
        return Trainer(model, LBFGS(weight_decay=self.weight_decay), epochs=200, seed=seed)


@dataclass(frozen=True)
class Noisy:
    """For a few thousand: AdamW on a wider network with dropout and label smoothing."""

    dropout: float

    def trainer(self, outputs: int, regression: bool, seed: int) -> Trainer:
        """A model, and what trains it."""
        loss = MeanSquaredError() if regression else SoftmaxCrossEntropy(label_smoothing=0.1)
        model = Sequential([Standardize(), Dense(256), ReLU(), Dropout(self.dropout), Dense(outputs), loss])
        return Trainer(model, AdamW(1e-3), epochs=40, batch_size=32, seed=seed)


FEW = [Smooth(hidden, decay) for hidden in (0, HIDDEN) for decay in (1e-3, 1e-2, 1e-1)]
MANY = [Noisy(dropout) for dropout in (0.3, 0.5)]
"""The settings to choose from, of data with up to a thousand rows and with more."""


def fitted(setting: Smooth | Noisy, train: Dataset, seed: int) -> Sequential:
    """A model trained on these rows."""
    outputs = 1 if train.classes is None else len(train.classes)
    trainer = setting.trainer(outputs, train.classes is None, seed)
    trainer.fit(train)
    return trainer.model


def folds(data: Dataset, count: int, seed: int) -> Iterator[tuple[Array, Array]]:
    """Indices of the training rows and of the test rows of each fold."""
    from sklearn.model_selection import KFold, StratifiedKFold

    kind = KFold if data.classes is None else StratifiedKFold
    yield from kind(count, shuffle=True, random_state=seed).split(data.x, data.y)


def score(model: Sequential, part: Dataset) -> float:
    """Accuracy, or R²."""
    return evaluate(model, part)["r2" if part.classes is None else "accuracy"]


def chosen(data: Dataset, seed: int, inner: int) -> Smooth | Noisy:
    """The setting with the smallest mean loss over folds within these rows: it tells more than the accuracy."""

    def mean_loss(setting: Smooth | Noisy) -> float:
        parts = folds(data, inner, seed)
        models = ((fitted(setting, data.rows(train), seed), data.rows(rest)) for train, rest in parts)
        return statistics.fmean(evaluate(model, rest)["loss"] for model, rest in models)

    return min(FEW if len(data) <= 1000 else MANY, key=mean_loss)


def of_nnlite(data: Dataset, seed: int, inner: int) -> list[float]:
    """The score on each test fold."""
    scores = []
    for train, test in folds(data, 10, seed):
        rows = data.rows(train)
        scores.append(score(fitted(chosen(rows, seed, inner), rows, seed), data.rows(test)))
    return scores


def of_scikit_learn(data: Dataset, seed: int, solver: str) -> list[float]:
    """The score on each test fold."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kind: Any = MLPRegressor if data.classes is None else MLPClassifier
    scores = []
    for train, test in folds(data, 10, seed):
        model = make_pipeline(
            StandardScaler(), kind(hidden_layer_sizes=(HIDDEN,), solver=solver, max_iter=1000, random_state=seed)
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(data.x[train], data.y[train])
        scores.append(float(model.score(data.x[test], data.y[test])))
    return scores


def shown(scores: Sequence[float]) -> str:
    """The mean over all folds, and the standard deviation of the seeds' means."""
    of_seeds = np.reshape(scores, (-1, 10)).mean(axis=1)
    return f"{np.mean(scores):.4f} ± {np.std(of_seeds):.4f}"


def main() -> int:
    """Prints a table, each line as soon as it is measured; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.studies.cross_validation", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("data", nargs="*", metavar="DATA", help=f"of {', '.join(DATA)} (default: all)")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="how often ten folds (default: 5)")
    parser.add_argument("--inner", type=int, default=5, metavar="N", help="folds to choose settings by (default: 5)")
    parser.add_argument("--alone", action="store_true", help="leave scikit-learn out")
    options = parser.parse_args()
    if unknown := set(options.data) - set(DATA):
        parser.error(f"no such data: {', '.join(sorted(unknown))}; expected some of {', '.join(DATA)}")
    if options.seeds < 1 or options.inner < 2:
        parser.error("--seeds must be at least 1, and --inner at least 2")
    print(f"| data | nnlite | seconds | {' | '.join(SOLVERS)} | seconds |")
    print("| --- | ---: | ---: | " + "---: | " * (len(SOLVERS) + 1))
    for name in options.data or DATA:
        data, cells = SOURCES[name](), []
        assert isinstance(data, Dataset)
        started = time.perf_counter()
        cells.append(shown([one for seed in range(options.seeds) for one in of_nnlite(data, seed, options.inner)]))
        cells.append(f"{time.perf_counter() - started:.0f}")
        started = time.perf_counter()
        for solver in () if options.alone else SOLVERS:
            cells.append(shown([one for seed in range(options.seeds) for one in of_scikit_learn(data, seed, solver)]))
        cells.append(f"{time.perf_counter() - started:.0f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
