"""Checks of a full-batch optimizer: it minimizes a quadratic function (a bowl) whose minimum is known."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.layers.dense import Dense
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.signature import configuration, copy_of
from nnlite.testing.case import CheckError
from nnlite.testing.effects import check_effects
from nnlite.types import Array, DtypeName

NEAR = 1e-3
"""The tolerance for the place of the minimum, where the loss is nearly flat."""


def check_full_batch(
    optimizer: FullBatchOptimizer, fail: Callable[[str], None], variants: Mapping[str, Any] | None
) -> None:
    """Runs every check; calls `fail` with a sentence about a failure. For `variants` see `check_optimizer`."""
    first, again = _Descent(optimizer), _Descent(optimizer)
    if first.why is None or not np.allclose(first.path[-1], first.bottom, rtol=0, atol=NEAR):
        fail(f"the bottom of a bowl is at {first.bottom[:3]}, but 200 iterations lead to {first.path[-1][:3]}")
    if not np.array_equal(first.path, again.path):
        fail("the same start gives another path")
    if any(np.diff(first.losses) > 0):
        fail(f"the loss rises from one iteration to another: {first.losses}")
    if not np.allclose(_Descent(optimizer, "float32").path[-1], first.bottom, rtol=0, atol=NEAR):
        fail("it does not find the bottom of a bowl in float32")
    for iterations, stop in (2, None), (200, 2):
        short = _Descent(optimizer, iterations=iterations, stop=stop)
        if len(short.losses) != 2 or short.why is not None:
            fail(f"it makes {len(short.losses)} iterations where it may make 2, and gives {short.why!r} for that")
    if not np.array_equal(_Descent(optimizer, error_at=2).path[-1], first.path[1]):
        fail("after an error it does not leave the best point so far")
    if "weight_decay" in configuration(optimizer):
        decayed = _Descent(optimizer, weight_decay=3.0)
        if not np.allclose(decayed.path[-1], decayed.bottom, rtol=0, atol=NEAR):
            fail(
                "with a weight_decay of 3 it ends elsewhere than where the bowl and the decay, of weights alone, meet"
            )
    check_effects(optimizer, _observed, fail, "path", variants=variants)


def _observed(optimizer: FullBatchOptimizer) -> bytes:
    return np.array(_Descent(optimizer).path).tobytes()


class _Descent:
    """A run of a full-batch optimizer on the bowl Σ k/2·(p − c)² + λ/2·Σ w², and its record.

    Attributes:
        bottom: the minimum of the bowl with the decay of the weights, k·c/(k + λ).
        losses: the loss after each iteration.
        path: the values after each iteration, and at last those after `minimize`.
        why: the return value of `minimize`.
    """

    def __init__(
        self,
        optimizer: FullBatchOptimizer,
        dtype: DtypeName = "float64",
        *,
        iterations: int = 200,
        stop: int | None = None,
        error_at: int | None = None,
        **changes: Any,
    ) -> None:
        walker = copy_of(optimizer, **changes)
        model = Sequential([Dense(3), Dense(2, trainable=False)]).build((4,), 0, dtype)
        parameters, frozen = model.parameters, model.layers[1].parameters
        before = [parameter.value.copy() for parameter in frozen]
        steepness, centre = np.linspace(1, 10, parameters.values.size), np.linspace(2, -2, parameters.values.size)
        decay = np.zeros_like(steepness)
        decay[: parameters.decayed] = getattr(walker, "weight_decay", 0.0)
        self.bottom = steepness * centre / (steepness + decay)
        self.losses: list[float] = []
        self.path: list[Array] = []

        def function() -> float:
            away = parameters.values - centre
            parameters.grads[:] = steepness * away
            return float(np.sum(steepness * away**2)) / 2

        def after_iteration() -> bool:
            self.path.append(parameters.values.copy())
            self.losses.append(function() + float(np.sum(decay * self.path[-1] ** 2)) / 2)
            if len(self.losses) == error_at:
                raise InterruptedError
            return len(self.losses) != stop

        self.why: str | None = None
        with contextlib.suppress(InterruptedError):
            self.why = walker.minimize(function, parameters, iterations, after_iteration)
        self.path.append(parameters.values.copy())
        if not all(np.array_equal(parameter.value, old) for parameter, old in zip(frozen, before, strict=True)):
            raise CheckError(f"{optimizer!r}: it changes frozen parameters")
