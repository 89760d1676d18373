"""Residual, and layers in layers: hand calculations, paths, summary, files, freezing from inside and outside."""

import copy
from collections.abc import Sequence

import numpy as np
import pytest

import nnlite
from nnlite import (
    SGD,
    BatchNorm,
    ConfigError,
    Conv2D,
    Dense,
    Dropout,
    Layer,
    ModelFileError,
    ReLU,
    Residual,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
    Standardize,
    Tanh,
)
from nnlite.core import snapshot
from nnlite.core.chain import Chain
from nnlite.core.parameters import Parameter
from nnlite.saving import model_file as storage
from nnlite.testing import check_layer
from tests.saving.test_model_file import forged

X, LABELS = np.random.default_rng(0).normal(size=(6, 4)), np.array([0, 1, 2, 0, 1, 2])


def deep():
    branch = [Dense(5), BatchNorm(), Residual([Dense(5), Tanh()]), Dropout(0.4)]
    return Sequential([Dense(4), Residual(branch), Dense(3), SoftmaxCrossEntropy()])


def test_what_the_branch_makes_is_added_to_the_input():
    layer = Residual([Dense(2), ReLU()])
    model = Sequential([layer]).build((2,), dtype="float64")
    layer.layers[0].weight.value = np.array([[1.0, -1.0], [0.0, 2.0]])
    assert model.forward(np.array([[1.0, 3.0]]), training=True).tolist() == [[1.0 + 1.0, 3.0 + 5.0]]
    dx = layer.backward(np.array([[1.0, 10.0]]))
    assert dx.tolist() == [[1.0 + 1.0 - 10.0, 10.0 + 20.0]]  # the way around the branch, and through it


def test_where_the_width_changes_the_input_is_projected():
    layer = Residual([Dense(3, weight_init="zeros")])
    model = Sequential([layer]).build((2,), dtype="float64")
    assert list(model.parameters.paths) == ["0.projection", "0.0.weight", "0.0.bias"]
    layer.projection.value = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert model.forward(np.array([[1.0, 10.0]]), training=True).tolist() == [[41.0, 52.0, 63.0]]
    assert layer.backward(np.array([[1.0, 0.0, 1.0]])).tolist() == [[4.0, 10.0]]
    assert layer.projection.grad.tolist() == [[1.0, 0.0, 1.0], [10.0, 0.0, 10.0]]


def test_a_branch_that_changes_more_than_a_width_is_refused():
    with pytest.raises(ShapeError, match=r"model.layers\[0\] Residual.*: its layers turn shape \(2, 3\) into \(6,\)"):
        Sequential([Residual([nnlite.Flatten()])]).build((2, 3))
    with pytest.raises(ShapeError, match=r"shape \(2, 4, 4\) into \(3, 2, 2\), .* only the width of rows"):
        Sequential([Residual([Conv2D(3, 3)])]).build((2, 4, 4))


def test_the_projection_of_pictures_is_a_convolution_of_kernel_size_one(rng):
    x = rng.normal(size=(3, 2, 5, 4))
    layer, conv = Residual([Conv2D(4, 3, padding=1), Tanh()]), Conv2D(4, 1, use_bias=False)
    for each in (layer, conv):
        Sequential([each]).build(x.shape[1:], dtype="float64")
    layer.projection.value = conv.weight.value[:, :, 0, 0].T
    branch = layer.layers[1].forward(layer.layers[0].forward(x))
    assert np.allclose(layer.forward(x), conv.forward(x) + branch, rtol=1e-14, atol=1e-14)


def test_a_layer_that_does_not_fit_is_named_with_its_place():
    with pytest.raises(
        ShapeError, match=r"model.layers\[1\] Residual.*: layers\[1\] Conv2D\(.*\): takes images.*\(2, 2\)"
    ):
        Sequential([ReLU(), Residual([Tanh(), Conv2D(3, 1)])]).build((2, 2))
    with pytest.raises(ShapeError, match=r"model.layers\[0\].layers\[0\] Dense\(10+\): its [0-9,]+ numbers"):
        Sequential([Residual([Dense(10**30), Dense(4)])]).build((4,))


@pytest.mark.parametrize("layers", [[], Dense(3), [3], "ReLU"])
def test_only_a_list_of_layers_is_taken(layers):
    with pytest.raises(
        ConfigError, match=r"Residual: layers = .*: expected a list, each a Layer, at least 1 of them"
    ):
        Residual(layers)


def test_layers_inside_start_differently_and_the_same_each_time():
    def weights(seed):
        model = Sequential([Dense(4), Residual([Dense(4), Residual([Dense(4)]), Dense(4)]), Dense(4)])
        model.build((4,), seed)
        return [parameter.value for parameter in model.parameters if parameter.name == "weight"]

    values = weights(0)
    assert len({value.tobytes() for value in values}) == 5
    assert all((one == other).all() for one, other in zip(values, weights(0), strict=True))
    assert all((one != other).any() for one, other in zip(values, weights(1), strict=True))


def test_building_again_declares_nothing_twice():
    model = deep()
    for width in (4, 7):
        model.build((width,))
        assert model.layers[0].weight.shape == (width, 4)


