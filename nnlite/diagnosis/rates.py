"""A learning rate that is too high makes the loss jump, or ruins the weights at once; with one too low it crawls."""

import math
from collections.abc import Iterator

import numpy as np

from nnlite.diagnosis.finding import Finding
from nnlite.diagnosis.subject import Subject
from nnlite.text import rounded
from nnlite.types import Array

# Tried on clouds, moons, rings and regressions of 120 to 1,500 rows, with SGD, momentum and Adam: with good rates the
# loss rose in the last half of the training by at most 0.03 of its scale an epoch (0.055 where a few huge targets
# decide), with rates that were ten to thirty times too high, and let the accuracy suffer, by 0.075 to 0.25.
_JUMPS = 0.06
_RUINED = 3.0  # times the loss of a constant answer: weights drawn at random gave up to 2.7 times of it
_LEAST_EPOCHS = 6  # of fewer nothing can be told from a curve

# The loss of a curve that falls to its floor by the same factor in each epoch falls by a quarter of all its fall in
# the last quarter of the epochs only if it has hardly begun.
_STRAIGHT = 0.15
_LEFT = 0.6  # of the loss at first: what is still to be learnt


def too_high(subject: Subject) -> Iterator[Finding]:
    """A finding where the training loss jumps up and down until the end, or was ruined in the first epochs."""
    losses = subject.losses
    if len(losses) < _LEAST_EPOCHS or not np.isfinite(losses).all():
        return
    constant = subject.constant_loss
    known = math.isfinite(constant) and constant > 0
    scale = max(losses[0], constant) if known else losses[0]
    half = losses[len(losses) // 2 :]
    rises = float(np.maximum(np.diff(half), 0).mean() / scale) if scale > 0 else 0.0
    if rises > _JUMPS:
        times = int((np.diff(half) > 0).sum())
        yield Finding(
            "rate_too_high",
            "high",
            "The learning rate seems too high: the training loss jumps up and down until the end.",
            f"in the last {len(half)} epochs it rose {times} times, from {rounded(half.min())} at the lowest to "
            f"{rounded(half.max())} at the highest",
            subject.settings.rate_times(0.1),
        )
    elif known and losses.max() > max(_RUINED * constant, 2 * half.max()) and half.min() > 0.95 * constant:
        # It came down from there at once, and no further: a loss that is still high falls too slowly instead.
        yield Finding(
            "rate_too_high",
            "high",
            "The learning rate seems too high: it ruined the weights at once, and nothing was learnt.",
            f"the training loss was {rounded(losses.max())} at the highest and {rounded(losses[-1])} at the end; "
            f"always the same answer has {rounded(constant)}",
            subject.settings.rate_times(0.1),
        )


def too_low(subject: Subject) -> Iterator[Finding]:
    """A finding where the losses were still falling in a nearly straight line when training ended."""
    history = subject.history
    losses = subject.losses
    if len(losses) < _LEAST_EPOCHS or not np.isfinite(losses).all() or losses[-1] < _LEFT * losses[0]:
        return
    curves = [losses]
    if "validation_loss" in history:  # what is learnt by heart falls in the training loss alone
        curves.append(np.array(history["validation_loss"]))
    if not all(_is_straight(curve) for curve in curves):
        return
    yield Finding(
        "rate_too_low",
        "high" if losses[-1] > 0.9 * losses[0] else "medium",
        "Training ended while it was still learning at full pace: the learning rate is too low, or the epochs are "
        "too few.",
        f"the training loss has come from {rounded(losses[0])} to {rounded(losses[-1])}, "
        f"{100 * _last_quarter(losses):.0f} % of that in the last quarter of the {len(losses)} epochs",
        subject.settings.rate_times(10),
    )


def _last_quarter(curve: Array) -> float:
    """Which part of a curve's fall is in its last quarter."""
    fall = curve[0] - curve[-1]
    return float((curve[-1 - max(1, (len(curve) - 1) // 4)] - curve[-1]) / fall) if fall > 0 else 0.0


def _is_straight(curve: Array) -> bool:
    """Whether a curve still falls at its end as it did before, and not by chance."""
    here = curve[np.isfinite(curve)]
    if len(here) < _LEAST_EPOCHS or _last_quarter(here) < _STRAIGHT:
        return False
    steps = np.diff(here[len(here) // 2 :])
    return bool((steps < 0).mean() >= 0.8)
