"""`nnlite check`: runs every check on all that a file or module defines, one runner for each kind."""

import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.errors import ConfigError
from nnlite.metrics.metric import Metric
from nnlite.plugins.files import is_class_of, is_own, lacking, run_file
from nnlite.plugins.own_source import returns
from nnlite.plugins.registry import OPTIMIZERS
from nnlite.schedules.schedule import Schedule
from nnlite.testing import guesses
from nnlite.testing.callbacks import check_callback
from nnlite.testing.metrics import check_metric
from nnlite.testing.optimizers import check_optimizer
from nnlite.testing.reports import Report
from nnlite.testing.run_layer import run_layer
from nnlite.testing.run_loss import run_loss
from nnlite.testing.run_object import attempt
from nnlite.testing.schedules import check_schedule
from nnlite.testing.sources import check_source
from nnlite.training.callbacks import Callback

Runner = Callable[..., Report]
"""Checks an object, with what an example has behind it, and reports."""

RUNNERS: dict[str, tuple[tuple[type, ...], Runner]] = {
    "layer": ((Layer,), run_layer),
    "loss": ((Loss,), run_loss),
    "optimizer": (OPTIMIZERS, lambda each, *more, **named: attempt("optimizer", each, check_optimizer, more, named)),
    "schedule": ((Schedule,), lambda each, *more, **named: attempt("schedule", each, check_schedule, more, named)),
    "metric": ((Metric,), lambda each, *more, **named: attempt("metric", each, check_metric, more, named)),
    "callback": ((Callback,), lambda each, *more, **named: attempt("callback", each, check_callback, more, named)),
}
"""For each kind its classes, and what checks an object of them."""

_KINDS = tuple(cls for classes, _ in RUNNERS.values() for cls in classes)


def check_file(file_or_module: str) -> list[Report]:
    """Checks everything defined in a Python file, or in a module given by its dotted name.

    That is every layer, loss, optimizer, schedule, metric and callback class, and every data source: a function that
    says it returns a `Dataset` or `Splits`. Arguments without default get a value that their annotation allows, and
    shapes are guessed. Where a guess does not do, the file has a list of examples, with which alone its class is then
    checked. Each is an object, or a tuple that begins with one and goes on with what `check_layer`, `check_loss` and
    so on take; a dictionary at its end has arguments by name:

        EXAMPLES = [
            (Crop(2), (3, 8, 8)),                           # a layer, and the shape of an input
            (Pinball(0.9), (1,), [1.0, 5.0, 2.0]),          # a loss, the shape of the outputs, and targets
            Lookahead(0.1, every=5),                        # what is checked without more
            (Warmup("linear"), {"variants": {"how": "cosine"}}),
            (readings, {"path": "readings.csv"}),           # a source, and its arguments
        ]

    Raises:
        ConfigError: when the file cannot be run, has nothing to check, or its examples are none.
    """
    module = _module(file_or_module)
    examples = _examples(module)
    reports, shown = [], set()
    for each, more, named in examples:
        shown.add(each if isinstance(each, FunctionType) else type(each))
        reports.append(_run(each, more, named))
    own = {id(thing): thing for thing in vars(module).values()}.values()
    for cls in [thing for thing in own if is_class_of(thing, module, *_KINDS, abstract=True)]:
        if cls not in shown and (found := _of_class(cls, own)) is not None:
            reports.append(found)
    for thing in own:
        if isinstance(thing, FunctionType) and is_own(thing, module) and thing not in shown and returns(thing):
            reports.append(_run(thing, (), {}))
    if not reports:
        raise ConfigError(
            f"{file_or_module} defines nothing to check: expected a class that derives from nnlite.Layer, Loss, "
            "Optimizer, FullBatchOptimizer, Schedule, Metric or Callback, or a function with the annotation "
            "-> Dataset"
        )
    return reports


def _module(file_or_module: str) -> ModuleType:
    if file_or_module.endswith(".py") or Path(file_or_module).exists():
        return run_file(Path(file_or_module)).module
    sys.path.insert(0, "")  # a module in the working folder counts, as with python -m
    try:
        return importlib.import_module(file_or_module)
    except ImportError as error:
        raise ConfigError(f"{file_or_module} is neither a file nor a module: {error}") from None
    finally:
        sys.path.remove("")


def _examples(module: ModuleType) -> list[tuple[Any, tuple[Any, ...], dict[str, Any]]]:
    """The file's examples, each an object with what its check takes behind it, by place and by name."""
    given = getattr(module, "EXAMPLES", [])
    if not isinstance(given, list | tuple):
        raise ConfigError(f"EXAMPLES is a {type(given).__name__}; expected a list of objects, or of tuples")
    found = []
    for number, item in enumerate(given):
        each, *more = item if isinstance(item, tuple) and item else (item,)
        named = more.pop() if more and isinstance(more[-1], dict) else {}
        if not isinstance(each, (*_KINDS, FunctionType)):
            made = f": write {each.__name__}(…)" if isinstance(each, type) and issubclass(each, _KINDS) else ""
            raise ConfigError(
                f"EXAMPLES[{number}] begins with {each!r}; expected a layer, loss, optimizer, schedule, metric, "
                f"callback, or the function of a data source{made}"
            )
        found.append((each, tuple(more), named))
    return found


def _kind(cls: type) -> str:
    return next(kind for kind, (classes, _) in RUNNERS.items() if issubclass(cls, classes))


def _of_class(cls: type, own: Any) -> Report | None:
    """The report of an object of the class, made with guessed arguments; None of a base of others in the file."""
    kind = _kind(cls)
    if inspect.isabstract(cls):
        if any(isinstance(other, type) and issubclass(other, cls) and other is not cls for other in own):
            return Report(kind, cls.__name__, notes=("it is abstract, a base of other classes in the file",))
        return Report(kind, cls.__name__, failures=(f"it lacks {lacking(cls)}",))
    try:
        made = cls(**guesses.arguments(cls))
    except ConfigError as error:
        why = f"no {kind} can be made to check: {error}; or show one: EXAMPLES = [{cls.__name__}(…)]"
        return Report(kind, cls.__name__, failures=(why,))
    except Exception as error:
        return Report(kind, cls.__name__, failures=(f"making it raises {type(error).__name__}: {error}",))
    return _run(made, (), {})


def _run(each: Any, more: tuple[Any, ...], named: dict[str, Any]) -> Report:
    if isinstance(each, FunctionType):
        return attempt("source", each, check_source, (), named)
    try:
        return RUNNERS[_kind(type(each))][1](each, *more, **named)
    except TypeError as error:
        raise ConfigError(f"the example of {each!r} does not fit: {error}") from None
