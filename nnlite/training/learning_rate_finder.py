"""A learning-rate range test trains for a few hundred steps at ever higher rates, to see where the loss falls."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nnlite import seeding, threads
from nnlite.core import cost
from nnlite.data.dataset import Dataset
from nnlite.errors import ConfigError, DivergenceError
from nnlite.optimizers import clipping
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.training.feed import Batch, Feed
from nnlite.training.trainer import Trainer

LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 300
"""The first and the last learning rate, and how many steps there are from one to the other."""

_EXPLODED = 4.0
"""The test ends when the loss is this many times the best so far."""

_SHARE_OF_FALL = 0.98
"""The share of the way from the first loss to the lowest after which a higher rate gains little."""

_SMOOTHING = 0.95
"""The decay of the moving average of the batches' losses."""


@dataclass(frozen=True)
class RangeTest:
    """What a range test has found.

    Attributes:
        rates: the learning rate of every step that was made.
        losses: the loss of its batch, smoothed by a moving average over the steps so far.
        suggestion: the learning rate to train with.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggestion: float


def range_test(trainer: Trainer, data: Dataset) -> RangeTest:
    """Tries learning rates from 1e-6 to 10, each a little higher than the one before, for one step.

    It trains a copy of the trainer's model, with its optimizer, batches and clipping, and stops once the loss is
    four times the best; the trainer stays as it is. The suggestion is a tenth of the rate at which the smoothed
    loss has come 98 % of the way down, to two digits: there it still falls fast, and is far from exploding.

    Raises:
        ConfigError: when the optimizer has no learning rate, or every layer is frozen.
        DivergenceError: when the loss is infinite or NaN from the first steps on.

    >>> import numpy as np
    >>> from nnlite import SGD, Dataset, Dense, Sequential, SoftmaxCrossEntropy, Trainer
    >>> from nnlite.training.learning_rate_finder import range_test
    >>> data = Dataset(np.array([[0.0], [0.1], [0.9], [1.0]]), np.array([0, 0, 1, 1]))
    >>> trainer = Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(), batch_size=2)
    >>> 0.1 < range_test(trainer, data).suggestion <= 1
    True

    Source: Smith, "Cyclical learning rates for training neural networks" (2017), section 3.3.
    """
    trainer = trainer.copy_without_callbacks()
    optimizer = trainer.optimizer
    if isinstance(optimizer, FullBatchOptimizer):
        raise ConfigError(f"{optimizer!r} has no learning rate: it chooses its steps by itself")
    feed = trainer.training_feed(data)
    trainer.model.follow_freezing()
    if not trainer.model.parameters.values.size:
        raise ConfigError("no parameter is trained, so no learning rate is better than another: set a layer free")
    with threads.limited(trainer.thread_count):
        if not trainer.model.adapted:
            trainer.model.adapt(feed.x, feed.targets)
    with threads.limited(trainer.thread_count), np.errstate(over="ignore", invalid="ignore"):
        feed.prepare(cost.memory_for_prepared_rows())
        losses = list(_losses(trainer, optimizer, feed))
    if not losses:
        raise DivergenceError("the loss is infinite or NaN at the lowest learning rate already")
    rates = _rates()[: len(losses)]
    return RangeTest(rates, tuple(losses), _suggested(rates, losses))


def _rates() -> tuple[float, ...]:
    """The learning rates of the test: each is larger than the one before by the same factor."""
    return tuple(LOWEST * (HIGHEST / LOWEST) ** (step / (STEPS - 1)) for step in range(STEPS))


def _losses(trainer: Trainer, optimizer: Optimizer, feed: Feed) -> Iterator[float]:
    """The smoothed loss before the step of each rate, until it explodes."""
    network, parameters, mean_weight = trainer.stepping, trainer.model.parameters, feed.mean_weight
    clip = clipping.clip(trainer.clip_norm, trainer.clip_value)
    total, best = 0.0, math.inf
    for step, (rate, (x, targets, weight)) in enumerate(
        zip(_rates(), _batches(trainer, feed), strict=False), start=1
    ):
        loss = network.loss(x, targets, weight, training=True)
        scale = None if mean_weight is None else network.criterion.batch_scale(len(x), mean_weight)
        loss *= 1.0 if scale is None else scale
        total = _SMOOTHING * total + (1 - _SMOOTHING) * loss
        smooth = total / (1 - _SMOOTHING**step)
        if not math.isfinite(smooth) or smooth > _EXPLODED * best:
            return
        best = min(best, smooth)
        yield smooth
        network.backward(scale)
        if clip is not None and not math.isfinite(clip(parameters.grads)):
            return
        optimizer.step(parameters, rate)


def _batches(trainer: Trainer, feed: Feed) -> Iterator[Batch]:
    """The batches of one epoch after another, without end."""
    rng = seeding.generator(trainer.seed, "shuffle")
    for _ in itertools.count():
        yield from feed.batches(trainer.step_rows, rng.permutation(len(feed)))


def _suggested(rates: tuple[float, ...], losses: list[float]) -> float:
    # Not the rate of the lowest loss: on few rows, which can be learnt by heart, a higher rate always lowers it more.
    nearly = min(losses) + (1 - _SHARE_OF_FALL) * (losses[0] - min(losses))
    step = next(step for step, loss in enumerate(losses) if loss <= nearly)
    return float(f"{rates[step] / 10:.2g}")
