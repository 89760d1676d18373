"""A config is a TOML file that says all of a training run; here it becomes checked plain data, and objects.

Every key is an argument of some constructor: a layer's keys are its class's, `[training]` has those of
`Trainer`, `[data]` those of its source and of the split. So there is no second list of options.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlite import data, overrides, toml
from nnlite.checkpoint_times import CheckpointTimes
from nnlite.data.sources import is_path
from nnlite.data.split import check_fractions
from nnlite.early_stopping import EarlyStopping
from nnlite.errors import ConfigError, DataError, nearest
from nnlite.layer import Layer, Loss
from nnlite.model import Sequential
from nnlite.registry import OPTIMIZERS, Registry
from nnlite.schedules.schedule import Schedule
from nnlite.signature import Field, Fraction, NonNegativeInt, convert, describe, fields, substitute
from nnlite.trainer import Trainer
from nnlite.types import DtypeName

TOP = (Field("name", str, ""), Field("seed", NonNegativeInt, 0), Field("plugins", tuple[str, ...], ()))
"""The keys outside the sections; without a name the file's own is taken."""

VALIDATION_PARTS = (Field("validation_fraction", Fraction, 0.1), Field("shuffle", bool, True))
PARTS = (Field("test_fraction", Fraction, 0.2), *VALIDATION_PARTS)
"""The keys of `[data]` beside the source's own; of a source with test rows of its own the former alone."""

MODEL = (Field("dtype", DtypeName, "float32"),)
"""The keys of `[model]` beside its layers."""

SECTIONS = ("data", "model", "optimizer", "schedule", "early_stopping", "training", "checkpoints")

TRAINING = tuple(field for field in fields(Trainer) if field.name not in (*SECTIONS, "seed"))
"""The keys of `[training]`: arguments of the trainer that no other section gives."""


@dataclass(frozen=True)
class TrainingConfig:
    """A checked config: nothing in it is unknown, missing, or out of range, and every default is filled in.

    Attributes:
        document: all of it as plain values, paths made absolute; `to_toml` writes it.
        registry: the classes it may name.
    """

    document: dict[str, Any]
    registry: Registry

    @property
    def name(self) -> str:
        """Of the config, and so of its run folders."""
        name: str = self.document["name"]
        return name

    @property
    def seed(self) -> int:
        """The one seed of the run."""
        seed: int = self.document["seed"]
        return seed

    @property
    def dtype(self) -> DtypeName:
        """What the model computes in."""
        dtype: DtypeName = self.document["model"]["dtype"]
        return dtype

    def load_data(self) -> data.Splits:
        """The rows that `[data]` names, parted; raises `DataError`."""
        section = dict(self.document["data"])
        name = section.pop("source")
        parts = {field.name: section.pop(field.name) for field in PARTS if field.name in section}
        if name in data.PARTED_SOURCES:
            published = data.PARTED_SOURCES[name](**section)
            for part in (published.train, published.test):
                if part is not None:
                    part.check_range(self.dtype)
            return data.split_training(published, **parts, seed=self.seed)
        rows = data.SOURCES[name](**section)
        rows.check_range(self.dtype)
        return data.split(rows, **parts, seed=self.seed)

    def build_model(self, input_shape: tuple[int, ...]) -> Sequential:
        """The model, built for examples of this shape; raises `ShapeError` where a layer does not fit."""
        model = Sequential(self.registry.make(layer) for layer in self.document["model"]["layers"])
        return model.build(input_shape, self.seed, self.dtype)

    def build_trainer(self, model: Sequential) -> Trainer:
        """The trainer that the sections `[optimizer]` to `[training]` describe."""
        made: dict[str, Any] = {"optimizer": self.registry.make(self.document["optimizer"])}
        if "schedule" in self.document:
            made["schedule"] = self.registry.make(self.document["schedule"])
        if "early_stopping" in self.document:
            made["early_stopping"] = EarlyStopping(**self.document["early_stopping"])
        try:
            return Trainer(model, **made, **self.document["training"], seed=self.seed)
        except ConfigError as error:
            section = "schedule" if str(error).startswith("schedule") else "training"
            raise ConfigError(f"[{section}] {error}") from None

    def checkpoint_times(self) -> CheckpointTimes:
        """When checkpoints are due, from `[checkpoints]`."""
        return CheckpointTimes(**self.document.get("checkpoints", {}))

    def to_toml(self) -> str:
        """The text of a config file that trains the same model again."""
        return toml.dump(self.document)


