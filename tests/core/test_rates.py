"""Rates of parameters: what the learning rate is multiplied by for some of them (PyTorch's numbers: the oracles)."""

import copy

import numpy as np
import pytest

from nnlite import (
    LBFGS,
    SGD,
    Adam,
    AdamW,
    ConfigError,
    Dataset,
    Dense,
    Layer,
    RMSprop,
    Scale,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
)
from nnlite.core.parameters import Parameter
from nnlite.optimizers import optimizer as optimizers
from tests.helpers.callbacks import On


class Rated(Layer):
    """y = x + Σ of two parameters, of which one has a rate."""

    def build(self, input_shape, rng):
        self.quick = self.add_parameter("quick", input_shape, "ones", rate=6.0)
        self.plain = self.add_parameter("plain", input_shape, "ones", decay=False)
        return input_shape

    def forward(self, x, *, training=False):
        return x + self.quick.value + self.plain.value

    def backward(self, dy):
        self.quick.grad = self.plain.grad = dy.sum(axis=0)
        return dy


def test_parameters_with_one_rate_lie_together_within_the_decayed_ones_and_the_others():
    model = Sequential([Rated(), Dense(2), Scale(0.5), Dense(1, trainable=False)]).build((3,))
    vector = model.parameters
    assert list(vector.layout.places) == ["1.weight", "0.quick", "2.scale", "0.plain", "1.bias"]
    assert vector.decayed == 9
    assert vector.rates == ((slice(0, 6), 1.0), (slice(6, 9), 6.0), (slice(9, 11), 0.5), (slice(11, 16), 1.0))
    model.layers[0].trainable = False
    model.follow_freezing()
    assert vector.rates == ((slice(0, 6), 1.0), (slice(6, 8), 0.5), (slice(8, 10), 1.0))


def test_one_rate_for_all_is_one_run_over_weights_and_biases_and_cuts_no_block():
    for layers in ([Dense(4), Dense(2)], [Scale(0.1), Scale(0.1)]):
        vector = Sequential(layers).build((3,)).parameters
        assert [place for place, _ in vector.rates] == [slice(0, vector.values.size)]
    optimizer = SGD()
    model = Sequential([Dense(300), Dense(300)]).build((200,))
    optimizer.step(model.parameters)
    assert [len(block[0]) for block in optimizer._blocks] == [65536, 65536, 60000 + 90000 + 600 - 2 * 65536]
    assert [block[2] for block in optimizer._blocks] == [65536, 65536, 150000 - 2 * 65536]


@pytest.mark.parametrize("optimizer", [SGD(0.1, momentum=0.9), Adam(0.1), AdamW(0.1), RMSprop(0.1)], ids=repr)
def test_a_parameter_with_a_rate_goes_as_it_would_with_that_learning_rate(optimizer, monkeypatch):
    ends = []
    for rate, learning_rate, block in ((6.0, 0.1, 65536), (6.0, 0.1, 2), (1.0, 0.6, 65536)):
        monkeypatch.setattr(optimizers, "NUMBERS_PER_BLOCK", block)
        model, rule = Sequential([Scale(rate)]).build((5,), dtype="float64"), copy.deepcopy(optimizer)
        for step in range(5):
            model.parameters.grads = np.random.default_rng(step).normal(size=5)
            rule.step(model.parameters, learning_rate)
        ends.append(model.parameters.values.copy())
    assert (ends[0] == ends[1]).all()
    assert np.allclose(ends[0], ends[2], rtol=0, atol=1e-12)


def test_the_first_step_by_hand():
    model = Sequential([Rated()]).build((1,), dtype="float64")
    model.parameters.grads = np.array([2.0, 2.0])
    SGD(0.01).step(model.parameters)
    assert model.layers[0].quick.value == pytest.approx([1 - 6 * 0.01 * 2], abs=1e-15)
    assert model.layers[0].plain.value == pytest.approx([1 - 0.01 * 2], abs=1e-15)
    AdamW(0.01, weight_decay=0.5).step(model.parameters)  # the decay is multiplied as well
    assert model.layers[0].quick.value == pytest.approx([(1 - 0.12) * (1 - 0.06 * 0.5) - 0.06], abs=1e-9)


def test_a_fit_with_rates_resumes_to_the_bit_in_the_middle(blobs):
    def trainer():
        model = Sequential([Scale(6.0), Dense(4), Scale(0.1), Dense(3), SoftmaxCrossEntropy()])
        return Trainer(model, AdamW(0.01), epochs=3, batch_size=16, average=0.9, clip_norm=1.0, seed=1)

    whole, half, rest = trainer(), trainer(), trainer()
    whole.fit(blobs)
    states = []

    half.fit(blobs, callbacks=[On(step=lambda *_: states.append(half.state))])
    rest.state = states[len(states) // 2]
    rest.fit(blobs)
    assert rest.model.parameters.values.tobytes() == whole.model.parameters.values.tobytes()


def test_a_full_batch_method_takes_no_notice(blobs):
    ends = []
    for rate in (1.0, 6.0):
        model = Sequential([Scale(rate), Dense(3), SoftmaxCrossEntropy()])
        Trainer(model, LBFGS(weight_decay=0.1), epochs=60).fit(blobs)
        ends.append(model.loss(blobs.x, blobs.y))
    assert ends[0] == pytest.approx(ends[1], abs=1e-6)


@pytest.mark.parametrize("wrong", [0, -1.0, np.nan, np.inf])
def test_a_rate_is_above_0(wrong):
    with pytest.raises(
        ConfigError, match=r"parameter 'a' has rate = .*; expected a number above 0: freeze the layer"
    ):
        Parameter("a", (3,), "zeros", rate=wrong)


def test_a_fit_without_rates_makes_the_same_calls_of_update(blobs):
    calls = []

    class Counted(SGD):
        def update(self, values, grads, decayed, learning_rate, *memory):
            calls.append((len(values), decayed, learning_rate))
            super().update(values, grads, decayed, learning_rate, *memory)

    model = Sequential([Dense(3), SoftmaxCrossEntropy()])
    Trainer(model, Counted(0.1), epochs=1, batch_size=len(blobs.x)).fit(Dataset(blobs.x, blobs.y))
    weights = model.layers[0].weight.size
    assert calls == [(weights + 3, weights, 0.1)]
