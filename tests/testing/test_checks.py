"""Tests of the tester: right layers pass, and each kind of wrong layer is rejected with the right message."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import pytest

from nnlite import SGD, Dense, FullBatchOptimizer, Huber, Layer, ShapeError, SoftmaxCrossEntropy
from nnlite.core.loss import Loss
from nnlite.losses.regression import RegressionLoss
from nnlite.signature import PositiveInt
from nnlite.testing import CheckError, check_layer, check_loss, check_optimizer, jacobian, numerical_jacobian


class Scale(Layer):
    """A right layer, which the wrong ones below are made of."""

    def __init__(self, factor: float = 1.5):
        self.factor = factor

    def build(self, input_shape, rng):
        self.rng = rng
        self.gain = self.add_parameter("gain", input_shape, "ones")
        return input_shape

    def forward(self, x, *, training=False):
        self.x = x
        return x * self.gain.value * self.factor

    def backward(self, dy):
        self.gain.grad = (dy * self.x).sum(axis=0) * self.factor
        return dy * self.gain.value * self.factor


def test_a_right_layer_passes():
    assert check_layer(Scale(), (4,)) < 1e-8


class WrongInputGradient(Scale):
    def backward(self, dy):
        return super().backward(dy) * 1.001


class WrongParameterGradient(Scale):
    def backward(self, dy):
        dx = super().backward(dy)
        self.gain.grad = self.gain.grad / self.factor
        return dx


class OneWrongEntry(Scale):
    def backward(self, dy):
        dx = super().backward(dy)
        dx[0, 2] *= 1.5
        return dx


class ChangesItsInput(Scale):
    def forward(self, x, *, training=False):
        y = super().forward(x.copy(), training=training)
        x += 1
        return y


class ReusesItsOutput(Scale):
    def build(self, input_shape, rng):
        self.outputs = {}
        return super().build(input_shape, rng)

    def forward(self, x, *, training=False):
        y = super().forward(x, training=training)
        kept = self.outputs.setdefault((len(x), y.dtype), np.empty_like(y))
        kept[...] = y
        return kept


class ChangesItsGradient(Scale):
    def backward(self, dy):
        dx = super().backward(dy.copy())
        dy *= 2
        return dx


class IgnoresItsArgument(Scale):
    def __init__(self, factor: float = 1.5, slope: float = 0.1):
        self.factor = factor
        self.slope = slope


class ForgetsTraining(Scale):
    def forward(self, x):
        self.x = x
        return x * self.gain.value * self.factor


class AlwaysTrains(Scale):
    def forward(self, x, *, training=False):
        return super().forward(x + self.rng.normal(size=x.shape), training=training)


class UsesTheBatchsMean(Scale):
    def forward(self, x, *, training=False):
        return super().forward(x - x.mean(axis=0), training=training)

    def backward(self, dy):
        dx = super().backward(dy)
        return dx - dx.mean(axis=0)


class Accumulates(Scale):
    def backward(self, dy):
        before = self.gain.grad.copy()
        dx = super().backward(dy)
        self.gain.grad = self.gain.grad + before
        return dx


class Upcasts(Scale):
    def forward(self, x, *, training=False):
        return super().forward(x, training=training) * np.ones(4)


class WrongShape(Scale):
    def build(self, input_shape, rng):
        super().build(input_shape, rng)
        return (*input_shape[:-1], input_shape[-1] + 1)


class RaisesAnything(Scale):
    def build(self, input_shape, rng):
        (inputs,) = input_shape
        return super().build((inputs,), rng)


class NamesNothing(Scale):
    def build(self, input_shape, rng):
        if len(input_shape) != 1:
            raise ShapeError("wrong shape")
        return super().build(input_shape, rng)


class LosesItsState(Scale):
    def build(self, input_shape, rng):
        self.mean = np.zeros(input_shape)
        return super().build(input_shape, rng)

    def adapt(self, x):
        self.mean = x.mean(axis=0) + 1

    def forward(self, x, *, training=False):
        return super().forward(x - self.mean.astype(x.dtype), training=training)


class KeepsNoArgument(Scale):
    def __init__(self, factor: float = 1.5):
        self.factor = factor * 2


class LearnsInPrediction(Scale):
    def build(self, input_shape, rng):
        self.add_statistic("count", (1,))
        return super().build(input_shape, rng)

    def forward(self, x, *, training=False):
        self.statistics["count"] = self.statistics["count"] + 1
        return super().forward(x, training=training)


class NeedsContiguousRows(Scale):
    def forward(self, x, *, training=False):
        wrong = x if x.flags.c_contiguous else x[::-1]
        return super().forward(wrong, training=training)


class Untellable(Scale):
    def __init__(self, kind: str = "plain"):
        self.kind = kind
        self.factor = 1.5


class ScribblesAndCounts(Scale):
    """It writes into an array of its own and counts, which no later pass reads."""

    def forward(self, x, *, training=False):
        if getattr(self, "scratch", np.empty(0)).shape != x.shape:
            self.scratch, self.calls = np.empty(x.shape), 0
        return super().forward(x, training=training)

    def backward(self, dy):
        self.calls += 1
        self.scratch[...] = dy * self.calls
        return super().backward(dy)


def test_an_array_that_no_later_pass_reads_may_change():
    assert check_layer(ScribblesAndCounts(), (4,)) < 1e-8


class KeepsOnItsClass(Scale):
    kept: ClassVar[list[np.ndarray]] = []

    def forward(self, x, *, training=False):
        self.kept.append(x)
        return super().forward(x, training=training)

    def backward(self, dy):
        self.x = self.kept[-1]
        return super().backward(dy)


class KeepsInAnInnerList(KeepsOnItsClass):
    def build(self, input_shape, rng):
        self.lists = {"x": []}
        return super().build(input_shape, rng)

    @property
    def kept(self):
        return self.lists["x"]


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (
            WrongInputGradient,
            r"∂y/∂x \(prediction, batch of 3, \S+ input\) differs for the output in row 0, feature 1, by",
        ),
        (
            WrongParameterGradient,
            r"∂y/∂gain .* differs for the output in row 1, feature 3, by gain\[3\]: .*, expected .* \(12 of 48",
        ),
        (OneWrongEntry, r"∂y/∂x .* \(1 of 144 entries are wrong\)"),
        (ChangesItsInput, r"forward changes its input x: in row 0, feature 0 from .* to "),
        (ReusesItsOutput, r"forward must return a new array each time"),
        (ChangesItsGradient, r"backward changes the gradient dy .*: in row 0, feature 0 from 1 to 2"),
        (IgnoresItsArgument, r"argument 'slope' has no effect: 0.1, 0.15 and 0.4 give the same"),
        (ForgetsTraining, r"forward must take the keyword `training`"),
        (AlwaysTrains, r"a second prediction \(does it forget `training`\?\) differs in row 2, feature 0: "),
        (
            UsesTheBatchsMean,
            r"against its rows one by one \(does it forget `training`\?\), differs in row 0, feature 1: ",
        ),
        (Accumulates, r"backward does not assign gain.grad, or only a part of it, or adds to it"),
        (Upcasts, r"the output is float64 for a float32 input"),
        (WrongShape, r"build returned \(5,\), but 2 rows give an output of \(2, 4\)"),
        (RaisesAnything, r"build\(\(2, 3\)\) raises ValueError .* it must raise ShapeError"),
        (NamesNothing, r"the ShapeError for an input of shape \(2, 3\) must name that shape"),
        (LosesItsState, r"adapt changes self.mean, an array that is no statistic, so that no file keeps it"),
        (KeepsNoArgument, r"made again from its arguments"),
        (LearnsInPrediction, r"statistic 'count' after a prediction differs"),
        (NeedsContiguousRows, r"∂y/∂\w+ \(prediction, batch of 3, \S+ input"),
        (KeepsOnItsClass, r"gain.grad beside another layer of its class .* not on the class"),
        (KeepsInAnInnerList, r"gain.grad in two places of a model, by Shared .* nor within another object"),
        (Untellable, r"no other value for argument 'kind' can be guessed; pass variants="),
    ],
)
def test_a_wrong_layer_is_rejected_with_the_right_message(layer, text):
    with pytest.raises(CheckError, match=text) as caught:
        check_layer(layer(), (4,))
    assert layer.__name__ in str(caught.value)


class IgnoresItsPair(Scale):
    def __init__(self, sizes: Sequence[int] = (3, 4)):
        self.sizes = sizes
        self.factor = 1.5


class IgnoresItsNumberOrNone(Scale):
    def __init__(self, stride: int | None = None):
        self.stride = stride
        self.factor = 1.5


class IgnoresItsNumberOrName(Scale):
    def __init__(self, padding: Literal["same"] | PositiveInt = "same"):
        self.padding = padding
        self.factor = 1.5


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (IgnoresItsPair, r"argument 'sizes' has no effect: \(3, 4\) and \(3, 5\) give the same"),
        (IgnoresItsNumberOrNone, r"argument 'stride' has no effect: None, 1 and 2 give the same"),
        (IgnoresItsNumberOrName, r"argument 'padding' has no effect: 'same', 1 and 2 give the same"),
    ],
)
def test_other_values_of_sizes_are_guessed(layer, text):
    with pytest.raises(CheckError, match=text):
        check_layer(layer(), (4,))


def test_an_argument_that_is_idle_under_another_number_counts():
    class Dilated(Scale):
        def __init__(self, size: PositiveInt = 1, step: PositiveInt = 1):
            self.size, self.step = size, step
            self.factor = 1.0 + step * (size - 1)

    assert check_layer(Dilated(), (4,)) < 1e-8


def test_variants_show_what_an_argument_does():
    class Kind(Scale):
        def __init__(self, kind: str = "plain"):
            self.kind = kind
            self.factor = 1.5 if kind == "plain" else 2.0

    assert check_layer(Kind(), (4,), variants={"kind": "double"}) < 1e-8
    with pytest.raises(CheckError, match="argument 'kind' has no effect"):
        check_layer(Untellable(), (4,), variants={"kind": "other"})


def test_the_jacobian_of_a_dense_layer_is_its_weight(rng):
    from nnlite import Sequential

    layer = Dense(2)
    Sequential([layer]).build((3,), dtype="float64")
    x = rng.normal(size=(1, 3))
    assert np.allclose(jacobian(layer, x), layer.weight.value.T)
    assert np.allclose(numerical_jacobian(layer, x), layer.weight.value.T, atol=1e-9)
    assert np.allclose(jacobian(layer, x, by=layer.weight), np.kron(x, np.eye(2)).reshape(2, 6, order="A"))


class HalfLoss(SoftmaxCrossEntropy):
    def backward(self):
        return super().backward() / 2


class SummedLoss(SoftmaxCrossEntropy):
    def forward(self, outputs, targets, sample_weight=None):
        return super().forward(outputs, targets, sample_weight) * len(outputs)

    def backward(self):
        return super().backward() * self.targets.shape[1]


class UnweightedLoss(SoftmaxCrossEntropy):
    def forward(self, outputs, targets, sample_weight=None):
        return super().forward(outputs, targets)


class Hinge(Loss):
    """L = mean of max(0, 1 − t·z), with t = ±1: its gradient is 0 in places, and its targets are no probabilities."""

    def encode(self, targets, output_shape):
        return np.sign(np.reshape(targets, (-1, 1)) - 0.5)

    def forward(self, outputs, targets, sample_weight=None):
        self.targets, self.open, self.dtype = targets, targets * outputs < 1, outputs.dtype
        weights = np.ones(len(outputs)) if sample_weight is None else sample_weight
        self.weight = float(weights.sum())
        self.share = weights[:, None] / (self.weight or 1)
        return float((np.maximum(0, 1 - targets * outputs.astype(np.float64)) * self.share).sum())

    def backward(self):
        return (-self.targets * self.open * self.share).astype(self.dtype)

    def predict(self, outputs):
        return np.concatenate([outputs < 0, outputs >= 0], axis=1).astype(outputs.dtype)


class Gaussian(Loss):
    """−log of the density of a normal distribution, of which the model gives the mean and the log variance.

    It has negative values too, and outputs that are no predictions.
    """

    task = "regression"

    def encode(self, targets, output_shape):
        return np.asarray(targets, np.float64)

    def forward(self, outputs, targets, sample_weight=None):
        self.z, self.dtype = outputs.astype(np.float64), outputs.dtype
        self.away = self.z[:, 0] - targets
        weights = np.ones(len(outputs)) if sample_weight is None else sample_weight
        self.weight = float(weights.sum())
        self.share = weights / (self.weight or 1)
        return float((self.z[:, 1] + self.away**2 * np.exp(-self.z[:, 1])) @ self.share / 2)

    def backward(self):
        precise = np.exp(-self.z[:, 1])
        slopes = [self.away * precise, (1 - self.away**2 * precise) / 2]
        return (np.stack(slopes, axis=1) * self.share[:, None]).astype(self.dtype)

    def predict(self, outputs):
        return outputs[:, 0]


class Asymmetric(RegressionLoss):
    """A hundred times as dear below the target as above it, and only beyond a distance."""

    def __init__(self, free: float = 9.0):
        self.free = free

    def costs(self, difference):
        return difference * self.slopes(difference) - self.free * np.abs(self.slopes(difference))

    def slopes(self, difference):
        return np.where(np.abs(difference) < self.free, 0.0, np.where(difference < 0, -1.0, 0.01))


@pytest.mark.parametrize(
    ("loss", "shape", "targets"),
    [
        (Hinge(), (1,), [0, 1, 1, 0]),
        (Gaussian(), (2,), [3.0, -1.0, 0.5, 20.0]),
        (Gaussian(), (2,), [-3e-3, 1e-3, 0.0, 1e-3]),
        (Asymmetric(), (1,), [3.0, -1.0, 0.5, 7.0]),
        (SoftmaxCrossEntropy(label_smoothing=0.99), (3,), [0, 2, 1, 1]),
        (Huber(delta=12), (1,), [3.0, -1.0, 0.5, 7.0]),
    ],
    ids=repr,
)
def test_right_losses_of_other_kinds_pass(loss, shape, targets):
    assert check_loss(loss, shape, np.array(targets)) < 1e-6


class Scaled(SoftmaxCrossEntropy):
    def __init__(self, scale: Sequence[float] = (1.0, 2.0), kind: str = "plain"):
        super().__init__()
        self.scale, self.kind = scale, kind


def test_an_argument_of_a_loss_whose_values_cannot_be_guessed_is_asked_for():
    class Named(Scaled):
        def predict(self, outputs):
            return super().predict(outputs) * self.scale[1] * len(self.kind)

    targets = np.array([0, 2, 1, 1])
    with pytest.raises(CheckError, match=r"pass variants=\{'kind': another valid value\}"):
        check_loss(Named(), (3,), targets)
    assert check_loss(Named(), (3,), targets, variants={"kind": "other than that"}) < 1e-6
    with pytest.raises(
        CheckError, match=r"'scale' has no effect: \(1.0, 2.0\) and \(1.0, 3.0\) give the same losses"
    ):
        check_loss(Scaled(), (3,), targets)


class LeavesOut(SoftmaxCrossEntropy):
    """Rows of one class are left out; the classes of the targets under test are 0 to 2."""

    def __init__(self, ignored: int = -100):
        super().__init__()
        self.ignored = ignored

    def weights(self, targets, sample_weight=None):
        counts = np.asarray(targets != self.ignored, np.float64)
        return counts if sample_weight is None else counts * sample_weight

    def forward(self, outputs, targets, sample_weight=None):
        return super().forward(outputs, targets, self.weights(targets, sample_weight))


def test_an_argument_whose_guessed_values_are_too_near_is_shown_by_variants():
    targets = np.array([0, 2, 1, 1])
    with pytest.raises(CheckError, match=r"if a value further away has one, pass variants=\{'ignored': such a value"):
        check_loss(LeavesOut(), (3,), targets)
    assert check_loss(LeavesOut(), (3,), targets, variants={"ignored": 1}) < 1e-6


class ForgetfulLoss(SoftmaxCrossEntropy):
    def encode(self, targets, output_shape):
        targets[0] = 0
        return super().encode(targets, output_shape)


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (HalfLoss, "the gradient .* differs at index"),
        (SummedLoss, "the batch's loss, against the mean of its rows', differs"),
        (UnweightedLoss, "weight"),
    ],
)
def test_a_wrong_loss_is_rejected(loss, text):
    with pytest.raises(CheckError, match=text):
        check_loss(loss(), (3,), np.array([0, 2, 1, 1]))
    assert issubclass(loss, Loss)


class BatchFigure(SoftmaxCrossEntropy):
    def row_figures(self, outputs, targets):
        return {"margin": outputs[:, 0] - outputs.mean()}


class NumpyFigure(SoftmaxCrossEntropy):
    def metrics(self, means):
        return {"accuracy": np.float32(means["accuracy"])}


class LateStatistics(SoftmaxCrossEntropy):
    def adapt(self, targets):
        self.statistics["counts"] = np.bincount(targets)


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (BatchFigure, "the row figure 'margin', against that of its rows alone, differs"),
        (NumpyFigure, "the metric 'accuracy' is a float32; expected a float"),
        (LateStatistics, "adapt leaves the statistics .*counts.*; build declared {}"),
    ],
)
def test_a_loss_with_wrong_figures_or_state_is_rejected(loss, text):
    with pytest.raises(CheckError, match=text):
        check_loss(loss(), (3,), np.array([0, 2, 1, 1]))


def test_a_loss_that_changes_the_users_targets_is_rejected():
    with pytest.raises(CheckError, match="the user's targets after encode differs"):
        check_loss(ForgetfulLoss(), (3,), np.array([1, 2, 1, 1]))


class DecaysAll(SGD):
    def update(self, values, grads, decayed, learning_rate, *memory):
        super().update(values, grads, len(values), learning_rate, *memory)


class OwnRate(SGD):
    def update(self, values, grads, decayed, learning_rate, *memory):
        super().update(values, grads, decayed, self.learning_rate, *memory)


class Climbs(SGD):
    def update(self, values, grads, decayed, learning_rate, *memory):
        super().update(values, grads, decayed, -learning_rate, *memory)


class GrowsWeights(SGD):
    def update(self, values, grads, decayed, learning_rate, *memory):
        grads = grads.copy()
        grads[:decayed] -= 2 * self.weight_decay * values[:decayed]
        super().update(values, grads, decayed, learning_rate, *memory)


class HidesItsState(SGD):
    def update(self, values, grads, decayed, learning_rate, *memory):
        self.hidden = getattr(self, "hidden", 0) + 1
        super().update(values, grads, decayed, learning_rate / self.hidden, *memory)


class ScalesByTheBlock(SGD):
    def update(self, values, grads, decayed, learning_rate, *memory):
        super().update(values, grads / np.abs(grads).max(), decayed, learning_rate, *memory)


class CountsNothing(SGD):
    def step(self, parameters, learning_rate=None):
        super().step(parameters, learning_rate)
        self.steps = 0


@pytest.mark.parametrize(
    ("optimizer", "text"),
    [
        (DecaysAll, "weight_decay changes biases"),
        (OwnRate, "does not use the learning rate"),
        (Climbs, "lead up"),
        (GrowsWeights, "weight_decay makes weights larger"),
        (HidesItsState, "self.hidden changes while it runs, but is no part of its state"),
        (ScalesByTheBlock, "treats two blocks of the vector in another way than the whole"),
        (CountsNothing, "steps is 0 after 10 steps"),
    ],
)
def test_a_wrong_optimizer_is_rejected(optimizer, text):
    with pytest.raises(CheckError, match=text):
        check_optimizer(optimizer(0.1, momentum=0.9))


class Descends(FullBatchOptimizer):
    """Goes down by steps of a fixed length, until the gradient is small; the mistakes below are made in it."""

    def __init__(self, weight_decay: float = 0.0):
        self.weight_decay = weight_decay

    def minimize(self, function, parameters, iterations, after_iteration):
        for _ in range(iterations):
            function()
            gradient = parameters.grads.copy()
            gradient[: self.decayed(parameters)] += self.weight_decay * parameters.values[: self.decayed(parameters)]
            if np.abs(gradient).max() < 1e-4:
                return self.word
            parameters.values -= self.rate * gradient
            if not after_iteration() and not self.deaf:
                return None
        return None

    rate, deaf, word = 0.1, False, "converged"

    def decayed(self, parameters):
        return parameters.decayed


class TooFar(Descends):
    rate = 0.2


class NeverThere(Descends):
    rate = 1e-4


class Deaf(Descends):
    deaf = True


class SaysNothing(Descends):
    word = None


class DecaysAllOfIt(Descends):
    def decayed(self, parameters):
        return parameters.values.size


class IgnoresItsMemory(Descends):
    def __init__(self, weight_decay: float = 0.0, memory: PositiveInt = 10):
        self.weight_decay, self.memory = weight_decay, memory


class FallsOnAnError(Descends):
    def minimize(self, function, parameters, iterations, after_iteration):
        def and_then():
            try:
                return after_iteration()
            except InterruptedError:
                parameters.values += 1
                raise

        return super().minimize(function, parameters, iterations, and_then)


class Draws(Descends):
    def minimize(self, function, parameters, iterations, after_iteration):
        parameters.values += 1e-3 * np.random.default_rng().normal(size=parameters.values.size)
        return super().minimize(function, parameters, iterations, after_iteration)


def test_a_right_full_batch_optimizer_passes():
    check_optimizer(Descends())
    check_optimizer(Descends(weight_decay=0.5))


@pytest.mark.parametrize(
    ("optimizer", "text"),
    [
        (TooFar, "the loss rises|200 iterations lead to"),
        (NeverThere, "the bottom of a bowl is at .* but 200 iterations lead to"),
        (SaysNothing, "the bottom of a bowl is at"),
        (Deaf, "makes .* iterations where it may make 2"),
        (DecaysAllOfIt, "with a weight_decay of 3 it ends elsewhere"),
        (IgnoresItsMemory, "argument 'memory' has no effect: 10, 11 and 9 give the same path"),
        (FallsOnAnError, "after an error it does not leave the best point"),
        (Draws, "the same start gives another path"),
    ],
)
def test_a_wrong_full_batch_optimizer_is_rejected(optimizer, text):
    with pytest.raises(CheckError, match=text):
        check_optimizer(optimizer())
