"""Checks a config as a whole: all problems are reported at once, each with its place.

Every key is an argument of some constructor: a layer's keys are those of its class, `[training]` has those of
`Trainer`, `[data]` those of its source and of the split. So there is no second list of options.
"""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from nnlite.annotations import Fraction, NonNegativeInt, convert, describe, is_sequence, substitute
from nnlite.config import toml
from nnlite.config.completion import FROM_DATA
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.data.npz import FilePath, is_path
from nnlite.data.split import check_fractions
from nnlite.errors import ConfigError, DataError, nearest
from nnlite.metrics.metric import Metric
from nnlite.plugins.packages import is_file_name
from nnlite.plugins.registry import OPTIMIZERS, Registry
from nnlite.saving.checkpoint_times import CheckpointTimes
from nnlite.saving.model_file import MOST_MEMBERS
from nnlite.schedules.schedule import Schedule
from nnlite.signature import Field, fields
from nnlite.text import cut
from nnlite.training.callbacks import Callback
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.trainer import Trainer
from nnlite.types import DtypeName

TOP = (Field("name", str, ""), Field("seed", NonNegativeInt, 0), Field("plugins", tuple[str, ...], ()))
"""The keys outside the sections; `name` is the file's name by default."""

VALIDATION_PARTS = (Field("validation_fraction", Fraction, 0.1), Field("shuffle", bool, True))
PARTS = (Field("test_fraction", Fraction, 0.2), *VALIDATION_PARTS)
"""The keys of `[data]` beside the source's own; a source with test rows of its own has only VALIDATION_PARTS."""

MODEL = (
    Field("dtype", DtypeName, "float32"),
    Field("start_from", FilePath | None, None),
    Field("freeze", tuple[str, ...] | None, None),
)
"""The keys of `[model]` beside `layers`."""

SECTIONS = (
    "data",
    "model",
    "optimizer",
    "schedule",
    "early_stopping",
    "callbacks",
    "training",
    "checkpoints",
    "output",
)

OUTPUT = (Field("pictures", bool, True),)
"""The keys of `[output]`: whether a run leaves pictures and a report."""

MEMBERS = Field("members", Annotated[int, Meta(ge=1, le=MOST_MEMBERS)], 1)
"""How many networks are trained, whose predictions are averaged."""

_ELSEWHERE = (*SECTIONS, "seed", "metrics")

TRAINING = (*(field for field in fields(Trainer) if field.name not in _ELSEWHERE), MEMBERS)
"""The keys of `[training]` beside `metrics`: what the trainer takes and no other section gives, and the members."""

_MOST_PROBLEMS = 30


def checked(
    document: Mapping[str, Any], path: Path, changed: Sequence[str] = ()
) -> tuple[dict[str, Any], Registry, dict[str, str]]:
    """The document with all defaults filled in and paths made absolute, the classes that it can name, and its paths.

    The latter are the paths that it gives, made absolute, by their places, such as "data.path".

    Args:
        document: the document.
        path: where it came from; paths in it are relative to that file.
        changed: the places of keys, such as "data.path", whose values did not come from there: paths in those are
            relative to the working folder.

    Raises:
        ConfigError: with all that is wrong.
    """
    toml.check_values(document)
    checker = _Checker(path.parent, changed)
    found: dict[str, Any] = {}  # stays empty only if `_Enough` ended the check; `finish` then raises
    with contextlib.suppress(_Enough):
        found = checker.document(document, path)
    checker.finish()
    return found, checker.registry, checker.paths


def checked_metrics(given: list[Any], path: str, registry: Registry) -> list[Metric]:
    """The metrics in a list of names, and of tables with a type and arguments; raises `ConfigError`.

    Args:
        given: the list.
        path: what it is called in messages.
        registry: the classes that can be named.
    """
    checker = _Checker(Path())
    checker.registry = registry
    tables: list[dict[str, Any]] = []
    with contextlib.suppress(_Enough):
        tables = checker.metrics(given, path)
    checker.finish()
    return [registry.make(table, Metric) for table in tables]


class _Enough(Exception):
    """Ends the check of a document with too many problems."""


