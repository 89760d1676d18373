"""A registry knows by name what a config or model file may name: what nnlite has itself, and what plug-ins have.

A plug-in is a Python file of yours, or an installed package that says so. Every layer, loss, optimizer, schedule,
callback and metric class defined in it can be used by its name, and every function that says it returns a `Dataset`
or `Splits` is a data source. Configs and model files can name what a registry has, and nothing else. A metric, or a
source, may have the name of something else: a loss MAE of yours, say, beside nnlite's metric.
"""

import functools
import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any, TypeAlias

import numpy as np

from nnlite import callbacks, data, layers, losses, metrics, optimizers, schedules
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.data import Dataset, Splits
from nnlite.data.split import Partable
from nnlite.errors import ConfigError, nearest
from nnlite.metrics.metric import Metric
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.plugins.files import is_class_of, is_own, lacking, run_file
from nnlite.plugins.own_source import Source, check_arguments, read, returns
from nnlite.plugins.packages import import_package, is_file_name
from nnlite.schedules.schedule import Schedule
from nnlite.signature import configuration
from nnlite.training.callbacks import Callback
from nnlite.training.early_stopping import EarlyStopping

OPTIMIZERS = (Optimizer, FullBatchOptimizer)
"""The kinds of classes that `[optimizer]` may name."""

_WORDS: dict[type, str] = {
    Layer: "layer",
    Loss: "loss",
    Optimizer: "optimizer",
    FullBatchOptimizer: "optimizer",
    Schedule: "schedule",
    Callback: "callback",
}

_ALL_WORDS: dict[type, str] = _WORDS | {Metric: "metric"}

_PLACES: dict[type, str] = {
    Layer: "a layer, which belongs among model.layers",
    Loss: "a loss, which belongs at the end of model.layers",
    Optimizer: "an optimizer, which belongs in [optimizer]",
    FullBatchOptimizer: "an optimizer, which belongs in [optimizer]",
    Schedule: "a schedule, which belongs in [schedule]",
    Callback: "a callback, which belongs in [[callbacks]]",
    Metric: "a metric, which belongs in training.metrics",
}
"""What each kind is, and where a config names one."""

_NNLITE = "nnlite itself"

Named: TypeAlias = Layer | Loss | Optimizer | FullBatchOptimizer | Schedule | Callback | Metric
"""What a config or model file may name."""


