"""Runs a plug-in, a Python file with classes of the user's."""

import hashlib
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType

from nnlite.errors import ConfigError


def run_file(path: Path) -> ModuleType:
    """Runs the Python file and returns it as a module; raises `ConfigError`, which names the line that failed."""
    try:
        is_file = path.is_file()
    except OSError as error:  # such as a name that is too long
        raise ConfigError(f"the plug-in {path} cannot be read: {error.strerror}") from None
    if not is_file:
        raise ConfigError(f"the plug-in {path} is not a file; give the path of a Python file with your classes")
    name = f"nnlite_plugin_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise ConfigError(f"the plug-in {path} is not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations and copies of its objects look their module up here
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        line = _line_in(path, error)
        raise ConfigError(f"the plug-in {path} fails{line}: {type(error).__name__}: {error}") from error
    return module


def _line_in(path: Path, error: BaseException) -> str:
    """The line of the plug-in in which the error arose, in words; "" if it cannot be told."""
    if isinstance(error, SyntaxError):
        return ""  # its message says so
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path.resolve()):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" in line {line}" if line is not None else ""


def is_class_of(thing: object, module: ModuleType, *kinds: type, abstract: bool = False) -> bool:
    """Whether `thing` is a public class of these kinds, defined in the module; abstract ones only if asked for."""
    return (
        isinstance(thing, type)
        and issubclass(thing, kinds)
        and thing.__module__ == module.__name__
        and not thing.__name__.startswith("_")
        and (abstract or not inspect.isabstract(thing))
    )
