"""The contract of a loss as code: `check_loss` runs every check on a loss, nnlite's or yours."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nnlite.core.loss import Loss
from nnlite.signature import copy_of
from nnlite.testing.case import TOLERANCE, CheckError, layouts
from nnlite.testing.direction import check_direction
from nnlite.testing.effects import check_effects
from nnlite.testing.jacobians import STEP
from nnlite.testing.loss_case import LossCase
from nnlite.types import Array, Shape


def check_loss(
    loss: Loss, output_shape: Shape, targets: Array, *, variants: Mapping[str, Any] | None = None
) -> float:
    """Runs every check of the contract on copies of a loss; returns the worst error of its gradient.

    Args:
        loss: the loss, not built.
        output_shape: the shape of the model's raw outputs, without the batch axis.
        targets: targets in the form that a user passes, one for each row; at least three.
        variants: another valid value, by name, for each argument that is neither a number, nor a boolean, nor a
            choice of names: to check that the argument has an effect.

    Raises:
        CheckError: if a check fails; it names the index, and both numbers.

    >>> import numpy as np
    >>> from nnlite import SoftmaxCrossEntropy
    >>> from nnlite.testing import check_loss
    >>> check_loss(SoftmaxCrossEntropy(), (3,), np.array([0, 2, 1, 1])) < 1e-6
    True
    """
    case = LossCase(loss, tuple(output_shape), np.asarray(targets), variants or {})
    for check in LOSS_CHECKS.values():
        check(case)
    return case.worst


def check_gradient(case: LossCase) -> None:
    """`backward` agrees with central differences, with and without weights, in every memory layout."""
    loss = case.fresh()
    targets = loss.encode(case.targets.copy(), case.output_shape)
    for weights in (None, case.weights()):
        outputs = case.outputs()
        expected = np.empty_like(outputs)
        for index in np.ndindex(outputs.shape):
            value = outputs[index]
            outputs[index] = value + STEP
            above = loss.forward(outputs, targets, weights)
            outputs[index] = value - STEP
            expected[index] = (above - loss.forward(outputs, targets, weights)) / (2 * STEP)
            outputs[index] = value
        for layout, laid_out in layouts(outputs):
            before = laid_out.copy()
            loss.forward(laid_out, targets, weights)
            how = f"({layout} outputs, {'without' if weights is None else 'with'} weights)"
            first = loss.backward()
            case.compare(f"the gradient {how}", first, expected, TOLERANCE)
            case.compare(f"the gradient of a second backward {how}", loss.backward(), first, 0)
            case.compare(f"the outputs after forward and backward {how}", laid_out, before, 0)


def check_loss_arguments(case: LossCase) -> None:
    """Each constructor argument has an effect that can be observed."""

    def observed(loss: Loss) -> list[object]:
        loss = case.fresh(loss)
        targets = loss.encode(case.targets.copy(), case.output_shape)
        seen: list[object] = [targets.tobytes(), loss.task, loss.rising, *map(loss.outputs_for, (2, 3))]
        seen += [(name, array.tobytes()) for name, array in loss.statistics.items()]
        for outputs in case.outputs_of_sizes():
            for weights in (None, case.weights()):
                seen += [loss.forward(outputs, targets, weights), loss.weight, loss.backward().tobytes()]
            figures = loss.row_figures(outputs, targets)
            means = {name: figure.mean(axis=0) for name, figure in figures.items()}
            seen += [loss.predict(outputs).tobytes(), repr(loss.metrics(means))]
        return seen

    what = "losses, gradients, predictions and metrics"
    check_effects(case.loss, observed, case.fail, what, variants=case.variants)


def check_mean(case: LossCase) -> None:
    """The loss of a batch is the weighted mean of the losses of its rows, and `weight` is what it divided by.

    Of a loss that says it compares rows, `of_batch`, the order of the rows and their weights are checked instead.

    It is the sum of what `weights` gives, by which training finds the mean weight of all rows. For a single row,
    `weight` is how much the row counts: 1, or the weight of its class.
    """
    if case.loss.of_batch:
        check_batch(case)
        return
    loss, outputs, weights = case.fresh(), case.outputs(), case.weights()
    targets = loss.encode(case.targets.copy(), case.output_shape)
    rows, counts = np.zeros(len(outputs)), np.zeros(len(outputs))
    for i in range(len(outputs)):
        rows[i], counts[i] = loss.forward(outputs[i : i + 1], targets[i : i + 1]), loss.weight
    if not (counts >= 0).all() or not counts.any():
        case.fail(f"weight is {counts.tolist()} for single rows; expected 1, or how much the row counts")
    what = "the batch's loss, against the mean of its rows',"
    try:
        case.compare(what, loss.forward(outputs, targets), rows @ counts / counts.sum(), 1e-12)
    except CheckError as error:
        raise CheckError(f"{error}; a loss that compares the rows of a batch says so: of_batch = True") from None
    case.compare("weight", loss.weight, counts.sum(), 1e-12)
    weighted = weights * counts
    expected = float(rows @ weighted / weighted.sum())
    case.compare("the weighted loss", loss.forward(outputs, targets, weights), expected, 1e-12)
    case.compare("weight", loss.weight, weighted.sum(), 1e-12)
    for given, total in ((None, counts.sum()), (weights, weighted.sum())):
        _check_total(case, loss, targets, given, total)
    _check_nothing_counts(case, loss, outputs, targets)


def check_batch(case: LossCase) -> None:
    """What holds of a loss that compares the rows of a batch, in place of `check_mean`.

    The order of the rows makes no difference; a row of weight 0 is as if it were not there; weights that are all
    three times as large change nothing, and a weight of 1 for each row is as none; a batch may be of one row,
    or of equal rows; `weight` is the sum of the weights; and the batch's loss is another than the mean of its rows'.
    """
    loss, outputs, weights = case.fresh(), case.outputs(), case.weights()
    targets = loss.encode(case.targets.copy(), case.output_shape)

    def run(rows: Any = slice(None), given: Array | None = None) -> tuple[float, Array]:
        value = loss.forward(outputs[rows], targets[rows], given)
        gradient = loss.backward()
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            what = f"{len(outputs[rows])} rows" if len(outputs[rows]) > 1 else "a single row"
            case.fail(f"the loss of {what} is {value}; expected a finite number and gradient, such as 0")
        return value, gradient

    def alike(what: str, found: tuple[float, Array], expected: tuple[float, Array]) -> None:
        case.compare(f"the loss {what}", found[0], expected[0], 1e-12)
        case.compare(f"the gradient {what}", found[1], expected[1], 1e-12)

    whole = run()
    _check_total(case, loss, targets, None, loss.weight)
    weighted = run(given=weights)
    _check_total(case, loss, targets, weights, loss.weight)
    order = np.random.default_rng(4).permutation(len(outputs))
    alike("of the rows in another order", run(order), (whole[0], whole[1][order]))
    alike("with a weight of 1 for each row", run(given=np.ones(len(outputs))), whole)
    alike("with weights 3 times as large", run(given=3 * weights), weighted)
    counting = weights > 0
    case.compare("the gradient of a row of weight 0", weighted[1][~counting], 0 * weighted[1][~counting], 0)
    left_out = weighted[0], weighted[1][counting]
    alike("without the row of weight 0", run(counting, weights[counting]), left_out)
    singles = [run([row])[0] for row in range(len(outputs))]
    run([0] * len(outputs))
    if whole[0] and abs(np.mean(singles) - whole[0]) <= 1e-9 * abs(whole[0]):
        case.fail("it says of_batch = True, but the batch's loss is the mean of its rows': leave that out")
    _check_nothing_counts(case, loss, outputs, targets)


def _check_total(case: LossCase, loss: Loss, targets: Array, given: Array | None, total: float) -> None:
    """`total`, what `forward` divided by, is the sum of `weights`."""
    of_rows = loss.weights(targets, given)
    found = float(len(targets)) if of_rows is None else float(of_rows.sum())
    case.compare("the sum of `weights`, against `weight`,", found, total, 1e-12)


def _check_nothing_counts(case: LossCase, loss: Loss, outputs: Array, targets: Array) -> None:
    """Where all weights are 0, so are the loss and its gradient; and a loss is a float."""
    case.compare("the loss of weights 0", loss.forward(outputs, targets, np.zeros(len(outputs))), 0.0, 0)
    case.compare("the gradient of weights 0", loss.backward(), np.zeros_like(outputs), 0)
    if not isinstance(loss.forward(outputs, targets), float):
        case.fail("forward must return a float")


def check_metrics(case: LossCase) -> None:
    """`row_figures` treats each row by itself and changes nothing; `metrics` returns floats."""
    loss, outputs = case.fresh(), case.outputs()
    targets = loss.encode(case.targets.copy(), case.output_shape)
    before = outputs.copy(), targets.copy()
    figures = loss.row_figures(outputs, targets)
    for name, figure in figures.items():
        alone = [loss.row_figures(outputs[i : i + 1], targets[i : i + 1])[name] for i in range(len(outputs))]
        together, apart = figure.astype(np.float64), np.concatenate(alone).astype(np.float64)
        case.compare(f"the row figure {name!r}, against that of its rows alone,", together, apart, 1e-12)
    case.compare("the outputs after row_figures", outputs, before[0], 0)
    case.compare("the targets after row_figures", targets, before[1], 0)
    metrics: Mapping[str, object] = loss.metrics({name: figure.mean(axis=0) for name, figure in figures.items()})
    for name, value in metrics.items():
        if not isinstance(value, float):
            case.fail(f"the metric {name!r} is a {type(value).__name__}; expected a float")


def check_statistics(case: LossCase) -> None:
    """`adapt` fills the statistics that `build` declares, and no others: a loaded model has only those."""
    declared = copy_of(case.loss)
    declared.build(case.output_shape)
    places = {name: (array.shape, array.dtype) for name, array in declared.statistics.items()}
    learnt = {name: (array.shape, array.dtype) for name, array in case.fresh().statistics.items()}
    if places != learnt:
        case.fail(f"adapt leaves the statistics {learnt}; build declared {places}")


def check_loss_dtype(case: LossCase) -> None:
    """A float32 model gets a float32 gradient, to float32's precision."""
    loss = case.fresh()
    targets = loss.encode(case.targets.copy(), case.output_shape)
    values, gradients = [], []
    for dtype in (np.float32, np.float64):
        values.append(loss.forward(case.outputs().astype(dtype), targets, case.weights().astype(dtype)))
        gradients.append(loss.backward())
    if gradients[0].dtype != np.float32:
        case.fail(f"the gradient is {gradients[0].dtype} for float32 outputs")
    case.compare("the float32 loss", values[0], values[1], 1e-5)
    case.compare("the float32 gradient", gradients[0].astype(np.float64), gradients[1], 1e-5)


