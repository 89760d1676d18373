"""What the first step of training, and `adapt`, notice of a wrong layer that raises no error of its own."""

from collections.abc import Sequence

import numpy as np
import pytest

from nnlite import (
    SGD,
    ConfigError,
    Dataset,
    Dense,
    Layer,
    NnliteError,
    Schedule,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
)
from nnlite.core.chain import Chain

ROWS = Dataset(np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2)


class Gain(Layer):
    """y = g·x: a right layer, which the wrong ones below are made of."""

    def build(self, input_shape, rng):
        self.gain = self.add_parameter("gain", input_shape, "ones")
        return input_shape

    def forward(self, x, *, training=False):
        self.x = x
        return x * self.gain.value

    def backward(self, dy):
        self.gain.grad = (dy * self.x).sum(axis=0)
        return dy * self.gain.value


class ChangesItsInput(Gain):
    def forward(self, x, *, training=False):
        y = super().forward(x.copy(), training=training)
        x *= 2
        return y


class ChangesItsGradient(Gain):
    def backward(self, dy):
        dx = super().backward(dy.copy())
        dy *= 2
        return dx


class AddsToItsGradient(Gain):
    def backward(self, dy):
        self.gain.grad += (dy * self.x).sum(axis=0)
        return dy * self.gain.value


class WritesNoGradient(Gain):
    def backward(self, dy):
        return dy * self.gain.value


class MakesItsStep(Gain):
    def backward(self, dy):
        dx = super().backward(dy)
        self.gain.value = self.gain.value - 0.1 * self.gain.grad
        return dx


def train(layers, **given):
    trainer = Trainer(Sequential([*layers, Dense(2), SoftmaxCrossEntropy()]), SGD(0.1), epochs=2, **given)
    trainer.fit(ROWS, progress=False)
    return trainer


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (ChangesItsInput, "forward changes its input x"),
        (ChangesItsGradient, "backward changes the gradient dy that it is given"),
        (AddsToItsGradient, "backward does not assign gain.grad, or only a part of it, or adds to it"),
        (WritesNoGradient, "backward does not assign gain.grad"),
        (MakesItsStep, "backward changes gain.value; it writes the gradient only"),
    ],
)
@pytest.mark.parametrize("before", [[], [Dense(3)]], ids=["first trained layer", "behind a trained one"])
def test_training_names_a_wrong_layer_in_its_first_step(layer, said, before):
    train([*(Dense(each.units) for each in before), Gain()])
    with pytest.raises(NnliteError, match=rf"{layer.__name__}\(\).{said}"):
        train([*(Dense(each.units) for each in before), layer()])


class Around(Layer):
    """A container, which passes the training rows on or not."""

    def __init__(self, layers: Sequence[Layer], deaf: bool = False):
        self.layers, self.deaf = tuple(layers), deaf

    def build(self, input_shape, rng):
        self.chain = Chain(self.layers)
        return self.chain.build(input_shape, rng.spawn(len(self.layers)), "layers")[-1]

    def adapt(self, x):
        if not self.deaf:
            self.chain.adapt(x)

    def forward(self, x, *, training=False):
        return self.chain.forward(x, training=training)

    def backward(self, dy):
        return self.chain.backward(dy)


class WithoutAdapt(Around):
    adapt = Layer.adapt


def test_training_names_a_container_whose_layers_never_hear_of_the_rows():
    train([Dense(3), Around([Standardize()])])
    train([Dense(3), WithoutAdapt([Gain()])])  # nothing in it learns from the rows
    for wrong in (Around([Standardize()], deaf=True), WithoutAdapt([Gain(), Around([Standardize()])])):
        with pytest.raises(
            NnliteError, match=r"holds Standardize\(\), which learns from the training rows, but never"
        ):
            train([Dense(3), wrong])


class Factor(Schedule):
    """A schedule whose factor is wrong from the second epoch on."""

    def __init__(self, wrong: float = -0.5):
        self.wrong = wrong

    def multiplier(self, moment):
        return [1.0, float("nan") if self.wrong == 0 else self.wrong][min(moment.epoch, 1)]


@pytest.mark.parametrize(("wrong", "shown"), [(-0.5, "-0.5"), (0.0, "nan")])
def test_training_ends_where_a_schedule_would_climb(wrong, shown):
    with pytest.raises(
        ConfigError, match=f"gives {shown} in epoch 2, step 1; expected a factor of the learning rate"
    ):
        train([], schedule=Factor(wrong))
