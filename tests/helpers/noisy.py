"""A trainer of rows that are worth stopping early on: labels wrong in many places, and a model that learns them."""

import numpy as np

from nnlite import SGD, Dataset, Dense, Layer, ReLU, Sequential, SoftmaxCrossEntropy, Standardize, Trainer


class Count(Layer):
    """Leaves its input as it is, and counts its training steps in its state."""

    def build(self, input_shape, rng):
        self.add_statistic("steps", (1,))
        return input_shape

    def forward(self, x, *, training=False):
        if training:
            self.statistics["steps"] = self.statistics["steps"] + 1
        return x

    def backward(self, dy):
        return dy


def noisy(seed):
    """Rows whose labels are wrong in many places: learning them by heart makes validation worse."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, 6))
    labels = np.where(rng.random(60) < 0.3, rng.integers(0, 2, 60), x[:, 0] > 0).astype(int)
    return Dataset(x, labels, classes=("no", "yes"))


TRAIN, VALIDATION = noisy(0), noisy(1)


def trainer(**given):
    model = Sequential([Standardize(), Count(), Dense(32), ReLU(), Dense(2), SoftmaxCrossEntropy()])
    settings = {"epochs": 40, "batch_size": 10} | given
    return Trainer(model, SGD(0.1, momentum=0.9), **settings)


def weights_after(epochs, **given):
    plain = trainer(epochs=epochs, **given)
    plain.fit(TRAIN, VALIDATION)
    return plain.model.parameters.values
