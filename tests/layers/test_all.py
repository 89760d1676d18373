"""The table of all layers, losses, optimizers and schedules, with every public check over each of its rows."""

import numpy as np
import pytest

import nnlite as nn
from nnlite import layers, losses, optimizers, schedules
from nnlite.core.tree import walk
from nnlite.signature import configuration
from nnlite.testing import check_layer, check_loss, check_optimizer, check_schedule

ROWS, IMAGES = [(4,), (1,), (7,)], [(4,), (2, 3), (2, 3, 2)]

SEQUENCES = [(3, 2), (1, 3), (4, 1)]

PICTURES = [(1, 4, 4), (2, 5, 3), (1, 3, 6)]

# Each layer in some variants, and the shapes of the inputs it is checked on: at least three.
LAYERS = [
    (nn.AveragePool2D(2), PICTURES),
    (nn.AveragePool2D(2, stride=1), PICTURES),
    (nn.AveragePool2D((3, 2), stride=(2, 1), padding=1), PICTURES),
    (nn.AveragePool2D(3, stride=2, padding=1, count_include_pad=False), PICTURES),
    (nn.Columns(), ROWS),
    (nn.Columns(numbers="robust"), ROWS),
    (nn.Columns(numbers="quantile"), ROWS),
    (nn.Columns(numbers="none"), ROWS),
    *(
        (nn.Columns(codes, numbers, one_hot), [(len(codes),)])
        for codes, numbers, one_hot in (
            ((0, 0, 3, 5), "standard", 4),
            ((5, 0, 3, 0), "robust", 0),
            ((4, 3, 0), "quantile", 10),
            ((3, 3), "none", 10),
        )
    ),
    (nn.Conv2D(2, 2), PICTURES),
    (nn.Conv2D(2, 1), PICTURES),
    (nn.Conv2D(1, 3, padding=1, use_bias=False, weight_init="he_normal"), PICTURES),
    (nn.Conv2D(2, (2, 3), stride=(2, 1), padding=(1, 0)), PICTURES),
    (nn.Conv2D(1, 2, stride=3, padding=1), PICTURES),
    (nn.Conv2D(2, (3, 2), padding="same", dilation=2), PICTURES),
    (nn.Conv2D(4, 2, groups=2, dilation=(1, 2)), [(2, 3, 3), (4, 2, 4), (2, 4, 3)]),
    (nn.Conv2D(3, (1, 2), groups=3), [(3, 2, 3), (3, 1, 2), (6, 2, 2)]),
    (nn.GlobalAveragePool2D(), PICTURES),
    (nn.MaxPool2D(2), PICTURES),
    (nn.MaxPool2D(1), PICTURES),
    (nn.MaxPool2D(3, stride=1, padding=1), PICTURES),
    (nn.MaxPool2D((2, 3), stride=(1, 2), padding=(1, 0)), PICTURES),
    (nn.MaxPool2D(2, stride=3), PICTURES),
    (nn.Reshape((2, 6)), [(12,), (3, 4), (2, 3, 2)]),
    (nn.BatchNorm(), [(4,), (1,), (7,), (3, 2), (2, 3, 2)]),
    (nn.BatchNorm(axis="last"), [(3, 2), (1, 3), (2, 3, 2)]),
    (nn.BatchNorm(momentum=0.6, epsilon=0.3), ROWS),
    (nn.Conv1D(2, 2), [(3, 2), (2, 3), (4, 1)]),
    (nn.Conv1D(2, 1), [(3, 2), (2, 3), (4, 1)]),
    (nn.Conv1D(1, 3, padding=1, use_bias=False, weight_init="he_normal"), [(3, 2), (2, 3), (4, 1)]),
    (nn.Conv1D(2, 2, stride=2, padding=2), SEQUENCES),
    (nn.Conv1D(1, 2, stride=3, padding=1), SEQUENCES),
    (nn.Conv1D(2, 2, padding="same", dilation=2), SEQUENCES),
    (nn.Dense(3), [*ROWS, (3, 2), (2, 1, 3)]),
    (nn.Dense(1, use_bias=False, weight_init="he_normal"), ROWS),
    (nn.Dropout(0.3), IMAGES),
    (nn.ELU(), IMAGES),
    (nn.ELU(0.3), IMAGES),
    (nn.ELU(2.5), IMAGES),
    (nn.Embedding(5, 3), [(1,), (4,), (2, 3)]),
    (nn.Embeddings((5, 3)), [(2,), (4,), (3,)]),
    (nn.Embeddings((3,), size=2, weight_init="he_normal"), ROWS),
    (nn.Flatten(), IMAGES),
    (nn.GaussianNoise(0.3), IMAGES),
    (nn.GELU(), IMAGES),
    (nn.GRU(2), SEQUENCES),
    (nn.GRU(3, return_sequences=True), SEQUENCES),
    (nn.LSTM(2), SEQUENCES),
    (nn.LSTM(3, return_sequences=True), SEQUENCES),
    (nn.LayerNorm(), IMAGES),
    (nn.LayerNorm(epsilon=0.3), [(2,), (3, 4), (7,)]),
    (nn.LeakyReLU(), IMAGES),
    (nn.LeakyReLU(0.7), IMAGES),
    (nn.LogSoftmax(), [(4,), (2,), (2, 3)]),
    (nn.MaxOverTime(), SEQUENCES),
    (nn.MeanOverTime(), SEQUENCES),
    (nn.Mish(), IMAGES),
    (nn.Parallel([[nn.Dense(3), nn.Tanh()], [nn.Dense(2, trainable=False)], []]), ROWS),
    (nn.Parallel([[nn.Dropout(0.3), nn.Dense(3)], [nn.BatchNorm(), nn.Dense(3)]], join="add"), ROWS),
    (nn.Parallel([[], [nn.Tanh()]], join="add"), IMAGES),
    (nn.Parallel([[nn.Conv2D(2, 3, padding="same")], [nn.MaxPool2D(1)]]), PICTURES),
    (nn.Parallel([[nn.Select([1]), nn.Embeddings((3,))], [nn.Select([2, 0]), nn.Standardize()]]), [(3,), (4,), (5,)]),
    (
        nn.Parallel(
            [
                [nn.Select([0, 1]), nn.Shared("tower", [nn.Dense(3), nn.Dropout(0.2), nn.BatchNorm(), nn.Tanh()])],
                [nn.Select([2, 1]), nn.Shared("tower")],
                [nn.Select([3, 0]), nn.Tanh(), nn.Shared("tower")],
            ],
            join="add",
        ),
        [(4,), (5,), (7,)],
    ),
    (nn.Parallel([[nn.Shared("code", [nn.Dense(2)]), nn.Tanh(), nn.TiedDense("code")], []]), ROWS),
    (nn.Residual([nn.Shared("code", [nn.Dense(2), nn.Tanh()]), nn.TiedDense("code", use_bias=False)]), ROWS),
    (nn.PeriodicEmbedding(), [(4,), (2,), (7,)]),
    (nn.PeriodicEmbedding(2, frequencies=3, size=2, deviation=0.7), [(2,), (4,), (3,)]),
    (nn.PositionalEncoding(), SEQUENCES),
    (nn.PReLU(), IMAGES),
    (nn.PReLU(shared=False), IMAGES),
    (nn.PReLU(shared=False, axis="last"), [(3, 2), (2, 3), (2, 3, 2)]),
    (nn.PReLU(1.5), IMAGES),
    (nn.PReLU(-0.5, shared=False), IMAGES),
    (nn.RandomFlip(), PICTURES),
    (nn.RandomShift(1), PICTURES),
    (nn.RandomShift(), PICTURES),
    (nn.ReLU(), IMAGES),
    (nn.Rescale(0.5, offset=0.2), IMAGES),
    (nn.Residual([nn.Dense(3), nn.Tanh()]), [(3,), (4,), (1,)]),
    (nn.Residual([nn.Tanh()]), IMAGES),
    (nn.Residual([nn.Conv2D(2, 3, padding="same"), nn.Tanh()]), [(1, 3, 2), (2, 2, 3), (3, 1, 4)]),
    (nn.Residual([nn.Dropout(0.3), nn.BatchNorm(), nn.Residual([nn.Dense(2, trainable=False), nn.Tanh()])]), ROWS),
    (nn.Scale(), IMAGES),
    (nn.Scale(rate=6.0), ROWS),
    (nn.Select([2, 0]), [(3,), (4,), (2, 3)]),
    (nn.Select(["b", "a"], names=["a", "b", "b"]), [(3,), (2, 3), (1, 3)]),
    (nn.SELU(), IMAGES),
    (nn.SelfAttention(2), SEQUENCES),
    (nn.SelfAttention(4, heads=2), SEQUENCES),
    (nn.SelfAttention(3, heads=3), SEQUENCES),
    (nn.Shared("tower", [nn.Dense(3), nn.Tanh()]), ROWS),
    (nn.Shared("tower", [nn.Dense(2), nn.Shared("twice", [nn.Dense(2), nn.Tanh()]), nn.Shared("twice")]), ROWS),
    (nn.Sigmoid(), IMAGES),
    (nn.SiLU(), IMAGES),
    (nn.Softmax(), [(4,), (2,), (2, 3)]),
    (nn.Softplus(), IMAGES),
    (nn.Standardize(), IMAGES),
    (nn.Tanh(), IMAGES),
    (nn.TanhGELU(), IMAGES),
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
            nn.SoftmaxCrossEntropy(),
            nn.SoftmaxCrossEntropy(label_smoothing=0.1),
            nn.SoftmaxCrossEntropy(class_weight="balanced"),
            nn.SoftmaxCrossEntropy(label_smoothing=0.3, class_weight=(0.5, 2.0, 1.5, 3.0, 0.0)[:classes]),
        )
    ]
    + [
        (nn.BinaryCrossEntropy(), shape, targets)
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
        for loss in (nn.MeanSquaredError(), nn.MeanAbsoluteError(), nn.Huber(), nn.Huber(delta=0.4))
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
    nn.SGD(0.1),
    nn.SGD(0.1, momentum=0.9),
    nn.SGD(0.1, momentum=0.9, nesterov=True),
    nn.SGD(0.1, weight_decay=0.1),
    nn.SGD(0.05, momentum=0.5, nesterov=True, weight_decay=0.1),
    nn.Adam(),
    nn.Adam(0.05, beta1=0.8, beta2=0.95, epsilon=0.1),
    nn.Adam(0.05, beta1=0.0, weight_decay=0.1),
    nn.AdamW(),
    nn.AdamW(0.05, beta1=0.8, beta2=0.95, epsilon=0.1, weight_decay=0.3),
    nn.RMSprop(),
    nn.RMSprop(0.05, alpha=0.8, epsilon=0.1, weight_decay=0.1),
    nn.RMSprop(0.005, momentum=0.9),
    nn.LBFGS(),
    nn.LBFGS(memory=1),
    nn.LBFGS(tolerance=1e-8, weight_decay=0.5),
]