def test_the_summary_shows_layers_inside_with_their_own_parameters():
    lines = deep().build((4,)).summary().splitlines()
    rows = [line.split() for line in lines[3:-1]]
    assert rows[1] == ["1", "Residual", "5", "20"]  # the projection
    assert rows[2] == ["1.0", "Dense(5)", "5", "25"]
    assert rows[4] == ["1.2", "Residual", "5"]
    assert rows[5] == ["1.2.0", "Dense(5)", "5", "30"]
    total = 4 * 4 + 4 + 20 + 25 + 10 + 30 + 5 * 3 + 3
    assert lines[-1].startswith(f"{total} parameters, float32")


def test_it_is_saved_and_loaded_and_copied_to_the_bit(tmp_path):
    model = deep().build((4,))
    model.loss(X, LABELS, training=True)  # moves the running figures
    nnlite.save(model, tmp_path / "m.safetensors")
    loaded = nnlite.load(tmp_path / "m.safetensors").model
    assert {"1.projection", "1.0.weight", "1.1.mean", "1.2.0.bias"} <= snapshot.arrays_of(loaded).keys()
    for other in (loaded, copy.deepcopy(model)):
        assert (other.predict(X) == model.predict(X)).all()
        assert repr(other) == repr(model)
        other.loss(X, LABELS, training=True)
        other.backward()
        SGD(0.1).step(other.parameters)
        assert (other.layers[1].layers[0].weight.value != model.layers[1].layers[0].weight.value).any()


def test_nothing_large_is_drawn_for_a_forged_layer_inside(monkeypatch):
    model = Sequential([Residual([Dense(5), Dense(4)]), Dense(3)]).build((4,))
    inner = [{"type": "Dense", "units": 10**8}, {"type": "Dense", "units": 4}]
    content = forged(model, layers=[{"type": "Residual", "layers": inner}, {"type": "Dense", "units": 3}])
    monkeypatch.setattr(Parameter, "draw", lambda *_: pytest.fail("a parameter was drawn"))
    with pytest.raises(ModelFileError, match=r"the array 0\.0\.weight is float32 \(4, 5\), the model needs"):
        storage.from_bytes(content, nnlite.plugins.registry.Registry())


def test_a_layer_inside_learns_from_the_rows_where_it_stands():
    model = Sequential([Dense(4), Residual([Tanh(), Standardize(), Dense(4)]), Dense(3), SoftmaxCrossEntropy()])
    model.build((4,), dtype="float64")
    with pytest.raises(nnlite.NnliteError, match="a layer learns from the training rows first"):
        model.loss(X, LABELS, training=True)
    model.adapt(X)
    before = np.tanh(model.layers[0].forward(X))
    assert np.allclose(model.layers[1].layers[1].statistics["mean"], before.mean(axis=0))


def test_a_branch_that_learns_nothing_from_the_rows_asks_for_none():
    assert deep().build((4,)).loss(X, LABELS, training=True) > 0


class Forbidden(Dense):
    """A layer whose gradient nobody needs."""

    def backward(self, dy):
        raise AssertionError("nobody needs this gradient")

    backward_parameters = backward


@pytest.mark.parametrize("units", [4, 5])
def test_the_gradient_ends_at_the_first_layer_inside_that_is_not_frozen(units):
    branch = [Forbidden(4, trainable=False), Tanh(), Dense(units)]
    model = Sequential([Residual(branch), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    model.loss(X, LABELS, training=True)
    model.backward()
    assert branch[2].weight.grad.any()
    assert units == 4 or model.layers[0].projection.grad.any()


class Branch(Layer):
    """A container of somebody else's, which does not pass `follow_freezing` on."""

    def __init__(self, layers: Sequence[Layer]):
        self.layers = tuple(layers)

    def build(self, input_shape, rng):
        self.chain = Chain(self.layers)
        return self.chain.build(input_shape, rng.spawn(len(self.layers)), "layers")[-1]

    def forward(self, x, *, training=False):
        return self.chain.forward(x, training=training)

    def backward(self, dy):
        return self.chain.backward(dy)

    def backward_parameters(self, dy):
        self.chain.backward_parameters(dy)


@pytest.mark.parametrize("container", [Residual, Branch])
def test_a_layer_inside_that_was_built_frozen_learns_once_it_is_set_free(container):
    inner = Dense(4, trainable=False)
    model = Sequential([container([inner, Tanh(), Dense(4)]), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    for trainable in (False, True, False, True):
        inner.trainable = trainable
        before = inner.weight.value.copy()
        model.loss(X, LABELS, training=True)
        model.backward()
        SGD(0.1).step(model.parameters)
        assert (inner.weight.value != before).any() == trainable


def test_a_container_without_a_chain_is_served_too():
    class Scaled(Layer):
        def __init__(self, inner: Layer, factor: float = 2.0):
            self.inner, self.factor = inner, factor

        def build(self, input_shape, rng):
            return self.inner.build(input_shape, rng)

        def adapt(self, x):
            self.inner.adapt(x)

        def initialize(self, x):
            self.inner.initialize(x)

        def forward(self, x, *, training=False):
            return self.inner.forward(x, training=training and self.inner.trainable) * self.factor

        def backward(self, dy):
            return self.inner.backward(dy * self.factor)

    model = Sequential([Scaled(Dense(3))])
    for _ in range(2):
        model.build((4,), seed=1)
    assert list(model.parameters.paths) == ["0.0.weight", "0.0.bias"] and model.parameters.values.any()
    assert check_layer(Scaled(Dense(3)), (4,)) < 1e-6
