"""The contract of a layer as code: `check_layer` runs every check on a layer, nnlite's or yours."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nnlite.core.layer import Layer
from nnlite.testing.arguments import check_arguments, check_configuration, check_signature
from nnlite.testing.case import Case, numbers
from nnlite.testing.containers import check_container
from nnlite.testing.declared import check_declared, check_random_numbers, check_what_passes_change
from nnlite.testing.derivatives import (
    check_derivatives,
    check_gradient_layouts,
    check_gradient_through_frozen,
    check_gradients_are_assigned,
)
from nnlite.testing.interruptions import check_predictions_are_apart
from nnlite.testing.passes import (
    check_dtype,
    check_fresh_output,
    check_no_mutation,
    check_other_shapes,
    check_rows_are_independent,
    check_shapes,
)
from nnlite.testing.persistence import check_freezing, check_prediction_is_deterministic, check_storage
from nnlite.testing.two_places import check_two_places
from nnlite.types import Array, Shape


def check_layer(
    layer: Layer,
    input_shape: Shape,
    *,
    sample: Callable[[np.random.Generator, Shape], Array] | None = None,
    variants: Mapping[str, Any] | None = None,
) -> float:
    """Runs every check of the contract on copies of a layer; returns the worst error of its derivatives.

    Args:
        layer: the layer, not built.
        input_shape: the shape of one example.
        sample: a function (rng, shape with the batch axis) that returns inputs, for a layer that does not take
            numbers about ±2: integers for a layer that takes codes, whose output has no derivative by them.
        variants: another valid value, by name, for each argument that is neither a number, nor a boolean, nor a
            choice of names: to check that the argument has an effect.

    Raises:
        CheckError: if a check fails; it names the array, the index, and both numbers.

    >>> from nnlite import Dense
    >>> from nnlite.testing import check_layer
    >>> check_layer(Dense(3), (4,)) < 1e-6
    True
    """
    case = Case(layer, tuple(input_shape), sample or numbers, variants or {})
    for check in LAYER_CHECKS.values():
        check(case)
    return case.worst


LAYER_CHECKS: dict[str, Callable[[Case], None]] = {
    "signature": check_signature,
    "configuration": check_configuration,
    "container": check_container,
    "shapes": check_shapes,
    "no mutation": check_no_mutation,
    "fresh output": check_fresh_output,
    "deterministic": check_prediction_is_deterministic,
    "passes change": check_what_passes_change,
    "random numbers": check_random_numbers,
    "declared": check_declared,
    "gradients assigned": check_gradients_are_assigned,
    "predictions apart": check_predictions_are_apart,
    "derivatives": check_derivatives,
    "gradient through frozen": check_gradient_through_frozen,
    "gradient layouts": check_gradient_layouts,
    "two places": check_two_places,
    "rows independent": check_rows_are_independent,
    "dtype": check_dtype,
    "freezing": check_freezing,
    "arguments": check_arguments,
    "other shapes": check_other_shapes,
    "storage": check_storage,
}
"""Every check of `check_layer`, by name, in the order they run."""

LAYER_CHECKS_FIRST = frozenset(itertools.islice(LAYER_CHECKS, 8))
"""The checks without which no other makes sense: of the signature, the shapes, and what a pass leaves as it was."""
