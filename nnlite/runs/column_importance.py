"""How much a run's model goes by each column: what it loses where the column's values are shuffled."""

from dataclasses import dataclass

import numpy as np

from nnlite import plots, seeding
from nnlite.data import Dataset
from nnlite.metrics import R2, RMSE, LogLoss
from nnlite.metrics.classification import likeliest
from nnlite.metrics.importance import permutation_importance
from nnlite.report import Importance
from nnlite.report.page import figure_name
from nnlite.runs.row_values import columns_of
from nnlite.runs.trained import Trained
from nnlite.text import counted
from nnlite.types import Array

REPEATS, MOST_ROWS, LEAST_ROWS, MOST_COLUMNS = 5, 1000, 200, 20

_PRODUCTS = 2e9
"""Multiplications that all shuffles may take, about half a second; fewer rows are taken then."""


@dataclass(frozen=True)
class ColumnImportance:
    """What was found.

    Attributes:
        columns: the most important first, 20 at most.
        figures: the names of the figures that change.
        note: a sentence on how it was found, or on why not; "" of rows that have no columns.
    """

    columns: tuple[Importance, ...] = ()
    figures: tuple[str, ...] = ()
    note: str = ""


def importance_of(trained: Trained, rows: Dataset, part: str, seed: int) -> ColumnImportance:
    """By how much the model is worse on rows in which a column's values are shuffled.

    So that it is soon done, some of many rows are taken, and nothing is computed for many columns of a large network.

    Args:
        trained: the model.
        rows: the rows, whose columns are in the model's order.
        part: what they are called, such as "test row".
        seed: the config's.
    """
    named, model, criterion = columns_of(rows), trained.model, trained.first.criterion
    if not named or plots.image_shape(trained.first) is not None or criterion is None:
        return ColumnImportance()
    rng, rows = seeding.generator(seed, "importance"), rows.counted()
    size = max(sum(parameter.size for parameter in trained.first.parameters), 1000)
    shuffled_rows = _PRODUCTS / (size * trained.members * len(named))
    most = int(max(min(MOST_ROWS, shuffled_rows / REPEATS), LEAST_ROWS))
    taken = rows if len(rows) <= most else rows.rows(np.sort(rng.choice(len(rows), most, replace=False)))
    repeats = int(min(REPEATS, shuffled_rows / len(taken)))
    if repeats < 2:
        why = f"{counted(len(named), 'column')} of so large a network would take long"
        return ColumnImportance(note=f"How much it goes by each column is left out: {why}.")
    names = ("rmse", "r2") if criterion.task == "regression" else ("log_loss", "accuracy")[: 3 - rows.y.ndim]
    with np.errstate(all="ignore"):  # what overflows is undefined
        found = permutation_importance(
            lambda x: _figures(model.predict(x), taken)[: len(names)], taken.x, list(named.values()), rng, repeats
        )  # (columns, repeats, figures)
    mean, spread = found.mean(axis=1), found[:, :, 0].std(axis=1)
    if not np.isfinite(mean[:, 0]).all():
        return ColumnImportance()
    columns = counted(len(named), "column")
    shown = f"the {MOST_COLUMNS} most important of {columns}" if len(named) > MOST_COLUMNS else columns
    order, known = np.argsort(-mean[:, 0], kind="stable")[:MOST_COLUMNS].tolist(), list(named)
    return ColumnImportance(
        tuple(Importance(known[at], float(mean[at, 0]), float(spread[at]), mean[at, 1:].tolist()) for at in order),
        names,
        f"By how much each figure changes where the values of one column are shuffled among "
        f"{counted(len(taken), part)}: the more the {figure_name(names[0])} rises, the more the model goes by the "
        f"column. Shown are {shown}, shuffled {repeats} times each.",
    )


def _figures(predicted: Array, rows: Dataset) -> Array:
    """Log loss and accuracy, or RMSE and R²."""
    true, weights = rows.y, rows.sample_weight
    if np.issubdtype(true.dtype, np.floating) and rows.classes is None:
        return np.array([RMSE()(predicted, true, weights), R2()(predicted, true, weights)])
    right = likeliest(predicted) == true if true.ndim == 1 else np.zeros(len(true))
    return np.array([LogLoss()(predicted, true, weights), np.average(right, weights=weights)])
