"""The rows that a run's model is surest and wrong about, or whose numbers it misses by most."""

from collections.abc import Sequence

import numpy as np

from nnlite.data import Dataset
from nnlite.metrics.classification import likeliest, worst_first
from nnlite.report import Mistake, Mistakes
from nnlite.runs.row_values import columns_of, in_words, values_of
from nnlite.text import counted
from nnlite.types import Array

MOST_MISTAKES, MOST_COLUMNS = 10, 8


def mistakes_of(
    rows: Dataset, predicted: Array, part: str, word: str, important: Sequence[str] = ()
) -> Mistakes | None:
    """The worst mistakes, 10 at most, with the values of 8 columns at most; None of rows with several answers each.

    Args:
        rows: the rows.
        predicted: what the model gives for them: probabilities, or numbers.
        part: what they are called, such as "test row".
        word: what their numbers count, "row" or "line".
        important: names of columns, the most important first.
    """
    if rows.y.ndim != 1:
        return None
    if rows.classes is not None:
        worst, said, heading, note = _of_classes(rows, predicted, rows.classes, part)
    else:
        numbers = predicted.reshape(len(rows)).astype(np.float64)
        errors = rows.y - numbers
        defined = np.flatnonzero(np.isfinite(errors))
        worst = defined[np.argsort(-np.abs(errors[defined]), kind="stable")][:MOST_MISTAKES]
        said = [(f"{rows.y[row]:.6g}", f"{numbers[row]:.6g}", float(errors[row])) for row in worst]
        heading, note = "true − predicted", f"Of {counted(len(rows), part)} those that it is farthest off"
    columns = list(dict.fromkeys([*important, *columns_of(rows)]))
    if len(worst) and len(columns) > MOST_COLUMNS:
        note += f", with the values of {MOST_COLUMNS} of {len(columns)} columns, the most important ones"
    shown = columns[:MOST_COLUMNS]
    found = []
    for row, (true, answer, by) in zip(worst.tolist(), said, strict=True):
        values = values_of(rows, row) if shown else {}
        cells = tuple(in_words(values[name]) for name in shown)
        found.append(Mistake(f"{word} {rows.numbers[row]}", true, answer, by, cells))
    return Mistakes(heading, shown, found, f"{note}.")


def _of_classes(
    rows: Dataset, probabilities: Array, classes: Sequence[object], part: str
) -> tuple[Array, list[tuple[str, str, float]], str, str]:
    """The worst rows, of each the true class, the predicted one and its probability; a heading, and a note."""
    found, wrong = likeliest(probabilities), worst_first(rows.y, probabilities)
    worst = wrong[:MOST_MISTAKES]
    said = [
        (str(classes[rows.y[row]]), str(classes[found[row]]), float(probabilities[row, found[row]])) for row in worst
    ]
    note = f"{counted(len(wrong), 'mistake')} among {counted(len(rows), part)}" if len(wrong) else "There is none"
    if len(worst) < len(wrong):
        note += f"; these are the {len(worst)} that it is surest of"
    return worst, said, "probability", note
