"""The floor: the matrix products that training cannot do without, into arrays made before, and nothing else."""

import numpy as np

from benchmarks.cases.problem import Problem, Weights
from benchmarks.peers import Peer
from nnlite.layers.matrices import product


class Products(Peer):
    """No bias, no activation, no loss, no update: it learns nothing.

    Per layer: the outputs, the weight's gradient, and but for the first layer the input's gradient. Its epoch's
    rows are gathered as in a real one.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        batch, sizes = problem.network.batch, problem.network.sizes
        self.matrices = [weight for weight, _ in problem.weights()]
        self.gradients = [np.empty_like(weight) for weight in self.matrices]
        self.outputs = [np.zeros((batch, units), np.float32) for units in sizes[1:]]
        self.deltas = [np.full((batch, units), 1e-3, np.float32) for units in sizes[1:]]

    def start(self, epochs: int) -> None:
        self.epochs = epochs

    def fit(self) -> None:
        last = len(self.matrices) - 1
        for order in self.orders(self.epochs):
            x, _ = self.problem.x[order], self.problem.y[order]
            for batch in self.problem.batches:
                inputs = [x[batch], *self.outputs[:-1]]
                for index, weight in enumerate(self.matrices):
                    np.dot(inputs[index], weight, self.outputs[index])
                for index in range(last, -1, -1):
                    product(inputs[index].T, self.deltas[index], self.gradients[index])  # the quicker way, as nnlite
                    if index:
                        np.dot(self.deltas[index], self.matrices[index].T, self.deltas[index - 1])

    def weights(self) -> Weights:
        return self.problem.weights()

    def check(self, epochs: int) -> None:
        return None
