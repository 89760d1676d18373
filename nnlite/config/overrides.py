"""An override sets one key of a config from the command line: `optimizer.learning_rate=0.1`."""

import re
from pathlib import Path
from typing import Any

from nnlite import data
from nnlite.config import toml
from nnlite.data.npz import is_path
from nnlite.errors import ConfigError
from nnlite.signature import fields

_NAME = r"""[^.\[\]="'][^.\[\]=]*|"(?:[^"\\]|\\.)*"|'[^']*'"""  # the last two are strings of TOML
_KEY = re.compile(rf"\s*(?:{_NAME})(?:\.(?:{_NAME})|\[\d{{1,9}}\])*\s*(?==)")
_STEP = re.compile(rf"({_NAME})|\[(\d+)\]")
_BY_COLUMN = ("kinds", "formats")  # keys of [data] with a value for each name of a column


def apply(override: str, document: dict[str, Any]) -> None:
    """Sets the key in the parsed document, in place; raises `ConfigError` if the document has no such place.

    The value is TOML, or else a string, so words need no quotes; `none` unsets the key. A name with a dot, a bracket
    or the like stands in quotes, as in TOML: `data.kinds."a.b"=category`. A path is relative to the working folder.
    Whether the key exists is checked later, with the whole config.

    >>> from nnlite.config.overrides import apply
    >>> document = {"model": {"layers": [{"type": "Dense", "units": 3}]}}
    >>> apply("model.layers[0].units=32", document)
    >>> document
    {'model': {'layers': [{'type': 'Dense', 'units': 32}]}}
    >>> apply("training.clip_norm=none", document)
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
    key, text = matched[0].strip(), override[matched.end() + 1 :]
    steps: list[Any] = [int(index) if index else _unquoted(name.strip()) for name, index in _STEP.findall(key)]
    if steps[0] == "data" and steps[1:2] and steps[1] in _BY_COLUMN and len(steps) > 3:
        raise ConfigError(f"the override {override!r}: a column's name with a dot in it stands in quotes: {_QUOTED}")
    # TOML has no word for nothing: None stands for a key that is not set.
    value = None if text.strip() == "none" else _from_here(key, toml.parse_value(text.strip()))
    place: Any = document
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if not isinstance(place, list if isinstance(step, int) else dict):
            raise ConfigError(f"the override {override!r} does not fit the config: it has no {key}")
        if isinstance(step, int) and step >= len(place):
            raise ConfigError(f"the override {override!r} names item {step} of a list with {len(place)} items")
        if following is None:
            place[step] = value
        elif isinstance(place, list):
            place = place[step]
        else:
            place = place.setdefault(step, {})


_QUOTED = """'data.kinds."a.b"=category', the outer quotes being for the shell"""


def _unquoted(name: str) -> str:
    return str(toml.parse_value(name)) if name[0] in "\"'" else name


def _from_here(key: str, value: Any) -> Any:
    """The value; a path is made absolute here, since paths in the config are relative to the config's folder."""
    if key == "plugins" and isinstance(value, list):
        return [_from_here("plugins[0]", path) for path in value]
    is_one = key.startswith("plugins[") or any(
        key == f"data.{field.name}"
        for source in (data.SOURCES | data.PARTED_SOURCES).values()
        for field in fields(source)
        if is_path(field.annotation)
    )
    fits = isinstance(value, str) and "\0" not in value  # other values are reported by the check of the config
    return str(Path(value).resolve()) if is_one and fits else value
