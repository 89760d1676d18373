"""Resuming: what a trainer must know of the state that it is given, and the state of a model in training."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from nnlite import seeding
from nnlite.core import snapshot
from nnlite.core.sequential import Sequential
from nnlite.core.state import State
from nnlite.core.tree import walk
from nnlite.errors import ConfigError, DataError, ShapeError
from nnlite.text import counted, cut_where_they_differ
from nnlite.training.feed import Feeds

_QUOTED = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""
_BRACES = rf"\{{((?:[^{{}}()\[\]'\"]|{_QUOTED})*)\}}"  # with plain keys and values, which commas part
_BEFORE = {"metrics": "()", "accumulate": "1"}
"""The settings, in words, of a state that nnlite wrote before they could be set."""

_ITEM = rf"(?:[^,'\"]|{_QUOTED})+"


def model_state(model: Sequential) -> State:
    """All that a model in training remembers: what it has learnt, its generators, and which layers are frozen.

    A model that is not built yet has no state but what it is made of.

    >>> import numpy as np
    >>> from nnlite import Dense, Dropout, Sequential
    >>> from nnlite.training.resume import model_state, restore_model
    >>> one, other = (Sequential([Dropout(0.5), Dense(2)]) for _ in range(2))
    >>> restore_model(model_state(one.build((3,), seed=1)), other)
    >>> x = np.ones((4, 3))
    >>> bool((one.forward(x, training=True) == other.forward(x, training=True)).all())
    True
    """
    values = {"layers": _layers_in_words(model), "built": model.built}
    if not model.built:
        return State(values)
    values |= {
        "input_shape": list(model.input_shape),
        "dtype": model.dtype,
        "adapted": model.adapted,
        "classes": None if model.classes is None else list(model.classes),
        "feature_names": None if model.feature_names is None else list(model.feature_names),
        "frozen": sorted(model.frozen),
        "trainable": {path: layer.trainable for path, layer, _ in walk(model.layers)},
        "generators": {path: seeding.state(generator) for path, generator in _generators(model)},
    }
    return State(values, snapshot.arrays_of(model))


def restore_model(state: State, model: Sequential) -> None:
    """Gives a model of the same layers, which is built first if it is not, what another remembered.

    Raises `ConfigError` or `ShapeError` where the layers are others.
    """
    values = state.values
    theirs, ours = values["layers"], _layers_in_words(model)
    if theirs != ours and _unordered(theirs) != _unordered(ours):
        theirs, ours = cut_where_they_differ(theirs, ours)
        raise ConfigError(f"the state is of another model: {theirs}, where this one is {ours}")
    if not values["built"]:
        return
    if not model.built:
        model.build(tuple(values["input_shape"]), dtype=values["dtype"])
    arrays, generators = snapshot.arrays_of(model), dict(_generators(model))
    if list(model.input_shape) != values["input_shape"] or model.dtype != values["dtype"]:
        raise ShapeError(
            f"the state is of a model in {values['dtype']} for examples of shape {tuple(values['input_shape'])}, "
            f"where this one is in {model.dtype} for shape {model.input_shape}"
        )
    if arrays.keys() != state.arrays.keys() or generators.keys() != values["generators"].keys():
        odd = arrays.keys() ^ state.arrays.keys() | generators.keys() ^ values["generators"].keys()
        raise ConfigError(f"the state is of another model: {', '.join(sorted(odd))} belong to one of the two alone")
    for path, array in arrays.items():
        given = state.arrays[path]
        if (given.shape, given.dtype) != (array.shape, array.dtype):
            raise ShapeError(f"{path} is {array.dtype} {array.shape}, in the state {given.dtype} {given.shape}")
    frozen = set(values["frozen"])
    # `trainable` may have changed since the layout: restore the layout's value first, then the layer's.
    for path, layer, _ in walk(model.layers):
        layer.trainable = path not in frozen
    model.follow_freezing()
    for path, layer, _ in walk(model.layers):
        layer.trainable = values["trainable"][path]
    snapshot.restore(state.arrays, model)
    for path, generator in generators.items():
        seeding.restore(values["generators"][path], generator)
    model.adapted = values["adapted"]
    for name in ("classes", "feature_names"):  # older states have none
        if (names := values.get(name)) is not None:
            setattr(model, name, tuple(names))


def _layers_in_words(model: Sequential) -> str:
    """What the model is made of; which layers are frozen may change while it is trained."""
    return re.sub(r"(, )?trainable=(True|False)", "", repr(model))


def _unordered(words: str) -> str:
    """The same words, with a mapping's plain keys and values, in braces, in one order whatever theirs was."""

    def in_order(braces: re.Match[str]) -> str:
        return "{" + ", ".join(sorted(item.strip() for item in re.findall(_ITEM, braces[1]))) + "}"

    return re.sub(_BRACES, in_order, words)


