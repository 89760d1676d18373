"""Checks of the forward and backward passes: shapes, dtypes, new arrays, rows independent of each other."""

import numpy as np

from nnlite.core.parameters import Parameter
from nnlite.core.sequential import Sequential
from nnlite.errors import ShapeError
from nnlite.signature import copy_of
from nnlite.testing.case import Case, in_row
from nnlite.testing.jacobians import forward_for_backward
from nnlite.types import Array


def check_shapes(case: Case) -> None:
    """The output has the shape that `build` returned, in prediction and in training; the gradient has the input's."""
    model = case.build_model(moved=False)
    model.adapt(case.input(8, seed=2))
    layer = model.layers[0]
    for training in (False, True):
        for batch in (2, 5):
            x = case.input(batch)
            try:
                y = layer.forward(x, training=training)
            except (ValueError, IndexError) as error:
                case.fail(
                    f"forward of {batch} rows raises {type(error).__name__} ({error}); it takes any number of rows"
                )
            _check_is_array(case, y, "forward")
            if y.shape != (batch, *model.output_shape):
                case.fail(f"build returned {model.output_shape}, but {batch} rows give an output of {y.shape}")
    parameters = [name for name, thing in vars(layer).items() if isinstance(thing, Parameter)]
    dx = layer.backward(np.ones_like(y))
    for name in parameters:
        if not isinstance(vars(layer)[name], Parameter):
            case.fail(
                f"backward puts something else in the place of the parameter self.{name}: "
                f"assign the gradient to its grad, as in self.{name}.grad = …"
            )
    _check_is_array(case, dx, "backward")
    if dx.shape != x.shape:
        case.fail(f"backward gives an array of shape {dx.shape} for an input of shape {x.shape}")


def _check_is_array(case: Case, found: object, what: str) -> None:
    if not isinstance(found, np.ndarray):
        case.fail(f"{what} gives a {type(found).__name__}, expected an array")


def check_other_shapes(case: Case) -> None:
    """An input of any shape is taken, or refused with a `ShapeError` that names the layer and the shape."""
    rng = np.random.default_rng(0)
    for shape in ((1,), (5,), (2, 3), (1, 2, 2), (2, 6, 7), (2, 2, 2, 2)):
        try:
            model = Sequential([copy_of(case.layer)]).build(shape, 0, "float64")
        except ShapeError as error:
            # That of a container may be about a layer in it, which is given something else.
            is_named = str(shape) in str(error) or case.layer.children
            if type(case.layer).__name__ not in str(error) or not is_named:
                case.fail(f"the ShapeError for an input of shape {shape} must name that shape; it says: {error}")
            continue
        except Exception as error:
            case.fail(
                f"build({shape}) raises {type(error).__name__} ({error}); "
                "where no such input can be served it must raise ShapeError"
            )
        y = model.layers[0].forward(case.drawn(rng, (3, *shape)))
        if y.shape != (3, *model.output_shape):
            case.fail(f"build({shape}) returned {model.output_shape}, but 3 rows give an output of {y.shape}")


def check_no_mutation(case: Case) -> None:
    """`forward` does not change x, and `backward` changes neither x nor dy."""
    for training in (False, True):
        layer, x = case.build(), case.input()
        before = x.copy()
        y = forward_for_backward(layer, x, training=training)
        if not np.array_equal(x, before):
            case.fail(f"forward changes its input x: {_first_change(x, before)}")
        dy = np.ones_like(y)
        try:
            layer.backward(dy)
        except (ValueError, AttributeError) as error:
            if training:
                raise
            case.fail(
                f"backward of the frozen layer raises {type(error).__name__} ({error}); forward keeps what backward "
                "needs `if training or self.passes_gradient:`"
            )
        if not (dy == 1).all():
            case.fail(f"backward changes the gradient dy that it is given: {_first_change(dy, np.ones_like(dy))}")
        if not np.array_equal(x, before):
            case.fail(f"backward changes the forward's input x: {_first_change(x, before)}")


def _first_change(after: Array, before: Array) -> str:
    index = tuple(int(i) for i in np.argwhere(after != before)[0])
    return f"{in_row(index)} from {before[index]:.9g} to {after[index]:.9g}"


def check_fresh_output(case: Case) -> None:
    """`forward` returns a new array each time: an evaluation keeps the outputs of several batches."""
    for training in (False, True):
        layer = case.build()
        first, second = (layer.forward(case.input(seed=seed), training=training) for seed in (0, 1))
        if np.shares_memory(first, second):
            case.fail("forward must return a new array each time; that of the next call overwrites it")


def check_rows_are_independent(case: Case) -> None:
    """In prediction, a batch has the same outputs as its rows one by one."""
    layer, x = case.build(), case.input(5)
    together = layer.forward(x)
    one_by_one = np.concatenate([layer.forward(x[row : row + 1]) for row in range(len(x))])
    what = "the prediction for a batch, against its rows one by one (does it forget `training`?),"
    case.compare(what, together, one_by_one, 1e-12, in_row)


def check_dtype(case: Case) -> None:
    """float32 in gives float32 out, forward and backward, and the values of float64 to float32's precision."""
    narrow, wide = case.build(dtype="float32"), case.build(dtype="float64")
    x = case.input()
    for training in (False, True):
        x32 = x.astype(np.float32) if x.dtype.kind == "f" else x
        y32 = forward_for_backward(narrow, x32, training=training)
        y64 = forward_for_backward(wide, x, training=training)
        dx32 = narrow.backward(np.ones_like(y32))
        dx64 = wide.backward(np.ones_like(y64))
        for what, array in (("the output", y32), ("the input's gradient", dx32)):
            if array.dtype != np.float32:
                case.fail(f"{what} is {array.dtype} for a float32 input; a NumPy scalar or array upcasts it")
        case.compare("the float32 output, against float64's,", y32.astype(np.float64), y64, 1e-4, in_row)
        case.compare("the float32 gradient, against float64's,", dx32.astype(np.float64), dx64, 1e-3, in_row)
