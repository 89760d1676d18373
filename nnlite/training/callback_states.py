"""What the callbacks of a fit remember, as one state, each under its name; it must come back from a file as it is."""

from collections.abc import Iterable, Mapping

import numpy as np

from nnlite.core.state import State
from nnlite.errors import ConfigError
from nnlite.training.callbacks import Callback


def states_of(callbacks: Iterable[Callback]) -> State:
    """What callbacks remember, each under its name; those that remember nothing are left out."""
    states = {name: state_of(each) for name, each in _named(callbacks).items()}
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


def state_of(callback: Callback) -> State:
    """What a callback remembers; raises `ConfigError` where a checkpoint could not keep that."""
    state, name = callback.state, type(callback).__name__
    if not isinstance(state, State):
        raise ConfigError(f"{name}.state is a {type(state).__name__}, expected an nnlite.State(values, arrays)")
    for what, given in (("values", state.values), ("arrays", state.arrays)):
        if not isinstance(given, dict):
            raise ConfigError(
                f"{name}.state.{what} is a {type(given).__name__}, expected a dict: State(values, arrays) takes both "
                "by name"
            )
        for key in given:
            _check_key(key, f"{name}.state.{what}")
    for key, value in state.values.items():
        _check_plain(value, f"{name}.state.values[{key!r}]")
    for key, array in state.arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
            kind = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else f"a {type(array).__name__}"
            raise ConfigError(
                f"{name}.state.arrays[{key!r}] is {kind}, expected a NumPy array of booleans, integers or floats"
            )
    return state


def _check_plain(value: object, where: str) -> None:
    """Raises `ConfigError` where a value would not come back from a file as it is."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_key(key, where)
            _check_plain(inner, f"{where}[{key!r}]")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_plain(inner, f"{where}[{index}]")
    elif not (value is None or isinstance(value, bool | int | float | str)):
        remedy = "a plain number, text, a list, or a dict of these"
        if isinstance(value, tuple | set | frozenset):
            remedy = "a list: write list(…), and make it what it was in the state's setter"
        elif isinstance(value, np.generic):
            remedy = "a plain number: write int(…), float(…) or bool(…)"
        elif isinstance(value, np.ndarray):
            remedy = "a plain value; arrays are the second argument: State(values, {name: array})"
        raise ConfigError(f"{where} is a {type(value).__name__}, expected {remedy}")


def _check_key(key: object, where: str) -> None:
    if not isinstance(key, str):
        raise ConfigError(f"{where} has the key {key!r}, a {type(key).__name__}; expected a string: write str(…)")
