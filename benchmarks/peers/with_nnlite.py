"""nnlite as its users run it: one call of `Trainer.fit`."""

import numpy as np

from benchmarks.cases.networks import LEARNING_RATE, MOMENTUM, SEED
from benchmarks.cases.problem import Problem, Weights
from benchmarks.peers import Peer
from nnlite import (
    SGD,
    Conv2D,
    Dataset,
    Dense,
    Flatten,
    Layer,
    MaxPool2D,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
)


class Nnlite(Peer):
    """Beside the loss it counts the accuracy, and it stops where a loss is no longer finite."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.data = Dataset(problem.x, problem.y)

    def start(self, epochs: int) -> None:
        network = self.problem.network
        *hidden, outputs = network.sizes[1:]
        layers: list[Layer] = []
        for one in network.convolutions:
            layers += [Conv2D(one.filters, one.kernel, padding=one.padding), ReLU(), MaxPool2D(2)]
        layers += [Flatten()] if network.convolutions else []
        for units in hidden:
            layers += [Dense(units), ReLU()]
        self.model = Sequential([*layers, Dense(outputs), SoftmaxCrossEntropy()])
        self.model.build(self.problem.x.shape[1:], seed=SEED)
        first = [array for pair in self.problem.weights() for array in pair]
        for parameter, array in zip(self.model.parameters, first, strict=True):
            parameter.value = array
        optimizer = SGD(LEARNING_RATE, momentum=MOMENTUM)
        self.trainer = Trainer(self.model, optimizer, epochs=epochs, batch_size=network.batch, seed=SEED)

    def fit(self) -> None:
        self.trainer.fit(self.data)

    def weights(self) -> Weights:
        arrays = [parameter.value.astype(np.float32) for parameter in self.model.parameters]
        return list(zip(arrays[::2], arrays[1::2], strict=True))
