"""The origin of a class that is not nnlite's: the file or the package that a reader of its model needs."""

import sys
from collections.abc import Iterable
from pathlib import Path

from nnlite.core.sequential import Sequential
from nnlite.core.tree import walk
from nnlite.plugins.files import BEGIN_OF_NAME
from nnlite.plugins.packages import GROUP


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
    if package.startswith(BEGIN_OF_NAME) or package == "__main__":
        return Path(getattr(sys.modules.get(cls.__module__), "__file__", None) or "a program").name
    from importlib.metadata import entry_points  # here, since it takes time to import

    offered = [point for point in entry_points(group=GROUP) if point.module.partition(".")[0] == package]
    # of several in one package the one whose module the class is in
    named = max(offered, key=lambda point: f"{cls.__module__}.".startswith(f"{point.module}."), default=None)
    return package if named is None else named.name
