"""The contract of an optimizer as code: `check_optimizer` runs every check on one, nnlite's or yours."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlite.core.parameters import ParameterVector
from nnlite.core.sequential import Sequential
from nnlite.layers.dense import Dense
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.signature import configuration, copy_of
from nnlite.testing.case import CheckError
from nnlite.testing.effects import check_effects
from nnlite.testing.full_batch import check_full_batch
from nnlite.testing.hidden_state import hidden_state
from nnlite.types import Array, DtypeName


def check_optimizer(optimizer: Optimizer | FullBatchOptimizer, *, variants: Mapping[str, Any] | None = None) -> None:
    """Runs every check of the contract on copies of an optimizer.

    An update rule counts its steps; repeats them from the same start; resumes from a copy of its state as if it had
    not stopped; treats each number by itself; keeps float32; remembers only arrays as long as the parameters; uses
    the learning rate that it is given; leaves the gradients and frozen parameters alone; decays weights only, towards
    0; and brings each number nearer to the minimum of a quadratic function (a bowl). A full-batch optimizer reaches
    the minimum of the bowl, lower with every iteration; stops when it is told to, or after the most iterations;
    and leaves the best point, after an error too. Each argument of both has an effect.

    Args:
        optimizer: the optimizer.
        variants: another valid value, by name, for each argument that is neither a number, nor a boolean, nor a
            choice of names.

    Raises:
        CheckError: if a check fails.

    >>> from nnlite import SGD
    >>> from nnlite.testing import check_optimizer
    >>> check_optimizer(SGD(0.1, momentum=0.9, nesterov=True))
    """

    def fail(what: str) -> None:
        raise CheckError(f"{optimizer!r}: {what}")

    if isinstance(optimizer, FullBatchOptimizer):
        check_full_batch(optimizer, fail, variants)
        return
    first, path = _run(copy_of(optimizer), 10)
    _check_in_place(first, path, fail)
    _, again = _run(copy_of(optimizer), 10)
    if not np.array_equal(path, again):
        fail("the same gradients from the same start give another path")
    _, other = _run(copy_of(optimizer), 10, offset=10)
    if np.array_equal(path, other):
        fail("other gradients give the same path: update does not use them")
    if first.steps != 10:
        fail(f"steps is {first.steps} after 10 steps")
    for name in first.remembers:
        size = sum(array.size for array in first.state.arrays_of(name).values())
        if size != path[-1].size:
            fail(f"it remembers {size} numbers of {name!r}, but there are {path[-1].size} trained parameters")

    if name := hidden_state(
        copy_of(optimizer), first, known=("steps", "layout", "_memory", "_blocks", "_decayed_otherwise")
    ):
        fail(
            f"self.{name} changes while it runs, but is no part of its state, so a resumed training lacks it: "
            "count by self.steps, and keep arrays in what `remembers` names"
        )
    half, start = _run(copy_of(optimizer), 4)
    resumed = copy_of(optimizer)
    resumed.state = half.state
    _, rest = _run(resumed, 6, start=start[-1], offset=4)
    if not np.array_equal(rest, path[4:]):
        fail("continuing from its state gives another path than never stopping")
    if not np.array_equal(_in_two_blocks(copy_of(optimizer), 3), path[:3]):
        fail("update treats two blocks of the vector in another way than the whole; each number is by itself")

    narrow, path32 = _run(copy_of(optimizer), 10, dtype="float32")
    if any(array.dtype != np.float32 for array in (path32[-1], *narrow.state.arrays.values())):
        fail("it turns float32 into float64")
    if not np.allclose(path32, path, rtol=1e-3, atol=1e-4):
        fail(f"float32 ends at {path32[-1][:3]}, float64 at {path[-1][:3]}")

    _, still = _run(copy_of(optimizer), 1, rate=1e-30)
    if not np.allclose(still[0], _parameters("float64").values, rtol=0, atol=1e-20):
        fail("it does not use the learning rate that step is given")
    _check_descent(optimizer, fail)
    _check_decay(optimizer, fail)
    check_effects(optimizer, _observed, fail, "steps", variants=variants)


def _check_in_place(optimizer: Optimizer, path: Array, fail: Any) -> None:
    """The values, and each array that the rule remembers, have changed after some steps."""
    hint = "change it in place, as in {0} *= …; {0} += …, since {0} = … only names a new array"
    if np.array_equal(path[-1], _parameters("float64").values):
        fail(f"it changes no parameter: {hint.format('values').replace('it', 'them', 1)}")
    for name in optimizer.remembers:
        untouched = not any(array.any() for array in optimizer.state.arrays_of(name).values())
        if untouched and _reads(optimizer, name):
            fail(f"it never changes what it remembers as {name!r}: {hint.format(name)}")


def _reads(optimizer: Optimizer, name: str) -> bool:
    """Whether a step depends on the remembered array of that name."""
    ends = []
    for fill in (0.0, 1.0):
        walker, _ = _run(copy_of(optimizer), 1)
        state = walker.state.copy()
        for path, array in state.arrays.items():
            if path.startswith(f"{name}/"):
                array[...] = fill
        walker.state = state
        ends.append(_run(walker, 1, offset=1)[1][-1])
    return not np.array_equal(*ends)


def _parameters(dtype: DtypeName) -> ParameterVector:
    return Sequential([Dense(3), Dense(2, trainable=False)]).build((4,), 0, dtype).parameters


def _run(
    optimizer: Optimizer,
    steps: int,
    *,
    dtype: DtypeName = "float64",
    start: Array | None = None,
    offset: int = 0,
    rate: float | None = None,
    size: float = 1.0,
) -> tuple[Optimizer, Array]:
    """The optimizer after `steps` steps with fixed gradients, of this size, and the values after each."""
    parameters = _parameters(dtype)
    frozen = {path: p.value.copy() for path, p in parameters.paths.items() if path.startswith("1.")}
    if start is not None:
        parameters.values[:] = start
    path = []
    for step in range(offset, offset + steps):
        parameters.grads[:] = size * np.random.default_rng(step).normal(size=parameters.grads.size)
        before = parameters.grads.copy()
        optimizer.step(parameters, rate)
        if not np.array_equal(parameters.grads, before):
            raise CheckError(
                f"{optimizer!r}: update changes the gradients, which a user looks at after the step, as weight.grad: "
                "compute new arrays, as in grads = grads + …"
            )
        path.append(parameters.values.copy())
    for name, value in frozen.items():
        if not np.array_equal(parameters.paths[name].value, value):
            raise CheckError(f"{optimizer!r}: it changes the frozen parameter {name}")
    return optimizer, np.array(path)


def _in_two_blocks(optimizer: Optimizer, steps: int) -> Array:
    """The values after each step, where `update` is given the vector in two parts."""
    parameters = _parameters("float64")
    values, middle, path = parameters.values, parameters.decayed // 2, []
    memory = [np.zeros_like(values) for _ in optimizer.remembers]
    for step in range(steps):
        optimizer.steps = step + 1
        grads = np.random.default_rng(step).normal(size=values.size)
        for block, decayed in (slice(middle), middle), (slice(middle, None), parameters.decayed - middle):
            remembered = (array[block] for array in memory)
            optimizer.update(values[block], grads[block], decayed, optimizer.learning_rate, *remembered)
        path.append(values.copy())
    return np.array(path)


def _check_decay(optimizer: Optimizer, fail: Any) -> None:
    if "weight_decay" not in configuration(optimizer):
        return
    ends = []
    for decay in (0.0, 0.3):
        ends.append(_run(copy_of(optimizer, weight_decay=decay), 3)[1][-1])
    decayed = _parameters("float64").decayed
    if not np.array_equal(ends[0][decayed:], ends[1][decayed:]):
        fail("weight_decay changes biases; it belongs on the first `decayed` numbers only")
    walker, parameters = copy_of(optimizer, weight_decay=0.3), _parameters("float64")
    before = np.abs(parameters.values[:decayed])
    for _ in range(10):  # with gradients of 0, and steps so small that none goes beyond 0
        walker.step(parameters, 1e-6)
    if (np.abs(parameters.values[:decayed]) > before).any():
        fail("weight_decay makes weights larger, where the gradient is 0: is its sign wrong?")


def _check_descent(optimizer: Optimizer, fail: Any) -> None:
    """The optimizer lowers the bowl ½·|p − c|² in each number, in steps small enough for any sound rule."""
    decay = {"weight_decay": 0.0} if "weight_decay" in configuration(optimizer) else {}
    walker, parameters = copy_of(optimizer, **decay), _parameters("float64")
    far = np.linspace(1, 2, parameters.values.size) * (-1) ** np.arange(parameters.values.size)
    centre = parameters.values + far
    for _ in range(200):
        parameters.grads[:] = parameters.values - centre
        walker.step(parameters, min(walker.learning_rate, 0.05))
    nearer = np.abs(parameters.values - centre) < np.abs(far)
    if not nearer.all():
        fail(
            f"200 steps down a bowl lead up, for {np.count_nonzero(~nearer)} of {nearer.size} numbers: is the sign "
            "of the step wrong?"
        )


def _observed(optimizer: Optimizer) -> list[bytes]:
    """The values after some steps with small, middling and large gradients."""
    return [_run(copy_of(optimizer), 50, size=size)[1].tobytes() for size in (1e-3, 1, 1e3)]
