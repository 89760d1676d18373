"""Small fits that a callback is tried in: with it and without, to the end, and interrupted and gone on with."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.core.snapshot import arrays_of
from nnlite.core.state import State
from nnlite.core.tree import walk
from nnlite.data.dataset import Dataset
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.normalization import BatchNorm
from nnlite.losses.cross_entropy import SoftmaxCrossEntropy
from nnlite.losses.regression import MeanSquaredError
from nnlite.metrics.metric import Metric
from nnlite.optimizers.sgd import SGD
from nnlite.training.callbacks import Callback
from nnlite.training.trainer import Trainer
from nnlite.types import Array, Task

if TYPE_CHECKING:
    from nnlite.training.fit import Fit

EPOCHS, STEPS = 6, 4
"""The length of a whole fit: epochs, and steps in each."""

TASKS: tuple[Task, ...] = ("classification", "regression")
"""The tasks of the models that are tried: a callback may look at a figure that only one of them has."""


@dataclass
class Step:
    """What a model was after a step.

    Attributes:
        trainable: of each layer whether it was trained.
        arrays: the parameters and statistics by name.
    """

    trainable: list[bool]
    arrays: dict[str, Array]


class Recorder(Callback):
    """Keeps what the model is after each step, and ends a fit where it is told to.

    Args:
        interrupt_at: the number of steps of the fit after which it raises `Interrupted`; of an epoch's last step when
            the epoch is recorded.
    """

    def __init__(self, interrupt_at: int | None = None) -> None:
        self.interrupt_at = interrupt_at
        self.seen: list[Step] = []
        self.read: Callable[[], State] = State

    def after_step(self, fit: "Fit") -> None:
        trainable = [layer.trainable for _, layer, _ in walk(fit.model.layers)]
        self.seen.append(Step(trainable, {name: array.copy() for name, array in arrays_of(fit.model).items()}))
        if fit.step < fit.steps and fit.epoch * fit.steps + fit.step == self.interrupt_at:
            raise Interrupted(self.read())

    def after_epoch(self, fit: "Fit", row: dict[str, float]) -> None:
        if fit.epoch * fit.steps == self.interrupt_at:
            raise Interrupted(self.read())


class Interrupted(BaseException):
    """What ends a fit as Ctrl-C does; it has the trainer's state."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state


class StopAtOnce(Callback):
    """Ends a fit before its first epoch."""

    def begin(self, fit: "Fit") -> None:
        fit.stop("no epoch is wanted")


@dataclass
class Outcome:
    """What a fit leaves.

    Attributes:
        steps: what the model was after each step.
        rows: the rows of the history, without the seconds.
        ended_early: why the fit had fewer epochs, or "".
        arrays: the parameters and statistics at the end.
        attributes: all that stands on the callback at the end.
    """

    steps: list[Step]
    rows: list[dict[str, float]]
    ended_early: str
    arrays: dict[str, Array]
    attributes: dict[str, Any]


def trainer(
    task: Task, callbacks: Sequence[Callback], metrics: Sequence[Metric] = (), epochs: int = EPOCHS
) -> Trainer:
    """A trainer whose model draws random numbers and has statistics, which a callback could disturb."""
    loss = SoftmaxCrossEntropy() if task == "classification" else MeanSquaredError()
    model = Sequential([Dense(4), BatchNorm(), Dropout(0.2), Dense(2 if task == "classification" else 1), loss])
    return Trainer(model, SGD(0.1, momentum=0.9), epochs=epochs, batch_size=6, callbacks=callbacks, metrics=metrics)


def rows(task: Task, seed: int = 0) -> Dataset:
    """Rows to learn from, or to validate."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(6 * STEPS, 3))
    sums = x.sum(axis=1) + 0.3 * rng.normal(size=len(x))
    return Dataset(x, (sums > 0).astype(int) if task == "classification" else sums)


def fit(trained: Trainer, task: Task) -> None:
    """Fits the trainer to the rows."""
    trained.fit(rows(task), rows(task, 1), progress=False)


def outcome(task: Task, callback: Callback | None, metrics: Sequence[Metric] = ()) -> Outcome:
    """What a whole fit with the callback leaves."""
    recorder = Recorder()
    trained = trainer(task, [*([] if callback is None else [callback]), recorder], metrics)
    fit(trained, task)
    return _left(trained, recorder, callback)


def resumed(
    task: Task, first: Callback, second: Callback, interrupt_at: int, metrics: Sequence[Metric] = ()
) -> Outcome | None:
    """What a fit leaves that was interrupted, and gone on with by another trainer and callback.

    None where it came to its end before. The state goes through the form that it has in a file.
    """
    recorder = Recorder(interrupt_at)
    trained = trainer(task, [first, recorder], metrics)
    recorder.read = lambda: trained.state
    try:
        fit(trained, task)
    except Interrupted as interrupted:
        state = _as_from_a_file(interrupted.state)
    else:
        return None
    recorder = Recorder()
    other = trainer(task, [second, recorder], metrics)
    other.state = state
    fit(other, task)
    return _left(other, recorder, second)


def _left(trained: Trainer, recorder: Recorder, callback: Callback | None) -> Outcome:
    history = [{name: figure for name, figure in row.items() if name != "seconds"} for row in trained.history.rows]
    arrays = {name: array.copy() for name, array in arrays_of(trained.model).items()}
    attributes = {} if callback is None else dict(vars(callback))
    return Outcome(recorder.seen, history, trained.ended_early, arrays, attributes)


def _as_from_a_file(state: State) -> State:
    arrays = {
        name: np.frombuffer(each.tobytes(), each.dtype).reshape(each.shape) for name, each in state.arrays.items()
    }
    return State(json.loads(json.dumps(state.values)), arrays)
