"""nnlite as its users run it: one call of `Trainer.fit`."""

import numpy as np

from benchmarks.cases.networks import LEARNING_RATE, MOMENTUM, SEED
from benchmarks.cases.problem import Floats, Problem, Weights
from benchmarks.peers import Peer
from nnlite import (
    GRU,
    LSTM,
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
        if network.cell:
            layers.append({"GRU": GRU, "LSTM": LSTM}[network.cell](hidden.pop(0)))
        for units in hidden:
            layers += [Dense(units), ReLU()]
        self.model = Sequential([*layers, Dense(outputs), SoftmaxCrossEntropy()])
        self.model.build(self.problem.x.shape[1:], seed=SEED)
        first = [array for pair in self.problem.weights() for array in pair]
        if network.cell:
            first[:2] = apart(network.cell, *first[:2])
        for parameter, array in zip(self.model.parameters, first, strict=True):
            parameter.value = array
        optimizer = SGD(LEARNING_RATE, momentum=MOMENTUM)
        self.trainer = Trainer(self.model, optimizer, epochs=epochs, batch_size=network.batch, seed=SEED)

    def fit(self) -> None:
        self.trainer.fit(self.data)

    def weights(self) -> Weights:
        arrays = [parameter.value.astype(np.float32) for parameter in self.model.parameters]
        if cell := self.problem.network.cell:
            count = 4 if cell == "GRU" else 3
            arrays[:count] = together(cell, arrays[:count])
        return list(zip(arrays[::2], arrays[1::2], strict=True))


def apart(cell: str, weight: Floats, bias: Floats) -> list[Floats]:
    """The parameters of a recurrent layer, in its order, from the problem's arrays."""
    units = weight.shape[0] // (3 if cell == "GRU" else 4)
    w, u = np.split(weight, [weight.shape[1] - units], axis=1)
    if cell == "GRU":
        return [w, u, *np.split(bias, 2)]
    return [_with_the_last_first(array) for array in (w, u, bias)]  # i, f, g, o: ours is o, i, f, g


def together(cell: str, arrays: list[Floats]) -> list[Floats]:
    """The problem's two arrays, from the parameters of a recurrent layer."""
    w, u, *biases = arrays if cell == "GRU" else [np.roll(array, -(len(array) // 4), axis=0) for array in arrays]
    return [np.hstack((w, u)), np.concatenate(biases)]


def _with_the_last_first(array: Floats) -> Floats:
    return np.roll(array, len(array) // 4, axis=0)
