"""Checks of a layer's arguments: a copy can be made from them, and each has an effect."""

import dataclasses
import functools
import inspect

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.sharing import Sharing
from nnlite.core.snapshot import arrays_of
from nnlite.signature import configuration, copy_of, fields
from nnlite.testing.case import Case
from nnlite.testing.effects import check_effects
from nnlite.testing.jacobians import forward_for_backward


def check_signature(case: Case) -> None:
    """`forward` takes the keyword `training`, False by default, and `trainable` is True by default."""
    arguments = inspect.signature(case.layer.forward).parameters
    if "training" not in arguments or arguments["training"].default is not False:
        case.fail("forward must take the keyword `training`: def forward(self, x, *, training=False)")
    if not all(argument.default for argument in fields(type(case.layer)) if argument.name == "trainable"):
        case.fail("`trainable` must be True by default")


def check_configuration(case: Case) -> None:
    """A copy made from the layer's arguments has the same arguments and the same repr."""
    copy = copy_of(case.layer)
    if repr(copy) != repr(case.layer):
        case.fail(f"made again from its arguments it is {copy!r}")
    for name, value in configuration(case.layer).items():
        if repr(copy._argument(name)) != repr(value):
            case.fail(f"argument {name!r} is {value!r}, but {copy._argument(name)!r} when made again")


def check_arguments(case: Case) -> None:
    """Each constructor argument has an effect that can be observed."""
    check_effects(
        case.layer,
        functools.partial(_observed, case),
        case.fail,
        "shapes, outputs, gradients, starting values and statistics",
        variants=case.variants,
        ignored=("trainable", *type(case.layer)._takes_factors, *_names(case.layer)),
    )


def _names(layer: Layer) -> list[str]:
    """The arguments that name what is shared: another name alone changes nothing."""
    if not isinstance(layer, Sharing):
        return []
    return [name for name, value in configuration(layer).items() if value in (layer.lends, layer.borrows)]


def _observed(case: Case, layer: Layer) -> list[bytes | str]:
    """All observable behaviour of the layer: shapes, outputs, gradients, arrays."""
    seen: list[bytes | str] = []
    case = dataclasses.replace(case, layer=layer)  # inputs with codes where this layer takes codes
    for moved in (False, True):
        model = case.build_model(moved=moved)
        built = model.layers[0]
        seen += [f"{path} {each.decay} {each.rate}" for path, each in model.parameters.paths.items()]
        for training in (True, False):
            y = forward_for_backward(built, case.input(), training=training)
            seen += [str(y.shape), y.tobytes()]
            seen.append(built.backward(np.ones_like(y)).tobytes())
        seen += [name + str(array.shape) + str(array.tolist()) for name, array in arrays_of(model).items()]
    return seen
