"""A change sets one key of a config: `training.epochs=20` on the command line, a key and a value in Python."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlite.config import toml
from nnlite.errors import ConfigError
from nnlite.text import cut

_NAME = r"""[^.\[\]="'][^.\[\]=]*|"(?:[^"\\]|\\.)*"|'[^']*'"""  # the last two are strings of TOML
_KEY = re.compile(rf"\s*(?:{_NAME})(?:\.(?:{_NAME})|\[\d{{1,9}}\])*\s*(?==)")
_STEP = re.compile(rf"({_NAME})|\[(\d+)\]")
_BY_COLUMN = ("kinds", "formats")  # keys of [data] with a value for each name of a column


@dataclass(frozen=True)
class Change:
    """Sets one key of a config.

    Attributes:
        said: the change as the user wrote it, for messages.
        steps: the way to the key: names of tables and keys, and numbers of items in lists, from 0.
        value: its new value; None unsets it. Paths in it are relative to the working folder, as the check of the
            config finds out, which knows what is a path.
    """

    said: str
    steps: tuple[str | int, ...]
    value: Any

    @property
    def place(self) -> str:
        """The place of the key in words, such as "model.layers[0].units"."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.steps).removeprefix(".")

    @property
    def of_data(self) -> bool:
        """Whether the key is one of `[data]`."""
        return self.steps[0] == "data" and len(self.steps) > 1

    def apply(self, document: dict[str, Any]) -> None:
        """Sets the key in the parsed document, in place; raises `ConfigError` if the document has no such place."""
        place: Any = document
        steps: list[Any] = [*self.steps]
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            if not isinstance(place, list if isinstance(step, int) else dict):
                raise ConfigError(f"{self.said} does not fit the config: it has no {self.place}")
            if isinstance(step, int) and step >= len(place):
                raise ConfigError(f"{self.said} names item {step} of a list with {len(place)} items")
            if following is None:
                place[step] = self.value
            elif isinstance(place, list):
                place = place[step]
            else:
                place = place.setdefault(step, {})


def read(override: str) -> Change:
    """The change that a text of the command line says; raises `ConfigError` if it says none.

    The value is TOML, or else a string, so words need no quotes; `none` unsets the key. A name with a dot, a bracket
    or the like stands in quotes, as in TOML: `data.kinds."a.b"=category`. A path is relative to the working folder.
    Whether the key exists is checked later, with the whole config.

    >>> from nnlite.config.overrides import read
    >>> document = {"model": {"layers": [{"type": "Dense", "units": 3}]}}
    >>> read("model.layers[0].units=32").apply(document)
    >>> document
    {'model': {'layers': [{'type': 'Dense', 'units': 32}]}}
    >>> read("training.clip_norm=none").apply(document)
    >>> document["training"]
    {'clip_norm': None}
    """
    if any("\ud800" <= character <= "\udfff" for character in override):
        raise ConfigError(f"the override {override!a} is not text")
    if (matched := _KEY.match(override)) is None:
        raise ConfigError(
            f"the override {override!r} is not of the form key=value, such as training.epochs=10; a name with "
            f"a dot, a bracket, = or a quote in it stands in quotes: {_QUOTED}"
        )
    said, text = f"the override {override!r}", override[matched.end() + 1 :]
    steps = _steps(matched[0].strip())
    if steps[0] == "data" and steps[1:2] and steps[1] in _BY_COLUMN and len(steps) > 3:
        raise ConfigError(f"{said}: a column's name with a dot in it stands in quotes: {_QUOTED}")
    # TOML has no word for nothing: None stands for a key that is not set.
    value = None if text.strip() == "none" else toml.parse_value(text.strip())
    return Change(said, steps, value)


def of_python(key: object, value: Any) -> Change:
    """The change that a key and a value of Python say; raises `ConfigError` if the key is none.

    Args:
        key: the key with dots, "model.layers[1].units", or as a name of Python, "model__layers__1__units".
        value: its value: a number, text, a list, a dict; None unsets it. A path is relative to the working folder.

    >>> from nnlite.config.overrides import of_python
    >>> of_python("model__layers__1__units", 32).steps
    ('model', 'layers', 1, 'units')
    """
    if not isinstance(key, str):
        raise ConfigError(f"the key {cut(repr(key))} of a change is none of a config: expected text")
    if key.isidentifier():
        steps = tuple(int(name) if name.isdecimal() else name for name in key.split("__"))
    elif (matched := _KEY.match(f"{key}=")) is not None and matched.end() == len(key):
        steps = _steps(key.strip())
    else:
        steps = ("",)
    if "" in steps:
        raise ConfigError(
            f"the key {cut(repr(key))} is none of a config: expected training__epochs or 'training.epochs', say, and "
            "'model.layers[1].units' or model__layers__1__units"
        )
    return Change(f"the change of {key}", steps, plain(value, key))


def plain(value: Any, place: str = "") -> Any:
    """The value as a config has it: numbers of NumPy as those of Python, paths as text, tuples as lists.

    Raises `ConfigError`, with the place, for what no config can say.
    """
    if isinstance(value, Mapping):
        if wrong := [key for key in value if not isinstance(key, str)]:
            raise ConfigError(f"{place or 'the top'} has the key {cut(repr(wrong[0]))}: expected text")
        return {key: plain(item, f"{place}.{key}" if place else key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, np.ndarray):
        return plain(value.tolist(), place)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ConfigError(
        f"{place} = {cut(repr(value))}, {type(value).__name__}: expected numbers, texts, lists and dicts, as in a "
        'TOML file; a layer is {"type": "Dense", "units": 3}, say'
    )


def _steps(key: str) -> tuple[str | int, ...]:
    return tuple(int(index) if index else _unquoted(name.strip()) for name, index in _STEP.findall(key))


_QUOTED = """'data.kinds."a.b"=category', the outer quotes being for the shell"""


def _unquoted(name: str) -> str:
    return str(toml.parse_value(name)) if name[0] in "\"'" else name
