"""A check that a loss leads a model towards the targets, and not away from them or nowhere."""

import numpy as np

from nnlite.testing.loss_case import LossCase
from nnlite.types import Array


def check_direction(case: LossCase) -> None:
    """Steps against the gradient bring predictions nearer to the targets than steps along it: on average, and most.

    The steps begin at outputs close to 0, where all classes are about equally probable. A loss whose predictions have
    other shapes than its targets, or that compares rows, is looked at no further than for a gradient that is always
    0.
    """
    loss = case.fresh()
    targets = loss.encode(case.targets.copy(), case.output_shape)

    def gradient(outputs: Array) -> Array:
        loss.forward(outputs, targets)
        return loss.backward()

    if not any(gradient(outputs).any() for outputs in case.outputs_of_sizes()):
        case.fail("its gradient is 0, whatever the outputs: a model learns nothing from it")
    ends = []
    for sign in (-1, 1):
        outputs = case.outputs() / 1000
        for _ in range(100):
            step = gradient(outputs)
            outputs = outputs + sign * 0.05 * step / (np.abs(step).max() or 1)
        ends.append(outputs)
    below, above, plus, minus = (loss.predict(each) for each in (*ends, case.outputs(), -case.outputs()))
    if np.array_equal(below, above) and np.array_equal(plus, minus):
        case.fail("predict gives the same, whatever the outputs")
    if loss.of_batch:  # its predictions, such as places in a space, may have nothing to do with the targets' values
        return
    down, up = _distances(below, targets), _distances(above, targets)  # (rows,)
    worse = down > up * (1 + 1e-9)
    if down.mean() > up.mean() * (1 + 1e-9) or worse.mean() > 0.5:
        case.fail(
            "it is lower for worse predictions: their mean distance from the targets is "
            f"{down.mean():.3g} after 100 steps against its gradient, {up.mean():.3g} after 100 steps along it, and "
            f"{worse.sum()} of {len(worse)} rows are further away. Is the sign of the loss wrong, or what predict "
            "gives? A loss that repeats itself, as of angles, needs targets near 0 here."
        )


def _distances(predictions: Array, targets: Array) -> Array:
    """The mean distance of each row's predictions from its encoded targets, (rows,); NaN if not comparable."""
    found, expected = (array.reshape(len(array), -1).astype(np.float64) for array in (predictions, targets))
    classes = found.shape[1]
    if expected.shape[1] == 1 and classes == 2:  # of the second class
        expected = np.concatenate([1 - expected, expected], axis=1)
    elif targets.ndim == 1 and classes > 1 and np.isin(targets, range(classes)).all():
        expected = np.eye(classes)[targets.astype(int)]
    if found.shape != expected.shape:
        return np.full(len(targets), np.nan)
    return np.asarray(np.abs(found - expected).mean(axis=1))