def load(path: str | Path, changes: Iterable[str] = ()) -> TrainingConfig:
    """Reads and checks a config file.

    Args:
        path: of a TOML file.
        changes: overrides such as "optimizer.learning_rate=0.1" or "model.layers[1].units=32". Paths in
            the file are relative to the file, those in overrides to the working folder.

    Raises:
        ConfigError: with all that is wrong in the file, each with its place, what came, what is valid.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            content = file.read(toml.MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"the config file {path} cannot be read: {error.strerror or error}") from None
    try:
        document = _with_optimizer(toml.parse(content))
        for change in changes:
            overrides.apply(change, document)
        return check(document, path)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def check(document: Mapping[str, Any], path: Path) -> TrainingConfig:
    """The checked config in a parsed document; `path` is where it came from. Raises `ConfigError`."""
    document = _with_optimizer(document)
    checker = _Checker(path.parent)
    top = {key: value for key, value in document.items() if key not in SECTIONS}
    resolved = checker.arguments("", top, TOP, also=SECTIONS)
    checker.name(resolved, path)
    checker.run_plugins(resolved)
    resolved["data"] = checker.data(checker.table("data", document))
    resolved["model"] = checker.model(checker.table("model", document))
    resolved["optimizer"] = checker.tagged("optimizer", document["optimizer"], *OPTIMIZERS)
    if "schedule" in document:
        resolved["schedule"] = checker.tagged("schedule", document["schedule"], Schedule)
    for section, cls in (("early_stopping", EarlyStopping), ("checkpoints", CheckpointTimes)):
        if section in document:
            resolved[section] = checker.arguments(section, checker.table(section, document), fields(cls))
    resolved["training"] = checker.arguments("training", checker.table("training", document), TRAINING)
    checker.finish()
    return TrainingConfig(resolved, checker.registry)


def _with_optimizer(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the default in place of an `[optimizer]` that is left out, so that overrides reach it."""
    return {"optimizer": {"type": "SGD"}} | dict(document)


