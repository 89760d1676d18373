"""A target of pure noise cannot be learnt: better than chance on validation rows would be a leak."""

import math
from pathlib import Path

import numpy as np
import pytest

from nnlite.config import training_config
from nnlite.data.table_rows import table_rows
from nnlite.tables import as_table
from nnlite.training.evaluation import evaluate

ROWS, TABLES, MEMBERS, CATEGORIES = 200, 15, 2, 150
CHANCE = 0.5
DEVIATION = math.sqrt(CHANCE * (1 - CHANCE) / (TABLES * MEMBERS * ROWS * 0.2))  # of the mean over all validation rows


def noise(rng):
    """Numbers with gaps and outliers, few and many categories; as many rows of one class as of the other."""
    numbers = rng.normal(size=(3, ROWS))
    numbers[1] = np.exp(3 * numbers[1])
    numbers[rng.random(numbers.shape) < 0.1] = np.nan
    few, many = ([f"{code}th" for code in rng.integers(0, most, ROWS)] for most in (4, CATEGORIES))
    labels = rng.permutation(np.arange(ROWS) % 2)
    return {"a": numbers[0], "b": numbers[1], "c": numbers[2], "few": few, "many": many, "label": labels}


def validation_accuracy(tables, columns):
    """The mean over all members, by the last weights: those chosen on validation rows would seem better."""
    layers = [{"type": "Columns", **columns}, {"type": "PeriodicEmbedding"}, {"type": "Embeddings"}]
    layers += [{"type": "Dense", "units": 16}, {"type": "ReLU"}, {"type": "Dense"}, {"type": "SoftmaxCrossEntropy"}]
    found = []
    for seed, table in enumerate(tables):
        document = {
            "seed": seed,
            "data": {"source": "csv", "path": "x.csv", "target": "label", "validation_fraction": 0.2},
            "model": {"layers": layers},
            "optimizer": {"type": "AdamW", "learning_rate": 0.01},
            "training": {"members": MEMBERS, "epochs": 8},
        }
        config = training_config.check(document, Path("noise.toml"))
        rows = table_rows(as_table(table), "label", kinds={"many": "category"})
        for member in range(MEMBERS):
            splits, trainer = config.build(member, rows)
            trainer.fit(splits.train, progress=False)
            found.append(evaluate(trainer.model, splits.validation)["accuracy"])
    return np.mean(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "columns",
    [{"numbers": "standard"}, {"numbers": "robust"}, {"numbers": "quantile"}, {"one_hot": 0}, {"one_hot": 200}],
    ids=["standard", "robust", "quantile", "all embedded", "all one-hot"],
)
def test_noise_stays_at_chance_whatever_the_preprocessing(columns):
    tables = [noise(np.random.default_rng(seed)) for seed in range(TABLES)]
    assert abs(validation_accuracy(tables, columns) - CHANCE) < 3 * DEVIATION


def test_a_leak_would_be_seen():
    tables = [noise(np.random.default_rng(seed)) for seed in range(TABLES)]
    for table in tables:  # what many do by hand: the mean target of a category, over all rows
        many = np.array(table["many"])
        table["a"] = np.array([table["label"][many == one].mean() for one in many])
    assert validation_accuracy(tables, {}) > CHANCE + 10 * DEVIATION
