"""Rates of parameters: what the learning rate is multiplied by for some of them (PyTorch's numbers: the oracles)."""

import copy

import numpy as np
import pytest

import nnlite
from nnlite import (
    LBFGS,
    SGD,
    Adam,
    AdamW,
    ConfigError,
    Dataset,
    Dense,
    Dropout,
    Layer,
    Residual,
    RMSprop,
    Scale,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
)
from nnlite.config import training_config
from nnlite.core.clean_copy import clean_copy
from nnlite.core.parameters import Parameter
from nnlite.optimizers import optimizer as optimizers
from nnlite.plugins.registry import specify
from nnlite.signature import copy_of
from nnlite.testing import check_layer
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


# Of whole layers: the keywords `rate` and `decay`, which every layer takes.


def test_factors_of_layers_and_of_those_around_them_multiply():
    layers = [
        Residual([Dense(3, rate=0.5), Dense(3, decay=3.0)], rate=0.1, decay=0.5),
        Scale(6.0, decay=0.0),
        Dense(2, decay=0),
    ]
    model = Sequential(layers).build((3,))
    rates = {path: each.rate for path, each in model.parameters.paths.items()}
    decays = {path: each.decay for path, each in model.parameters.paths.items()}
    assert rates == pytest.approx(
        {
            "0.0.weight": 0.05,
            "0.0.bias": 0.05,
            "0.1.weight": 0.1,
            "0.1.bias": 0.1,
            "1.scale": 6,
            "2.weight": 1,
            "2.bias": 1,
        }
    )
    assert {path: decay for path, decay in decays.items() if decay} == {"0.0.weight": 0.5, "0.1.weight": 1.5}
    vector = model.parameters
    assert list(vector.layout.places)[:2] == ["0.0.weight", "0.1.weight"] and vector.decayed == 18
    assert vector.decays[:2] == (0.5, 1.5) and set(vector.decays[2:]) == {1.0}
    model.build((3,), seed=1)
    assert {path: each.rate for path, each in model.parameters.paths.items()} == rates  # not multiplied twice
    for other in (copy.deepcopy(model), clean_copy(model)):
        assert {path: each.rate for path, each in other.parameters.paths.items()} == rates


@pytest.mark.parametrize(
    "optimizer", [SGD(0.1, 0.9, weight_decay=0.1), Adam(0.1, weight_decay=0.1), AdamW(0.1)], ids=repr
)
def test_a_layer_with_factors_goes_as_with_that_rate_and_decay(optimizer):
    ends = []
    for rate, decay, of_rule in (
        (0.5, 3.0, optimizer),
        (1.0, 1.0, copy_of(optimizer, weight_decay=3 * optimizer.weight_decay)),
    ):
        model, rule = (
            Sequential([Dense(2, rate=rate, decay=decay)]).build((4,), dtype="float64"),
            copy.deepcopy(of_rule),
        )
        for step in range(5):
            model.parameters.grads = np.random.default_rng(step).normal(size=10)
            rule.step(model.parameters, 0.1 if rate == 0.5 else 0.05)
        ends.append(model.parameters.values.copy())
    assert np.allclose(ends[0], ends[1], rtol=0, atol=1e-14)
    assert optimizer.weight_decay in (0.1, 0.01)


def test_an_optimizer_has_its_decay_back_after_an_error():
    class Failing(SGD):
        def update(self, *args):
            raise ZeroDivisionError

    optimizer, model = Failing(weight_decay=0.1), Sequential([Dense(2, decay=2.0)]).build((2,))
    with pytest.raises(ZeroDivisionError):
        optimizer.step(model.parameters)
    assert optimizer.weight_decay == 0.1


def test_layers_without_factors_make_the_same_blocks_and_calls():
    calls = []

    class Counted(SGD):
        def update(self, values, grads, decayed, learning_rate, *memory):
            calls.append((len(values), decayed, self.weight_decay))
            super().update(values, grads, decayed, learning_rate, *memory)

    for options in ({}, {"decay": 0.0}, {"decay": 0.5}):
        model = Sequential([Dense(3, **options), Dense(2)]).build((2,))
        Counted(0.1, weight_decay=0.1).step(model.parameters)
    assert calls == [(17, 12, 0.1), (17, 6, 0.1), (11, 6, 0.1), (6, 6, 0.05)]


