"""The origin of a class that is not nnlite's: the file or the package that a reader of its model needs."""

import sys
from collections.abc import Iterable
from pathlib import Path

from nnlite.core.sequential import Sequential
from nnlite.core.tree import walk

_FILE = "nnlite_plugin_"  # how the modules of plug-in files are named


def plugins_of(model: Sequential) -> dict[str, str]:
    """The layers and the loss of a model that are not nnlite's: the class's name to its file or package.

    >>> from nnlite import Dense, Sequential
    >>> from nnlite.plugins.origin import plugins_of
    >>> plugins_of(Sequential([Dense(3)]))
    {}
    """
    loss = [] if model.criterion is None else [type(model.criterion)]
    return _origins([*(type(layer) for _, layer, _ in walk(model.layers)), *loss])


def _origins(classes: Iterable[type]) -> dict[str, str]:
    return {cls.__name__: _origin(cls) for cls in classes if cls.__module__.partition(".")[0] != "nnlite"}


def _origin(cls: type) -> str:
    package = cls.__module__.partition(".")[0]
    if package.startswith(_FILE) or package == "__main__":
        return Path(getattr(sys.modules.get(cls.__module__), "__file__", None) or "a program").name
    return package
