"""An outlying row has so large a loss that the mean over all rows says nothing of the others."""

import math

import numpy as np

from nnlite.core.ensemble import Ensemble
from nnlite.core.sequential import Sequential
from nnlite.data.dataset import Dataset
from nnlite.training.evaluation import evaluate
from nnlite.training.feed import Feed
from nnlite.training.history import History
from nnlite.types import Array

ABSURD = 1000
"""A mean loss is absurd above so many times the largest training loss, or 1: what a model has that knows nothing."""

MOST = 5
"""The most rows that are named; one more is looked for, to tell whether there are others."""


def outlying(model: Sequential | Ensemble, data: Dataset, loss: float, history: History) -> list[int]:
    """The rows without which the loss of some rows would be finite, and no longer absurd; the worst first, at most 6.

    Nothing is computed where the loss is as it should be, or where it compares rows with each other
    (`Loss.of_batch`), so that none has a loss of its own. Otherwise each row is found by halving.

    Args:
        model: the trained model, or ensemble.
        data: the rows, whose classes and columns are in the model's order.
        loss: their mean loss.
        history: the history of the model's training.

    Returns:
        The numbers of the rows, from 0, in the data that they were taken from.
    """
    first = model.members[0] if isinstance(model, Ensemble) else model
    if first.network.criterion.of_batch:
        return []
    usual = max([1.0, *(history["training_loss"] if len(history) else ())])

    def absurd(loss: float) -> bool:
        return not (math.isfinite(loss) and loss <= ABSURD * usual)

    if not absurd(loss):
        return []
    feed = Feed(first, data)
    weights = first.network.criterion.weights(feed.targets, feed.sample_weight)
    counts: Array = np.ones(len(data)) if weights is None else weights  # (rows,)

    def mean_loss(rows: Array) -> float:
        return evaluate(model, data.rows(rows))["loss"]

    def total(rows: Array) -> float:
        loss = mean_loss(rows) * float(counts[rows].sum())
        return loss if math.isfinite(loss) else math.inf

    left, found = np.flatnonzero(counts), list[int]()
    while len(left) and len(found) <= MOST and absurd(mean_loss(left)):
        rows = left
        while len(rows) > 1:
            rows = max(rows[: len(rows) // 2], rows[len(rows) // 2 :], key=total)
        found.append(int(data.numbers[rows[0]]))
        left = left[left != rows[0]]
    return found


def in_words(part: str, loss: float, rows: list[int]) -> str:
    """A sentence that names the rows, five of them if there are more.

    >>> from nnlite.runs.outlying import in_words
    >>> in_words("test", 1e36, [17])
    'the test loss is 1e+36 because of row 17 of the data, counted from 0: look at its numbers'
    """
    named = ", ".join(map(str, rows[:MOST])) + (" and others" if len(rows) > MOST else "")
    word, whose = ("row", "its") if len(rows) == 1 else ("rows", "their")
    why = f"because of {word} {named} of the data, counted from 0"
    return f"the {part} loss is {loss:.4g} {why}: look at {whose} numbers"