class Registry:
    """The classes that a config or model file may name.

    Args:
        plugins: the path of a Python file, the name of an installed package's entry point, or several of both. They
            are run, so they must be trusted.

    Attributes:
        classes: the classes by name, but for the metrics.
        metrics: the metrics by name.
        sources: the data sources by name that leave it to a split which rows are for testing.
        parted_sources: those with test rows of their own.
        files: the files of the plug-ins' code: each plug-in with the files beside it that it imports, or of which a
            package consists.

    Raises:
        ConfigError: when a plug-in cannot be run, has nothing to name, or defines a name that is taken.

    >>> from nnlite.plugins.registry import Registry
    >>> Registry().make({"type": "Dense", "units": 3})
    Dense(3)
    """

    def __init__(self, plugins: str | Path | Iterable[str | Path] = ()) -> None:
        self.classes: dict[str, type[Named]] = {}
        self.metrics: dict[str, type[Named]] = {}
        self.sources: dict[str, Source] = dict(data.SOURCES)
        self.parted_sources: dict[str, Source] = dict(data.PARTED_SOURCES)
        self.files: list[Path] = []
        self._origins: dict[object, str] = {}  # of each class and source
        self._abstract: dict[str, type] = {}  # the classes of plug-ins that lack a method
        self._names: dict[tuple[type, ...], list[str]] = {}
        for module in (layers, losses, optimizers, schedules, callbacks):
            for name in module.__all__:
                self._add(getattr(module, name), _NNLITE)
        for thing in map(metrics.__dict__.__getitem__, metrics.__all__):
            if isinstance(thing, type) and issubclass(thing, Metric):
                self._add(thing, _NNLITE)
        given = [plugins] if isinstance(plugins, str | Path) else plugins
        for plugin in {Path(each).resolve() if is_file_name(each) else each: each for each in given}.values():
            self._add_plugin(plugin)

    def _add_plugin(self, plugin: str | Path) -> None:
        module, code = run_file(Path(plugin)) if is_file_name(plugin) else import_package(str(plugin))
        self.files += code
        before, abstract = len(self._origins), dict[str, type]()
        for thing in {id(each): each for each in vars(module).values()}.values():
            if is_class_of(thing, module, *_ALL_WORDS, abstract=True):
                if inspect.isabstract(thing):
                    abstract[thing.__name__] = thing
                else:
                    self._add(thing, str(plugin))
            elif isinstance(thing, FunctionType) and is_own(thing, module) and (kind := returns(thing)) is not None:
                self._check_free(thing.__name__, self.sources | self.parted_sources, str(plugin))
                check_arguments(thing)
                (self.sources if kind is Dataset else self.parted_sources)[thing.__name__] = thing
                self._origins[thing] = str(plugin)
        self._abstract |= abstract
        if len(self._origins) == before:
            raise ConfigError(
                f"the plug-in {plugin} has nothing that a config could name: no class derived from "
                f"{', '.join(kind.__name__ for kind in _ALL_WORDS)}, and no function with the annotation -> Dataset"
                f"{''.join(f'; the class {name!r} lacks {lacking(cls)}' for name, cls in abstract.items())}"
            )

    def _add(self, cls: type[Named], origin: str) -> None:
        known = self._known(cls)
        self._check_free(cls.__name__, known, origin)
        known[cls.__name__] = cls
        self._origins[cls] = origin

    def _check_free(self, name: str, known: Mapping[str, object], origin: str) -> None:
        """Raises `ConfigError` if something of a kind has this name already."""
        if (other := known.get(name)) is not None:
            where = self._origins.get(other, _NNLITE)
            raise ConfigError(f"the name {name!r} is defined twice, in {where} and in {origin}; rename one")

    def _known(self, kind: type) -> dict[str, type[Named]]:
        """The classes among which one of this kind has a name of its own."""
        return self.metrics if issubclass(kind, Metric) else self.classes

    def names(self, *kinds: type) -> list[str]:
        """The names of all classes of these kinds, such as `names(Layer, Loss)`."""
        if kinds not in self._names:  # a config asks for every layer
            known = self._known(kinds[0])
            self._names[kinds] = [name for name, cls in known.items() if issubclass(cls, kinds)]
        return self._names[kinds]

    def find(self, name: str, *kinds: type) -> type[Named]:
        """The class of that name, of one of these kinds; raises `ConfigError` with the nearest name."""
        names = self.names(*kinds)
        if name not in names:
            if name in self._abstract:
                raise ConfigError(f"the class {name!r} lacks {lacking(self._abstract[name])}")
            what = " or ".join(dict.fromkeys(_ALL_WORDS[kind] for kind in kinds))
            if other := self.in_words(name):
                raise ConfigError(f"{name} is {other}; expected {_with_article(what)}")
            raise ConfigError(f"there is no {what} {name!r}{nearest(name, names)}")
        return self._known(kinds[0])[name]

    def in_words(self, name: str) -> str:
        """What has this name, and where a config names such a thing; "" if nothing has it.

        >>> from nnlite.plugins.registry import Registry
        >>> Registry().in_words("SGD"), Registry().in_words("nothing")
        ('an optimizer, which belongs in [optimizer]', '')
        """
        if name == EarlyStopping.__name__:
            return "no class that a config names: its arguments are the keys of [early_stopping]"
        if (cls := self.classes.get(name) or self.metrics.get(name)) is not None:
            return next(place for kind, place in _PLACES.items() if issubclass(cls, kind))
        return "a data source, which belongs in data.source" if name in self.sources | self.parted_sources else ""

    def read(self, source: str, arguments: Mapping[str, Any]) -> Dataset | Splits | Partable:
        """The data of the source of that name; raises `DataError` when it cannot be had."""
        function = (self.sources | self.parted_sources)[source]
        if function in self._origins:
            return read(function, arguments)
        found: Dataset | Splits | Partable = function(**arguments)
        return found

    def make(self, specification: Mapping[str, Any], *kinds: type) -> Any:
        """The object that `specify` has described, of one of these kinds; any but a metric if none is named."""
        arguments = {name: self._revived(value) for name, value in specification.items() if name != "type"}
        return self.find(specification["type"], *(kinds or _WORDS))(**arguments)

    def _revived(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return tuple(self._revived(item) for item in value)
        names_a_class = isinstance(value, Mapping) and isinstance(value.get("type"), str)
        return self.make(value) if names_a_class else value


@functools.cache
def shipped() -> Registry:
    """What nnlite has itself, without plug-ins; it is made once, and must not be changed."""
    return Registry()


def _with_article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def specify(thing: Named) -> dict[str, Any]:
    """The object in plain values: its class's name as `type`, and its constructor's arguments.

    >>> from nnlite import Dropout
    >>> from nnlite.plugins.registry import specify
    >>> specify(Dropout(0.2))
    {'type': 'Dropout', 'rate': 0.2, 'trainable': True}
    """
    left_out = (
        () if not isinstance(thing, Layer) else [name for name in thing._takes_factors if thing._factor(name) == 1]
    )
    arguments = {name: _plain(value) for name, value in configuration(thing).items() if name not in left_out}
    return {"type": type(thing).__name__} | arguments


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return specify(value) if isinstance(value, Named) else value
