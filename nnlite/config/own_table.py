"""A config for a data file of the user's: what the file is, said in `[data]`, and the recipe for such a table."""

import copy
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nnlite.config import overrides, toml, training_config
from nnlite.config.overrides import Change
from nnlite.config.recipe import recipe
from nnlite.config.training_config import TrainingConfig
from nnlite.data.said import check_target, said_of_columns
from nnlite.data.table_rows import TableRows
from nnlite.errors import ConfigError
from nnlite.tables import MISSING, read_table
from nnlite.tables.look import Look, look
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
        found: a config of the same `[data]`, with the rows that were read.
    """

    path: Path
    document: dict[str, Any]
    comments: dict[str, str]
    found: TrainingConfig = field(repr=False)

    def checked(self) -> TrainingConfig:
        """The config, ready to be trained; raises `ConfigError`."""
        try:
            config = training_config.check(self.document, Path.cwd() / self.path.name)
        except ConfigError as error:
            raise ConfigError(f"{self.path}: {error}") from None
        is_read = config.source() == self.found.source()
        return replace(config, found=self.found.found) if is_read else config  # a wide table takes long to read

    def to_toml(self, file: Path) -> str:
        """The text of a config file at this path, each choice explained; its paths are relative to the file.

        Raises `ConfigError` where the config is wrong.
        """
        document = copy.deepcopy(self.document)
        for place, path in self.checked().paths.items():
            overrides.of_python(place, _relative(path, file)).apply(document)
        return toml.dump(document, self.comments)


def is_data(path: str | Path) -> bool:
    """Whether a file is data, by its ending."""
    return Path(path).suffix.lower() in ENDINGS


def own_table(path: Path, said: Mapping[str, Any], changes: Iterable[str | Change] = ()) -> OwnTable:
    """The config for a data file, which is read.

    Args:
        path: the data file.
        said: keys of `[data]`, such as its target.
        changes: changes of the config, or texts that say them, such as "data.header=false" or "training.epochs=10";
            paths in those are relative to the working folder.

    Raises:
        ConfigError: where a key or a change is wrong.
        DataError: where the file cannot be used.
    """
    read = _read(changes, path)
    document = _described(path, said, [change for change in read if change.of_data])
    config = _checked(document["data"], path)
    rows = config.read_data()
    assert isinstance(rows, TableRows)
    kinds = rows.decisions
    section = document["data"]
    fraction = 0.0 if rows.test is not None else section.get("test_fraction")
    apart = {"test_fraction": fraction} if isinstance(fraction, int | float) else {}
    found = recipe(len(rows.table), rows.found.task, [kind for kind in kinds.values() if kind != "ignore"], **apart)
    fractions = {key: value for key, value in found.document["data"].items() if key not in section and value}
    document = copy.deepcopy(found.document) | {"data": section | fractions}
    _apply(read, document, path)
    comments = {key: why for key, why in found.reasons.items() if _stands(key, document, found.document)}
    found_rows = replace(config, found=rows)
    return OwnTable(path, {"name": _stem(path), **document}, comments | {"": _summary(path, rows)}, found_rows)


def look_at(path: Path, said: Mapping[str, Any], changes: Iterable[str] = ()) -> Look:
    """What the columns of a data file are, described as for `own_table`; a target may be left out.

    Raises:
        ConfigError: where a key or a change is wrong, or is none of `[data]`.
        DataError: where the file cannot be used.
    """
    for change in changes:
        if not change.startswith("data."):
            raise ConfigError(
                f"{path}: {change}: a look is at the data alone; expected keys of [data] such as data.drop"
            )
    section = _described(path, said, _read(changes, path))["data"]
    target = section.get("target")
    section = _checked({**section, "target": target or ""}, path).document["data"]
    how = {key: section[key] for key in ("header", "delimiter", "encoding") if key in section}
    named = path if section["path"] == str(path.resolve()) else section["path"]  # for messages, as the user does
    table = read_table(named, **how)
    if target is not None:
        check_target(table, target)
    kinds, formats = said_of_columns(
        table, target, *(section[key] for key in ("kinds", "formats", "drop", "group", "time"))
    )
    missing = MISSING if section["missing"] is None else section["missing"]
    return look(table, target, task=section["task"], missing=missing, kinds=kinds, formats=formats)


def _described(path: Path, said: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """A document with a section `[data]` for a file."""
    source = "parquet" if path.suffix.lower() in (".parquet", ".pq") else "csv"
    document: dict[str, Any] = {"data": {"source": source, "path": str(path.resolve()), **said}}
    changes = list(changes)
    for change in changes:
        if change.steps == ("data", "target") and said.get("target", change.value) != change.value:
            raise ConfigError(
                f"{path}: the target is {said['target']!r} and, by {change.said}, another; say one of both"
            )
    _apply(changes, document, path)
    return document


def _read(changes: Iterable[str | Change], path: Path) -> list[Change]:
    try:
        return [overrides.read(change) if isinstance(change, str) else change for change in changes]
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _apply(changes: Iterable[Change], document: dict[str, Any], path: Path) -> None:
    try:
        for change in changes:
            change.apply(document)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _checked(section: Mapping[str, Any], path: Path) -> TrainingConfig:
    """A config of which only `[data]` counts; raises `ConfigError`."""
    any_model = {"layers": [{"type": "Dense", "units": 1}, {"type": "MeanSquaredError"}]}
    if (source := section.get("source")) not in ("csv", "parquet"):
        raise ConfigError(f"{path}: data.source = {source!r}: expected csv or parquet, of which a file is read")
    try:
        return training_config.check({"data": dict(section), "model": any_model}, Path.cwd() / path.name)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _stands(key: str, document: Mapping[str, Any], recommended: Mapping[str, Any]) -> bool:
    """Whether a key has the value that the recipe gave it, so that what it says of it is true."""
    section, _, name = key.partition(".")
    now, then = document.get(section), recommended[section]
    if not name or "[" in name:
        return bool(now == then)
    return isinstance(now, Mapping) and bool(now.get(name) == then.get(name))


def _summary(path: Path, rows: TableRows) -> str:
    kinds = list(rows.decisions.values())
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
        why = dict.fromkeys(rows.kinds, "data.kinds, drop or group says so")
        shown = ", ".join(f"{name!r} ({why.get(name, rows.guesses[name].why)})" for name in out[:10])
        said += f" Left out: {shown}{', …' if len(out) > 10 else ''}; data.kinds says otherwise."
    return said


def _stem(path: Path) -> str:
    """The file's name without its endings; the name of runs."""
    stem = path
    while is_data(stem):
        stem = stem.with_suffix("")
    return stem.name


def _relative(path: str, file: Path) -> str:
    try:
        return Path(os.path.relpath(path, file.resolve().parent)).as_posix()
    except ValueError:  # another drive of Windows
        return path