def test_a_file_and_a_config_keep_factors_and_say_none_where_there_are_none(tmp_path):
    model = Sequential([Dense(2, rate=0.1), Dense(2, decay=0), Dropout(0.3), Dense(2)]).build((3,))
    nnlite.save(model, tmp_path / "m.safetensors")
    loaded = nnlite.load(tmp_path / "m.safetensors").model
    assert repr(loaded) == repr(model) and "rate=0.1" in repr(model) and "decay=0" in repr(model)
    assert [each.rate for each in loaded.parameters] == [0.1, 0.1, 1, 1, 1, 1]
    assert specify(Dense(2)).keys() == {"type", "units", "weight_init", "bias_init", "use_bias", "trainable"}
    layers = [{"type": "Dense", "units": 3, "rate": 0.1}, {"type": "Dropout", "rate": 0.2}, {"type": "Dense"}]
    layers.append({"type": "SoftmaxCrossEntropy"})
    config = training_config.check({"data": {"source": "iris"}, "model": {"layers": layers}}, tmp_path / "c.toml")
    assert [layer.get("rate") for layer in config.document["model"]["layers"]] == [0.1, 0.2, None, None]
    with pytest.raises(ConfigError, match=r"model.layers\[0\].rate = 0: expected a number above 0"):
        training_config.check(
            {"data": {"source": "iris"}, "model": {"layers": [layers[0] | {"rate": 0}, *layers[1:]]}},
            tmp_path / "c.toml",
        )


@pytest.mark.parametrize("wrong", [{"rate": 0}, {"rate": -1.0}, {"decay": -0.1}, {"rate": "a"}, {"decay": np.nan}])
def test_a_factor_is_a_number_in_its_range(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Dense(3, **wrong)


def test_a_layer_may_have_arguments_and_attributes_of_these_names_itself():
    class Fading(Layer):
        def __init__(self, decay: float = 0.9):
            self.decay = decay
            self.rate = 7.0

        def build(self, input_shape, rng):
            self.rate = self.add_parameter("rate", input_shape, "ones")
            return input_shape

        def forward(self, x, *, training=False):
            if training or self.passes_gradient:
                self.x = x
            return x * self.rate.value * self.decay

        def backward(self, dy):
            self.rate.grad = (dy * self.x).sum(axis=0) * self.decay
            return dy * self.rate.value * self.decay

    assert check_layer(Fading(0.5), (3,)) < 1e-6
    layer = Fading(0.5, rate=0.1)
    model = Sequential([layer]).build((3,))
    assert (layer.rate.rate, layer.rate.decay, specify(layer)["rate"]) == (0.1, 1.0, 0.1)
    assert repr(model) == "Sequential([Fading(decay=0.5, rate=0.1)])"
    with pytest.raises(TypeError, match="Dropout"):
        Dropout(0.5, rate=0.1)


def test_a_full_batch_method_keeps_to_decays_and_says_that_it_ignores_rates(blobs):
    def end(**options):
        model = Sequential([Dense(3, **options), SoftmaxCrossEntropy()])
        Trainer(model, LBFGS(weight_decay=0.1, tolerance=1e-7), epochs=200).fit(blobs)
        return np.linalg.norm(model.layers[0].weight.value)

    model = Sequential([Dense(3), SoftmaxCrossEntropy()])
    Trainer(model, LBFGS(weight_decay=0.3, tolerance=1e-7), epochs=200).fit(blobs)
    assert end(decay=3.0) == pytest.approx(np.linalg.norm(model.layers[0].weight.value), rel=1e-4)
    assert end() > 1.2 * end(decay=3.0)
    with pytest.warns(UserWarning, match=r"Dense\(3, rate=0.1\) has a rate of its own, which LBFGS.* ignores"):
        end(rate=0.1)


def test_a_fit_with_factors_resumes_to_the_bit_in_the_middle(blobs):
    def trainer():
        layers = [
            Dense(4, rate=0.1, decay=2.0),
            Residual([Dense(4, decay=0)], rate=3.0),
            Dense(3),
            SoftmaxCrossEntropy(),
        ]
        return Trainer(Sequential(layers), AdamW(0.01), epochs=3, batch_size=16, seed=1)

    whole, half, rest = trainer(), trainer(), trainer()
    whole.fit(blobs)
    states = []
    half.fit(blobs, callbacks=[On(step=lambda *_: states.append(half.state))])
    rest.state = states[len(states) // 2]
    rest.fit(blobs)
    assert rest.model.parameters.values.tobytes() == whole.model.parameters.values.tobytes()
