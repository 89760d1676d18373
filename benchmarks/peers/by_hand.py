"""NumPy by hand: the same training as one script of NumPy calls, without layers, checks or a history."""

import numpy as np

from benchmarks.cases.networks import LEARNING_RATE, MOMENTUM
from benchmarks.cases.problem import Floats, Integers, Problem, Weights
from benchmarks.peers import Peer
from nnlite.layers.matrices import product

BLOCK = 65536  # as nnlite's optimizers, which say why


class ByHand(Peer):
    """It asks NumPy for what nnlite asks it for; so what nnlite takes more is what its layers and records cost."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        classes = problem.network.sizes[-1]
        self.one_hot, self.ones = np.eye(classes), np.ones(classes)
        self.batch_of_ones = np.ones(problem.network.batch, np.float32)
        self.zero = np.zeros((), np.float32)

    def start(self, epochs: int) -> None:
        self.epochs = epochs
        first = self.problem.weights()
        size = sum(weight.size + bias.size for weight, bias in first)
        values, grads, velocity = (np.zeros(size, np.float32) for _ in range(3))
        self.pairs, self.pairs_of_grads = views(values, first), views(grads, first)
        for (weight, bias), (home, home_of_bias) in zip(first, self.pairs, strict=True):
            home[:], home_of_bias[:] = weight, bias
        blocks = [slice(start, start + BLOCK) for start in range(0, size, BLOCK)]
        self.blocks = [(values[block], grads[block], velocity[block]) for block in blocks]

    def fit(self) -> None:
        for order in self.orders(self.epochs):
            x, y = self.problem.x.take(order, axis=0), self.problem.y.take(order)
            for batch in self.problem.batches:
                self.step(x[batch], y[batch])

    def step(self, x: Floats, labels: Integers) -> float:
        """One step; returns the loss, which every peer reads back."""
        last, inputs = len(self.pairs) - 1, [x]
        for index, (weight, bias) in enumerate(self.pairs):
            outputs = inputs[-1].dot(weight)
            outputs += bias
            inputs.append(outputs if index == last else np.maximum(outputs, self.zero))
        z = inputs.pop().T.astype(np.float64, order="C")  # (classes, batch)
        z -= np.maximum.reduce(z)
        z -= np.log(self.ones.dot(np.exp(z)))
        targets = self.one_hot.take(labels, axis=1)
        loss = -float(np.vdot(targets, z)) / len(x)
        z = np.exp(z, out=z)
        z -= targets
        z *= 1 / len(x)
        dy = z.T.astype(np.float32)
        for index in range(last, -1, -1):
            grad, grad_of_bias = self.pairs_of_grads[index]
            product(inputs[index].T, dy, grad)
            self.batch_of_ones.dot(dy, grad_of_bias)
            if index:
                dx = (inputs[index] > self.zero).astype(np.float32)
                dx *= dy.dot(self.pairs[index][0].T)
                dy = dx
        for values, grads, velocity in self.blocks:
            velocity *= MOMENTUM
            velocity += grads
            values -= np.multiply(velocity, LEARNING_RATE, out=grads)
        return loss

    def weights(self) -> Weights:
        return [(weight.copy(), bias.copy()) for weight, bias in self.pairs]


def views(flat: Floats, like: Weights) -> Weights:
    """Weights and biases of these shapes as parts of one vector."""
    found, start = [], 0
    for pair in like:
        parts = []
        for array in pair:
            parts.append(flat[start : start + array.size].reshape(array.shape))
            start += array.size
        found.append((parts[0], parts[1]))
    return found
