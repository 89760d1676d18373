"""Shared layers and tied ones: one set of weights in several places, of which the gradient is the sum."""

import copy
import itertools

import numpy as np
import pytest

import nnlite
from nnlite import (
    SGD,
    BatchNorm,
    ConfigError,
    Container,
    Dense,
    Dropout,
    LayerNorm,
    MeanSquaredError,
    Parallel,
    ReLU,
    Residual,
    Select,
    Sequential,
    ShapeError,
    Shared,
    Standardize,
    Tanh,
    TiedDense,
    Trainer,
)
from nnlite.core import snapshot
from nnlite.core.clean_copy import clean_copy
from nnlite.data import Dataset
from nnlite.training.resume import model_state, restore_model
from tests.helpers.callbacks import On


def twice(**options):
    """A model that runs one tower in both branches and at the top."""
    tower = [Dense(4), Dropout(0.3), BatchNorm(), Tanh()]
    branches = [[Select([0, 1]), Shared("tower", tower, **options)], [Select([2, 3]), Shared("tower")]]
    layers = [Parallel(branches, join="add"), Dense(2), Shared("tower"), Dense(3)]
    return Sequential([*layers, Dense(1), MeanSquaredError()])


def rows(count=40):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(count, 4))
    return Dataset(x, x @ np.array([1.0, -2, 3, 0.5]) + rng.normal(size=count))


def test_by_hand_the_gradient_is_the_sum_over_the_places():
    model = Sequential([Shared("a", [Dense(1, use_bias=False)]), Shared("a")]).build((1,), dtype="float64")
    first, second = model.layers
    first.layers[0].weight.value = np.array([[3.0]])
    assert model.forward(np.array([[2.0]]), training=True).tolist() == [[18.0]]  # w²·x
    dx = first.backward(second.backward(np.array([[1.0]])))
    assert dx.tolist() == [[9.0]]
    assert first.layers[0].weight.grad.tolist() == [[12.0]]  # 2·w·x


def test_the_gradients_add_up_in_whatever_order_the_places_go_back():
    class Ordered(Container):
        def __init__(self, layers: tuple[nnlite.Layer, ...], order: tuple[int, ...]):
            self.layers, self.order = tuple(layers), order

        def build(self, input_shape, rng):
            self.chains = [self.add_chain("layers", [layer], input_shape, rng) for layer in self.layers]
            return self.chains[0].output_shape

        def forward(self, x, *, training=False):
            return sum(chain.forward(x * n, training=training) for n, chain in enumerate(self.chains, 1))

        def backward(self, dy):
            return sum((n + 1) * self.chains[n].backward(dy) for n in self.order)

    x, found = np.random.default_rng(0).normal(size=(5, 3)), []
    for order in itertools.permutations(range(3)):
        layers = [Shared("a", [Dense(2), Tanh()]), Shared("a"), Shared("a")]
        model = Sequential([Ordered(layers, order)]).build((3,), dtype="float64")
        for _ in range(2):  # a second pass does not add to the first
            model.forward(x, training=True)
            model.layers[0].backward(np.ones((5, 2)))
        found.append(model.parameters.grads.copy())
    assert np.ptp(found, axis=0).max() < 1e-14
    assert np.abs(found[0]).min() > 1e-3


def test_weights_are_stored_once_in_the_vector_and_in_the_file(tmp_path):
    model = twice().build((4,))
    assert [path for path in model.parameters.paths if path.endswith("weight")] == [
        "0.1.0.weight",
        "1.weight",
        "3.weight",
        "4.weight",
    ]
    nnlite.save(model, tmp_path / "m.safetensors")
    loaded = nnlite.load(tmp_path / "m.safetensors").model
    x = rows().x
    assert (loaded.forward(x) == model.forward(x)).all()
    assert snapshot.arrays_of(loaded).keys() == snapshot.arrays_of(model).keys()
    # what is loaded shares still: one weight moves all places
    loaded.layers[0].branches[0][1].layers[0].weight.value *= 2
    assert (
        loaded.layers[2].forward(np.ones((1, 2), "float32")) != model.layers[2].forward(np.ones((1, 2), "float32"))
    ).any()


def test_copies_share_among_themselves_alone():
    model = twice().build((4,))
    Trainer(model, SGD(0.01), epochs=1).fit(rows())
    for other in (copy.deepcopy(model), clean_copy(model)):
        assert other.layers[2].loan.lender is other.layers[0].branches[0][1]
        assert (other.predict(rows().x) == model.predict(rows().x)).all()
        before = model.predict(rows().x)
        Trainer(other, SGD(0.01), epochs=1).fit(rows())
        assert (other.predict(rows().x) != before).any() and (model.predict(rows().x) == before).all()


