"""The arguments of an estimator are checked by `fit`, and may not change in the middle of a warm start."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.signature import fields

OF_THE_NETWORKS = (
    "hidden", "activation", "dropout", "layers", "loss", "class_weight", "categorical_features", "numbers",
    "periodic", "one_hot", "embedding", "ensemble", "dtype",
)  # fmt: skip
"""Arguments by which the networks were made; another fit of a warm start, or of a stream, cannot follow a change."""


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number, of Python or of NumPy, and no truth value."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _is_count(value: object, least: int = 1, most: float = math.inf) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(least <= value <= most)


def _is_switch(value: object) -> bool:
    return isinstance(value, bool | np.bool_)


def _is_within(value: object, low: float, high: float, *, low_too: bool = False) -> bool:
    return is_number(value) and (low < value < high or (low_too and value == low))


def widths(hidden: Any) -> list[Any]:
    """The units of each hidden layer, which may be given as a number for a single one."""
    return list(hidden) if isinstance(hidden, Iterable) and not isinstance(hidden, str) else [hidden]


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _seeds(value: object) -> bool:
    return (
        value is None
        or isinstance(value, np.random.RandomState)
        or value is np.random
        or _is_count(value, 0, 2**32 - 1)
    )


_COUNT = (_is_count, "a whole number from 1 on")
_SWITCH = (_is_switch, "True or False")
_POSITIVE = (lambda value: value is None or _is_within(value, 0, math.inf), "a number above 0, or None")

_EXPECTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "hidden": (
        lambda value: all(map(_is_count, widths(value))),
        "the units of each layer, whole numbers such as (64, 32)",
    ),
    "activation": (
        lambda value: isinstance(value, str | Mapping | Layer | type),
        "a name, or a layer such as SiLU()",
    ),
    "dropout": (lambda value: _is_within(value, 0, 1, low_too=True), "a number of at least 0 and below 1"),
    "layers": (
        lambda value: value is None or (_is_list(value) and not isinstance(value, Sequential)),
        "a list of layers, such as [Dense(64), ReLU()]",
    ),
    "optimizer": (lambda value: value is not None, 'a name, such as "AdamW", a dict with a type, or an object'),
    "learning_rate": (lambda value: _is_within(value, 0, math.inf), "a number above 0"),
    "weight_decay": (lambda value: _is_within(value, 0, math.inf, low_too=True), "a number from 0 on"),
    "epochs": _COUNT,
    "batch_size": (
        lambda value: _is_count(value) or (isinstance(value, str) and value == "auto"),
        'a whole number from 1 on, or "auto"',
    ),
    "early_stopping": _SWITCH,
    "patience": _COUNT,
    "validation_fraction": (lambda value: _is_within(value, 0, 1, low_too=True), "at least 0 and below 1"),
    "calibrate": (
        lambda value: _is_switch(value) or (isinstance(value, str) and value == "auto"),
        'True, False or "auto"',
    ),
    "periodic": _SWITCH,
    "one_hot": (lambda value: _is_count(value, 0), "a whole number from 0 on"),
    "embedding": _COUNT,
    "ensemble": _COUNT,
    "n_jobs": (
        lambda value: value is None or _is_count(value) or _is_count(value, -(2**31), -1),
        "None, a whole number of processes, or -1 for one on each core",
    ),
    "clip_norm": _POSITIVE,
    "average": (lambda value: value is None or _is_within(value, 0, 1), "a number between 0 and 1, or None"),
    "max_seconds": _POSITIVE,
    "callbacks": (_is_list, "a list of callbacks"),
    "metrics": (_is_list, 'a list of metrics, such as ["F1"]'),
    "dtype": (lambda value: isinstance(value, str) and value in ("float32", "float64"), '"float32" or "float64"'),
    "warm_start": _SWITCH,
    "random_state": (_seeds, "a whole number from 0 on, None, or a numpy.random.RandomState"),
    "verbose": (lambda value: _is_switch(value) or _is_count(value, 0), "0, or 1 to show progress"),
}
"""What each argument has to be; the others are checked where they are used: names are looked up there."""


def check(estimator: Any) -> None:
    """Raises `ValueError` for arguments that are not what they have to be, or of which one would be ignored."""
    for name, (fits, expected) in _EXPECTED.items():
        if hasattr(estimator, name) and not fits(value := getattr(estimator, name)):
            shown = re.sub(" at 0x[0-9A-Fa-f]+", "", repr(value))  # where it is in memory says nothing
            raise ValueError(f"{name} is {shown}; expected {expected}")
    if estimator.layers is not None:
        why = "layers says what the hidden layers are: put it among them"
        refuse_idle(estimator, ("hidden", "activation", "dropout"), why)
    if not isinstance(estimator.optimizer, str):
        why = f"the optimizer {estimator.optimizer!r} has its own"
        refuse_idle(estimator, ("learning_rate", "weight_decay"), why)


def refuse_idle(estimator: Any, names: Iterable[str], why: str) -> None:
    """Raises `ValueError` where one of these arguments was set, which has no effect.

    Args:
        estimator: it has the arguments.
        names: those that have no effect.
        why: what decides in their stead, and what to do.
    """
    defaults = {field.name: field.default for field in fields(type(estimator))}
    for name in names:
        value, default = getattr(estimator, name), defaults[name]
        differs = widths(value) != widths(default) if name == "hidden" else value != default
        if differs:
            raise ValueError(
                f"{name} is {value!r}, but would be ignored, since {why}, or leave {name} at its default, {default!r}"
            )


def as_made(estimator: Any) -> dict[str, str]:
    """The arguments by which the networks are made, in words."""
    own = estimator.get_params(deep=False)
    return {name: repr(own[name]) for name in OF_THE_NETWORKS if name in own}


def check_unchanged(estimator: Any, before: Mapping[str, str]) -> None:
    """Raises `ValueError` where an argument by which the networks were made is another one now."""
    for name, value in as_made(estimator).items():
        if value != before.get(name, value):
            raise ValueError(
                f"{name} is {value}, but the networks that training goes on with were made with {before[name]}: set "
                "it back, or begin anew with warm_start=False, or with a clone of the estimator"
            )
