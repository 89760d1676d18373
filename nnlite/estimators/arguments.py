"""The arguments of an estimator are checked by `fit`, and may not change in the middle of a warm start."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.signature import fields

_COUNTS = ("epochs", "ensemble", "patience", "embedding", "batch_size")
_AMOUNTS = {
    "clip_norm": (math.inf, "a number above 0"),
    "average": (1.0, "a number between 0 and 1"),
    "max_seconds": (math.inf, "a number above 0"),
}
_SWITCHES = ("early_stopping", "periodic", "warm_start")

OF_THE_NETWORKS = (
    "hidden", "activation", "dropout", "layers", "loss", "class_weight", "categorical_features", "numbers",
    "periodic", "one_hot", "embedding", "ensemble", "dtype",
)  # fmt: skip
"""Arguments by which the networks were made; another fit of a warm start, or of a stream, cannot follow a change."""


def check(estimator: Any) -> None:
    """Raises `ValueError` for arguments that nothing else checks, or of which one would be ignored."""
    for name in _COUNTS:
        value = getattr(estimator, name)
        if not (_is_count(value) and value >= 1) and not (name == "batch_size" and value == "auto"):
            raise ValueError(f"{name} is {value!r}; expected a whole number from 1 on")
    for name in _SWITCHES:
        if not isinstance(value := getattr(estimator, name), bool | np.bool_):
            raise ValueError(f"{name} is {value!r}; expected True or False")
    fraction = estimator.validation_fraction
    if not isinstance(fraction, int | float) or not 0 <= fraction < 1:
        raise ValueError(f"validation_fraction is {fraction!r}; expected at least 0 and below 1")
    for name, (most, what) in _AMOUNTS.items():
        value = getattr(estimator, name)
        if value is not None and not (
            isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < most
        ):
            raise ValueError(f"{name} is {value!r}; expected {what}, or None")
    if isinstance(estimator.callbacks, str) or not isinstance(estimator.callbacks, Iterable):
        raise ValueError(f"callbacks is {estimator.callbacks!r}; expected a list of callbacks")
    if getattr(estimator, "calibrate", "auto") not in (True, False, "auto"):
        raise ValueError(f'calibrate is {estimator.calibrate!r}; expected True, False or "auto"')
    _check_widths(estimator.hidden)
    defaults = {field.name: field.default for field in fields(type(estimator))}
    if estimator.layers is not None:
        if isinstance(estimator.layers, str | Mapping | Layer | Sequential) or not isinstance(
            estimator.layers, Iterable
        ):
            raise ValueError(
                f"layers is {estimator.layers!r}; expected a list of layers, such as [Dense(64), ReLU()]"
            )
        _refuse_idle(estimator, defaults, ("hidden",), "the layers say how wide they are")
    if not isinstance(estimator.optimizer, str):
        why = f"the optimizer {estimator.optimizer!r} has its own"
        _refuse_idle(estimator, defaults, ("learning_rate", "weight_decay"), why)


def _is_count(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _check_widths(hidden: Any) -> None:
    widths = hidden if isinstance(hidden, Iterable) and not isinstance(hidden, str) else [hidden]
    if not all(_is_count(units) and units >= 1 for units in widths):
        raise ValueError(f"hidden is {hidden!r}; expected the units of each layer, whole numbers such as (64, 32)")


def _refuse_idle(estimator: Any, defaults: Mapping[str, Any], names: Iterable[str], why: str) -> None:
    for name in names:
        if (value := getattr(estimator, name)) != defaults[name]:
            raise ValueError(f"{name} is {value!r}, but would be ignored: {why}")


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