def check_encode(case: LossCase) -> None:
    """Encoding encoded targets changes nothing, and the user's targets are not changed."""
    loss, targets = case.fresh(), case.targets.copy()
    once = loss.encode(targets, case.output_shape).copy()
    case.compare("the user's targets after encode", 1 * targets, 1 * case.targets, 0)  # booleans as numbers
    case.compare("targets encoded twice", loss.encode(once, case.output_shape), once, 0)
    if len(loss.predict(case.outputs())) != len(case.outputs()):
        case.fail("predict must give a row for each row of outputs")


def check_no_mutation(case: LossCase) -> None:
    """`forward` and `backward` change neither the model's outputs nor the encoded targets nor the weights."""
    loss, outputs, weights = case.fresh(), case.outputs(), case.weights()
    targets = loss.encode(case.targets.copy(), case.output_shape)
    before = [array.copy() for array in (outputs, targets, weights)]
    for name, run in (("forward", lambda: loss.forward(outputs, targets, weights)), ("backward", loss.backward)):
        run()
        for what, array, old in zip(
            ("outputs", "targets", "weights"), (outputs, targets, weights), before, strict=True
        ):
            if not np.array_equal(array, old):
                case.fail(f"{name} changes the {what} that it is given; it has to compute new arrays")


LOSS_CHECKS: dict[str, Callable[[LossCase], None]] = {
    "no mutation": check_no_mutation,
    "gradient": check_gradient,
    "direction": check_direction,
    "mean": check_mean,
    "metrics": check_metrics,
    "statistics": check_statistics,
    "dtype": check_loss_dtype,
    "encode": check_encode,
    "arguments": check_loss_arguments,
}
"""Every check of `check_loss`, by name, in the order they run."""
