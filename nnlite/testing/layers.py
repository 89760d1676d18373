"""The contract of a layer as code: `check_layer` runs every check on a layer, ours or yours."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

import numpy as np

from nnlite.chain import named_parameters, walk
from nnlite.errors import NnliteError, ShapeError
from nnlite.layer import Layer
from nnlite.layers.preprocessing import Rescale
from nnlite.model import Sequential
from nnlite.parameters import Parameter
from nnlite.registry import Registry
from nnlite.signature import Field, configuration, convert, fields
from nnlite.snapshot import arrays_of
from nnlite.storage import from_bytes, to_bytes
from nnlite.testing.case import TOLERANCE, Case, UntellableError, again, layouts, numbers
from nnlite.testing.jacobians import jacobian, numerical_jacobian
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
        layer: made, not built; its class must be one that can be made again from its arguments.
        input_shape: of one example.
        sample: (rng, shape with the batch axis) to inputs, where numbers about ±2 will not do; integers for
            a layer that takes codes, whose output has no derivative by them.
        variants: argument name to another valid value, for arguments that are neither numbers, booleans,
            nor a choice of names: to see that each argument does something.

    Raises:
        CheckError: saying which check failed, on which array, at which index, with both numbers.

    >>> from nnlite import Dense
    >>> from nnlite.testing import check_layer
    >>> check_layer(Dense(3), (4,)) < 1e-6
    True
    """
    case = Case(layer, tuple(input_shape), sample or numbers, variants or {})
    for check in LAYER_CHECKS.values():
        check(case)
    return case.worst


def check_signature(case: Case) -> None:
    """`forward` takes `training`, needed or not, and prediction is the default; so is being trainable."""
    arguments = inspect.signature(case.layer.forward).parameters
    if "training" not in arguments or arguments["training"].default is not False:
        case.fail("forward must take the keyword `training`: def forward(self, x, *, training=False)")
    if not all(argument.default for argument in fields(type(case.layer)) if argument.name == "trainable"):
        case.fail("`trainable` must be True by default")


def check_shapes(case: Case) -> None:
    """The shape that `build` returned is that of the real output, in prediction and in training."""
    model = case.build_model()
    for training in (False, True):
        for batch in (2, 5):
            x = case.input(batch)
            y = model.layers[0].forward(x, training=training)
            if y.shape != (batch, *model.output_shape):
                case.fail(f"build returned {model.output_shape}, but {batch} rows give an output of {y.shape}")


def check_derivatives(case: Case) -> None:
    """`backward` agrees with central differences: for the input and for every parameter."""
    for batch, training in ((3, False), (1, False), (3, True), (2, True), (1, True)):
        layer = case.build()
        x = case.input(batch)
        mode = f"{'training' if training else 'prediction'}, batch of {batch}"
        if not _serves(layer, x, training):
            continue
        parameters: dict[str, Parameter | None] = {"x": None}
        parameters |= _parameters(layer)
        for name, by in parameters.items():
            what = f"∂y/∂{name}"
            if by is None and x.dtype.kind != "f":
                expected = np.zeros((layer.forward(x, training=training).size, x.size))
            else:
                expected = numerical_jacobian(layer, x, by=by, training=training)
            for layout, laid_out in layouts(x):
                found = jacobian(layer, laid_out, by=by, training=training)
                case.compare(f"{what} ({mode}, {layout} input; output, input)", found, expected, TOLERANCE)


def _parameters(layer: Layer) -> dict[str, Parameter]:
    """Its parameters by name, those of layers in it by path."""
    return {path.partition(".")[2]: parameter for path, parameter, _ in named_parameters([layer])}


def _serves(layer: Layer, x: Array, training: bool) -> bool:
    """Whether the layer takes such a batch; one that needs several rows to train may refuse a single one."""
    try:
        layer.forward(x, training=training)
    except NnliteError:
        if len(x) > 1:
            raise
        return False
    return True


def check_gradient_layouts(case: Case) -> None:
    """`backward` gives the same for the same dy in any memory layout, and the same when called again."""
    layer, x = case.build(), case.input(3)
    y = layer.forward(x, training=True)
    upstream = numbers(np.random.default_rng(5), y.shape)
    expected = layer.backward(upstream.copy()).copy()
    parameters = _parameters(layer)
    grads = {name: parameter.grad.copy() for name, parameter in parameters.items()}
    for layout, dy in (*layouts(upstream), ("second", upstream)):
        case.compare(f"dx of a {layout} dy", layer.backward(dy), expected, 1e-12)
        for name, grad in grads.items():
            case.compare(f"{name}.grad of a {layout} dy", parameters[name].grad, grad, 1e-12)
    _check_backward_parameters(case, layer, upstream)


