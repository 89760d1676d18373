"""The table of all layers, losses and optimizers, with every check of `nnlite.testing` over each of its rows."""

import numpy as np
import pytest

import nnlite
from nnlite import (
    ELU,
    GELU,
    LBFGS,
    SELU,
    SGD,
    Adam,
    AdamW,
    AveragePool2D,
    BatchNorm,
    BinaryCrossEntropy,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    GlobalAveragePool2D,
    Huber,
    LayerNorm,
    LeakyReLU,
    LogSoftmax,
    MaxPool2D,
    MeanAbsoluteError,
    MeanSquaredError,
    Mish,
    PReLU,
    RandomFlip,
    RandomShift,
    ReLU,
    Rescale,
    Reshape,
    Residual,
    RMSprop,
    Sigmoid,
    SiLU,
    Softmax,
    SoftmaxCrossEntropy,
    Softplus,
    Standardize,
    Tanh,
    TanhGELU,
    layers,
    losses,
    optimizers,
)
from nnlite.signature import configuration
from nnlite.testing import check_layer, check_loss, check_optimizer

ROWS, IMAGES = [(4,), (1,), (7,)], [(4,), (2, 3), (2, 3, 2)]

PICTURES = [(1, 4, 4), (2, 5, 3), (1, 3, 6)]

# Each layer in some variants, and the shapes of the inputs it is checked on: at least three.
LAYERS = [
    (AveragePool2D(2), PICTURES),
    (AveragePool2D(2, stride=1), PICTURES),
    (AveragePool2D((3, 2), stride=(2, 1), padding=1), PICTURES),
    (AveragePool2D(3, stride=2, padding=1, count_include_pad=False), PICTURES),
    (Conv2D(2, 2), PICTURES),
    (Conv2D(2, 1), PICTURES),
    (Conv2D(1, 3, padding=1, use_bias=False, weight_init="he_normal"), PICTURES),
    (Conv2D(2, (2, 3), stride=(2, 1), padding=(1, 0)), PICTURES),
    (Conv2D(1, 2, stride=3, padding=1), PICTURES),
    (Conv2D(2, (3, 2), padding="same", dilation=2), PICTURES),
    (Conv2D(4, 2, groups=2, dilation=(1, 2)), [(2, 3, 3), (4, 2, 4), (2, 4, 3)]),
    (Conv2D(3, (1, 2), groups=3), [(3, 2, 3), (3, 1, 2), (6, 2, 2)]),
    (GlobalAveragePool2D(), PICTURES),
    (MaxPool2D(2), PICTURES),
    (MaxPool2D(1), PICTURES),
    (MaxPool2D(3, stride=1, padding=1), PICTURES),
    (MaxPool2D((2, 3), stride=(1, 2), padding=(1, 0)), PICTURES),
    (MaxPool2D(2, stride=3), PICTURES),
    (Reshape((2, 6)), [(12,), (3, 4), (2, 3, 2)]),
    (BatchNorm(), [(4,), (1,), (7,), (3, 2), (2, 3, 2)]),
    (BatchNorm(momentum=0.6, epsilon=0.3), ROWS),
    (Dense(3), ROWS),
    (Dense(1, use_bias=False, weight_init="he_normal"), ROWS),
    (Dropout(0.3), IMAGES),
    (ELU(), IMAGES),
    (ELU(0.3), IMAGES),
    (ELU(2.5), IMAGES),
    (Embedding(5, 3), [(1,), (4,), (2, 3)]),
    (Flatten(), IMAGES),
    (GaussianNoise(0.3), IMAGES),
    (GELU(), IMAGES),
    (LayerNorm(), IMAGES),
    (LayerNorm(epsilon=0.3), [(2,), (3, 4), (7,)]),
    (LeakyReLU(), IMAGES),
    (LeakyReLU(0.7), IMAGES),
    (LogSoftmax(), [(4,), (2,), (2, 3)]),
    (Mish(), IMAGES),
    (PReLU(), IMAGES),
    (PReLU(shared=False), IMAGES),
    (PReLU(1.5), IMAGES),
    (PReLU(-0.5, shared=False), IMAGES),
    (RandomFlip(), PICTURES),
    (RandomShift(1), PICTURES),
    (RandomShift(), PICTURES),
    (ReLU(), IMAGES),
    (Rescale(0.5, offset=0.2), IMAGES),
    (Residual([Dense(3), Tanh()]), [(3,), (4,), (1,)]),
    (Residual([Tanh()]), IMAGES),
    (Residual([Conv2D(2, 3, padding="same"), Tanh()]), [(1, 3, 2), (2, 2, 3), (3, 1, 4)]),
    (Residual([Dropout(0.3), BatchNorm(), Residual([Dense(2, trainable=False), Tanh()])]), ROWS),
    (SELU(), IMAGES),
    (Sigmoid(), IMAGES),
    (SiLU(), IMAGES),
    (Softmax(), [(4,), (2,), (2, 3)]),
    (Softplus(), IMAGES),
    (Standardize(), IMAGES),
    (Tanh(), IMAGES),
    (TanhGELU(), IMAGES),
]

