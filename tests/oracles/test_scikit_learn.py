"""scikit-learn's MLPClassifier as an oracle: from its starting weights and its batches, nnlite learns the same.

Both are driven by plain stochastic gradient descent, with the same weights and biases at the start, the same
order of the rows in every epoch, and the same L2 term. Then the loss of every epoch and the weights at the end
are those of scikit-learn, to rounding, as long as the learning rate is constant; after a change of it the two
formulas for momentum part, and the last tests show by how much and why.
"""

import math
import warnings
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils import check_random_state, gen_batches, shuffle
from threadpoolctl import threadpool_limits

from nnlite import SGD, Dense, ReLU, Sequential, Sigmoid, SoftmaxCrossEntropy, Tanh

# As in scikit-learn's example "Compare Stochastic learning strategies for MLPClassifier".
HIDDEN, RATE, SEED = 100, 0.2, 0
EPOCHS = {"iris": 400, "digits": 15}
TOLERANCE, PATIENCE = 1e-4, 10  # MLPClassifier's defaults

ACTIVATIONS = {"relu": ReLU, "tanh": Tanh, "logistic": Sigmoid}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Matrices this small gain nothing from threads, which wait long for each other on a busy machine."""
    with threadpool_limits(1):
        yield


class Run(NamedTuple):
    """What a training leaves: the loss of every epoch, and the weights and biases at its end, layer by layer."""

    losses: list[float]
    weights: list[np.ndarray]
    biases: list[np.ndarray]


@cache
def rows(name):
    """Features between 0 and 1, and class indices."""
    x, y = {"iris": load_iris, "digits": load_digits}[name](return_X_y=True)
    return MinMaxScaler().fit_transform(x), y


def train_scikit_learn(name, *, momentum=0.9, nesterov=False, activation="relu", alpha=1e-4, epochs=None, **options):
    classifier = MLPClassifier(
        HIDDEN,
        activation,
        solver="sgd",
        learning_rate_init=RATE,
        momentum=momentum,
        nesterovs_momentum=nesterov,
        alpha=alpha,
        max_iter=epochs or EPOCHS[name],
        random_state=SEED,
        **options,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping after a number of epochs is what we want
        classifier.fit(*rows(name))
    return Run(classifier.loss_curve_, classifier.coefs_, classifier.intercepts_)


@cache
def train_nnlite(name, *, momentum=0.9, nesterov=False, activation="relu", alpha=1e-4, epochs=None, rates=None):
    """The same training by nnlite's three calls; `rates` gives the learning rate of every epoch."""
    x, y = rows(name)
    draws, order = check_random_state(SEED), np.arange(len(x))
    model = Sequential([Dense(HIDDEN), ACTIVATIONS[activation](), Dense(y.max() + 1), SoftmaxCrossEntropy()])
    model.build(x.shape[1:], dtype="float64")
    dense = (model.layers[0], model.layers[2])
    for layer in dense:
        start_like_scikit_learn(layer, draws, activation)
    optimizer = SGD(RATE, momentum=momentum, nesterov=nesterov)
    losses = []
    for rate in [RATE] * (epochs or EPOCHS[name]) if rates is None else rates:
        order = shuffle(order, random_state=draws)
        losses.append(train_epoch(model, optimizer, rate, x[order], y[order], alpha))
        if rates is None and has_converged(losses):
            break
    return Run(losses, [layer.weight.value for layer in dense], [layer.bias.value for layer in dense])


def start_like_scikit_learn(layer, draws, activation):
    """Glorot's uniform initialization, of the bias as well; a third of the variance before a logistic function."""
    inputs, units = layer.weight.shape
    bound = math.sqrt((2 if activation == "logistic" else 6) / (inputs + units))
    layer.weight.value = draws.uniform(-bound, bound, (inputs, units))
    layer.bias.value = draws.uniform(-bound, bound, units)


def train_epoch(model, optimizer, rate, x, y, alpha):
    """The mean over the rows of the loss, with scikit-learn's L2 term: α/2 · Σ weights² / rows of the batch.

    The gradient of that term is (α / rows of the batch) · weight, so the weight decay is another for the last
    batch of an epoch, which has fewer rows. Neither side decays biases.
    """
    total = 0.0
    for batch in gen_batches(len(x), min(200, len(x))):
        size = batch.stop - batch.start
        decayed = model.parameters.values[: model.parameters.decayed]
        penalty = alpha / 2 * (decayed @ decayed) / size
        total += size * (model.loss(x[batch], y[batch], training=True) + penalty)
        model.backward()
        optimizer.weight_decay = alpha / size
        optimizer.step(model.parameters, rate)
    return total / len(x)


def has_converged(losses):
    """Whether each of the last 11 epochs failed to beat the best loss before it by the tolerance."""
    if len(losses) <= PATIENCE + 1:
        return False
    recent = range(len(losses) - PATIENCE - 1, len(losses))
    return all(losses[epoch] > min(losses[:epoch]) - TOLERANCE for epoch in recent)


def farthest(mine, theirs):
    """The largest difference between two lists of numbers or arrays."""
    return max(float(np.abs(a - b).max()) for a, b in zip(mine, theirs, strict=True))