def _generators(model: Sequential) -> Iterator[tuple[str, np.random.Generator]]:
    """The generators that layers keep as attributes and draw from in training, by path."""
    for path, layer, _ in walk(model.layers):
        for name, value in vars(layer).items():
            if isinstance(value, np.random.Generator):
                yield f"{path}.{name}", value


def check_settings(state: State, settings: Mapping[str, str]) -> None:
    """Raises `ConfigError` where a trainer's settings, in words, are not those of the state.

    In the middle of a fit all of them have to be the same; between fits, when they may be changed, only the kinds of
    optimizer, schedule and early stopping.
    """
    theirs, whole = state.values["trainer"]["settings"], bool(state.values["fit"])
    for name in settings if whole else ("optimizer", "schedule", "early_stopping"):
        before, now = theirs.get(name, _BEFORE.get(name, "")), settings[name]
        if _unordered(before) != _unordered(now) if whole else before.partition("(")[0] != now.partition("(")[0]:
            before, now = cut_where_they_differ(before, now)
            raise ConfigError(
                f"the state does not belong to this trainer, whose {name} is {now}: it is that of a "
                f"trainer with {before}; make one with the same settings"
            )


def check_rows(state: State, feeds: Feeds) -> None:
    """Raises `DataError` where an interrupted fit, with this state, cannot go on with these rows."""
    own = state.part("own")
    rows = [None if feed is None else len(feed) for feed in feeds]
    if own.values["rows"] != rows:
        raise DataError(
            f"the fit to go on with has {_rows_in_words(own.values['rows'])}, but was given {_rows_in_words(rows)}; "
            "give it the same rows, or make a new trainer to train on others"
        )
    order = own.arrays.get("order")
    if order is not None and not np.array_equal(np.sort(order), np.arange(rows[0] or 0)):
        raise ConfigError("the state is damaged: its order of the rows is none")


def _rows_in_words(rows: list[int | None]) -> str:
    return f"{counted(rows[0] or 0, 'row')} to train and {rows[1] or 'none'} to validate"


def upgraded(state: State) -> State:
    """The state as it is written today, from one that nnlite wrote before `Fit` (in November 2026, format 1).

    Then the parts of a fit were four objects, and the final weights were called "keeping".
    """
    if "keeping" not in state.values:
        return state
    values: dict[str, Any] = {name: value for name, value in state.values.items() if name != "keeping"}
    values |= {"final_weights": state.values["keeping"], "callbacks": {}}
    if fit := values["fit"]:
        own, pace = dict(fit["own"]), fit["pace"]
        own |= {"learning_rate": own.pop("rate"), "cut_short": pace["cut_short"], "stop": ""}
        own |= {"earlier": pace["earlier"], "seconds": pace["seconds"], "epoch_seconds": fit["recorder"]["seconds"]}
        values["fit"] = {"own": own, "means": fit["means"]}
    arrays = {re.sub("^keeping/", "final_weights/", name): array for name, array in state.arrays.items()}
    return State(values, arrays)
