"""Runs every check on a layer of a file, on every input shape that it takes."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nnlite.core.layer import Layer
from nnlite.errors import NnliteError
from nnlite.testing import guesses
from nnlite.testing.case import Case, CheckError, UntellableError
from nnlite.testing.layers import LAYER_CHECKS, LAYER_CHECKS_FIRST
from nnlite.testing.reports import Report
from nnlite.types import Array, Shape


def run_layer(
    layer: Layer,
    input_shape: Shape | None = None,
    *,
    sample: Callable[[np.random.Generator, Shape], Array] | None = None,
    variants: Mapping[str, Any] | None = None,
) -> Report:
    """The report of all checks, on inputs of this shape; if none is given, on all shapes that the layer takes."""
    name, checks = repr(layer), len(LAYER_CHECKS)
    try:
        shapes = tuple(guesses.input_shapes(layer)) if input_shape is None else (tuple(input_shape),)
    except NnliteError as error:
        return Report("layer", name, failures=(f"no layer can be made to check: {error}",), checks=checks)
    except Exception as error:
        why = f"building it raises {type(error).__name__}: {error}"
        return Report("layer", name, failures=(why,), checks=checks)
    if not shapes:
        tried = ", ".join(map(str, guesses.SHAPES))
        why = f"it takes none of the input shapes {tried}; show one that it takes: EXAMPLES = [({name}, (8, 3))], say"
        return Report("layer", name, failures=(why,), checks=checks)
    worst, passed = 0.0, set(LAYER_CHECKS)
    effective = False  # whether each argument has an effect on some shape: on a single number few of them have any
    failures: dict[str, str] = {}
    notes: dict[str, str] = {}
    for shape in shapes:
        case = Case(layer, shape, sample or guesses.sample(layer, shape), variants or {})
        made = set()
        for check_name, check in LAYER_CHECKS.items():
            try:
                check(case)
                made.add(check_name)
            except UntellableError as error:
                notes[check_name] = str(error)
            except CheckError as error:
                failures.setdefault(check_name, f"{check_name}: {error}")
            except Exception as error:
                what = f"{type(error).__name__}: {error}"
                failures.setdefault(check_name, f"{check_name}: {name} on inputs of shape {shape} raises {what}")
            if check_name in failures and check_name in LAYER_CHECKS_FIRST:
                break  # the checks after it would fail for the same cause
        effective |= "arguments" in made
        passed &= made | {"arguments"}
        worst = max(worst, case.worst)
    if effective and "has no effect" in failures.get("arguments", ""):
        del failures["arguments"]
    if not effective or "arguments" in failures:
        passed.discard("arguments")
    if waiting := checks - len(passed) - len(failures) - len(notes):
        notes["waiting"] = f"{waiting} checks wait until this is right: they would fail for the same cause"
    on = " ".join(str(shape).replace(" ", "") for shape in shapes)
    return Report("layer", name, on, tuple(failures.values()), tuple(notes.values()), len(passed), checks, worst)
