"""Checks of a layer's derivatives: for the input and every parameter, in every memory layout."""

import functools

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.parameters import Parameter
from nnlite.core.tree import named_parameters, walk
from nnlite.core.watched import unassigned
from nnlite.errors import NnliteError
from nnlite.testing.case import TOLERANCE, Case, in_row, layouts, numbers
from nnlite.testing.jacobians import forward_for_backward, jacobian, numerical_jacobian
from nnlite.types import Array, Shape


def check_derivatives(case: Case) -> None:
    """`backward` agrees with central differences: for the input and for every parameter."""
    for batch, training in ((3, False), (1, False), (3, True), (2, True), (1, True)):
        layer = case.build()
        x = case.input(batch)
        mode = f"{'training' if training else 'prediction'}, batch of {batch}"
        if not _serves(layer, x, training):
            continue
        parameters: dict[str, Parameter | None] = {"x": None}
        parameters |= parameters_of(layer)
        for name, by in parameters.items():
            what = f"∂y/∂{name}"
            if by is None and x.dtype.kind != "f":
                expected = np.zeros((layer.forward(x, training=training).size, x.size))
            else:
                expected = numerical_jacobian(layer, x, by=by, training=training)
            for layout, laid_out in layouts(x):
                found = jacobian(layer, laid_out, by=by, training=training)
                where = functools.partial(_entry, layer.forward(x).shape, x.shape if by is None else by.shape, by)
                case.compare(f"{what} ({mode}, {layout} input)", found, expected, TOLERANCE, where)


def _entry(y_shape: Shape, by_shape: Shape, by: Parameter | None, index: tuple[int, ...]) -> str:
    """An entry of a Jacobian in words: of which output, by which input, or by which number of a parameter."""
    output, other = np.unravel_index(index[0], y_shape), np.unravel_index(index[1], by_shape)
    of = in_row(tuple(map(int, output)))
    if by is None:
        return f"for the output {of}, by the input {in_row(tuple(map(int, other)))}"
    return f"for the output {of}, by {by.name}[{', '.join(map(str, map(int, other)))}]"


def check_gradients_are_assigned(case: Case) -> None:
    """`backward` and `backward_parameters` assign the whole gradient of each parameter."""
    for name in ("backward", "backward_parameters"):
        layer = case.build()
        y = layer.forward(case.input(3), training=True)
        _, wrong = unassigned(layer, functools.partial(getattr(layer, name), np.ones_like(y)))
        if wrong:
            case.fail(wrong.replace("backward", name, 1))


def check_gradient_through_frozen(case: Case) -> None:
    """Behind a trained layer a frozen one passes the gradient back, and what it learnt in training before is no part.

    A model says by `passes_gradient` that `backward` follows although the layer runs as in prediction.
    """
    fresh, trained = case.build(), case.build()
    trained.forward(case.input(6, seed=3), training=True)
    for (_, one, _), (_, other, _) in zip(walk([fresh]), walk([trained]), strict=True):
        other.statistics.update({name: array.copy() for name, array in one.statistics.items()})
    try:
        y, _ = (forward_for_backward(layer, case.input(), training=False) for layer in (fresh, trained))
        expected, found = (layer.backward(np.ones_like(y)) for layer in (fresh, trained))
    except Exception as error:
        case.fail(f"backward of the frozen layer raises {type(error).__name__} ({error}){_KEPT}")
    case.compare(f"dx of the frozen layer, which was trained before{_KEPT}", found, expected, 1e-12)


_KEPT = "; forward keeps what backward needs `if training or self.passes_gradient:`"


def _serves(layer: Layer, x: Array, training: bool) -> bool:
    """Whether the layer takes the batch x; a layer that needs several rows in training may refuse a single one."""
    try:
        layer.forward(x, training=training)
    except NnliteError:
        if len(x) > 1:
            raise
        return False
    return True


def check_gradient_layouts(case: Case) -> None:
    """`backward` returns the same for dy in any memory layout, and when it is called twice."""
    layer, x = case.build(), case.input(3)
    y = layer.forward(x, training=True)
    upstream = numbers(np.random.default_rng(5), y.shape)
    expected = layer.backward(upstream.copy()).copy()
    parameters = parameters_of(layer)
    grads = {name: parameter.grad.copy() for name, parameter in parameters.items()}
    for layout, dy in (*layouts(upstream), ("second", upstream)):
        case.compare(f"dx of a {layout} dy", layer.backward(dy), expected, 1e-12)
        for name, grad in grads.items():
            case.compare(f"{name}.grad of a {layout} dy", parameters[name].grad, grad, 1e-12)
    check_backward_parameters(case, layer, upstream)


def check_backward_parameters(case: Case, layer: Layer, dy: Array) -> None:
    """`backward_parameters` writes the gradients that `backward` writes; not those of frozen layers in it."""
    layer.backward(dy)
    parameters = {path: parameter for path, parameter, frozen in named_parameters([layer]) if not frozen}
    grads = {name: parameter.grad.copy() for name, parameter in parameters.items()}
    for parameter in parameters.values():
        parameter.grad = np.full(parameter.shape, np.nan)
    layer.backward_parameters(dy)
    for name, grad in grads.items():
        case.compare(f"{name}.grad of backward_parameters", parameters[name].grad, grad, 1e-12)


def parameters_of(layer: Layer) -> dict[str, Parameter]:
    """The parameters of a layer by name, and those of layers in it by path."""
    return {path.partition(".")[2]: parameter for path, parameter, _ in named_parameters([layer])}
