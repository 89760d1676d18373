"""A check of a layer that runs in two places, or beside another of its class: neither loses what it has kept."""

from collections.abc import Sequence

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.layers.parallel import Parallel
from nnlite.layers.shared import Shared
from nnlite.signature import copy_of
from nnlite.testing.case import TOLERANCE, Case, in_row, numbers
from nnlite.testing.derivatives import parameters_of
from nnlite.types import Array


def check_two_places(case: Case) -> None:
    """Where `forward` runs twice before `backward` does, both gradients are those of the layer alone.

    First of two layers of the class, then of one layer that is in two places of a model by `Shared`, whose parameters
    have the sum of both gradients.
    """
    _check_apart(case, False, "beside another layer of its class")
    _check_apart(case, True, "in two places of a model, by Shared")


def _check_apart(case: Case, shared: bool, where: str) -> None:
    inputs = [case.input(4, seed=6), case.input(4, seed=7)]
    _, layers = _built(case, shared)
    alone = [_gradients(layer, x, seed) for seed, (layer, x) in enumerate(zip(layers, inputs, strict=True))]
    for order in ((1, 0), (0, 1)):  # in which backward runs
        places, layers = _built(case, shared)
        outputs = [place.forward(x, training=True) for place, x in zip(places, inputs, strict=True)]
        for at in order:
            try:
                dx = places[at].backward(_upstream(outputs[at], at))
            except Exception as error:
                case.fail(f"backward {where} raises {type(error).__name__} ({error}): {_REMEDY}")
            case.compare(f"dx {where} ({_REMEDY})", dx, alone[at]["dx"], TOLERANCE, in_row)
        for at, layer in enumerate(layers):
            for name, parameter in parameters_of(layer).items():
                # ∂L/∂W = Σ over the places of ∂L/∂W there
                expected = alone[0][name] + alone[1][name] if shared else alone[at][name]
                case.compare(f"{name}.grad {where} ({_REMEDY})", parameter.grad, expected, TOLERANCE)


_REMEDY = (
    "forward runs twice before backward does: keep what backward needs in an attribute of self that forward sets, as "
    "in self.x = x, not on the class, nor within another object"
)


def _built(case: Case, shared: bool) -> tuple[Sequence[Layer], Sequence[Layer]]:
    """Two places where the layer runs, and the layer that is there; each time with the same numbers."""
    if not shared:
        layers = [case.build(), case.build()]
        return layers, layers
    layer = copy_of(case.layer)
    places = [Shared("twice", [layer]), Shared("twice")]
    model = Sequential([Parallel([[place] for place in places], "add")]).build(case.input_shape, 0, "float64")
    rng = np.random.default_rng(1)
    for parameter in model.parameters:  # away from what they begin with, as in `Case.build`
        parameter.value = parameter.value + 0.2 * rng.standard_normal(parameter.shape)
    model.adapt(case.input(8, seed=2))
    return places, [layer, layer]


def _gradients(layer: Layer, x: Array, seed: int) -> dict[str, Array]:
    """The gradients of the input and of the parameters, of a layer that runs by itself."""
    y = layer.forward(x, training=True)
    dx = np.array(layer.backward(_upstream(y, seed)))
    return {"dx": dx} | {name: parameter.grad.copy() for name, parameter in parameters_of(layer).items()}


def _upstream(y: Array, seed: int) -> Array:
    """A gradient of an output."""
    return numbers(np.random.default_rng([8, seed]), y.shape)
