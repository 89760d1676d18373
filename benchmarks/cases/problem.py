"""A problem is what all peers start from: the rows, the first weights, and the order of the rows in each epoch."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases.networks import SEED, Network
from nnlite import seeding

Floats = NDArray[np.float32]
Reals = NDArray[np.floating]
Integers = NDArray[np.int64]
Weights = list[tuple[Floats, Floats]]
"""Weight (inputs, outputs) and bias (outputs,) of each layer; of a convolution (filters, channels, height, width).

Of a recurrent layer the two matrices side by side, (gates·units, features + units), and the biases: of a GRU both,
one behind the other. The gates stand in PyTorch's order.
"""


class Problem:
    """The same arrays for the same network, in whatever process.

    Attributes:
        x: (rows, inputs) float32, standardized; of a network with convolutions (rows, channels, height, width),
            with a recurrent layer (rows, time, features).
        y: (rows,) int64, the classes.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.x, self.y = made_up(network) if network.data == "made-up" else from_scikit_learn(network)
        if network.convolutions:
            self.x = self.x.reshape(-1, *network.picture)
        if network.cell:
            self.x = self.x.reshape(len(self.x), network.time, -1)
        self.batches = [slice(i, i + network.batch) for i in range(0, network.rows, network.batch)]

    def weights(self) -> Weights:
        """The first weights, uniform in ±√(6/(inputs + outputs)), and biases of 0; new arrays each time.

        A filter of a convolution has as many inputs as it has numbers, and as many outputs as all filters at a place.
        """
        rng, dense = np.random.default_rng([SEED, 1]), self.network.dense
        first = []
        channels = self.network.picture[0] if self.network.convolutions else 0
        for one in self.network.convolutions:
            area = one.kernel**2
            bound = (6 / ((channels + one.filters) * area)) ** 0.5
            weight = rng.uniform(-bound, bound, (one.filters, channels, one.kernel, one.kernel)).astype(np.float32)
            first.append((weight, np.zeros(one.filters, np.float32)))
            channels = one.filters
        if self.network.cell:
            first.append(self._recurrent_weights(rng))
        for inputs, outputs in pairwise(dense):
            bound = (6 / (inputs + outputs)) ** 0.5
            weight = rng.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)
            first.append((weight, np.zeros(outputs, np.float32)))
        return first

    def _recurrent_weights(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Uniform in ±1/√units, as PyTorch's are."""
        units, features = self.network.sizes[1], self.x.shape[2]
        gates, biases = (3, 2) if self.network.cell == "GRU" else (4, 1)
        weight = rng.uniform(-1, 1, (gates * units, features + units)) / units**0.5
        bias = rng.uniform(-1, 1, biases * gates * units) / units**0.5
        return weight.astype(np.float32), bias.astype(np.float32)

    def orders(self) -> Iterator[Integers]:
        """The order of the rows in each epoch, without end: the one that nnlite's `Trainer` draws."""
        rng = seeding.generator(SEED, "shuffle")
        while True:
            yield rng.permutation(self.network.rows)

    def loss(self, weights: Weights) -> float:
        """Mean cross-entropy over all rows, in float64: the figure that peers are compared by."""
        total = 0.0
        convolutions = self.network.convolutions
        at_once = 128 if convolutions else 4096
        for start in range(0, len(self.x), at_once):
            labels = self.y[start : start + at_once]
            z: Reals = self.x[start : start + at_once].astype(np.float64)
            for one, (filters, bias) in zip(convolutions, weights, strict=False):
                z = pooled(np.maximum(convolved(z, filters, one.padding) + bias[:, None, None], 0))
            if self.network.cell:
                z = last_output(self.network.cell, z, *weights[0])
            z = z.reshape(len(z), -1)
            for index, (weight, bias) in enumerate(weights[len(convolutions) + bool(self.network.cell) :]):
                z = (np.maximum(z, 0) if index else z) @ weight + bias
            z -= z.max(axis=1, keepdims=True)
            total += float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels]).sum())
        return total / len(self.x)


def convolved(x: Reals, weight: Floats, padding: int) -> Reals:
    """y[n, f, r, q] = Σ W[f, c, i, j]·x[n, c, r + i, q + j], zeros around x: by the definition, place by place."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    rows, columns = (side - weight.shape[-1] + 1 for side in x.shape[2:])
    y = np.zeros((len(x), len(weight), rows * columns))
    for i, j in np.ndindex(weight.shape[2:]):
        seen = x[:, :, i : i + rows, j : j + columns]
        y += weight[:, :, i, j] @ seen.reshape(len(x), len(seen[0]), rows * columns)
    return y.reshape(len(x), len(weight), rows, columns)


def last_output(cell: str, x: Reals, weight: Floats, bias: Floats) -> Reals:
    """What a GRU or an LSTM gives at the last step of x (rows, time, features): by the definition, step by step."""
    w, u = np.split(weight.astype(np.float64), [x.shape[2]], axis=1)  # (gates·units, features), (gates·units, units)
    h = np.zeros((len(x), u.shape[1]))
    memory = np.zeros_like(h)
    for step in x.swapaxes(0, 1):
        if cell == "LSTM":
            i, f, g, o = np.split(step @ w.T + h @ u.T + bias, 4, axis=1)
            memory = memory / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            h = np.tanh(memory) / (1 + np.exp(-o))
        else:
            one, other = np.split(bias, 2)
            (r, z, n), (r2, z2, n2) = (np.split(a, 3, axis=1) for a in (step @ w.T + one, h @ u.T + other))
            new = np.tanh(n + n2 / (1 + np.exp(-r - r2)))
            h = new + (h - new) / (1 + np.exp(-z - z2))
    return h


def pooled(x: Reals) -> Reals:
    """The largest number of each 2×2; a row or column left over at the end counts for nothing."""
    even = x[:, :, : x.shape[2] // 2 * 2, : x.shape[3] // 2 * 2]
    rows: Reals = np.maximum(even[:, :, ::2], even[:, :, 1::2])
    return np.maximum(rows[..., ::2], rows[..., 1::2])


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
