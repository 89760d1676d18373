"""A problem is what all peers start from: the rows, the first weights, and the order of the rows in each epoch."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.networks import SEED, Network
from nnlite import seeding

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Weights = list[tuple[Floats, Floats]]
"""Weight (inputs, outputs) and bias (outputs,) of each layer."""


class Problem:
    """The same arrays for the same network, in whatever process.

    Attributes:
        x: (rows, inputs) float32, standardized.
        y: (rows,) int64, the classes.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.x, self.y = made_up(network) if network.data == "made-up" else from_scikit_learn(network)
        self.batches = [slice(i, i + network.batch) for i in range(0, network.rows, network.batch)]

    def weights(self) -> Weights:
        """The first weights, uniform in ±√(6/(inputs + outputs)), and biases of 0; new arrays each time."""
        rng = np.random.default_rng([SEED, 1])
        first = []
        for inputs, outputs in zip(self.network.sizes, self.network.sizes[1:], strict=False):
            bound = (6 / (inputs + outputs)) ** 0.5
            weight = rng.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)
            first.append((weight, np.zeros(outputs, np.float32)))
        return first

    def orders(self) -> Iterator[Integers]:
        """The order of the rows in each epoch, without end: the one that nnlite's `Trainer` draws."""
        rng = seeding.generator(SEED, "shuffle")
        while True:
            yield rng.permutation(self.network.rows)

    def loss(self, weights: Weights) -> float:
        """Mean cross-entropy over all rows, in float64: the figure that peers are compared by."""
        total = 0.0
        for start in range(0, len(self.x), 4096):
            labels = self.y[start : start + 4096]
            z: NDArray[np.floating] = self.x[start : start + 4096].astype(np.float64)
            for index, (weight, bias) in enumerate(weights):
                z = (np.maximum(z, 0) if index else z) @ weight + bias
            z -= z.max(axis=1, keepdims=True)
            total += float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels]).sum())
        return total / len(self.x)


def made_up(network: Network) -> tuple[Floats, Integers]:
    """Normal features, and classes that depend on them linearly, some chance added."""
    rng = np.random.default_rng([SEED, 2])
    inputs, classes = network.sizes[0], network.sizes[-1]
    x = rng.standard_normal((network.rows, inputs), dtype=np.float32)
    scores = x @ rng.standard_normal((inputs, classes), dtype=np.float32) / np.float32(inputs**0.5)
    y = (scores + rng.standard_normal(scores.shape, dtype=np.float32)).argmax(axis=1)
    return x, y.astype(np.int64)


def from_scikit_learn(network: Network) -> tuple[Floats, Integers]:
    """The first rows of a shuffled iris or digits, standardized; constant columns stay 0."""
    from sklearn import datasets

    x, y = (datasets.load_iris if network.data == "iris" else datasets.load_digits)(return_X_y=True)
    rows = np.random.default_rng([SEED, 3]).permutation(len(x))[: network.rows]  # iris comes sorted by class
    mean, deviation = x[rows].mean(axis=0), x[rows].std(axis=0)
    deviation[deviation == 0] = 1
    return ((x[rows] - mean) / deviation).astype(np.float32), y[rows].astype(np.int64)
