"""Frozen layers: they keep what they have learnt and run as in prediction, and learn again once they are set free."""

import numpy as np
import pytest

from nnlite import (
    LBFGS,
    SGD,
    BatchNorm,
    ConfigError,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    LayerNorm,
    Residual,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    Trainer,
)
from nnlite.core.snapshot import arrays_of
from nnlite.data import Dataset

LAYERS = {
    "Dense": lambda: Dense(4),
    "BatchNorm": lambda: BatchNorm(),
    "LayerNorm": lambda: LayerNorm(),
    "Residual": lambda: Residual([Dense(4), BatchNorm(), Dropout(0.5)]),
    "projected Residual": lambda: Residual([Dense(6), GaussianNoise(0.5)]),
}


def data(rows=24):
    rng = np.random.default_rng(0)
    return Dataset(rng.normal(size=(rows, 4)) + 1, np.arange(rows) % 3, classes=("a", "b", "c"))


def arrays(model, path):
    return {name: array.copy() for name, array in arrays_of(model).items() if name.startswith(f"{path}.")}


def same(one, other):
    assert one.keys() == other.keys() and one
    return {name: bool((one[name] == other[name]).all()) for name in one}


def train(model, *, epochs=3, learning_rate=0.1, **options):
    Trainer(model, SGD(learning_rate, **options), epochs=epochs, batch_size=5).fit(data())


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS.keys())
@pytest.mark.parametrize("when", ["made", "built", "trained"])
def test_a_frozen_layer_keeps_every_array_through_momentum_and_weight_decay(make, when):
    layer = make()
    model = Sequential([Dense(4), layer, Tanh(), Dense(3), SoftmaxCrossEntropy()])
    if when == "made":
        layer.trainable = False
    model.build((4,))
    if when == "trained":
        train(model, momentum=0.9, weight_decay=0.1)
    layer.trainable = False
    before = [arrays(model, path) for path in (0, 1, 3)]
    train(model, momentum=0.9, nesterov=True, weight_decay=0.1)
    kept = [same(old, arrays(model, path)) for old, path in zip(before, (0, 1, 3), strict=True)]
    assert all(kept[1].values())
    assert not any(kept[0].values()) and not any(kept[2].values())  # those around it have learnt


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS.keys())
def test_set_free_it_learns_again(make):
    layer = make()
    layer.trainable = False
    model = Sequential([Dense(4), layer, Dense(3), SoftmaxCrossEntropy()]).build((4,))
    train(model)
    layer.trainable = True
    before = arrays(model, 1)
    train(model)
    assert not any(same(before, arrays(model, 1)).values())


def test_a_frozen_batch_norm_runs_as_in_prediction_and_passes_its_gradient_back():
    model = Sequential([Dense(4), BatchNorm(), Dense(3), SoftmaxCrossEntropy()]).build((4,), dtype="float64")
    train(model)
    frozen = model.layers[1]
    frozen.trainable = False
    x, labels = data().x, data().y
    assert model.loss(x, labels, training=True) == model.loss(x, labels)
    model.loss(x, labels, training=True)
    model.backward()
    grad, weight, step = model.layers[0].weight.grad[1, 2], model.layers[0].weight.value, 1e-6
    ends = []
    for sign in (1, -1):
        weight[1, 2] += sign * step
        ends.append(model.loss(x, labels))
        weight[1, 2] -= sign * step
    assert grad == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-6)


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_one_layer_inside_a_residual_can_be_frozen_alone(index):
    branch = Residual([Dense(4), BatchNorm(), LayerNorm(), Residual([Dense(4)])])
    model = Sequential([Dense(4), branch, Dense(3), SoftmaxCrossEntropy()]).build((4,))
    train(model, momentum=0.9)
    branch.layers[index].trainable = False
    before = [arrays(model, f"1.{inner}") for inner in range(4)]
    train(model, momentum=0.9, weight_decay=0.01)
    for inner, old in enumerate(before):
        kept = same(old, arrays(model, f"1.{inner}"))
        assert all(kept.values()) if inner == index else not any(kept.values())


def test_a_frozen_embedding_at_the_beginning_keeps_its_table():
    model = Sequential([Embedding(5, 3, trainable=False), Flatten(), Dense(3), SoftmaxCrossEntropy()]).build((2,))
    before = arrays(model, 0)
    codes = Dataset(np.arange(40).reshape(20, 2) % 5, np.arange(20) % 3)
    Trainer(model, SGD(0.1, momentum=0.9, weight_decay=0.1), epochs=2).fit(codes)
    assert all(same(before, arrays(model, 0)).values())


def test_noise_and_dropout_that_are_frozen_draw_nothing():
    layers = [GaussianNoise(0.5, trainable=False), Dropout(0.5, trainable=False)]
    model = Sequential([Dense(4), *layers, Residual([Dropout(0.5)], trainable=False)]).build((4,))
    x = data().x
    assert (model.forward(x, training=True) == model.forward(x)).all()


@pytest.mark.parametrize("optimizer", [SGD(0.1), LBFGS()])
def test_a_fit_that_would_train_nothing_is_refused(optimizer):
    model = Sequential([Dense(3, trainable=False), SoftmaxCrossEntropy()])
    trainer = Trainer(model, optimizer, epochs=1)
    for run in (trainer.check, trainer.fit):
        with pytest.raises(
            ConfigError, match="no parameter is trained, so a fit would change nothing: set a layer free"
        ):
            run(data())
    assert not trainer.history.rows
    model.layers[0].trainable = True
    assert len(trainer.fit(data())) == 1


def test_a_layer_frozen_in_the_middle_of_an_epoch_passes_on_the_gradient_of_its_own_rows():
    """The model is told only at the end of the epoch; until then the gradient goes through it all the same."""
    models = [
        Sequential([Dense(4), Tanh(), Dense(3), SoftmaxCrossEntropy()]).build((4,), dtype="float64") for _ in range(2)
    ]
    x, labels = data().x, data().y
    for model in models:
        model.network.loss(x[:8], labels[:8], training=True)
        model.network.backward()
    late, told = models
    for model in models:
        model.layers[1].trainable = False
    told.follow_freezing()
    for model in models:
        model.network.loss(x[8:16], labels[8:16], training=True)
        model.network.backward()
    assert (late.layers[0].weight.grad == told.layers[0].weight.grad).all()


def test_what_backward_needs_is_kept_in_training_alone_or_where_it_passes_a_frozen_layer():
    frozen = Residual([Dense(4), Tanh()], trainable=False)
    first = Dense(4, trainable=False)
    model = Sequential([first, Dense(4), frozen, Tanh(), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    model.predict(data().x)
    assert [hasattr(layer, "x") for layer in (first, model.layers[1], frozen.layers[0])] == [False, False, True]
    assert [layer.passes_gradient for layer in (first, *model.layers[1:4], *frozen.layers)] == [
        *(False, False, True, False),
        *(True, True),
    ]
    model.loss(data().x, data().y, training=True)
    assert not hasattr(first, "x") and hasattr(model.layers[1], "x")
    frozen.trainable = True
    model.follow_freezing()
    assert not any(layer.passes_gradient for layer in (*model.layers, *frozen.layers))
