"""Runs a plug-in, a Python file with classes of the user's."""

import contextlib
import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from nnlite.errors import ConfigError

BEGIN_OF_NAME = "nnlite_plugin_"
"""How the names of the modules of plug-in files begin, and of the files beside them that they import."""


class Plugin(NamedTuple):
    """A plug-in that was run.

    Attributes:
        module: the file as a module.
        files: its code: the file itself, and the files beside it that it imported.
    """

    module: ModuleType
    files: tuple[Path, ...]


def run_file(path: Path) -> Plugin:
    """Runs the Python file; raises `ConfigError`, which names the line that failed.

    While it runs, and no longer, it can import the Python files and packages beside it.
    """
    try:
        is_file = path.is_file()
    except OSError as error:  # such as a name that is too long
        raise ConfigError(f"the plug-in {path} cannot be read: {error.strerror}") from None
    if not is_file:
        raise ConfigError(f"the plug-in {path} is not a file; give the path of a Python file with your classes")
    name = f"{BEGIN_OF_NAME}{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise ConfigError(f"the plug-in {path} is not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations and copies of its objects look their module up here
    try:
        with _neighbours(path.resolve().parent) as found:
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        line = line_in(str(path.resolve()), error)
        raise ConfigError(f"the plug-in {path} fails{line}: {type(error).__name__}: {error}") from error
    return Plugin(module, (path, *sorted(Path(str(each.__file__)) for each in found)))


@contextlib.contextmanager
def _neighbours(folder: Path) -> Iterator[list[ModuleType]]:
    """Within the block the Python files in the folder can be imported; yields a list, at the end of those that were.

    Then each gets a name of its own in `sys.modules`, so that the plug-ins of two folders may have neighbours of the
    same name, and whatever had that name before has it again.
    """
    theirs = {each.stem if each.suffix == ".py" else each.name for each in folder.iterdir()}
    theirs -= {*sys.stdlib_module_names, __name__.partition(".")[0]}
    hidden = {
        name: module
        for name, module in sys.modules.items()
        if name.partition(".")[0] in theirs and not _is_installed(module)
    }
    for name in hidden:
        del sys.modules[name]
    before, found, entry = set(sys.modules), list[ModuleType](), str(folder)
    sys.path.insert(0, entry)
    importlib.invalidate_caches()
    try:
        yield found
    finally:
        sys.path.remove(entry)
        sys.path_importer_cache.pop(entry, None)
        mark = hashlib.sha256(entry.encode(errors="surrogateescape")).hexdigest()[:8]
        for name in [name for name in sys.modules if name not in before and name.partition(".")[0] in theirs]:
            module = sys.modules[name]
            if _is_in(module, folder):
                del sys.modules[name]
                own = f"{BEGIN_OF_NAME}{name.replace('.', '_')}_{mark}"
                for thing in vars(module).values():
                    if getattr(thing, "__module__", None) == name and isinstance(thing, type | FunctionType):
                        thing.__module__ = own  # annotations and copies look their module up there
                sys.modules[own] = module
                if module.__file__ is not None:
                    found.append(module)
        sys.modules.update(hidden)


def _is_in(module: ModuleType, folder: Path) -> bool:
    """Whether the module was imported from this folder: a file in it, or a package."""
    places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
    return any(folder in Path(place).parents for place in places if place)


def _is_installed(module: ModuleType) -> bool:
    """Whether the module is one of an installed package, which a file of the same name does not replace."""
    return bool({"site-packages", "dist-packages"} & set(Path(getattr(module, "__file__", None) or "").parts))


def line_in(path: str, error: BaseException) -> str:
    """The line of this file in which the error arose, in words; "" if it cannot be told."""
    if isinstance(error, SyntaxError):
        return ""  # its message says so
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" in line {line}" if line is not None else ""


def is_class_of(thing: object, module: ModuleType, *kinds: type, abstract: bool = False) -> bool:
    """Whether `thing` is a public class of these kinds, defined in the module; abstract ones only if asked for."""
    return (
        isinstance(thing, type)
        and issubclass(thing, kinds)
        and is_own(thing, module)
        and (abstract or not inspect.isabstract(thing))
    )


def is_own(thing: Any, module: ModuleType) -> bool:
    """Whether a class or function is public, and was defined in the module or, if that is a package, in a file of it.

    What a module only imports is not its own.
    """
    home = getattr(thing, "__module__", None) or ""
    inside = hasattr(module, "__path__") and home.startswith(module.__name__ + ".")
    return (home == module.__name__ or inside) and not thing.__name__.startswith("_")


def lacking(cls: type) -> str:
    """The methods that an abstract class lacks, in words; "" if it lacks none.

    >>> from nnlite import Layer
    >>> from nnlite.plugins.files import lacking
    >>> lacking(Layer)
    'backward and forward'
    """
    return " and ".join(sorted(getattr(cls, "__abstractmethods__", frozenset())))
