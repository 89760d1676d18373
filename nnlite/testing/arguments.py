"""Checks of a layer's arguments: a copy can be made from them, and each has an effect."""

import inspect
from typing import Any, Literal, get_args, get_origin

import numpy as np

from nnlite.annotations import convert
from nnlite.core.layer import Layer
from nnlite.core.snapshot import arrays_of
from nnlite.errors import NnliteError, ShapeError
from nnlite.layers.preprocessing import Rescale
from nnlite.signature import Field, configuration, fields
from nnlite.testing.case import Case, UntellableError, copy_of
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
        if repr(getattr(copy, name)) != repr(value):
            case.fail(f"argument {name!r} is {value!r}, but {getattr(copy, name)!r} when made again")


def check_arguments(case: Case) -> None:
    """Each constructor argument has an effect that can be observed."""
    arguments = configuration(case.layer)
    for argument in fields(type(case.layer)):
        if argument.name == "trainable" or isinstance(arguments[argument.name], Layer):
            continue
        other = case.variants.get(argument.name, another(argument, arguments[argument.name]))
        if other is None:
            raise UntellableError(
                f"{case.layer!r}: no other value for argument {argument.name!r} can be guessed; "
                f"pass check_layer(…, variants={{{argument.name!r}: another valid value}})"
            )
        # Some arguments matter only with another (`bias_init` needs `use_bias`): it is tried with each other one
        # changed.
        switches: list[dict[str, Any]] = [{}]
        switches += [
            {each.name: turned}
            for each in fields(type(case.layer))
            if each.name not in ("trainable", argument.name)
            and not isinstance(arguments[each.name], str)
            and (turned := case.variants.get(each.name, another(each, arguments[each.name]))) is not None
        ]
        if not any(_differ(case, switch, {**switch, argument.name: other}) for switch in switches):
            case.fail(
                f"argument {argument.name!r} has no effect: {arguments[argument.name]!r} and {other!r} give the "
                "same shapes, outputs, gradients, starting values and statistics"
            )


def _differ(case: Case, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the layer with the changes `one` behaves otherwise than with the changes `other`."""
    try:
        layers = [type(case.layer)(**configuration(copy_of(case.layer)) | change) for change in (one, other)]
    except Exception:
        if one:  # the guess for another argument does not fit the rest
            return False
        raise
    return _observed(case, layers[0]) != _observed(case, layers[1])


def another(argument: Field, value: Any) -> Any:
    """Another valid value for the argument; None if none can be guessed."""
    if isinstance(value, bool):
        return not value
    candidates, kinds = list[Any](), (argument.annotation, *get_args(argument.annotation))
    if isinstance(value, int):
        candidates = [value + 1, value - 1]
    elif isinstance(value, float):
        candidates = [value / 2 + 0.1, value * 2 + 0.1]
    elif isinstance(value, str | None) and any(int in (kind, *get_args(kind)) for kind in kinds[1:]):
        candidates = [1, 2]
    elif isinstance(value, tuple | list) and any(isinstance(item, Layer) for item in value):
        candidates = [[*value, Rescale(0.5)]]
    elif isinstance(value, tuple | list) and value and all(isinstance(item, int) for item in value):
        candidates = [(*value[:-1], value[-1] + 1)]
    for choice in kinds:
        if get_origin(choice) is Literal:
            candidates += [name for name in get_args(choice) if name != value]
    for candidate in candidates:
        try:
            if candidate != value and convert(candidate, argument.annotation) is not None:
                return candidate
        except NnliteError:
            continue
    return None


def _observed(case: Case, layer: Layer) -> list[bytes | str]:
    """All observable behaviour of the layer: shapes, outputs, gradients, arrays."""
    seen: list[bytes | str] = []
    try:
        for moved in (False, True):
            model = case.build_model(layer, moved=moved)
            built = model.layers[0]
            seen += [f"{path} {parameter.decay}" for path, parameter in model.parameters.paths.items()]
            for training in (True, False):
                y = forward_for_backward(built, case.input(), training=training)
                seen += [str(y.shape), y.tobytes()]
                seen.append(built.backward(np.ones_like(y)).tobytes())
            seen += [name + str(array.shape) + str(array.tolist()) for name, array in arrays_of(model).items()]
    except ShapeError as error:  # the other value may make the input unfit, which is an effect too
        seen.append(type(error).__name__)
    return seen
