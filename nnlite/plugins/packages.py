"""An installed package offers its classes by an entry point of the group "nnlite.plugins"; it is imported when named.

In the `pyproject.toml` of such a package, which a config then names by `plugins = ["nnlite-swish"]`:

    [project.entry-points."nnlite.plugins"]
    nnlite-swish = "nnlite_swish"
"""

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from nnlite.errors import ConfigError, nearest
from nnlite.plugins.files import Plugin

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "nnlite.plugins"


def is_file_name(plugin: str | Path) -> bool:
    """Whether a plug-in is named by the path of a file, not by the name of an entry point.

    >>> from nnlite.plugins.packages import is_file_name
    >>> is_file_name("my.py"), is_file_name("layers/my"), is_file_name("nnlite-swish")
    (True, True, False)
    """
    return isinstance(plugin, Path) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", plugin)


def import_package(name: str) -> Plugin:
    """Imports what the entry point of this name says.

    Args:
        name: the name of an entry point of the group "nnlite.plugins".

    Raises:
        ConfigError: when no installed package has such an entry point, several have, or the import fails.
    """
    from importlib.metadata import entry_points  # here, since it takes time to import

    offered = entry_points(group=GROUP)
    found = [each for each in offered if _canonical(each.name) == _canonical(name)]
    if not found:
        known = sorted({each.name for each in offered})
        guess = nearest(name, known) if known else "; none is installed"
        raise ConfigError(
            f"no installed package offers the plug-in {name!r}{guess}; a file of yours is named with its ending, "
            f"such as {name + '.py'!r}"
        )
    if len(found) > 1:
        raise ConfigError(
            f"the plug-in {name!r} is offered by {' and by '.join(sorted(map(_package, found)))}: uninstall one"
        )
    (point,) = found
    try:
        module = importlib.import_module(point.module)
    except (Exception, SystemExit) as error:
        raise ConfigError(
            f"the plug-in {name!r}, {point.module} of the package {_package(point)}, cannot be imported: "
            f"{type(error).__name__}: {error}"
        ) from error
    return Plugin(module, _code(Path(str(module.__file__))))


def _canonical(name: str) -> str:
    """A name as pip compares names: case, "-", "_" and "." make no difference."""
    return name.lower().replace("_", "-").replace(".", "-")


def _package(point: "EntryPoint") -> str:
    return "?" if point.dist is None else f"{point.dist.name} {point.dist.version}"


def _code(file: Path) -> tuple[Path, ...]:
    """The Python files of the package that this file begins, or the file alone."""
    return tuple(sorted(file.parent.rglob("*.py"))) if file.name == "__init__.py" else (file,)
