"""The recipe: what to train on a table of which nothing else is known; good by default, and soon done.

It was put together from single changes on public tables of 100 to 30,000 rows, with the constants that were published
for them, and nothing tuned per table. The sources are those of the layers, and Prechelt's of early stopping. The
learning rate and the batches were chosen afterwards, on 32 tables that are in no study of docs/accuracy.md; that page
says what else was tried.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

MEMBERS, EPOCHS, PATIENCE = 5, 200, 20

_SECONDS = 60.0  # about the longest that a fit is to take
_LEAST_EPOCHS = 10
_SECONDS_A_STEP, _SECONDS_A_CELL = 6e-5, 6e-8  # of a core of today, cells being rows of a batch times columns


@dataclass(frozen=True)
class Recipe:
    """What to train, and why.

    Attributes:
        document: the sections of a config: the fractions of `[data]`, all the others in full.
        reasons: for keys such as "training.epochs", layers such as "model.layers[1]", and sections, a sentence on it.
    """

    document: dict[str, Any]
    reasons: dict[str, str]


def recipe(
    rows: int,
    task: Literal["classification", "regression"],
    kinds: Collection[str],
    *,
    test_fraction: float = 0.2,
) -> Recipe:
    """What to train on a table.

    Args:
        rows: how many rows it has.
        task: what is predicted of a row: a class, or a number.
        kinds: what its columns are: "number", "category", "date" or "ignore"; without the target.
        test_fraction: the part of the rows that is kept apart to test on.

    >>> from nnlite.config.recipe import recipe
    >>> found = recipe(1000, "regression", ["number", "category"])
    >>> found.document["training"]["batch_size"], found.document["model"]["layers"][-1]
    (64, {'type': 'MeanSquaredError'})
    >>> found.reasons["early_stopping.patience"]
    "epochs without a lower validation loss; the best one's weights are kept"
    """
    learnt = 0.8 * (1 - test_fraction) * rows  # the rows that a member is trained on
    batch = batch_size_for(round(learnt))
    members, epochs = _within_a_minute(learnt / batch, batch * max(1, len(kinds)))
    shortened = "" if epochs == EPOCHS and members == MEMBERS else "; no more, so that it takes about a minute"
    classes = task == "classification"
    loss = "SoftmaxCrossEntropy" if classes else "MeanSquaredError"
    layers: dict[str, tuple[dict[str, Any], str]] = {
        "Columns": ({}, "fills gaps, scales numbers, makes columns of 0 and 1 of categories"),
        "PeriodicEmbedding": ({}, "what is learnt of a number may jump and bend, as in trees"),
        "Embeddings": ({}, "makes vectors of the categories of a column with many"),
        "Dense": ({"units": 64}, "enough for small tables; from 5,000 rows on try 128"),
        "ReLU": ({}, ""),
        "Dropout": ({"rate": 0.2}, "against learning the training rows by heart"),
        "": ({}, "as many outputs as the target needs"),
        loss: ({}, "the loss: of classes" if classes else "the loss: of numbers, in units of their own"),
    }
    document: dict[str, Any] = {
        "data": {"test_fraction": test_fraction, "validation_fraction": round(0.2 * (1 - test_fraction), 4)},
        "model": {"layers": [{"type": name or "Dense", **arguments} for name, (arguments, _) in layers.items()]},
        "optimizer": {"type": "AdamW", "learning_rate": 3e-3, "weight_decay": 0.01},
        "early_stopping": {"patience": PATIENCE},
        "training": {"members": members, "epochs": epochs, "batch_size": batch},
    }
    reasons = {
        "data.test_fraction": "kept apart: the figures at the end are theirs",
        "data.validation_fraction": "a fifth of the others, to see when training no longer helps",
        **{f"model.layers[{place}]": why for place, (_, why) in enumerate(layers.values())},
        "optimizer": "a rate that is rarely wrong; nnlite lr-find suggests another",
        "early_stopping.patience": "epochs without a lower validation loss; the best one's weights are kept",
        "training.members": f"networks with validation rows of their own; their mean is predicted{shortened}",
        "training.epochs": f"at most{shortened}",
        "training.batch_size": "rows a step; more for large tables, up to 256",
    }
    return Recipe(document, {key: why for key, why in reasons.items() if why})


def batch_size_for(rows: int) -> int:
    """The rows of a step for so many training rows: 32 to 256, more for more rows.

    >>> from nnlite.config.recipe import batch_size_for
    >>> batch_size_for(150), batch_size_for(1000), batch_size_for(5000), batch_size_for(100_000)
    (32, 64, 128, 256)
    """
    power = int(math.log2(max(rows, 20) / 20))
    return min(256, max(32 if rows < 320 else 64, 1 << power))


def _within_a_minute(steps: float, cells: int) -> tuple[int, int]:
    """How many members and epochs can be had in about a minute, if an epoch has so many steps of so many cells."""
    epoch = 1.2 * steps * (_SECONDS_A_STEP + cells * _SECONDS_A_CELL)  # with the validation rows
    possible = _SECONDS / epoch if epoch else math.inf
    if possible >= MEMBERS * EPOCHS:
        return MEMBERS, EPOCHS
    members = min(MEMBERS, max(1, int(possible / 2 / _LEAST_EPOCHS)))
    return members, int(min(EPOCHS, max(_LEAST_EPOCHS, possible / members)))
