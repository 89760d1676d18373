"""A config is a TOML file that describes a whole training run; checked, it becomes the objects of the run."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnlite import data
from nnlite.config import overrides, start_from, toml
from nnlite.config.check import MEMBERS, PARTS, checked
from nnlite.config.completion import completed
from nnlite.config.overrides import Change
from nnlite.core.sequential import Sequential
from nnlite.data.split import Partable
from nnlite.errors import ConfigError
from nnlite.metrics.metric import Metric
from nnlite.plugins.registry import Registry
from nnlite.saving.checkpoint_times import CheckpointTimes
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.trainer import Trainer
from nnlite.types import DtypeName

_PARTS = {field.name for field in PARTS}


@dataclass(frozen=True)
class TrainingConfig:
    """A checked config: no key is unknown, missing or out of range, and every default is filled in.

    Attributes:
        document: the config as plain values, paths made absolute; `to_toml` writes it.
        registry: the classes that it can name.
        paths: the paths that it was given, absolute, by their places in it, such as "model.start_from".
        found: the data of `[data]`, where it has been read already; None where it is to be read.
    """

    document: dict[str, Any]
    registry: Registry
    paths: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    found: data.Dataset | data.Splits | Partable | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name of the config, and so of its run folders."""
        name: str = self.document["name"]
        return name

    @property
    def seed(self) -> int:
        """The one seed of the run."""
        seed: int = self.document["seed"]
        return seed

    @property
    def dtype(self) -> DtypeName:
        """The dtype that the model computes in."""
        dtype: DtypeName = self.document["model"]["dtype"]
        return dtype

    @property
    def members(self) -> int:
        """How many networks are trained, whose predictions are averaged."""
        members: int = self.document["training"]["members"]
        return members

    @property
    def metrics(self) -> list[Metric]:
        """The metrics of `[training]`."""
        return [self.registry.make(each, Metric) for each in self.document["training"]["metrics"]]

    @property
    def pictures(self) -> bool:
        """Whether a run of it leaves pictures and a report."""
        pictures: bool = self.document.get("output", {}).get("pictures", True)
        return pictures

    def load_data(self) -> data.Splits:
        """The data of `[data]`, split into parts; raises `DataError`."""
        return self.split_data(self.read_data())

    def read_data(self) -> data.Dataset | data.Splits | Partable:
        """The data of `[data]`, not split yet; raises `DataError`."""
        if self.found is not None:
            return self.found
        section = self.source()
        return self.registry.read(section.pop("source"), section)

    def source(self) -> dict[str, Any]:
        """The keys of `[data]` that say what is read, without those that say how it is parted."""
        return {name: value for name, value in self.document["data"].items() if name not in _PARTS}

    def split_data(self, found: data.Dataset | data.Splits | Partable, member: int = 0) -> data.Splits:
        """The parts of the data that `read_data` gave; each member of an ensemble has validation rows of its own."""
        how = {name: value for name, value in self.document["data"].items() if name in _PARTS}
        how |= {"seed": self.seed, "member": member}
        if isinstance(found, data.Dataset):
            found.check_range(self.dtype)
            return data.split(found, **how)
        if isinstance(found, data.Splits):
            self._check_ranges(found)  # before it is shuffled, so that a message names the row in the data
            return data.split_training(found, **how)
        splits = found.split(how.pop("test_fraction", 0.0), **how, members=self.members)
        self._check_ranges(splits)
        return splits

    def _check_ranges(self, splits: data.Splits) -> None:
        for part in (splits.train, splits.validation, splits.test):
            if part is not None:
                part.check_range(self.dtype)

    def build_model(self, rows: data.Dataset, member: int = 0) -> Sequential:
        """The model, built for these training rows, started from another where the config says so.

        Each member of an ensemble has a seed of its own: the config's plus the member's number, from 0.

        Raises `ShapeError` if a layer does not fit, `ConfigError` or `ModelFileError` if it cannot start from there.
        """
        section = self.document["model"]
        model = Sequential(completed(section["layers"], rows, self.registry))
        start_from.freeze(model, section.get("freeze") or ())
        model.build(rows.x.shape[1:], self.seed + member, self.dtype)
        if (path := section.get("start_from")) is not None:
            start_from.start(model, rows, path, self.document["plugins"], member, self.members)
        return model

    def build_trainer(self, model: Sequential, member: int = 0) -> Trainer:
        """The trainer that the sections `[optimizer]` to `[training]` describe."""
        made: dict[str, Any] = {"optimizer": self.registry.make(self.document["optimizer"])}
        if "schedule" in self.document:
            made["schedule"] = self.registry.make(self.document["schedule"])
        if "callbacks" in self.document:
            made["callbacks"] = [self.registry.make(each) for each in self.document["callbacks"]]
        if "early_stopping" in self.document:
            made["early_stopping"] = EarlyStopping(**self.document["early_stopping"])
        try:
            training = {name: value for name, value in self.document["training"].items() if name != MEMBERS.name}
            training["metrics"] = self.metrics
            return Trainer(model, **made, **training, seed=self.seed + member)
        except ConfigError as error:
            section = "schedule" if str(error).startswith("schedule") else "training"
            raise ConfigError(f"[{section}] {error}") from None

    def build(
        self, member: int = 0, found: data.Dataset | data.Splits | Partable | None = None
    ) -> tuple[data.Splits, Trainer]:
        """The rows, and a trainer with a model that is built for them; raises what the methods above raise.

        Args:
            member: which member of an ensemble they are for.
            found: what `read_data` gave, so that it is read once for all members.
        """
        splits = self.split_data(self.read_data() if found is None else found, member)
        return splits, self.build_trainer(self.build_model(splits.train, member), member)

    def checkpoint_times(self) -> CheckpointTimes:
        """When checkpoints are due, from `[checkpoints]`."""
        return CheckpointTimes(**self.document.get("checkpoints", {}))

    def to_toml(self) -> str:
        """The text of a config file that trains the same model again."""
        return toml.dump(self.document)


def load(path: str | Path, changes: Iterable[str | Change] = ()) -> TrainingConfig:
    """Reads and checks a config file.

    Args:
        path: the path of a TOML file.
        changes: changes, or texts that say them, such as "optimizer.learning_rate=0.1" or
            "model.layers[1].units=32". Paths in the file are relative to the file, those in texts to the working
            folder.

    Raises:
        ConfigError: with all problems of the file, each with its place, the value, and what is valid.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            content = file.read(toml.MAX_BYTES + 1)
    except OSError as error:
        inside = path / "config.toml"
        hint = f"; the config of this run is {inside}" if os.path.isfile(inside) else ""  # also of a name too long
        raise ConfigError(f"the config file {path} cannot be read: {error.strerror or error}{hint}") from None
    try:
        return changed(toml.parse(content), changes, path)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def changed(document: Mapping[str, Any], changes: Iterable[str | Change], path: Path) -> TrainingConfig:
    """The checked config in a parsed document with these changes; `path` is where it came from.

    The document may be changed in place. Raises `ConfigError`.
    """
    document = _with_optimizer(document)
    read = [overrides.read(change) if isinstance(change, str) else change for change in changes]
    for change in read:
        change.apply(document)
    return TrainingConfig(*checked(document, path, [change.place for change in read]))


def check(document: Mapping[str, Any], path: Path) -> TrainingConfig:
    """The checked config in a parsed document; `path` is where it came from. Raises `ConfigError`."""
    return TrainingConfig(*checked(_with_optimizer(document), path))


def _with_optimizer(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the default in place of an `[optimizer]` that is left out, so that overrides reach it."""
    return {"optimizer": {"type": "SGD"}} | dict(document)