def test_a_fit_resumes_to_the_bit_in_the_middle():
    def trainer():
        return Trainer(twice(), SGD(0.05, momentum=0.9), epochs=3, batch_size=8, seed=1)

    whole, half, rest = trainer(), trainer(), trainer()
    whole.fit(rows())
    states = []
    half.fit(rows(), callbacks=[On(step=lambda *_: states.append(half.state))])
    rest.state = states[len(states) // 2]
    rest.fit(rows())
    assert snapshot.digest(rest.model) == snapshot.digest(whole.model)


def test_a_state_of_a_model_goes_to_another_one():
    one, other = (twice().build((4,), seed) for seed in (0, 1))
    restore_model(model_state(one), other)
    x = rows().x.astype("float32")
    assert (one.forward(x, training=True) == other.forward(x, training=True)).all()


@pytest.mark.parametrize("frozen", ["lender", "borrower", "around", "inner"])
def test_frozen_places_keep_what_they_should(frozen):
    model = twice().build((4,))
    lender, borrower = model.layers[0].branches[0][1], model.layers[2]
    part = {"lender": lender, "borrower": borrower, "around": model.layers[0], "inner": lender.layers[0]}[frozen]
    part.trainable = False
    before = snapshot.take(model)
    Trainer(model, SGD(0.05), epochs=2, batch_size=10).fit(rows())
    after = snapshot.arrays_of(model)
    moved = {path for path in before if (before[path] != after[path]).any()}
    kept = {"0.1.0.weight"} if frozen != "borrower" else set()
    assert not moved & kept and {"1.weight", "3.weight"} <= moved
    assert ("0.1.0.weight" in moved) == (frozen == "borrower")
    assert ("0.1.2.mean" in moved) == (frozen in ("borrower", "inner"))


def test_the_part_of_a_frozen_place_does_not_count():
    def gradient(**options):
        model = Sequential([Shared("a", [Dense(2)]), Dense(2), Shared("a", **options), Dense(1), MeanSquaredError()])
        model.build((2,), dtype="float64").adapt(x, y)
        model.loss(x, y, training=True)
        model.backward()
        return model.layers[0].layers[0].weight.grad.copy()

    x, y = np.random.default_rng(0).normal(size=(6, 2)), np.arange(6.0)
    assert (gradient(trainable=False) != gradient()).all()


@pytest.mark.parametrize("frozen", [(2,), (0,), (0, 2), (1,)])
def test_the_gradient_goes_back_through_frozen_places(frozen, rng):
    """Against central differences, of a weight before the frozen places."""
    shared = [Dense(3), LayerNorm(), Tanh()]
    layers = [Dense(3), Shared("a", shared), Tanh(), Shared("a"), Dense(1), MeanSquaredError()]
    model = Sequential(layers).build((3,), dtype="float64")
    x, y = rng.normal(size=(7, 3)), rng.normal(size=7)
    model.adapt(x, y)
    for rows_at_once in (7, 5):  # what an earlier pass has left must not be used
        model.loss(x[:rows_at_once], y[:rows_at_once], training=True)
        model.backward()
    places = [layers[1], layers[2], layers[3]]
    for place in frozen:
        places[place].trainable = False
    model.follow_freezing()
    weight = layers[0].weight

    def loss():
        for layer in model.layers[1].layers:
            layer.statistics.update({name: array * 0 + 0.5 for name, array in layer.statistics.items()})
        return model.loss(x, y, training=True)

    loss()
    model.backward()
    found, expected = weight.grad.copy(), np.zeros((3, 3))
    for index in np.ndindex(3, 3):
        for sign in (1, -1):
            weight.value[index] += sign * 1e-6
            expected[index] += sign * loss() / 2e-6
            weight.value[index] -= sign * 1e-6
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_it_learns_from_the_rows_of_its_first_place(rng):
    x = rng.normal(size=(30, 2)) * 3 + 7
    layers = [Parallel([[Select([0]), Shared("a", [Standardize()])], [Select([1]), Shared("a")]])]
    model = Sequential(layers).build((2,))
    model.adapt(x)
    mean, scale = x[:, 0].astype("float32").mean(), x[:, 0].std()
    assert np.allclose(model.forward(x), (x - mean) / scale, atol=1e-5)


def test_a_tied_autoencoder_has_the_weights_of_its_encoder_alone_and_learns(rng):
    x = rng.normal(size=(60, 2)) @ rng.normal(size=(2, 5))
    model = Sequential([Shared("code", [Dense(2)]), TiedDense("code"), MeanSquaredError()])
    history = Trainer(model, nnlite.LBFGS(), epochs=200).fit(Dataset(x, x))
    assert [(path, p.shape) for path, p in model.parameters.paths.items()] == [
        ("0.0.weight", (5, 2)),
        ("0.0.bias", (2,)),
        ("1.bias", (5,)),
    ]
    assert history["training_r2"][-1] > 0.9


@pytest.mark.parametrize(
    ("layers", "error", "message"),
    [
        ([Shared("a")], ConfigError, r"Shared\('a'\) borrows the weights of 'a', but no layer before it shares"),
        ([Shared("tower", [ReLU()]), Shared("towel")], ConfigError, "under this name.*[Dd]id you mean 'tower'"),
        (
            [Shared("a", [ReLU()]), Shared("a", [Tanh()])],
            ConfigError,
            "two layers share their weights under the name 'a'",
        ),
        ([Shared("b", [Shared("a", [ReLU()])]), Shared("a")], ConfigError, "borrows the weights of 'a'"),
        (
            [Shared("a", [Dense(3)]), Shared("a")],
            ShapeError,
            r"Shared\('a'\): its layers take shape \(2,\) .* shape \(3,\)",
        ),
        ([Shared("a", [ReLU()]), TiedDense("a")], ShapeError, "there are 0 in Shared"),
        ([Shared("a", [Dense(3), Dense(3)]), TiedDense("a")], ShapeError, "there are 2 in Shared"),
        ([Shared("a", [Dense(3)]), Dense(2), TiedDense("a")], ShapeError, r"rows of 3 features, .* shape \(2,\)"),
        ([TiedDense("a")], ConfigError, "borrows the weights of 'a'"),
    ],
)
def test_what_cannot_be_shared_says_why(layers, error, message):
    with pytest.raises(error, match=message):
        Sequential(layers).build((2,))


def test_one_object_in_two_places_is_told_of_sharing():
    layer = Dense(2)
    with pytest.raises(ConfigError, match=r'let places share their weights: Shared\("name"'):
        Sequential([layer, layer])


def test_a_container_around_the_places_is_no_matter(rng):
    one = Sequential([Residual([Shared("a", [Dense(3), Tanh()])]), Residual([Shared("a")])]).build(
        (3,), dtype="float64"
    )
    x = rng.normal(size=(4, 3))
    w, b = (each.value for each in one.parameters)
    first = x + np.tanh(x @ w + b)
    assert np.allclose(one.forward(x), first + np.tanh(first @ w + b), atol=1e-14)


class Kept(nnlite.Layer):
    """y = x²/2, of which each subclass keeps x for `backward` in its own way."""

    def forward(self, x, *, training=False):
        if training or self.passes_gradient:
            self.keep(x)
        return x * x / 2

    def backward(self, dy):
        return dy * self.kept()


class InAttribute(Kept):
    def keep(self, x):
        self.x = x

    def kept(self):
        return self.x


class InDict(Kept):
    def build(self, input_shape, rng):
        self.cache = {}
        return input_shape

    def keep(self, x):
        self.cache["x"] = x

    def kept(self):
        return self.cache["x"]


class OnStack(Kept):
    def __init__(self):
        self.stack = []

    def keep(self, x):
        self.stack.append(x)

    def kept(self):
        return self.stack.pop()


class InArrayOfBuild(Kept):
    def build(self, input_shape, rng):
        self.x = np.zeros((100, *input_shape))
        return input_shape

    def keep(self, x):
        self.rows = len(x)
        self.x[: len(x)] = x

    def kept(self):
        return self.x[: self.rows]


class InArrayOfFirstPass(Kept):
    def keep(self, x):
        if not hasattr(self, "x"):
            self.x = np.empty_like(x)
        self.x[...] = x

    def kept(self):
        return self.x


class InArrayThatWasNone(Kept):
    def build(self, input_shape, rng):
        self.x = None
        return input_shape

    def keep(self, x):
        if self.x is None:
            self.x = np.empty_like(x)
        self.x[...] = x

    def kept(self):
        return self.x


@pytest.mark.parametrize("kind", [InDict, OnStack, InArrayOfBuild, InArrayOfFirstPass, InArrayThatWasNone])
def test_a_layer_may_keep_what_backward_needs_in_one_object_that_it_fills_anew(kind, rng):
    x, found = rng.normal(size=(5, 3)), []
    for each in (InAttribute, kind):
        places = [Shared("a", [Dense(3), each()]), Dense(3), Shared("a"), Shared("a"), Dense(1), MeanSquaredError()]
        model = Sequential(places).build((3,), dtype="float64")
        model.adapt(x, x[:, :1])
        for rows in (x, x[::-1].copy()):
            model.loss(rows, rows[:, :1], training=True)
            model.backward()
        found.append(model.parameters.grads.copy())
    assert (found[0] == found[1]).all()