# Each loss in some variants, the shapes of the outputs it is checked on, and targets of every form it takes.
LOSSES = (
    [
        (loss, (classes,), targets)
        for classes in (2, 3, 5)
        for targets in (
            np.arange(6) % classes,
            np.eye(classes)[np.arange(6) % classes],
            np.full((6, classes), 1 / classes),
        )
        for loss in (
            SoftmaxCrossEntropy(),
            SoftmaxCrossEntropy(label_smoothing=0.1),
            SoftmaxCrossEntropy(class_weight="balanced"),
            SoftmaxCrossEntropy(label_smoothing=0.3, class_weight=(0.5, 2.0, 1.5, 3.0, 0.0)[:classes]),
        )
    ]
    + [
        (BinaryCrossEntropy(), shape, targets)
        for shape, targets in (
            ((1,), np.arange(6) % 2),
            ((1,), np.arange(6) % 2 == 0),
            ((1,), np.linspace(0, 1, 6)[:, None]),
            ((3,), np.arange(18).reshape(6, 3) % 2),
            ((4,), np.linspace(0, 1, 24).reshape(6, 4)),
        )
    ]
    + [
        (loss, shape, targets)
        for loss in (MeanSquaredError(), MeanAbsoluteError(), Huber(), Huber(delta=0.4))
        for shape, targets in (
            ((1,), np.array([3.0, -1.0, 4.0, 1.5, 5.0, 9.0])),
            ((1,), np.array([[3], [1], [4], [1], [5], [9]])),
            ((2,), np.array([[1e6, 1e-3], [2e6, 3e-3], [4e6, 1e-3], [1e6, 5e-3]])),
            ((3,), np.ones((4, 3))),
            ((2, 3), np.arange(24.0).reshape(4, 2, 3) % 7),
        )
    ]
)

OPTIMIZERS = [
    SGD(0.1),
    SGD(0.1, momentum=0.9),
    SGD(0.1, momentum=0.9, nesterov=True),
    SGD(0.1, weight_decay=0.1),
    SGD(0.05, momentum=0.5, nesterov=True, weight_decay=0.1),
    Adam(),
    Adam(0.05, beta1=0.8, beta2=0.95, epsilon=0.1),
    Adam(0.05, beta1=0.0, weight_decay=0.1),
    AdamW(),
    AdamW(0.05, beta1=0.8, beta2=0.95, epsilon=0.1, weight_decay=0.3),
    RMSprop(),
    RMSprop(0.05, alpha=0.8, epsilon=0.1, weight_decay=0.1),
    RMSprop(0.005, momentum=0.9),
    LBFGS(),
    LBFGS(memory=1),
    LBFGS(tolerance=1e-8, weight_decay=0.5),
]

# Where the checks' own numbers, about ±2, will not do.
SAMPLES = {"Embedding": lambda rng, shape: rng.integers(0, 5, shape)}

worst = {"error": 0.0, "of": ""}


@pytest.mark.parametrize(
    ("layer", "shape"), [(layer, shape) for layer, shapes in LAYERS for shape in shapes], ids=str
)
def test_layer(layer, shape):
    record(check_layer(layer, shape, sample=SAMPLES.get(type(layer).__name__)), f"{layer!r} on {shape}")


@pytest.mark.parametrize(
    ("loss", "shape", "targets"), LOSSES, ids=[f"{loss!r}-{shape}-{targets.shape}" for loss, shape, targets in LOSSES]
)
def test_loss(loss, shape, targets):
    record(check_loss(loss, shape, targets), f"{loss!r} on {shape}")


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_optimizer(optimizer):
    check_optimizer(optimizer)


def record(error, of):
    assert error <= 1e-6
    if error > worst["error"]:
        worst.update(error=error, of=of)


def test_the_worst_error_of_a_derivative_is_small(capsys):
    with capsys.disabled():
        print(f"\nworst error of a derivative: {worst['error']:.1e}, {worst['of']}")
    assert worst["error"] <= 1e-6


def test_no_public_class_is_missing_from_the_table():
    assert {type(layer).__name__ for layer, _ in LAYERS} == set(layers.__all__)
    assert {type(loss).__name__ for loss, *_ in LOSSES} == set(losses.__all__)
    assert {type(optimizer).__name__ for optimizer in OPTIMIZERS} == set(optimizers.__all__)
    assert all(len(shapes) >= 3 for _, shapes in LAYERS)


def test_every_layer_is_trainable_unless_it_is_told_otherwise():
    for layer, _ in LAYERS:
        arguments = {name: value for name, value in configuration(layer).items() if name != "trainable"}
        assert type(layer)(**arguments).trainable
        assert not type(layer)(**arguments, trainable=False).trainable


def test_every_public_class_can_be_imported_from_the_top():
    for module in (layers, losses, optimizers):
        assert set(module.__all__) <= set(nnlite.__all__)


@pytest.mark.parametrize("module", [layers, losses, optimizers], ids=lambda module: module.__name__)
def test_every_docstring_names_its_source(module):
    assert not [name for name in module.__all__ if "Source" not in (getattr(module, name).__doc__ or "")]