class _Checker:
    """Collects everything that is wrong with a document, so that all of it is told at once.

    Attributes:
        registry: the classes that may be named.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self.registry = Registry()
        self.all_classes_known = True

    def finish(self) -> None:
        """Raises `ConfigError` if anything was wrong."""
        if len(self.problems) == 1:
            raise ConfigError(self.problems[0])
        if self.problems:
            lines = "".join(f"\n  {problem}" for problem in self.problems)
            raise ConfigError(f"{len(self.problems)} things are wrong:{lines}")

    def table(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """The section as a table; empty when it is missing."""
        value = document.get(path, {})
        if not isinstance(value, dict):
            self.problems.append(f"{path} = {_shown(value)}: expected a table, such as [{path}]")
            return {}
        return value

    def arguments(
        self, path: str, table: Mapping[str, Any], valid: Sequence[Field], also: Sequence[str] = ()
    ) -> dict[str, Any]:
        """The values for these fields, defaults filled in; `also` names keys that others look at."""
        dot, names = f"{path}." if path else "", [*also, *(field.name for field in valid)]
        for key in table:
            if key not in names:
                self.problems.append(f"{dot}{key}: there is no such key{nearest(key, names)}")
        resolved = {}
        for field in valid:
            if field.name not in table:
                if field.required:
                    self.problems.append(f"{dot}{field.name} is missing: expected {describe(field.annotation)}")
                resolved[field.name] = field.default
                continue
            try:
                value = self.value(f"{dot}{field.name}", table[field.name], field.annotation)
                resolved[field.name] = (
                    self.absolute(value) if value is not None and is_path(field.annotation) else value
                )
            except ConfigError as error:
                self.problems.append(f"{dot}{field.name} = {_shown(table[field.name])}: {error}")
        return resolved

    def value(self, path: str, value: Any, annotation: Any) -> Any:
        """The value as its annotation wants it, layers in it checked like any; raises `ConfigError`."""
        if annotation is Any:  # whoever left the annotation out may mean a layer too
            return self.nested(path, value, Layer, Loss, *OPTIMIZERS)
        with_tables = substitute(annotation, Layer, dict)
        if with_tables == annotation:
            return convert(value, annotation)
        try:
            return self.nested(path, convert(value, with_tables), Layer)
        except ConfigError:
            raise ConfigError(f'expected {describe(annotation)}, such as {{ type = "Dense", units = 3 }}') from None

    def nested(self, path: str, value: Any, *kinds: type) -> Any:
        """The value with every table in it that stands for an object of these kinds checked."""
        if isinstance(value, list | tuple):
            return [self.nested(f"{path}[{index}]", item, *kinds) for index, item in enumerate(value)]
        stands_for_an_object = isinstance(value, dict) and (kinds == (Layer,) or "type" in value)
        return self.tagged(path, value, *kinds) if stands_for_an_object else value

    def name(self, resolved: dict[str, Any], path: Path) -> None:
        """The run's name: what the config says, or the file's own, as far as it is text."""
        name = resolved.get("name") or path.stem.encode("utf-8", "replace").decode()
        if any(character in "/\\" or ord(character) < 32 for character in name):
            self.problems.append(f"name = {_shown(name)}: expected a name for a folder, without / or \\")
        resolved["name"] = name

    def run_plugins(self, resolved: dict[str, Any]) -> None:
        """Makes the classes of plug-ins known; none of them when one fails."""
        try:
            resolved["plugins"] = [self.absolute(path) for path in resolved.get("plugins", ())]
            self.registry = Registry(resolved["plugins"])
        except ConfigError as error:
            self.problems.append(f"plugins: {error}")
            self.all_classes_known = False

    def tagged(self, path: str, table: Any, *kinds: type) -> dict[str, Any]:
        """A table whose `type` names a class of these kinds, with that class's arguments."""
        if not isinstance(table, dict) or not isinstance(table.get("type"), str):
            names = self.registry.names(*kinds)
            example = f'{{ type = "{names[0]}", … }}'
            self.problems.append(
                f"{path} = {_shown(table)}: expected a table with a type, such as {example}. "
                f"Valid: {', '.join(names)}"
            )
            return {}
        try:
            cls = self.registry.find(table["type"], *kinds)
            valid = fields(cls)
        except ConfigError as error:
            if self.all_classes_known:
                self.problems.append(f"{path}.type = {_shown(table['type'])}: {error}")
            return {}
        rest = {key: value for key, value in table.items() if key != "type"}
        resolved = {"type": table["type"]} | self.arguments(path, rest, valid)
        if "trainable" not in table:
            resolved.pop("trainable", None)  # its default is the constructor's to choose
        return resolved

    def data(self, table: dict[str, Any]) -> dict[str, Any]:
        """`[data]`: the source's own arguments, and the parts."""
        source, known = table.get("source"), data.SOURCES | data.PARTED_SOURCES
        if not isinstance(source, str) or source not in known:
            came = "data.source is missing" if source is None else f"data.source = {_shown(source)}"
            guess = nearest(source if isinstance(source, str) else "", known)
            self.problems.append(f"{came}: expected the name of a data source{guess}")
            of_sources = {field.name for each in known.values() for field in fields(each)}
            return self.arguments("data", table, PARTS, also=["source", *sorted(of_sources)])
        rest = {key: value for key, value in table.items() if key != "source"}
        parts: tuple[Field, ...] = PARTS
        if source in data.PARTED_SOURCES:
            parts = VALIDATION_PARTS
            if rest.pop("test_fraction", None) is not None:
                self.problems.append(f"data.test_fraction: {source} has test rows of its own, so leave it out")
        valid = (*fields(known[source]), *parts)
        resolved = {"source": source} | self.arguments("data", rest, valid, also=["source"])
        test, validation = (resolved.get(name, 0.0) for name in ("test_fraction", "validation_fraction"))
        try:
            check_fractions(test, validation)
        except DataError as error:
            self.problems.append(f"data.{error}")
        return resolved

    def model(self, table: dict[str, Any]) -> dict[str, Any]:
        """`[model]`: its layers, a loss at their end."""
        rest = {key: value for key, value in table.items() if key != "layers"}
        resolved = self.arguments("model", rest, MODEL, also=["layers"])
        layers = table.get("layers")
        if not isinstance(layers, list) or not layers:
            came = f"model.layers = {_shown(layers)}" if "layers" in table else "model.layers is missing"
            self.problems.append(f'{came}: expected a list of tables, such as [{{ type = "Dense", units = 3 }}]')
            return resolved
        resolved["layers"] = [
            self.tagged(f"model.layers[{index}]", layer, Layer, Loss) for index, layer in enumerate(layers)
        ]
        losses = self.registry.names(Loss)
        if len(layers) == 1 and resolved["layers"][0].get("type") in losses:
            self.problems.append("model.layers has only a loss: expected at least one layer before its loss")
        for index, layer in enumerate(resolved["layers"]):
            last = index == len(layers) - 1
            is_loss = layer.get("type") in losses
            if is_loss and not last:
                self.problems.append(f"model.layers[{index}] is the loss {layer['type']}: a loss can only come last")
            elif last and layer and not is_loss:
                self.problems.append(
                    f"model.layers[{index}] = {layer['type']} is the last layer: expected a loss, one of "
                    f"{', '.join(losses)}"
                )
        return resolved

    def absolute(self, path: str) -> str:
        """A path in the file, which is relative to the file."""
        if "\0" in path:
            raise ConfigError("expected a path, which has no null characters")
        return str((self.folder / path).resolve())


def _shown(value: Any) -> str:
    """A value as it stands in the file, cut where it is long."""
    text = toml.show(value)
    return text if len(text) <= 80 else text[:77] + "..."
