"""Prescribed numbers come from a formula that the recording and the tests both evaluate, the same to the bit.

So the golden files need not hold the gradients and the batches of runs over 1,000 steps.
"""

import functools
import math
from collections.abc import Iterator, Sequence

import numpy as np

STEPS = 1000
CHECKPOINTS = (1, 2, 10, 100, 1000)
LOSSES_EVERY = 7  # steps: with no divisor in common with the 5 batches of an epoch, every batch gets its turn
ROWS, BATCH = 37, 8  # the last batch of an epoch has 5 rows
FEATURES, UNITS, CLASSES = 4, 5, 3

# Of the network that is trained, Linear-Tanh-Linear, in PyTorch's layout (outputs, inputs).
SHAPES = {
    "0.weight": (UNITS, FEATURES),
    "0.bias": (UNITS,),
    "2.weight": (CLASSES, UNITS),
    "2.bias": (CLASSES,),
}


def hashed(count: int, seed: int) -> np.ndarray:
    """That many integers between 0 and 2⁶⁴, by the splitmix64 formula."""
    x = np.arange(1, count + 1, dtype=np.uint64) + np.uint64(seed << 32)
    x *= np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def numbers(shape: Sequence[int], seed: int) -> np.ndarray:
    """Numbers between −3 and 3 with three decimals, at least 0.05 from every integer.

    Activations and losses have their kinks at integers, where a derivative is a matter of taste.
    """
    choice = (hashed(math.prod(shape), seed) % np.uint64(6 * 900)).astype(np.int64)
    thousandths = 1000 * (choice // 900 - 3) + 50 + choice % 900
    return (thousandths / 1000).reshape(shape)


def integers(shape: Sequence[int], seed: int, below: int) -> np.ndarray:
    """Integers from 0 on, below that number."""
    return (hashed(math.prod(shape), seed) % np.uint64(below)).astype(np.int64).reshape(shape)


def start(factor: float) -> dict[str, np.ndarray]:
    """The values that the network's parameters start from."""
    return {path: factor * numbers(shape, 10 + i) for i, (path, shape) in enumerate(SHAPES.items())}


def gradients(step: int, factor: float) -> dict[str, np.ndarray]:
    """The gradients that an optimizer is given at that step, whatever the parameters are."""
    return {path: factor * gradient for path, gradient in _unscaled_gradients(step).items()}


@functools.cache
def _unscaled_gradients(step: int) -> dict[str, np.ndarray]:
    """The same for every optimizer, and worked out once."""
    return {path: numbers(shape, 1000 * (i + 1) + step) for i, (path, shape) in enumerate(SHAPES.items())}


def rate(rates: Sequence[Sequence[float]], step: int) -> float | None:
    """The learning rate of a step, from pairs (first step, rate); None if there are no pairs."""
    begun = [value for first, value in rates if first <= step]
    return begun[-1] if begun else None


def rows() -> tuple[np.ndarray, np.ndarray]:
    """Features (rows, features), and as label the index of the largest of the first three."""
    x = numbers((ROWS, FEATURES), 1)
    return x, x[:, :CLASSES].argmax(axis=1)


def batches() -> Iterator[np.ndarray]:
    """The rows of each step's batch, in another order every epoch."""
    per_epoch = math.ceil(ROWS / BATCH)
    for step in range(STEPS):
        epoch, batch = divmod(step, per_epoch)
        order = np.argsort(hashed(ROWS, 5000 + epoch), kind="stable")
        yield order[batch * BATCH : (batch + 1) * BATCH]
