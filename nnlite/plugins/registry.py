"""A registry knows classes by name: nnlite's own, and those of plug-in files.

A plug-in is a user's Python file; every layer, loss, optimizer and schedule class defined in it can be used by its
name. Configs and model files can name the classes of a registry, and no others.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from nnlite import layers, losses, optimizers, schedules
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.errors import ConfigError, nearest
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.plugins.files import is_class_of, run_file
from nnlite.schedules.schedule import Schedule
from nnlite.signature import configuration

OPTIMIZERS = (Optimizer, FullBatchOptimizer)
"""The kinds of classes that `[optimizer]` may name."""

_WORDS: dict[type, str] = {
    Layer: "layer",
    Loss: "loss",
    Optimizer: "optimizer",
    FullBatchOptimizer: "optimizer",
    Schedule: "schedule",
}

Named: TypeAlias = Layer | Loss | Optimizer | FullBatchOptimizer | Schedule
"""What a config or model file may name."""


class Registry:
    """The classes that a config or model file may name.

    Args:
        plugins: the path of a Python file, or several; the files are run, so they must be trusted.

    Attributes:
        classes: the classes by name.
        files: the files of the plug-ins' code: each plug-in, and the files beside it that it imports.

    Raises:
        ConfigError: when a plug-in cannot be run, or defines a name that is taken.

    >>> from nnlite.plugins.registry import Registry
    >>> Registry().make({"type": "Dense", "units": 3})
    Dense(3)
    """

    def __init__(self, plugins: str | Path | Iterable[str | Path] = ()) -> None:
        self.classes: dict[str, type[Named]] = {}
        self.files: list[Path] = []
        self._origins: dict[str, str] = {}
        self._names: dict[tuple[type, ...], list[str]] = {}
        for module in (layers, losses, optimizers, schedules):
            for name in module.__all__:
                self._add(getattr(module, name), "nnlite itself")
        files = [plugins] if isinstance(plugins, str | Path) else plugins
        for plugin in {Path(file).resolve(): file for file in files}.values():  # each once
            module, code = run_file(Path(plugin))
            self.files += code
            for thing in vars(module).values():
                if is_class_of(thing, module, *_WORDS):
                    self._add(thing, str(plugin))

    def _add(self, cls: type[Named], origin: str) -> None:
        if cls.__name__ in self.classes:
            raise ConfigError(
                f"the name {cls.__name__!r} is defined twice, in {self._origins[cls.__name__]} and in {origin}; "
                "rename one"
            )
        self.classes[cls.__name__] = cls
        self._origins[cls.__name__] = origin

    def names(self, *kinds: type) -> list[str]:
        """The names of all classes of these kinds, such as `names(Layer, Loss)`."""
        if kinds not in self._names:  # a config asks for every layer
            self._names[kinds] = [name for name, cls in self.classes.items() if issubclass(cls, kinds)]
        return self._names[kinds]

    def find(self, name: str, *kinds: type) -> type[Named]:
        """The class of that name, of one of these kinds; raises `ConfigError` with the nearest name."""
        names = self.names(*kinds)
        if name not in names:
            what = " or ".join(dict.fromkeys(_WORDS[kind] for kind in kinds))
            raise ConfigError(f"there is no {what} {name!r}{nearest(name, names)}")
        return self.classes[name]

    def make(self, specification: Mapping[str, Any]) -> Any:
        """The object that `specify` has described."""
        arguments = {name: self._revived(value) for name, value in specification.items() if name != "type"}
        return self.find(specification["type"], *_WORDS)(**arguments)

    def _revived(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return tuple(self._revived(item) for item in value)
        names_a_class = isinstance(value, Mapping) and isinstance(value.get("type"), str)
        return self.make(value) if names_a_class else value


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
