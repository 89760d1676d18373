"""What is unusual in a config for its data, as can be known before training; each in a sentence with its figures."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nnlite.core.tree import learns_itself, walk
from nnlite.data import Dataset, Splits
from nnlite.diagnosis.inputs import LARGE
from nnlite.layers import (
    GRU,
    LSTM,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    GaussianNoise,
    RandomFlip,
    RandomShift,
    ReLU,
    Sigmoid,
    Tanh,
)
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.schedules import ReduceOnPlateau
from nnlite.text import counted, cut
from nnlite.training.trainer import Trainer

# The thresholds are rules of thumb, each on the far side of what is common, so that a config is seldom named in vain.

_RARE = 0.1
"""The share of the training rows below which a class is rare: always answering another is right in 90 % and more."""

_FEW_VALIDATION_ROWS = 30
"""With fewer rows one row more or less right is 3 % of accuracy."""

_FEW_STEPS = 50

_PARAMETERS_A_ROW = 10

_MOST_ROWS = 10_000  # that are looked at

_WEIGHTS = (Dense, Conv1D, Conv2D)
_LINEAR_BETWEEN = (Dropout, GaussianNoise)


@dataclass(frozen=True)
class Before:
    """What is known before a training.

    Attributes:
        trainer: the trainer, with its built model.
        splits: the rows.
    """

    trainer: Trainer
    splits: Splits

    @property
    def train(self) -> Dataset:
        """The training rows."""
        return self.splits.train

    @property
    def full_batch(self) -> bool:
        """Whether each step takes all rows."""
        return isinstance(self.trainer.optimizer, FullBatchOptimizer)


def unusual(trainer: Trainer, splits: Splits) -> list[str]:
    """Sentences on what is unusual; none where nothing is.

    Args:
        trainer: the trainer of a config, with its built model.
        splits: the rows of the config.
    """
    before = Before(trainer, splits)
    return [said for check in _CHECKS for said in check(before)]


def _scale(before: Before) -> Iterator[str]:
    model = before.trainer.model
    first = model.network.chain.layers[0]
    preprocessing = model.layers[: len(model.layers) - len(model.network.chain.layers)]
    if not isinstance(first, (*_WEIGHTS, GRU, LSTM)) or any(map(learns_itself, preprocessing)):
        return  # it learns from the training rows how to scale them
    rows = before.train.rows(slice(0, _MOST_ROWS)).x[:: math.ceil(min(len(before.train), _MOST_ROWS) / 1000)]
    with np.errstate(all="ignore"):
        x = model.preprocess(rows).astype(np.float64)
    sizes = np.sqrt((x * x).mean(axis=0))  # of each feature, (features,) or (channels, height, width)
    if (largest := float(sizes.max())) <= LARGE:
        return
    names = before.train.feature_names
    if names is not None and sizes.shape == (len(names),):
        which = f"the feature {cut(str(names[int(sizes.argmax())]), 40)!r}"
    else:
        which = "a feature"
    yield (
        f"unscaled inputs: {which} reaches {first!r} with a root mean square of {largest:.3g}; begin the layers with "
        '{ type = "Standardize" }'
    )


def _batches(before: Before) -> Iterator[str]:
    trainer, rows = before.trainer, len(before.train.counted())
    if before.full_batch:
        return
    if trainer.step_rows > rows:
        of_step = f"training.batch_size = {trainer.batch_size}"
        if trainer.accumulate > 1:
            of_step += f" times accumulate = {trainer.accumulate}"
        yield f"{of_step} is more than the {counted(rows, 'training row')}: an epoch is a single step"
    steps = trainer.epochs * math.ceil(rows / trainer.step_rows)
    if steps < _FEW_STEPS:
        yield f"the whole training makes {counted(steps, 'step')}: more epochs, or smaller batches, learn more"


def _stopping(before: Before) -> Iterator[str]:
    trainer, stopping, validation = before.trainer, before.trainer.early_stopping, before.splits.validation
    if stopping is None:
        return
    if validation is None or (stopping.monitor or "").startswith("training_"):
        why = "there are no validation rows" if validation is None else f"monitor = {stopping.monitor!r}"
        yield f"early stopping looks at the training rows ({why}), which a model may learn by heart"
    elif len(validation) < _FEW_VALIDATION_ROWS:
        rows = counted(len(validation), "validation row")
        yield f"early stopping looks at {rows}: chance has a large part in which epoch is best"
    if stopping.patience >= trainer.epochs:
        yield (
            f"early_stopping.patience = {stopping.patience} is not below training.epochs = {trainer.epochs}: it "
            "never ends the training, and only keeps the best weights"
        )
    schedule = trainer.schedule
    if isinstance(schedule, ReduceOnPlateau) and stopping.patience <= schedule.patience:
        yield (
            f"early_stopping.patience = {stopping.patience} is not above schedule.patience = {schedule.patience}: "
            "training ends before the learning rate is reduced"
        )


def _test_rows(before: Before) -> Iterator[str]:
    if before.splits.test is None:
        yield "there are no test rows: no figure will say how good the model is on rows that it was not chosen by"


def _classes(before: Before) -> Iterator[str]:
    train, criterion = before.train, before.trainer.model.criterion
    if train.classes is None or train.y.ndim != 1 or len(train.classes) < 2:
        return
    counts = np.bincount(train.y, minlength=len(train.classes))
    rare = int(counts.argmin())
    share = counts[rare] / len(train)
    if share < _RARE * 2 / len(train.classes) and getattr(criterion, "class_weight", None) is None:
        yield (
            f"the class {cut(str(train.classes[rare]), 40)!r} has {counts[rare]:,} of "
            f"{counted(len(train), 'training row')} ({100 * share:.2g} %): "
            'class_weight = "balanced" in the loss lets each class count alike; look at its recall, not the accuracy'
        )


def _layers(before: Before) -> Iterator[str]:
    model = before.trainer.model
    places = [(index, each) for index, each in enumerate(model.layers) if not isinstance(each, _LINEAR_BETWEEN)]
    for (one, first), (other, second) in pairwise(places):
        if type(first) is Dense and type(second) is Dense:
            yield (
                f"model.layers[{one}] {first!r} and [{other}] {second!r} have no activation between them: together "
                "they are a single linear layer"
            )
    last, criterion = model.layers[-1], model.criterion
    if isinstance(last, ReLU | Sigmoid | Tanh) and criterion is not None and criterion.task != "regression":
        yield (
            f"model.layers[{len(model.layers) - 1}] {last!r} stands before {criterion!r}, which takes any numbers: "
            "it bounds how sure the model can be; leave it out"
        )
    if isinstance(last, Dropout):
        yield f"model.layers[{len(model.layers) - 1}] {last!r} drops outputs of the model itself: leave it out"


def _size(before: Before) -> Iterator[str]:
    trainer, rows = before.trainer, len(before.train)
    parameters = trainer.model.parameters.values.size
    against = (Dropout, GaussianNoise, RandomFlip, RandomShift)
    held = any(isinstance(layer, against) for _, layer, _ in walk(trainer.model.layers))
    held = held or trainer.early_stopping is not None or bool(getattr(trainer.optimizer, "weight_decay", 0.0))
    if parameters > _PARAMETERS_A_ROW * rows and not held:
        yield (
            f"{parameters:,} parameters learn from {counted(rows, 'row')}, with nothing against learning them by "
            "heart: neither early stopping, nor weight decay, nor Dropout"
        )


def _repeatable(before: Before) -> Iterator[str]:
    if (limit := before.trainer.max_seconds) is not None:
        yield f"training.max_seconds = {limit:g}: the clock has a say in the weights, so no run can be repeated"


_CHECKS: tuple[Callable[[Before], Iterator[str]], ...] = (
    _scale,
    _batches,
    _stopping,
    _test_rows,
    _classes,
    _layers,
    _size,
    _repeatable,
)
