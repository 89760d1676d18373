"""Overfitting and underfitting, and from which epoch."""

import math
from collections.abc import Iterator

import numpy as np

from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.subject import Subject
from nnlite.metrics.classification import likeliest
from nnlite.text import rounded
from nnlite.types import Array

# In the tests with good rates the mean validation loss of the last three epochs was less than 2 % above the lowest
# such mean in half of the runs, less than 11 % in three of four. Of a loss that is next to nothing a rise changes no
# answer, so that it has to be a twentieth of the loss of a constant answer too.
_RISE = 0.25
_OF_CONSTANT = 0.05

_BETTER = 0.1  # of the rows, or of R²: so much more right than the model are the neighbours, who saw no weights
_LEAST_ROWS = 50
_LEAST_EPOCHS = 6


def overfitting(subject: Subject) -> Iterator[Finding]:
    """A finding where the validation loss rose again, while the training loss went on falling."""
    history = subject.history
    if subject.settings.early_stopping or "validation_loss" not in history or len(history) < _LEAST_EPOCHS:
        return  # with early stopping the model is that of the best epoch
    training, validation = subject.losses, np.array(history["validation_loss"])
    if not (np.isfinite(training).all() and np.isfinite(validation).all()):
        return
    smooth = np.convolve(validation, np.ones(3) / 3, "valid")  # one epoch may be lucky
    best = int(smooth.argmin()) + 1
    rise = float(smooth[-1] - smooth[best - 1])
    scale = subject.constant_loss if math.isfinite(subject.constant_loss) else training[0]
    if rise < max(_RISE * smooth[best - 1], _OF_CONSTANT * scale) or training[-1] > 0.9 * min(training[best], scale):
        return
    worse = _main_figure_fell(subject, best)
    yield Finding(
        "overfitting",
        "medium" if worse else "low",
        f"From about epoch {best + 1} on the model learns its training rows by heart: the validation loss rises again"
        + ("." if worse else ", though no more answers are wrong."),
        f"validation loss {rounded(validation[best])} in epoch {best + 1}, {rounded(validation[-1])} at the end; "
        f"training loss {rounded(training[best])} and {rounded(training[-1])}",
        "early_stopping.patience = 10",
    )


def _main_figure_fell(subject: Subject, best: int) -> bool:
    """Whether the accuracy of the validation rows, or R², has got worse since an epoch, counted from 0."""
    history = subject.history
    for name in ("validation_accuracy", "validation_r2"):
        if name in history:
            figures = np.array(history[name])
            return bool(figures[-3:].mean() < figures[max(best - 1, 0) : best + 2].mean())
    return True


def underfitting(subject: Subject) -> Iterator[Finding]:
    """A finding where the neighbours of its own training rows know more of them than the model does."""
    rows = subject.sample
    if len(rows) < _LEAST_ROWS:
        return
    if subject.has_classes:
        assert rows.classes is not None
        found = likeliest(subject.predictions) == rows.y
        by_neighbours = subject.neighbours.shares(rows.y, len(rows.classes)).argmax(axis=1) == rows.y
        model, other = float(found.mean()), float(by_neighbours.mean())
        only_model, only_other = int((found & ~by_neighbours).sum()), int((by_neighbours & ~found).sum())
        # McNemar's test at three deviations: the rows on which both agree say nothing.
        sure = (only_other - only_model) ** 2 >= 9 * (only_other + only_model)
        constant = float(np.bincount(rows.y).max()) / len(rows)
        what = "accuracy"
    elif subject.has_one_number:
        y = rows.y.reshape(-1).astype(np.float64)
        errors = (subject.predictions.reshape(-1) - y) ** 2
        theirs = (subject.neighbours.means(y) - y) ** 2
        if not y.var() > 0:
            return
        model, other = 1 - float(errors.mean() / y.var()), 1 - float(theirs.mean() / y.var())
        constant, apart = 0.0, errors - theirs
        sure = bool(apart.mean() >= 3 * apart.std() / math.sqrt(len(y)))
        what = "R²"
    else:
        return
    if not sure or other - max(model, constant) < _BETTER:
        return  # what neighbours do not know either may be noise
    stands = _stands_since(subject.losses)
    yield Finding(
        "underfitting",
        "high" if model < other / 2 else "medium",
        "The model has not learnt even its training rows"
        + (f", and no more since epoch {stands}" if stands else "")
        + ": more units or layers, more epochs or another rate would help.",
        f"{what} {rounded(model)} on {len(rows)} training rows; the ten most similar ones to each, without it, "
        f"answer with {rounded(other)}",
        _more_units(subject) if _has_learnt(subject) else "",
    )


def _has_learnt(subject: Subject) -> bool:
    """Whether the training loss has come below that of a constant answer, so that more units may help."""
    return len(subject.losses) > 0 and bool(subject.losses[-1] < 0.95 * subject.constant_loss)


def _stands_since(losses: Array) -> int | None:
    """The first epoch after which the training loss fell by less than a fiftieth of all its fall; None at the end."""
    if not len(losses) or not np.isfinite(losses).all():
        return None
    low = losses.min()
    epoch = int((losses <= low + (losses[0] - low) / 50).argmax()) + 1
    return epoch if epoch < 0.75 * len(losses) else None


def _more_units(subject: Subject) -> str:
    """The line that doubles the units of the first layer that can have more; "" where there is none."""
    layers = subject.model.layers
    last = max((index for index, layer in enumerate(layers) if layer.parameters), default=0)
    for index, layer in enumerate(layers[:last]):
        units = getattr(layer, "units", None)
        if isinstance(units, int):
            return f"model.layers[{index}].units = {2 * units}"
    return ""
