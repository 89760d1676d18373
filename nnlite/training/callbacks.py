"""A callback has methods that a fit calls as it goes on; it may end the fit, but changes no number of a step.

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
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnlite.core.state import State
from nnlite.errors import ConfigError
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
    `fit.stop(why)`. Several callbacks are called in the order of the list. What changes a number of a step (a
    learning rate, an average of weights) is no callback, so the order never changes the trained weights.

    A callback that remembers something from one event to the next overrides `state` too. A fit that was interrupted
    then goes on as if it had not been.

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

        A number that is added to the row, under a new name, stands in the history, in `history.csv` and in the
        curves. A callback may freeze a layer here, or set one free.
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
    return {event: [getattr(each, event) for each in callbacks if _overrides(each, event)] for event in EVENTS}


def _overrides(callback: Callback, event: str) -> bool:
    return getattr(type(callback), event) is not getattr(Callback, event) or event in vars(callback)


def checked(given: object) -> tuple[Callback, ...]:
    """The list of callbacks; raises `ConfigError` where it is none, or one in it can never be called."""
    if not isinstance(given, list | tuple):
        raise ConfigError(f"callbacks is a {type(given).__name__}, expected a list of callbacks")
    for each in given:
        if isinstance(each, type) and issubclass(each, Callback):
            raise ConfigError(f"callbacks has the class {each.__name__}, expected an object: write {each.__name__}()")
        if not isinstance(each, Callback):
            raise ConfigError(
                f"callbacks has a {type(each).__name__}, expected objects of classes derived from nnlite.Callback"
            )
        if not any(_overrides(each, event) for event in EVENTS):
            raise ConfigError(
                f"{type(each).__name__} overrides none of {', '.join(EVENTS)}, so it would never be called"
            )
        for event, arguments in EVENTS.items():
            try:
                inspect.signature(getattr(each, event)).bind(*arguments)
            except (TypeError, ValueError):
                raise ConfigError(
                    f"{type(each).__name__}.{event} is called with ({', '.join(arguments)}), but cannot take that"
                ) from None
        if getattr(inspect.getattr_static(type(each), "state"), "fset", None) is None:
            raise ConfigError(f"{type(each).__name__}.state can be read but not set; add a @state.setter")
        _state_of(each)
    return tuple(given)


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


def states_of(callbacks: Iterable[Callback]) -> State:
    """What callbacks remember, each under its name; those that remember nothing are left out."""
    states = {name: _state_of(each) for name, each in _named(callbacks).items()}
    return State.of(**{name: state for name, state in states.items() if state.values or state.arrays})


def restore(state: State, callbacks: Iterable[Callback]) -> None:
    """Gives callbacks what those of the same names remembered."""
    named = _named(callbacks)
    for name in state.values.keys() & named.keys():
        try:
            named[name].state = state.part(name)
        except Exception as error:
            raise ConfigError(f"{name} cannot take its state back: {type(error).__name__}: {error}") from error


def missing(state: State, callbacks: Iterable[Callback]) -> list[str]:
    """The names of those that remembered something and are not among these callbacks."""
    return sorted(state.values.keys() - _named(callbacks).keys())


def _named(callbacks: Iterable[Callback]) -> Mapping[str, Callback]:
    """The callbacks by name: the class's, with a number from the second of a class on."""
    named: dict[str, Callback] = {}
    for each in callbacks:
        name = type(each).__name__
        count = 1 + sum(type(other).__name__ == name for other in named.values())
        named[name if count == 1 else f"{name}-{count}"] = each
    return named


def _state_of(callback: Callback) -> State:
    """What a callback remembers; raises `ConfigError` where a checkpoint could not keep that."""
    state, name = callback.state, type(callback).__name__
    if not isinstance(state, State):
        raise ConfigError(f"{name}.state is a {type(state).__name__}, expected an nnlite.State(values, arrays)")
    try:
        json.dumps(state.values)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{name}.state has values that are not plain numbers, text, lists and dicts of these: {error}"
        ) from None
    for path, array in state.arrays.items():
        if not isinstance(array, np.ndarray):
            raise ConfigError(f"{name}.state has an array {path!r} that is a {type(array).__name__}")
    return state
