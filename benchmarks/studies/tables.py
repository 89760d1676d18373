"""The recipe for tables beside scikit-learn's methods: python -m benchmarks.studies.tables --tables FOLDER

Every table is parted into five folds (stratified for classes), once for each repetition, drawn by its number. All
methods learn from the same rows, with the same encoding: categories one-hot, gaps filled by the median, numbers
scaled, all learnt from the training rows of the fold. nnlite gets the raw rows and trains what the recipe says for
a table of which nothing else is known, an ensemble of five; the others have their default settings, MLPRegressor a
scaled target too. Nothing is tuned. Each fit has one thread; seconds are those of the processor for the fit, the
encoding, and the answers for the fold. What is measured stays in the file of results, so that the command goes on
where it ended.
"""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.studies.table_figures import markdown
from benchmarks.studies.table_list import TABLES
from benchmarks.studies.table_methods import Fold, Method, boosting, forest, linear, network, with_scikit_learn
from benchmarks.studies.table_study import Study, run
from nnlite import Ensemble
from nnlite.config import training_config
from nnlite.config.recipe import recipe
from nnlite.core.predictor import Predictor
from nnlite.types import Array


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


METHODS: dict[str, Method] = {
    "nnlite": with_nnlite,
    "linear": with_scikit_learn(linear),
    "boosting": with_scikit_learn(boosting),
    "forest": with_scikit_learn(forest),
    "MLP": with_scikit_learn(network),
}

STUDY = Study("tables", __doc__, TABLES, METHODS, partial(markdown, methods=tuple(METHODS)))


def main(words: Sequence[str] | None = None) -> int:
    """Prints the tables, and writes them; returns the exit code."""
    return run(STUDY, words)


if __name__ == "__main__":
    sys.exit(main())
