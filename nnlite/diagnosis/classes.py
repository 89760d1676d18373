"""Rare classes that the model passes over, since the many rows of the others count more."""

from collections.abc import Iterator

import numpy as np

from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.subject import Subject, named
from nnlite.losses.class_weight import ClassifierLoss
from nnlite.metrics.classification import likeliest
from nnlite.metrics.intervals import wilson

_RARE = 1 / 3  # of an equal share: 17 % of two classes, 3.3 % of ten
_MISSED = 0.5  # of its rows
_LEAST_ROWS = 10  # of a class, or it was missed by chance
_MOST_PREDICTED = 5000


def imbalance(subject: Subject) -> Iterator[Finding]:
    """A finding where more than half of a rare class is missed, by a loss in which all rows count the same."""
    criterion = subject.model.network.criterion
    if not subject.has_classes or subject.train.sample_weight is not None:
        return
    if not isinstance(criterion, ClassifierLoss) or criterion.class_weight is not None:
        return
    names = subject.train.classes
    assert names is not None
    counts = np.bincount(subject.train.y, minlength=len(names))
    rare = np.flatnonzero((counts > 0) & (counts < _RARE * len(subject.train) / len(names)))
    if not len(rare):
        return
    y, found, where = _answered(subject)
    worst: tuple[float, int, int, int] | None = None
    for index in rare.tolist():
        rows = int((y == index).sum())
        hits = int((found[y == index] == index).sum())
        others = float((found[y != index] == y[y != index]).mean()) if rows < len(y) else 0.0
        # Not by chance: the upper bound of its recall is below a half, and below that of the other classes.
        if rows < _LEAST_ROWS or wilson(hits, rows)[1] >= min(_MISSED, others):
            continue
        if worst is None or hits / rows < worst[0]:
            worst = hits / rows, index, hits, rows
    if worst is None:
        return
    recall, index, hits, rows = worst
    share = counts[index] / len(subject.train)
    yield Finding(
        "imbalance",
        "high" if recall < 0.1 else "medium",
        f"The rare class {named(names[index])} is mostly missed: {hits} of its {rows} {where} rows are found.",
        f"it has {100 * share:.2g} % of the training rows; the most frequent class has "
        f"{100 * counts.max() / len(subject.train):.2g} %",
        f'model.layers[{len(subject.model.layers)}].class_weight = "balanced"',
    )


def _answered(subject: Subject) -> tuple[np.ndarray, np.ndarray, str]:
    """Class indices, true and predicted, of the rows that are held out, or of training rows where none are."""
    for part, where in ((subject.test, "test"), (subject.validation, "validation")):
        if part is not None and part.y.ndim == 1:
            rows = part.rows(slice(0, _MOST_PREDICTED))
            return rows.y, likeliest(subject.model.predict(rows.x)), where
    return subject.sample.y, likeliest(subject.predictions), "training"
