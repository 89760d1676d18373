"""`nnlite check`: runs every check on every layer class of a file or module, and makes a table."""

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import numpy as np

from nnlite.annotations import convert
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.core.sequential import Sequential
from nnlite.errors import ConfigError, DataError, NnliteError, ShapeError
from nnlite.layers.activations import Tanh
from nnlite.layers.dense import Dense
from nnlite.plugins.files import is_class_of, run_file
from nnlite.plugins.registry import OPTIMIZERS
from nnlite.signature import Field, copy_of, fields
from nnlite.testing.case import Case, CheckError, UntellableError, codes, numbers
from nnlite.testing.layers import LAYER_CHECKS, LAYER_CHECKS_FIRST
from nnlite.types import Array, Shape

SHAPES: tuple[Shape, ...] = ((4,), (1,), (2, 3), (2, 6, 6))
"""The input shapes that are tried; a layer is checked with those that it takes."""


@dataclass(frozen=True)
class Report:
    """The result of the checks of one layer class.

    Attributes:
        layer: the repr of the checked layer, or its class's name if no layer could be made.
        shapes: the shapes of the inputs that it was checked with.
        worst: the largest error of a derivative.
        failures: the failed checks, each in words.
        notes: the checks that could not be made, each in words.
        passed: how many checks were passed, on every shape.
    """

    layer: str
    shapes: tuple[Shape, ...]
    worst: float
    failures: tuple[str, ...]
    notes: tuple[str, ...] = ()
    passed: int = 0


def check_file(file_or_module: str) -> list[Report]:
    """Checks every layer class defined in a Python file, or in a module given by its dotted name.

    Arguments without default get a value that their annotation allows. Raises `ConfigError` when the file
    cannot be run or has no layer.
    """
    if file_or_module.endswith(".py") or Path(file_or_module).exists():
        module = run_file(Path(file_or_module)).module
    else:
        sys.path.insert(0, "")  # a module in the working folder counts, as with python -m
        try:
            module = importlib.import_module(file_or_module)
        except ImportError as error:
            raise ConfigError(f"{file_or_module} is neither a file nor a module: {error}") from None
        finally:
            sys.path.remove("")
    classes = [thing for thing in vars(module).values() if is_class_of(thing, module, Layer, abstract=True)]
    if not classes:
        raise ConfigError(f"{file_or_module} defines no layer: expected a class that derives from nnlite.Layer")
    reports = [check_class(cls) for cls in classes]
    for what, kinds in {"loss": (Loss,), "optimizer": OPTIMIZERS}.items():
        for cls in vars(module).values():
            if is_class_of(cls, module, *kinds):
                note = f"layers alone are checked here; nnlite.testing.check_{what} checks this {what}"
                reports.append(Report(cls.__name__, (), 0.0, (), (note,)))
    return reports


def check_class(cls: type[Layer]) -> Report:
    """Makes a layer of the class and runs every check on every input shape that it takes."""
    if inspect.isabstract(cls):
        return Report(cls.__name__, (), 0.0, (f"it lacks {' and '.join(sorted(cls.__abstractmethods__))}",))
    try:
        layer = cls(**{field.name: _guess(field) for field in fields(cls) if field.required})
        shapes = tuple(_served(layer))
    except NnliteError as error:
        return Report(cls.__name__, (), 0.0, (f"no layer can be made to check: {error}",))
    except Exception as error:
        return Report(cls.__name__, (), 0.0, (f"making and building it raises {type(error).__name__}: {error}",))
    if not shapes:
        tried = ", ".join(map(str, SHAPES))
        return Report(repr(layer), (), 0.0, (f"it takes none of the input shapes {tried}; use check_layer on yours",))
    worst, passed = 0.0, set(LAYER_CHECKS)
    effective = False  # whether each argument has an effect on some shape: on a single number few of them have any
    failures: dict[str, str] = {}
    notes: dict[str, str] = {}
    for shape in shapes:
        case = Case(layer, shape, _sample(layer, shape))
        made = set()
        for name, check in LAYER_CHECKS.items():
            try:
                check(case)
                made.add(name)
            except UntellableError as error:
                notes[name] = str(error)
            except CheckError as error:
                failures.setdefault(name, f"{name}: {error}")
            except Exception as error:
                what = f"{type(error).__name__}: {error}"
                failures.setdefault(name, f"{name}: {layer!r} on inputs of shape {shape} raises {what}")
            if name in failures and name in LAYER_CHECKS_FIRST:
                break  # the checks after it would fail for the same cause
        effective |= "arguments" in made
        passed &= made | {"arguments"}
        worst = max(worst, case.worst)
    if effective and "has no effect" in failures.get("arguments", ""):
        del failures["arguments"]
    if not effective or "arguments" in failures:
        passed.discard("arguments")
    if waiting := len(LAYER_CHECKS) - len(passed) - len(failures) - len(notes):
        notes["waiting"] = f"{waiting} checks wait until this is right: they would fail for the same cause"
    return Report(repr(layer), shapes, worst, tuple(failures.values()), tuple(notes.values()), len(passed))


def table(reports: list[Report]) -> str:
    """The reports as a table, with the failures below it."""
    rows = [("layer", "inputs", "checks", "worst derivative", "")]
    for report in reports:
        shapes = " ".join(str(shape).replace(" ", "") for shape in report.shapes)
        verdict = "FAILED" if report.failures else "passed" if report.shapes else "not checked"
        rows.append(
            (
                report.layer,
                shapes,
                f"{report.passed} of {len(LAYER_CHECKS)}",
                f"{report.worst:.1e}" if report.shapes else "",
                verdict,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "-" * (sum(widths) + 8))
    for report in reports:
        lines += [f"\n{report.layer}\n  wrong: {failure}" for failure in report.failures]
        lines += [f"\n{report.layer}\n  not checked: {note}" for note in report.notes]
    return "\n".join(lines)


def _served(layer: Layer) -> Iterator[Shape]:
    """The shapes in SHAPES that the layer takes."""
    for shape in SHAPES:
        try:
            Sequential([copy_of(layer)]).build(shape)
        except ShapeError:
            continue
        yield shape


def _sample(layer: Layer, shape: Shape) -> Callable[[np.random.Generator, Shape], Array]:
    """A function that makes inputs: `numbers`, or `codes` for a layer that refuses numbers."""
    try:
        Case(layer, shape, numbers).build()
    except DataError:
        return codes
    except Exception:  # the checks will say what is wrong
        pass
    return numbers


def _guess(field: Field) -> Any:
    """A value that the annotation of an argument without default allows."""
    names = [
        get_args(choice)
        for choice in (field.annotation, *get_args(field.annotation))
        if get_origin(choice) is Literal
    ]
    for candidate in (3, 0.5, True, *(names[0] if names else ()), "name", Dense(3), [Dense(3), Tanh()]):
        try:
            if field.annotation is not Any and convert(candidate, field.annotation) is not None:
                return candidate
        except ConfigError:
            continue
    raise ConfigError(f"no value can be guessed for the argument {field.name!r}; give it a default")