class _Checker:
    """Checks a document, and collects its problems, so that all are reported at once.

    Args:
        folder: the folder of the document, to which its paths are relative.
        changed: the places of keys whose paths are relative to the working folder.

    Attributes:
        registry: the classes that can be named.
        paths: the paths so far, absolute, by their places in the document.
    """

    def __init__(self, folder: Path, changed: Sequence[str] = ()) -> None:
        self.folder, self.changed = folder, changed
        self.problems: list[str] = []
        self.registry = Registry()
        self.paths: dict[str, str] = {}
        self.all_classes_known = True

    def wrong(self, problem: str) -> None:
        """Adds the problem; after 30 raises `_Enough`: the file is probably no config."""
        self.problems.append(problem)
        if len(self.problems) > _MOST_PROBLEMS:
            raise _Enough

    def finish(self) -> None:
        """Raises `ConfigError` with all problems, if there are any."""
        if len(self.problems) == 1:
            raise ConfigError(self.problems[0])
        if self.problems:
            shown = self.problems[:_MOST_PROBLEMS]
            count = f"{len(shown)}" if shown == self.problems else f"more than {len(shown)}"
            lines = "".join(f"\n  {problem}" for problem in shown)
            raise ConfigError(f"{count} things are wrong:{lines}")

    def document(self, document: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """The checked document, the defaults of each section filled in."""
        document = {key: value for key, value in document.items() if value is not None or key not in SECTIONS}
        top = {key: value for key, value in document.items() if key not in SECTIONS}
        resolved = self.arguments("", top, TOP, also=SECTIONS)
        self.name(resolved, path)
        self.run_plugins(resolved)
        resolved["data"] = self.data(self.table("data", document))
        resolved["model"] = self.model(self.table("model", document))
        resolved["optimizer"] = self.tagged("optimizer", document.get("optimizer", {"type": "SGD"}), *OPTIMIZERS)
        if "schedule" in document:
            resolved["schedule"] = self.tagged("schedule", document["schedule"], Schedule)
        for section, cls in (("early_stopping", EarlyStopping), ("checkpoints", CheckpointTimes)):
            if section in document:
                resolved[section] = self.arguments(section, self.table(section, document), fields(cls))
        if "output" in document:
            resolved["output"] = self.arguments("output", self.table("output", document), OUTPUT)
        if "callbacks" in document:
            resolved["callbacks"] = self.callbacks(document["callbacks"])
        training = self.table("training", document)
        rest = {key: value for key, value in training.items() if key != "metrics"}
        resolved["training"] = self.arguments("training", rest, TRAINING, also=["metrics"])
        resolved["training"]["metrics"] = self.metrics(training.get("metrics"), "training.metrics")
        return resolved

    def metrics(self, given: Any, path: str) -> list[dict[str, Any]]:
        """The checked tables of metrics, each given by a name, or as a table with a type and arguments."""
        if given is None:
            return []
        if not isinstance(given, list):
            meant = [given] if isinstance(given, str | dict) else ["F1"]
            self.wrong(
                f"{path} = {_shown(given)}: expected a list of metrics; write {path}={toml.show(meant)}, on the "
                "command line in quotes"
            )
            return []
        tables = [{"type": each} if isinstance(each, str) else each for each in given]
        resolved = [self.tagged(f"{path}[{at}]", table, Metric) for at, table in enumerate(tables)]
        names: dict[str, int] = {}
        for at, table in enumerate(resolved):
            with contextlib.suppress(Exception):  # a wrong table, which has been said, or a class of the user's
                name = self.registry.make(table, Metric).name
                if (first := names.setdefault(name, at)) != at:
                    self.wrong(f"{path}[{at}] has the name {name!r}, as {path}[{first}] has: leave one out")
        return resolved

    def callbacks(self, tables: Any) -> list[dict[str, Any]]:
        """The checked `[[callbacks]]`: a table for each, with a type and its arguments."""
        if not isinstance(tables, list):
            self.wrong(f"callbacks = {_shown(tables)}: expected a table for each callback, begun by [[callbacks]]")
            return []
        return [self.tagged(f"callbacks[{index}]", each, Callback) for index, each in enumerate(tables)]

    def table(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """The section as a table, empty if it is missing."""
        value = document.get(path, {})
        if not isinstance(value, dict):
            self.wrong(f"{path} = {_shown(value)}: expected a table, such as [{path}]")
            return {}
        return value

    def arguments(
        self,
        path: str,
        table: Mapping[str, Any],
        valid: Sequence[Field],
        also: Sequence[str] = (),
        from_data: Sequence[str] = (),
    ) -> dict[str, Any]:
        """The checked values of these fields, defaults filled in.

        Args:
            path: the place of the table in the config.
            table: the table.
            valid: its fields.
            also: keys that are checked elsewhere.
            from_data: fields that may be left out although they have no default.
        """
        dot, names = f"{path}." if path else "", [*also, *(field.name for field in valid)]
        for key in table:
            if key not in names:
                self.wrong(f"{dot}{cut(key)}: there is no such key{nearest(key, names)}")
        resolved = {}
        for field in valid:
            if table.get(field.name) is None:  # left out, or unset on the command line
                if field.required and field.name in from_data:
                    continue
                if field.required:
                    self.wrong(f"{dot}{field.name} is missing: expected {describe(field.annotation)}")
                is_list = is_sequence(field.annotation) and isinstance(field.default, tuple)
                resolved[field.name] = list(field.default) if is_list else field.default  # as it is read again
                continue
            try:
                value = self.value(f"{dot}{field.name}", table[field.name], field.annotation)
                resolved[field.name] = (
                    self.absolute(value, f"{dot}{field.name}")
                    if value is not None and is_path(field.annotation)
                    else value
                )
            except ConfigError as error:
                came = table[field.name]
                do = _remedy(f"{dot}{field.name}", came, field.annotation)
                self.wrong(f"{dot}{field.name} = {_shown(came)}: {error}{do}")
        return resolved

    def value(self, path: str, value: Any, annotation: Any) -> Any:
        """The value converted to its annotation, with the layers in it checked; raises `ConfigError`."""
        if annotation is Any:  # without an annotation it may be a layer too
            return self.nested(path, value, Layer, Loss, *OPTIMIZERS)
        with_tables = substitute(annotation, Layer, dict)
        if with_tables == annotation:
            return convert(value, annotation)
        try:
            return self.nested(path, convert(value, with_tables), Layer)
        except ConfigError:
            raise ConfigError(f'expected {describe(annotation)}, such as {{ type = "Dense", units = 3 }}') from None

    def nested(self, path: str, value: Any, *kinds: type) -> Any:
        """The value, with each table in it that describes an object of these kinds checked."""
        if isinstance(value, list | tuple):
            return [self.nested(f"{path}[{index}]", item, *kinds) for index, item in enumerate(value)]
        stands_for_an_object = isinstance(value, dict) and (kinds == (Layer,) or "type" in value)
        return self.tagged(path, value, *kinds) if stands_for_an_object else value

    def name(self, resolved: dict[str, Any], path: Path) -> None:
        """Fills in the run's name: the config's, or that of the file."""
        name = resolved.get("name") or path.stem.encode("utf-8", "replace").decode()
        if any(character in "/\\" or ord(character) < 32 for character in name):
            self.wrong(f"name = {_shown(name)}: expected a name for a folder, without / or \\")
        resolved["name"] = name

    def run_plugins(self, resolved: dict[str, Any]) -> None:
        """Adds the classes of the plug-ins to the registry; none if one plug-in fails."""
        try:
            named = resolved.get("plugins", ())
            resolved["plugins"] = [
                self.absolute(each, f"plugins[{at}]") if is_file_name(each) else each for at, each in enumerate(named)
            ]
            self.registry = Registry(resolved["plugins"])
        except ConfigError as error:
            self.wrong(f"plugins: {error}")
            self.all_classes_known = False

    def tagged(self, path: str, table: Any, *kinds: type, from_data: Sequence[str] = ()) -> dict[str, Any]:
        """The checked table of an object: `type` names a class of these kinds, the other keys are its arguments."""
        if not isinstance(table, dict) or not isinstance(table.get("type"), str):
            names = self.registry.names(*kinds)
            example = f'{{ type = "{names[0]}", … }}'
            self.wrong(
                f"{path} = {_shown(table)}: expected a table with a type, such as {example}. "
                f"Valid: {', '.join(names)}"
            )
            return {}
        try:
            cls = self.registry.find(table["type"], *kinds)
            valid = fields(cls)
        except ConfigError as error:
            if self.all_classes_known:
                self.wrong(f"{path}.type = {_shown(table['type'])}: {error}")
            return {}
        rest = {key: value for key, value in table.items() if key != "type"}
        resolved = {"type": table["type"]} | self.arguments(path, rest, valid, from_data=from_data)
        for name in ("trainable", *getattr(cls, "_takes_factors", ())):  # of every layer
            if table.get(name) is None:
                resolved.pop(name, None)  # its default is the constructor's to choose
        return resolved

    def data(self, table: dict[str, Any]) -> dict[str, Any]:
        """The checked `[data]`: the arguments of the source, and the parts."""
        source, known = table.get("source"), self.registry.sources | self.registry.parted_sources
        if isinstance(source, str) and source not in known and not self.all_classes_known:
            return table  # it may be one of the plug-in that failed
        if not isinstance(source, str) or source not in known:
            came = "data.source is missing" if source is None else f"data.source = {_shown(source)}"
            if isinstance(source, str) and (other := self.registry.in_words(source)):
                came += f", {source} is {other}"
            guess = nearest(source if isinstance(source, str) else "", known)
            self.wrong(f"{came}: expected the name of a data source{guess}")
            of_sources = {field.name for each in known.values() for field in fields(each)}
            return self.arguments("data", table, PARTS, also=["source", *sorted(of_sources)])
        rest = {key: value for key, value in table.items() if key != "source"}
        parts: tuple[Field, ...] = PARTS
        if source in self.registry.parted_sources:
            parts = VALIDATION_PARTS
            if rest.pop("test_fraction", None) is not None:
                self.wrong(f"data.test_fraction: {source} has test rows of its own, so leave it out")
        valid = (*fields(known[source]), *parts)
        resolved = {"source": source} | self.arguments("data", rest, valid, also=["source"])
        if resolved.get("test_path") is not None:
            resolved.pop("test_fraction", None)
            if rest.get("test_fraction") is not None:
                self.wrong("data.test_fraction: the test rows are those of test_path, so leave it out")
        test, validation = (resolved.get(name, 0.0) for name in ("test_fraction", "validation_fraction"))
        try:
            check_fractions(test, validation)
        except DataError as error:
            self.wrong(f"data.{error}")
        return resolved

    def model(self, table: dict[str, Any]) -> dict[str, Any]:
        """The checked `[model]`: layers, and a loss at their end."""
        rest = {key: value for key, value in table.items() if key != "layers"}
        resolved = self.arguments("model", rest, MODEL, also=["layers"])
        layers = table.get("layers")
        if not isinstance(layers, list) or not layers:
            came = "model.layers is missing" if layers is None else f"model.layers = {_shown(layers)}"
            self.wrong(f'{came}: expected a list of tables, such as [{{ type = "Dense", units = 3 }}]')
            return resolved
        resolved["layers"] = [
            self.tagged(
                f"model.layers[{index}]",
                layer,
                Layer,
                Loss,
                from_data=FROM_DATA if index == len(layers) - 2 else (),
            )
            for index, layer in enumerate(layers)
        ]
        losses = self.registry.names(Loss)
        if len(layers) == 1 and resolved["layers"][0].get("type") in losses:
            self.wrong("model.layers has only a loss: expected at least one layer before its loss")
        for index, layer in enumerate(resolved["layers"]):
            last = index == len(layers) - 1
            is_loss = layer.get("type") in losses
            if is_loss and not last:
                self.wrong(f"model.layers[{index}] is the loss {layer['type']}: a loss can only come last")
            elif last and layer and not is_loss:
                self.wrong(
                    f"model.layers[{index}] = {layer['type']} is the last layer: expected a loss, one of "
                    f"{', '.join(losses)}"
                )
        return resolved

    def absolute(self, path: str, place: str) -> str:
        """The path at a place of the config made absolute; it is relative to the file, or to the working folder."""
        within = any(place == key or place.startswith((f"{key}.", f"{key}[")) for key in self.changed)
        if "\0" in path:
            raise ConfigError("expected a path, which has no null characters")
        try:
            self.paths[place] = str(((Path.cwd() if within else self.folder) / path).resolve())
        except (OSError, RuntimeError) as error:  # a loop of links
            raise ConfigError(f"the path {cut(path)} leads nowhere: {error}") from None
        return self.paths[place]


def _remedy(key: str, value: Any, annotation: Any) -> str:
    """What to write where a value lacks the brackets of a list, or quotes; "" where neither is it."""
    words = [str(each) for each in value] if isinstance(value, list) else [value]
    if isinstance(value, str) and value[:1] == "[" and value[-1:] == "]":  # the shell has taken the quotes away
        words = [word.strip() for word in value[1:-1].split(",")]
    for meant in (words, str(value) if isinstance(value, int) else None):
        with contextlib.suppress(ConfigError):
            if meant is not None and convert(meant, annotation) is not None:
                written = f"{key}={toml.show(meant)}"
                return f"; write {written}, on the command line in quotes: '{written}'"
    return ""


def _shown(value: Any) -> str:
    """A value in TOML, cut if it is long."""
    return cut(toml.show(value))