SCHEDULES = [
    nn.Cosine(),
    nn.Cosine(warmup=0.2, restarts=2, lengthening=2),
    nn.ExponentialDecay(0.9),
    nn.ExponentialDecay(per="step"),
    nn.OneCycle(),
    nn.ReduceOnPlateau(patience=1, cooldown=1, floor=0.01),
    nn.StepDecay(every=3),
    nn.StepDecay(every=7, per="step"),
]

# Where the checks' own numbers, about ±2, will not do.
SAMPLES = {"Embedding": lambda rng, shape: rng.integers(0, 5, shape)}

# Other values of arguments, where the checks can guess none, or such as have no effect.
VARIANTS = {
    "Columns": lambda shape: {"codes": (*[0] * (shape[0] - 1), 4), "one_hot": 3},
    "Select": lambda shape: {"columns": ("b",), "names": ("a", "b", "c")},
}


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        pytest.param(layer, shape, marks=[pytest.mark.slow] if place else [])
        for layer, shapes in LAYERS
        for place, shape in enumerate(shapes)
    ],
    ids=str,
)
def test_layer(layer, shape, small):
    """On the first shape always, on the others among the slow tests."""
    kind = type(layer).__name__
    variants = VARIANTS[kind](shape) if kind in VARIANTS else None
    worst = check_layer(layer, shape, sample=SAMPLES.get(kind), variants=variants)
    small(worst, f"{layer!r} on {shape}")


