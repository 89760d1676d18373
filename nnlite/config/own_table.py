"""A config for a data file of the user's: what the file is, said in `[data]`, and the recipe for such a table."""

import copy
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlite.config import overrides, toml, training_config
from nnlite.config.recipe import recipe
from nnlite.config.training_config import TrainingConfig
from nnlite.data.table_rows import TableRows
from nnlite.errors import ConfigError
from nnlite.text import counted

ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".gz", ".parquet", ".pq")
"""The endings of files that are data."""


@dataclass(frozen=True)
class OwnTable:
    """A config for a data file, and what is said of it.

    Attributes:
        path: the data file.
        document: the config as plain values; paths are absolute, or relative to the working folder.
        comments: sentences on its keys, and one on all of it under "".
    """

    path: Path
    document: dict[str, Any]
    comments: dict[str, str]

    def checked(self) -> TrainingConfig:
        """The config, ready to be trained; raises `ConfigError`."""
        try:
            return training_config.check(self.document, Path.cwd() / self.path.name)
        except ConfigError as error:
            raise ConfigError(f"{self.path}: {error}") from None

    def to_toml(self, file: Path) -> str:
        """The text of a config file at this path, each choice explained; its paths are relative to the file."""
        section = {
            key: _relative(value, file) if key in ("path", "test_path") else value
            for key, value in self.document["data"].items()
        }
        return toml.dump({**self.document, "data": section}, self.comments)


def is_data(path: str | Path) -> bool:
    """Whether a file is data, by its ending."""
    return Path(path).suffix.lower() in ENDINGS


def own_table(path: Path, said: Mapping[str, Any], changes: Iterable[str] = ()) -> OwnTable:
    """The config for a data file, which is read.

    Args:
        path: the data file.
        said: keys of `[data]`, such as its target.
        changes: overrides of the config, such as "data.header=false" or "training.epochs=10"; paths in them are
            relative to the working folder.

    Raises:
        ConfigError: where a key or a change is wrong.
        DataError: where the file cannot be used.
    """
    changes = list(changes)
    source = "parquet" if path.suffix.lower() in (".parquet", ".pq") else "csv"
    document: dict[str, Any] = {"data": {"source": source, "path": str(path.resolve()), **said}}
    _apply([change for change in changes if change.startswith("data.")], document, path)
    rows = _rows(document["data"], path)
    kinds = {name: guess.kind for name, guess in rows.guesses.items()} | dict(rows.kinds)
    apart = {} if rows.test is None else {"test_fraction": 0.0}
    section = document["data"]
    found = recipe(len(rows.table), rows.found.task, [kind for kind in kinds.values() if kind != "ignore"], **apart)
    fractions = {key: value for key, value in found.document["data"].items() if key not in section and value}
    document = copy.deepcopy(found.document) | {"data": section | fractions}
    _apply(changes, document, path)
    comments = {key: why for key, why in found.reasons.items() if _stands(key, document, found.document)}
    return OwnTable(path, {"name": _stem(path), **document}, comments | {"": _summary(path, rows)})


def _apply(changes: Iterable[str], document: dict[str, Any], path: Path) -> None:
    try:
        for change in changes:
            overrides.apply(change, document)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _rows(section: Mapping[str, Any], path: Path) -> TableRows:
    """The rows that a section `[data]` describes; raises `ConfigError` and `DataError`."""
    any_model = {"layers": [{"type": "Dense", "units": 1}, {"type": "MeanSquaredError"}]}
    try:
        config = training_config.check({"data": dict(section), "model": any_model}, path)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    rows = config.read_data()
    if not isinstance(rows, TableRows):
        raise ConfigError(f"data.source = {section['source']!r}: a config is made for tables alone")
    return rows


def _stands(key: str, document: Mapping[str, Any], recommended: Mapping[str, Any]) -> bool:
    """Whether a key has the value that the recipe gave it, so that what it says of it is true."""
    section, _, name = key.partition(".")
    now, then = document.get(section), recommended[section]
    if not name or "[" in name:
        return bool(now == then)
    return isinstance(now, Mapping) and bool(now.get(name) == then.get(name))


def _summary(path: Path, rows: TableRows) -> str:
    kinds = [rows.kinds.get(name, guess.kind) for name, guess in rows.guesses.items()]
    named = {"number": "of numbers", "category": "of categories", "date": "of dates", "ignore": "left out"}
    counts = ", ".join(f"{kinds.count(kind)} {words}" for kind, words in named.items() if kind in kinds)
    classes = rows.found.classes
    what = "a number" if classes is None else f"one of {len(classes)} classes"
    said = (
        f"Predicts {rows.target!r} of {path.name}, {what}, from {counted(len(rows.guesses), 'column')}: "
        f"{counts}. The table has "
        f"{counted(len(rows.table), 'row')} with a target."
    )
    out = [name for name, kind in zip(rows.guesses, kinds, strict=True) if kind == "ignore"]
    if out:
        shown = ", ".join(f"{name!r} ({rows.guesses[name].why})" for name in out[:10])
        said += f" Left out: {shown}{', …' if len(out) > 10 else ''}; data.kinds says otherwise."
    return said


def _stem(path: Path) -> str:
    """The file's name without its endings; the name of runs."""
    stem = path
    while is_data(stem):
        stem = stem.with_suffix("")
    return stem.name


def _relative(path: Any, file: Path) -> Any:
    if not isinstance(path, str):
        return path
    try:
        return Path(os.path.relpath(path, file.resolve().parent)).as_posix()
    except ValueError:  # another drive of Windows
        return path
