"""A callback has methods that a fit calls as it goes on; it may end the fit, and add figures to its history.

Write your own by overriding the events that you need:

    class StopAtTarget(Callback):
        def __init__(self, accuracy: float = 0.95):
            self.accuracy = accuracy

        def after_epoch(self, fit, row):
            if row["validation_accuracy"] >= self.accuracy:
                fit.stop(f"validation accuracy {row['validation_accuracy']:.3f} is reached")

and pass it as `Trainer(callbacks=[…])`, for every fit, or as `fit(callbacks=[…])`, for one.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnlite.core.state import State
from nnlite.signature import Configured

if TYPE_CHECKING:
    from nnlite.training.fit import Fit

EVENTS = {
    "begin": ("fit",),
    "after_step": ("fit",),
    "before_portion": ("fit",),
    "after_epoch": ("fit", "row"),
    "end": ("fit",),
}
"""The methods of a callback, and what each is called with."""


class Callback(Configured):
    """Methods that `Trainer.fit` calls as training goes on; each does nothing unless it is overridden.

    All of them get the `Fit`: where training is (`fit.epoch`, `fit.step`), the `fit.model` and the `fit.history`, and
    `fit.stop(why)`. Several callbacks are called in the order of the list. They return nothing. One that only reads
    never changes the trained weights; what changes a number of a step (a learning rate, an average of weights) is
    an argument of the trainer.

    A callback that remembers something from one event to the next overrides `state` too. A fit that was interrupted
    then goes on as if it had not been.

    Attributes:
        run_folder: where relative paths of files that the callback writes begin: the working folder, or the run
            folder when a config trains.

    >>> import numpy as np
    >>> from nnlite import SGD, Callback, Dataset, Dense, Sequential, SoftmaxCrossEntropy, Trainer
    >>> class WeightNorm(Callback):
    ...     def after_epoch(self, fit, row):
    ...         row["weight_norm"] = np.linalg.norm(fit.model.parameters.values)
    >>> data = Dataset(np.array([[0.0], [0.1], [0.9], [1.0]]), np.array([0, 0, 1, 1]))
    >>> trainer = Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(1.0), epochs=3, callbacks=[WeightNorm()])
    >>> len(trainer.fit(data)["weight_norm"])
    3
    """

    run_folder: Path = Path()

    def begin(self, fit: "Fit") -> None:
        """Called before the first step of a fit, and again when an interrupted fit goes on."""

    def after_step(self, fit: "Fit") -> None:
        """Called after each step; `fit.step` says how many of this epoch are done, of `fit.steps`."""

    def before_portion(self, fit: "Fit") -> None:
        """Called before each portion of rows (at most 1,024) that is validated, or that L-BFGS computes with.

        A fit that is interrupted here makes the same portions again when it goes on, so they are not to be counted.
        """

    def after_epoch(self, fit: "Fit", row: dict[str, float]) -> None:
        """Called after each epoch with its row of the history; the model has the weights of the last step.

        A number that is added to the row, under a new name, stands in the history, in `History.to_csv` and in the
        curves; early stopping cannot monitor it. A callback may freeze a layer here, or set one free.
        """

    def end(self, fit: "Fit") -> None:
        """Called when the fit ends, in whatever way: it is over, was stopped or interrupted, or has failed.

        If `begin` raises an error, the callbacks after it in the list have no `begin` and no `end`.
        """

    @property
    def state(self) -> State:
        """What the callback remembers, as plain values and arrays: `State({"waited": 3})`; by default nothing."""
        return State()

    @state.setter
    def state(self, state: State) -> None:
        """Continues from what another callback with the same arguments remembered."""


def listeners(callbacks: Sequence[Callback]) -> dict[str, list[Callable[..., None]]]:
    """For each event the methods to call: only of callbacks that override it, so the others cost nothing."""
    return {event: [getattr(each, event) for each in callbacks if overrides(each, event)] for event in EVENTS}


def overrides(callback: Callback, event: str) -> bool:
    """Whether a callback has a method of its own for an event."""
    return getattr(type(callback), event) is not getattr(Callback, event) or event in vars(callback)


@contextlib.contextmanager
def under_way(fit: "Fit", callbacks: Sequence[Callback]) -> Iterator[None]:
    """Within the block the callbacks have begun; when it ends, in whatever way, each has its `end`."""
    begun: list[Callback] = []
    try:
        for each in callbacks:
            begun.append(each)
            each.begin(fit)
        yield
    except BaseException as error:
        for each in begun:
            try:
                each.end(fit)
            except Exception as another:
                error.add_note(f"{type(each).__name__}.end failed too: {type(another).__name__}: {another}")
        raise
    with contextlib.ExitStack() as stack:
        for each in reversed(begun):  # the stack calls the last one first
            stack.callback(each.end, fit)