@pytest.mark.filterwarnings("ignore:class_weight gives the class 4")
@pytest.mark.parametrize(
    ("loss", "shape", "targets"), LOSSES, ids=[f"{loss!r}-{shape}-{targets.shape}" for loss, shape, targets in LOSSES]
)
def test_loss(loss, shape, targets, small):
    small(check_loss(loss, shape, targets), f"{loss!r} on {shape}")


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_optimizer(optimizer):
    check_optimizer(optimizer)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_schedule(schedule):
    check_schedule(schedule)


@pytest.fixture
def small(record_property):
    """Checks an error of a derivative; of all tests together the worst is said."""

    def check(error, of):
        assert error <= 1e-6
        record_property("worst error of a derivative", (error, of))

    return check


def test_no_public_class_is_missing_from_the_table():
    within = {type(layer).__name__ for outer, _ in LAYERS for _, layer, _ in walk([outer])}
    assert within == set(layers.__all__)
    assert set(layers.__all__) - {type(layer).__name__ for layer, _ in LAYERS} == {"TiedDense"}  # never stands alone
    assert {type(loss).__name__ for loss, *_ in LOSSES} == set(losses.__all__)
    assert {type(optimizer).__name__ for optimizer in OPTIMIZERS} == set(optimizers.__all__)
    assert {type(schedule).__name__ for schedule in SCHEDULES} == set(schedules.__all__)
    fixed = [layer for layer, _ in LAYERS if isinstance(layer, nn.Columns) and layer.codes]  # the codes say the shape
    assert all(len(shapes) >= 3 or layer in fixed for layer, shapes in LAYERS)


def test_every_layer_is_trainable_unless_it_is_told_otherwise():
    for layer, _ in LAYERS:
        arguments = {name: value for name, value in configuration(layer).items() if name != "trainable"}
        assert type(layer)(**arguments).trainable
        assert not type(layer)(**arguments, trainable=False).trainable


def test_every_public_class_can_be_imported_from_the_top():
    for module in (layers, losses, optimizers):
        assert set(module.__all__) <= set(nn.__all__)


@pytest.mark.parametrize("module", [layers, losses, optimizers], ids=lambda module: module.__name__)
def test_every_docstring_names_its_source(module):
    assert not [name for name in module.__all__ if "Source" not in (getattr(module, name).__doc__ or "")]
