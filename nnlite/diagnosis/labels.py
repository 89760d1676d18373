"""Labels and targets that look wrong: the model and all similar rows say otherwise."""

from collections.abc import Iterator

import numpy as np

from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.neighbours import COUNT
from nnlite.diagnosis.subject import Subject
from nnlite.text import rounded
from nnlite.types import Array

_LEAST_ROWS = 50
_SHOWN = 5

# Where classes overlap, some rows lie among those of another class by right. On clouds, moons and rings of 400 to 600
# rows with no label wrong at most 0.33 % of the rows had nine of ten neighbours of one other class, and a model surer
# than 0.97 of it; with 2 % of the labels wrong 0.4 to 1.2 % had.
_SURE = 0.97
_MOST_OTHERS = 0.89  # nine of ten
_SHARE = 0.005
_LEAST = 3

# A row of a class that the model often misses lies among those of another by right. Where chance decides the class,
# by a logistic law with 0.4 to 32 % of one class, the model found at most 0.6 of it wherever as many rows were
# contradicted; with 1 to 3 % of the labels wrong it found at least 0.8.
_FOUND = 0.7

_FAR = 12.0  # times the spread of the errors, as 1.4826 · their median size
_APART = 5.0  # times the largest error of the others: of lognormal and Student's targets it was at most 4
_MOST_FAR = 0.01
_FAR_IN_LOGARITHMS = 6.0  # spreads of the logarithms of positive targets, which may be of all sizes by right


def wrong(subject: Subject) -> Iterator[Finding]:
    """A finding where training rows have a label, or a number, which the model and the rows like them contradict."""
    rows = subject.sample
    if len(rows) < _LEAST_ROWS:
        return
    if subject.has_classes:
        yield from _labels(subject)
    elif subject.has_one_number:
        yield from _numbers(subject)


def _labels(subject: Subject) -> Iterator[Finding]:
    rows = subject.sample
    assert rows.classes is not None
    probabilities = subject.predictions
    if probabilities.ndim != 2:
        return
    other = subject.neighbours.shares(rows.y, len(rows.classes))
    voted = other.argmax(axis=1)
    agreed = (other.max(axis=1) > _MOST_OTHERS) & (subject.neighbours.indices.shape[1] == COUNT)
    sure = probabilities[np.arange(len(rows)), voted] > _SURE
    right, count = (probabilities.argmax(axis=1) == rows.y), len(rows.classes)
    recall = np.bincount(rows.y[right], minlength=count) / np.maximum(np.bincount(rows.y, minlength=count), 1)
    found = np.flatnonzero((voted != rows.y) & agreed & sure & (recall[rows.y] >= _FOUND))
    if len(found) < max(_LEAST, _SHARE * len(rows)):
        return
    worst = found[np.argsort(-probabilities[found, voted[found]], kind="stable")]
    yield Finding(
        "wrong_labels",
        "medium",
        f"The labels of {len(found)} of {len(rows):,} training rows look wrong: the rows most like them, and the "
        f"model, say otherwise. Look at row {_numbered(rows.numbers[worst])} of the data, counted from 0.",
        f"of their {COUNT} nearest rows nine or more are of one other class, of which the model is {_SURE} sure",
    )


def _numbers(subject: Subject) -> Iterator[Finding]:
    rows = subject.sample
    errors = np.abs(subject.predictions.reshape(-1) - rows.y.reshape(-1).astype(np.float64))
    if not np.isfinite(errors).all():
        return
    spread = 1.4826 * float(np.median(errors))
    order = np.argsort(-errors, kind="stable")
    ordered = errors[order]
    most = max(1, int(_MOST_FAR * len(rows)))
    gaps = ordered[:most] / np.maximum(ordered[1 : most + 1], 1e-300)
    count = int(gaps.argmax()) + 1
    if not spread > 0 or gaps.max() < _APART or ordered[count - 1] < _FAR * spread:
        return
    if not _far_in_size(rows.y.reshape(-1).astype(np.float64), order[:count]):
        return
    which = f"row{'s' if count > 1 else ''} {_numbered(rows.numbers[order[:count]])}"
    whose, look = ("their targets are", "they look") if count > 1 else ("its target is", "it looks")
    yield Finding(
        "wrong_labels",
        "medium",
        f"Look at {which} of the data, counted from 0: {whose} so far from all others that {look} wrong.",
        f"errors of {rounded(float(ordered[count - 1]))} and more; the next one is {rounded(float(ordered[count]))}, "
        f"the median {rounded(float(np.median(errors)))}",
    )


def _far_in_size(y: Array, rows: Array) -> bool:
    """Whether the targets of these rows are of another size than all others; True where targets have both signs."""
    if y.min() <= 0:
        return True
    sizes = np.log(y)
    apart = np.abs(sizes - np.median(sizes))
    return bool((apart[rows] > _FAR_IN_LOGARITHMS * 1.4826 * np.median(apart)).all())


def _numbered(numbers: Array) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN].tolist()))
    return f"{shown} and others" if len(numbers) > _SHOWN else shown
