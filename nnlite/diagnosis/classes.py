"""Rare classes that the model passes over, since the many rows of the others count more."""

from collections.abc import Iterator

import numpy as np

from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.subject import Subject, named
from nnlite.losses.class_weight import ClassifierLoss
from nnlite.metrics.classification import likeliest, per_class
from nnlite.metrics.intervals import wilson
from nnlite.types import Array

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
    confusion, where = _confusion(subject)
    rows_of, right = confusion.sum(axis=1), confusion.diagonal()
    worst: tuple[float, int] | None = None
    for index in rare.tolist():
        rows, hits = int(rows_of[index]), int(right[index])
        if rows < _LEAST_ROWS or rows == rows_of.sum():
            continue
        others = float(right.sum() - hits) / float(rows_of.sum() - rows)
        # Not by chance: the upper bound of its recall is below a half, and below that of the other classes.
        if wilson(hits, rows)[1] < min(_MISSED, others) and (worst is None or hits / rows < worst[0]):
            worst = hits / rows, index
    if worst is None:
        return
    recall, index = worst
    share = counts[index] / len(subject.train)
    yield Finding(
        "imbalance",
        "high" if recall < 0.1 else "medium",
        f"The rare class {named(names[index])} is mostly missed: {int(right[index])} of its "
        f"{int(rows_of[index])} {where} rows are found.",
        f"it has {100 * share:.2g} % of the training rows; the most frequent class has "
        f"{100 * counts.max() / len(subject.train):.2g} %",
        f'model.layers[{len(subject.model.layers)}].class_weight = "balanced"',
    )


def _confusion(subject: Subject) -> tuple[Array, str]:
    """(classes, classes), how many rows of each class were taken for each; and of which part of the rows."""
    if "confusion" in subject.figures:
        return np.array(subject.figures["confusion"]), "test"
    part, where = next(
        (pair for pair in ((subject.test, "test"), (subject.validation, "validation")) if pair[0] is not None),
        (subject.sample, "training"),
    )
    assert part is not None and subject.train.classes is not None
    rows = part.rows(slice(0, _MOST_PREDICTED))
    found = per_class(rows.y, likeliest(subject.model.predict(rows.x)), subject.train.classes)
    return np.array(found["confusion"]), where