def short(case):
    return " ".join(f"{key}={value}" for key, value in case.items()).replace("name=", "")


CASES = [
    {"name": name, "momentum": momentum, "nesterov": nesterov}
    for name in EPOCHS
    for momentum, nesterov in ((0.0, False), (0.9, False), (0.9, True))
] + [
    {"name": "digits", "activation": "tanh", "epochs": 3},
    {"name": "digits", "activation": "logistic", "epochs": 3},
    {"name": "digits", "alpha": 1.0, "epochs": 3},  # an L2 term that is felt, with a smaller last batch
]


@pytest.mark.parametrize("case", CASES, ids=short)
def test_training_is_that_of_scikit_learn(case, record_property):
    mine, theirs = train_nnlite(**case), train_scikit_learn(**case)
    assert len(mine.losses) == len(theirs.losses)
    of_losses = farthest(mine.losses, theirs.losses)
    of_parameters = farthest(mine.weights + mine.biases, theirs.weights + theirs.biases)
    what = f"scikit-learn, {short(case)}, {len(mine.losses)} epochs"
    record_property("said", f"{what}: losses to {of_losses:.1e}, parameters to {of_parameters:.1e}")
    assert of_losses < 1e-9
    assert of_parameters < 1e-9


@pytest.mark.parametrize(
    ("name", "momentum", "epochs", "published"),
    [
        ("iris", 0.0, 400, 0.096950),
        ("iris", 0.9, 139, 0.049530),
        ("digits", 0.0, 15, 0.243802),
        ("digits", 0.9, 15, 0.041297),
    ],
)
def test_the_published_losses_of_scikit_learns_example(name, momentum, epochs, published, record_property):
    """From scikit-learn's gallery, "constant learning-rate" and "constant with momentum"."""
    losses = train_nnlite(name=name, momentum=momentum, nesterov=False).losses
    record_property(
        "said",
        f"{name}, momentum {momentum}: loss {losses[-1]:.6f} after {len(losses)} epochs, published {published}",
    )
    assert len(losses) == epochs
    assert losses[-1] == pytest.approx(published, abs=1e-5)


def test_after_a_change_of_the_learning_rate_the_formulas_for_momentum_part(record_property):
    """nnlite, as PyTorch, multiplies the whole velocity by today's rate; scikit-learn's holds the rates of old.

        nnlite        v ← μ·v + g         p ← p − η·v
        scikit-learn  u ← μ·u − η·g       p ← p + u

    While η is constant, u = −η·v, and the two are one. If η₁ becomes η₂ after the first step, whose gradient is v,
    then the second steps differ by μ·(η₁ − η₂)·v, and by nothing else.
    """
    first, second, momentum = RATE, 0.8 * RATE, 0.9
    power = math.log(first / second) / math.log(len(rows("iris")[0]) + 1)  # its rate falls as (rows seen + 1)^power
    falling = {"learning_rate": "invscaling", "power_t": power, "alpha": 0.0}
    start, mine_1, mine_2 = (
        flat(train_nnlite("iris", alpha=0.0, rates=rates)) for rates in ((), (first,), (first, second))
    )
    theirs_1, theirs_2 = (flat(train_scikit_learn("iris", epochs=epochs, **falling)) for epochs in (1, 2))
    assert np.abs(mine_1 - theirs_1).max() < 1e-12
    velocity = (start - mine_1) / first
    apart = mine_2 - theirs_2
    step, their_step = np.linalg.norm(mine_2 - mine_1), np.linalg.norm(theirs_2 - theirs_1)
    record_property(
        "said",
        f"momentum after a rate of 0.2 became 0.16: nnlite's step is {step / their_step:.3f} of scikit-learn's",
    )
    assert np.abs(apart).max() > 1e-4
    assert np.abs(apart - momentum * (first - second) * velocity).max() < 1e-12


def flat(run):
    return np.concatenate([array.ravel() for array in run.weights + run.biases])


def test_with_a_settled_velocity_the_step_after_the_change_is_18_percent_shorter():
    """Under a gradient of 1, v settles at 1/(1 − 0.9) = 10. When η falls from 0.1 to 0.08, the next step is

    0.08·10 = 0.8 in nnlite, and in scikit-learn 0.9·(0.1·10) + 0.08 = 0.98: there the larger old rate lives on.
    """
    optimizer, place, velocity, theirs = SGD(momentum=0.9), np.zeros(1), np.zeros(1), 0.0
    for rate in [0.1] * 500 + [0.08]:
        before = place[0]
        optimizer.update(place, np.ones(1), 1, rate, velocity)
        theirs = 0.9 * theirs - rate
    assert place[0] - before == pytest.approx(-0.8)
    assert theirs == pytest.approx(-0.98)
    assert (place[0] - before) / theirs == pytest.approx(1 - 0.18, abs=0.005)


def test_a_certain_mistake_costs_what_it_costs_and_is_not_clipped():
    """scikit-learn clips probabilities at 2.2e-16 before their logarithm: no row costs more than 36.04 there."""
    assert SoftmaxCrossEntropy().forward(np.array([[0.0, 1e4]]), np.array([0])) == 1e4
    assert log_loss([0], [[0.0, 1.0]], labels=[0, 1]) == pytest.approx(36.04, abs=0.01)