def _check_backward_parameters(case: Case, layer: Layer, dy: Array) -> None:
    """`backward_parameters` writes the gradients that `backward` writes."""
    layer.backward(dy)
    parameters = _parameters(layer)
    grads = {name: parameter.grad.copy() for name, parameter in parameters.items()}
    for parameter in parameters.values():
        parameter.grad = np.full(parameter.shape, np.nan)
    layer.backward_parameters(dy)
    for name, grad in grads.items():
        case.compare(f"{name}.grad of backward_parameters", parameters[name].grad, grad, 1e-12)


def check_no_mutation(case: Case) -> None:
    """`forward` leaves x as it is, and `backward` leaves dy."""
    for training in (False, True):
        layer, x = case.build(), case.input()
        before = x.copy()
        y = layer.forward(x, training=training)
        if not np.array_equal(x, before):
            case.fail(f"forward changes its input x: {_first_change(x, before)}")
        dy = np.ones_like(y)
        layer.backward(dy)
        if not (dy == 1).all():
            case.fail(f"backward changes the gradient dy that it is given: {_first_change(dy, np.ones_like(dy))}")
        if not np.array_equal(x, before):
            case.fail(f"backward changes the forward's input x: {_first_change(x, before)}")


def check_fresh_output(case: Case) -> None:
    """`forward` returns a new array each time: an evaluation keeps the outputs of several batches."""
    for training in (False, True):
        layer = case.build()
        first, second = (layer.forward(case.input(seed=seed), training=training) for seed in (0, 1))
        if np.shares_memory(first, second):
            case.fail("forward must return a new array each time; that of the next call overwrites it")


def _first_change(after: Array, before: Array) -> str:
    index = tuple(int(i) for i in np.argwhere(after != before)[0])
    return f"at index {index} from {before[index]:.9g} to {after[index]:.9g}"


def check_rows_are_independent(case: Case) -> None:
    """In prediction, a batch gives what its rows give one by one."""
    layer, x = case.build(), case.input(5)
    together = layer.forward(x)
    one_by_one = np.concatenate([layer.forward(x[row : row + 1]) for row in range(len(x))])
    what = "the prediction for a batch, against its rows one by one (does it forget `training`?),"
    case.compare(what, together, one_by_one, 1e-12)


def check_prediction_is_deterministic(case: Case) -> None:
    """Predicting twice gives the same, and changes no state; a training step in between may draw and learn."""
    layer, x = case.build(), case.input()
    first = layer.forward(x).copy()
    before = {name: array.copy() for name, array in layer.state.items()}
    case.compare("a second prediction (does it forget `training`?)", layer.forward(x), first)
    for name, array in before.items():
        case.compare(f"state {name!r} after a prediction", np.asarray(layer.state[name]), array)


def check_dtype(case: Case) -> None:
    """float32 in gives float32 out, forward and backward, and the values of float64 to float32's precision."""
    narrow, wide = case.build(dtype="float32"), case.build(dtype="float64")
    x = case.input()
    for training in (False, True):
        y32 = narrow.forward(x.astype(np.float32) if x.dtype.kind == "f" else x, training=training)
        y64 = wide.forward(x, training=training)
        dx32 = narrow.backward(np.ones_like(y32))
        dx64 = wide.backward(np.ones_like(y64))
        for what, array in (("the output", y32), ("the input's gradient", dx32)):
            if array.dtype != np.float32:
                case.fail(f"{what} is {array.dtype} for a float32 input; a NumPy scalar or array upcasts it")
        case.compare("the float32 output, against float64's,", y32.astype(np.float64), y64, 1e-4)
        case.compare("the float32 gradient, against float64's,", dx32.astype(np.float64), dx64, 1e-3)


def check_freezing(case: Case) -> None:
    """Frozen, a layer runs as in prediction and keeps its state; set free, it learns; so does each layer in it."""
    model, x = case.build_model(), case.input()
    for path, layer, _ in list(walk(model.layers)):
        before, layer.trainable = layer.trainable, False
        model.follow_freezing()
        state = {name: array.copy() for name, array in arrays_of(model).items() if name.startswith(f"{path}.")}
        y = model.forward(x, training=True)
        if path == "0":
            case.compare("the output of a training step while frozen, against a prediction,", y, model.forward(x))
        for name, array in state.items():
            what = f"{name} after a training step of the frozen {layer!r}"
            case.compare(what, np.asarray(arrays_of(model)[name]), array)
        layer.trainable = before

    outer = again(case.layer)
    inner = [(layer, layer.trainable) for _, layer, _ in walk(outer.children)]
    for layer, _ in inner:
        layer.trainable = False
    model = Sequential([outer]).build(case.input_shape, 0, "float64")
    for layer, before in inner:
        layer.trainable = before
    model.follow_freezing()
    y = outer.forward(x, training=True)
    _check_backward_parameters(case, outer, numbers(np.random.default_rng(5), y.shape))


def check_configuration(case: Case) -> None:
    """Made again from its arguments, the layer is the same: same arguments, same repr."""
    copy = again(case.layer)
    if repr(copy) != repr(case.layer):
        case.fail(f"made again from its arguments it is {copy!r}")
    for name, value in configuration(case.layer).items():
        if repr(getattr(copy, name)) != repr(value):
            case.fail(f"argument {name!r} is {value!r}, but {getattr(copy, name)!r} when made again")


def check_arguments(case: Case) -> None:
    """Every constructor argument does something that can be seen."""
    arguments = configuration(case.layer)
    for argument in fields(type(case.layer)):
        if argument.name == "trainable" or isinstance(arguments[argument.name], Layer):
            continue
        other = case.variants.get(argument.name, _another(argument, arguments[argument.name]))
        if other is None:
            raise UntellableError(
                f"{case.layer!r}: no other value for argument {argument.name!r} can be guessed; "
                f"pass check_layer(…, variants={{{argument.name!r}: another valid value}})"
            )
        # A choice may be idle under another one, as a bias's start is without a bias, or the step between a window's
        # numbers where it has only one: with that one turned it counts.
        switches: list[dict[str, Any]] = [{}]
        switches += [
            {each.name: turned}
            for each in fields(type(case.layer))
            if each.name not in ("trainable", argument.name)
            and not isinstance(arguments[each.name], str)
            and (turned := case.variants.get(each.name, _another(each, arguments[each.name]))) is not None
        ]
        if not any(_differ(case, switch, {**switch, argument.name: other}) for switch in switches):
            case.fail(
                f"argument {argument.name!r} has no effect: {arguments[argument.name]!r} and {other!r} give the "
                "same shapes, outputs, gradients, starting values and state"
            )


def _differ(case: Case, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the layer with these arguments changed can be told from the layer with those changed."""
    try:
        layers = [type(case.layer)(**configuration(again(case.layer)) | change) for change in (one, other)]
    except Exception:
        if one:  # a guess of its own, which does not go with the rest
            return False
        raise
    return _observed(case, layers[0]) != _observed(case, layers[1])


def _another(argument: Field, value: Any) -> Any:
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
    """Everything that can be seen of the layer."""
    seen: list[bytes | str] = []
    try:
        for moved in (False, True):
            model = case.build_model(layer, moved=moved)
            built = model.layers[0]
            seen += [f"{path} {parameter.decay}" for path, parameter in model.parameters.paths.items()]
            for training in (True, False):
                y = built.forward(case.input(), training=training)
                seen += [str(y.shape), y.tobytes(), built.backward(np.ones_like(y)).tobytes()]
            seen += [name + str(array.shape) + str(array.tolist()) for name, array in arrays_of(model).items()]
    except ShapeError as error:  # the other value may make the input unfit, which is an effect too
        seen.append(type(error).__name__)
    return seen


def check_other_shapes(case: Case) -> None:
    """An input of any shape is served, or refused with a `ShapeError` that names the layer and the shape."""
    rng = np.random.default_rng(0)
    for shape in ((1,), (5,), (2, 3), (1, 2, 2), (2, 6, 7), (2, 2, 2, 2)):
        try:
            model = Sequential([again(case.layer)]).build(shape, 0, "float64")
        except ShapeError as error:
            if type(case.layer).__name__ not in str(error) or str(shape) not in str(error):
                case.fail(f"the ShapeError for an input of shape {shape} must name that shape; it says: {error}")
            continue
        except Exception as error:
            case.fail(
                f"build({shape}) raises {type(error).__name__} ({error}); "
                "where no such input can be served it must raise ShapeError"
            )
        y = model.layers[0].forward(case.sample(rng, (3, *shape)))
        if y.shape != (3, *model.output_shape):
            case.fail(f"build({shape}) returned {model.output_shape}, but 3 rows give an output of {y.shape}")


def check_storage(case: Case) -> None:
    """Parameters and state come back from a model file: a loaded layer predicts the same to the bit."""
    model = case.build_model()
    registry = Registry()
    for _, layer, _ in walk(model.layers):
        registry.classes.setdefault(type(layer).__name__, type(layer))
    loaded = from_bytes(to_bytes(model), registry).model
    expected = arrays_of(model)
    for name, array in arrays_of(loaded).items():
        case.compare(f"{name} after saving and loading", np.asarray(array), np.asarray(expected[name]))
    x = case.input()
    case.compare("the loaded layer's output", loaded.layers[0].forward(x), model.layers[0].forward(x))


LAYER_CHECKS: dict[str, Callable[[Case], None]] = {
    "signature": check_signature,
    "configuration": check_configuration,
    "shapes": check_shapes,
    "no mutation": check_no_mutation,
    "fresh output": check_fresh_output,
    "deterministic": check_prediction_is_deterministic,
    "derivatives": check_derivatives,
    "gradient layouts": check_gradient_layouts,
    "rows independent": check_rows_are_independent,
    "dtype": check_dtype,
    "freezing": check_freezing,
    "arguments": check_arguments,
    "other shapes": check_other_shapes,
    "storage": check_storage,
}
"""Every check of `check_layer`, by name, in the order they run."""
