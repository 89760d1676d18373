"""Mistakes that somebody who extends nnlite can make, one by one: a public check must name the cause of each.

Right extensions stand at the top of each section, and pass; the wrong ones under them differ by one mistake. The
table of mistakes and sentences is kept in docs/mistaken-extensions.md.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import ClassVar

import numpy as np
import pytest

import nnlite as nn
from nnlite.core.chain import Chain
from nnlite.losses.labels import encode
from nnlite.signature import Fraction, NonNegativeFloat, PositiveFloat, PositiveInt
from nnlite.testing import check_callback, check_layer, check_loss, check_metric, check_optimizer, check_schedule
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "mistaken-extensions.md"

LABELS = np.array([0, 2, 1, 1, 0, 2])


@dataclass
class Mistake:
    """A mistaken extension, the call that must refuse it, and words of the sentence that it must be refused with."""

    kind: str
    what: str
    call: Callable[[], object]
    said: str


MISTAKES: list[Mistake] = []
RIGHT: dict[str, Callable[[], object]] = {}

CHECKS: dict[str, Callable[[type], Callable[[], object]]] = {
    "layer": lambda cls: lambda: check_layer(cls(), (4,)),
    "container": lambda cls: lambda: check_layer(cls([nn.Dense(3), nn.Tanh()]), (4,)),
    "loss": lambda cls: lambda: check_loss(cls(), (3,), LABELS),
    "optimizer": lambda cls: lambda: check_optimizer(cls(0.1)),
    "schedule": lambda cls: lambda: check_schedule(cls()),
    "metric": lambda cls: lambda: check_metric(cls()),
    "callback": lambda cls: lambda: check_callback(cls()),
}


def right(cls):
    """A decorator: the extension is right, and its kind's check passes."""
    RIGHT[cls.__name__] = CHECKS[kind_of(cls)](cls)
    return cls


def mistake(said):
    """A decorator: the extension is wrong, as its docstring says; its kind's check says so in these words."""

    def register(cls):
        kind, cls.__name__ = kind_of(cls), cls.__mro__[1].__name__
        MISTAKES.append(Mistake(kind, cls.__doc__, CHECKS[kind](cls), said))
        return cls

    return register


def kind_of(cls):
    if issubclass(cls, nn.Layer):
        return "container" if "layers" in signature(cls).parameters else "layer"
    kinds = {"loss": nn.Loss, "optimizer": nn.Optimizer, "schedule": nn.Schedule, "metric": nn.Metric}
    kinds["callback"] = nn.Callback
    return next(kind for kind, base in kinds.items() if issubclass(cls, base))


# Layers


@right
class Swish(nn.Layer):
    """y = x·σ(β·x), with one trained β for each feature."""

    def __init__(self, start: PositiveFloat = 1.0):
        self.start = start

    def build(self, input_shape, rng):
        self.beta = self.add_parameter("beta", input_shape, lambda rng, shape, *fan: np.full(shape, self.start))
        return input_shape

    def forward(self, x, *, training=False):
        gate = 1 / (1 + np.exp(-self.beta.value * x))
        if training or self.passes_gradient:
            self.x, self.gate = x, gate
        return x * gate

    def backward(self, dy):
        slope = self.x * self.gate * (1 - self.gate)
        self.beta.grad = (dy * slope * self.x).sum(axis=0)
        return dy * (self.gate + self.beta.value * slope)


@mistake(r"∂y/∂x .* differs")
class _(Swish):
    """the derivative leaves out the product rule"""

    def backward(self, dy):
        super().backward(dy)
        return dy * self.gate


@mistake(r"∂y/∂beta .* differs")
class _(Swish):
    """the gradient of a parameter is of another parameter's formula"""

    def backward(self, dy):
        dx = super().backward(dy)
        self.beta.grad = (dy * self.gate).sum(axis=0)
        return dx


@mistake(r"beta.grad has shape \(4,\), but was given an array of shape \(\d+, 4\)")
class _(Swish):
    """the gradient of a parameter is not summed over the batch"""

    def backward(self, dy):
        self.beta.grad = dy * self.x
        return dy


@mistake(r"beta.grad has shape \(4,\), but was given an array of shape \(\)")
class _(Swish):
    """the gradient of a parameter is summed to one number"""

    def backward(self, dy):
        self.beta.grad = (dy * self.x).sum()
        return dy


@mistake("∂y/∂beta .* differs")
class _(Swish):
    """the gradient of a parameter is the mean over the batch, which the loss has taken already"""

    def backward(self, dy):
        dx = super().backward(dy)
        self.beta.grad = self.beta.grad / len(dy)
        return dx


@mistake("backward does not assign beta.grad, or only a part of it, or adds to it")
class _(Swish):
    """backward adds to the gradient"""

    def backward(self, dy):
        before = self.beta.grad.copy()
        dx = super().backward(dy)
        self.beta.grad += before
        return dx


@mistake("backward does not assign beta.grad")
class _(Swish):
    """backward writes no gradient"""

    def backward(self, dy):
        slope = self.x * self.gate * (1 - self.gate)
        return dy * (self.gate + self.beta.value * slope)


@mistake("backward does not assign beta.grad, or only a part of it")
class _(Swish):
    """backward writes the gradient of some features alone"""

    def backward(self, dy):
        slope = self.x * self.gate * (1 - self.gate)
        self.beta.grad[:2] = (dy * slope * self.x).sum(axis=0)[:2]
        return dy * (self.gate + self.beta.value * slope)


@mistake("in the place of the parameter self.beta: assign the gradient to its grad")
class _(Swish):
    """the gradient is assigned to the parameter's attribute, which is then no parameter any more"""

    def backward(self, dy):
        slope = self.x * self.gate * (1 - self.gate)
        self.beta = (dy * slope * self.x).sum(axis=0)
        return dy * self.gate


@mistake("backward gives a NoneType, expected an array")
class _(Swish):
    """backward returns nothing"""

    def backward(self, dy):
        super().backward(dy)


@mistake(r"forward gives a NoneType, expected an array")
class _(Swish):
    """forward returns nothing"""

    def forward(self, x, *, training=False):
        super().forward(x, training=training)


@mistake("build must return the output's shape without the batch axis, .* it returned None")
class _(Swish):
    """build returns nothing"""

    def build(self, input_shape, rng):
        super().build(input_shape, rng)


@mistake(r"build must return .* it returned \[4\]")
class _(Swish):
    """build returns a list"""

    def build(self, input_shape, rng):
        return list(super().build(input_shape, rng))


@mistake(r"build returned \(1, 4\), but 2 rows give an output of \(2, 4\)")
class _(Swish):
    """build counts the batch axis"""

    def build(self, input_shape, rng):
        return (1, *super().build(input_shape, rng))


@mistake("forward must take the keyword `training`")
class _(Swish):
    """forward does not take `training`"""

    def forward(self, x):
        return super().forward(x, training=True)


@mistake("forward must take the keyword `training`")
class _(Swish):
    """`training` is True by default"""

    def forward(self, x, *, training=True):
        return super().forward(x, training=training)


@mistake("forward changes its input x")
class _(Swish):
    """the activation works in place"""

    def forward(self, x, *, training=False):
        y = super().forward(x.copy(), training=training)
        x[...] = y
        return y


@mistake("backward changes the gradient dy")
class _(Swish):
    """backward works in place"""

    def backward(self, dy):
        dx = super().backward(dy.copy())
        dy[...] = dx
        return dy


@mistake("forward must return a new array each time")
class _(Swish):
    """forward returns the same buffer each time"""

    def forward(self, x, *, training=False):
        y = super().forward(x, training=training)
        if getattr(self, "buffer", np.empty(0)).shape != y.shape or self.buffer.dtype != y.dtype:
            self.buffer = np.empty_like(y)
        self.buffer[...] = y
        return self.buffer


@mistake("the output is float64 for a float32 input")
class _(Swish):
    """a NumPy array of float64 turns float32 into float64"""

    def forward(self, x, *, training=False):
        return super().forward(x, training=training) * np.ones(4)


@mistake("the input's gradient is float64")
class _(Swish):
    """the gradient becomes float64"""

    def backward(self, dy):
        return super().backward(dy) * np.ones(4)


@mistake("argument 'start' has no effect")
class _(Swish):
    """an argument is taken and ignored"""

    def build(self, input_shape, rng):
        self.beta = self.add_parameter("beta", input_shape, "ones")
        return input_shape


@mistake(r"must store its argument 'start', unchanged, as self.start")
class _(Swish):
    """an argument is stored under another name"""

    def __init__(self, start: PositiveFloat = 1.0):
        self.first = start

    def build(self, input_shape, rng):
        self.beta = self.add_parameter("beta", input_shape, "ones")
        return input_shape


@mistake("made again from its arguments it is")
class _(Swish):
    """an argument is changed before it is stored"""

    def __init__(self, start: PositiveFloat = 1.0):
        self.start = 2 * start


@mistake("the initializer is 0.5; expected a name")
class _(Swish):
    """a parameter is given a number as its initializer"""

    def build(self, input_shape, rng):
        self.beta = self.add_parameter("beta", input_shape, 0.5)
        return input_shape


@mistake("there is no initializer 'glorot'; did you mean 'glorot_normal'")
class _(Swish):
    """an initializer's name is not one"""

    def build(self, input_shape, rng):
        self.beta = self.add_parameter("beta", input_shape, "glorot")
        return input_shape


@mistake(r"the initializer of parameter 'beta' returned shape \(\), expected \(4,\)")
class _(Swish):
    """an initializer returns another shape"""

    def build(self, input_shape, rng):
        self.beta = self.add_parameter("beta", input_shape, lambda rng, shape, *fan: 1.0)
        return input_shape


@mistake("declares the parameter 'beta' twice")
class _(Swish):
    """two parameters of one name"""

    def build(self, input_shape, rng):
        self.gamma = self.add_parameter("beta", input_shape, "ones")
        return super().build(input_shape, rng)


@mistake(r"raises ValueError .* it must raise ShapeError")
class _(Swish):
    """build fails on a shape without saying which it takes"""

    def build(self, input_shape, rng):
        (features,) = input_shape
        return super().build((features,), rng)


@mistake("another generator than the one that build is given")
class _(Swish):
    """random numbers of NumPy's global generator"""

    def forward(self, x, *, training=False):
        if training:
            x = x + np.random.normal(size=x.shape)  # noqa: NPY002
        return super().forward(x, training=training)


@mistake("self.weight is drawn in build, but is no parameter")
class _(Swish):
    """a weight that is drawn, but kept as a plain array"""

    def build(self, input_shape, rng):
        self.weight = rng.normal(size=input_shape)
        return super().build(input_shape, rng)

    def forward(self, x, *, training=False):
        return super().forward(x, training=training) * self.weight.astype(x.dtype)

    def backward(self, dy):
        return super().backward(dy * self.weight.astype(dy.dtype))


@mistake("self.weight is no parameter, but backward computes a gradient for it, self.weight_grad")
class _(Swish):
    """a weight that begins with ones, kept as a plain array with a gradient beside it"""

    def build(self, input_shape, rng):
        self.weight = np.ones(input_shape)
        return super().build(input_shape, rng)

    def forward(self, x, *, training=False):
        self.y = super().forward(x, training=training)
        return self.y * self.weight.astype(x.dtype)

    def backward(self, dy):
        self.weight_grad = (dy * self.y).sum(axis=0)
        return super().backward(dy * self.weight.astype(dy.dtype))


@mistake("self.weight is drawn in forward, but is no parameter")
class _(Swish):
    """a weight that is made at the first forward"""

    def build(self, input_shape, rng):
        self.rng = rng
        return super().build(input_shape, rng)

    def forward(self, x, *, training=False):
        if not hasattr(self, "weight"):
            self.weight = self.rng.normal(size=x.shape[1:])
        return super().forward(x, training=training) * self.weight.astype(x.dtype)

    def backward(self, dy):
        return super().backward(dy * self.weight.astype(dy.dtype))


@mistake("backward changes self.beta.value")
class _(Swish):
    """backward makes the step itself"""

    def backward(self, dy):
        dx = super().backward(dy)
        self.beta.value = self.beta.value - 0.01 * self.beta.grad
        return dx


@mistake("backward changes self.gain, an array that is no parameter, so that no optimizer knows it")
class _(Swish):
    """a weight kept as a plain array, to which backward makes the step itself"""

    def build(self, input_shape, rng):
        self.gain = np.ones(input_shape)
        return super().build(input_shape, rng)

    def forward(self, x, *, training=False):
        y = super().forward(x, training=training)
        if training or self.passes_gradient:
            self.y = y
        return y * self.gain.astype(x.dtype)

    def backward(self, dy):
        dx = super().backward(dy * self.gain.astype(dy.dtype))
        self.gain -= 0.1 * (dy * self.y).sum(axis=0)
        return dx


@mistake("backward changes self.gain, a number that is no parameter, so that no optimizer knows it")
class _(Swish):
    """a weight kept as a plain number, to which backward makes the step itself"""

    def build(self, input_shape, rng):
        self.gain = 1.0
        return super().build(input_shape, rng)

    def forward(self, x, *, training=False):
        y = super().forward(x, training=training)
        if training or self.passes_gradient:
            self.y = y
        return y * self.gain

    def backward(self, dy):
        dx = super().backward(dy * self.gain)
        self.gain -= 0.1 * float((dy * self.y).sum())
        return dx


@mistake("a prediction is wrong if another one, of other rows, comes before line")
class _(Swish):
    """forward reads back from self what another thread may have written"""

    def forward(self, x, *, training=False):
        self.y = super().forward(x, training=training)
        return self.y


@mistake("backward of the frozen layer raises .* `if training or self.passes_gradient:`")
class _(Swish):
    """what backward needs is kept in training only, also where the layer is frozen behind a trained one"""

    def forward(self, x, *, training=False):
        gate = 1 / (1 + np.exp(-self.beta.value * x))
        if training:
            self.x, self.gate = x, gate
        return x * gate


@right
class RunningCenter(nn.Layer):
    """y = x − the running mean in prediction, x − the batch's mean in training."""

    def build(self, input_shape, rng):
        self.add_statistic("mean", input_shape)
        return input_shape

    def forward(self, x, *, training=False):
        self.centered = training
        if training:
            mean = x.mean(axis=0)
            self.statistics["mean"] = 0.9 * self.statistics["mean"] + 0.1 * mean
            return x - mean
        return x - self.statistics["mean"].astype(x.dtype)

    def backward(self, dy):
        return dy - dy.mean(axis=0) if self.centered else dy


@mistake("forward changes self.mean, an array that is no statistic, so that no file keeps it")
class _(RunningCenter):
    """a running mean kept as a plain array"""

    def build(self, input_shape, rng):
        self.mean = np.zeros(input_shape)
        return input_shape

    def forward(self, x, *, training=False):
        self.centered = training
        if training:
            self.mean = 0.9 * self.mean + 0.1 * x.mean(axis=0)
            return x - x.mean(axis=0)
        return x - self.mean.astype(x.dtype)


@mistake("adapt changes self.mean, an array that is no statistic, so that no file keeps it")
class _(RunningCenter):
    """the mean of the training rows kept as a plain array"""

    def build(self, input_shape, rng):
        self.mean = np.zeros(input_shape)
        return input_shape

    def adapt(self, x):
        self.mean = x.mean(axis=0)

    def forward(self, x, *, training=False):
        return x - self.mean.astype(x.dtype)

    def backward(self, dy):
        return dy


@mistake("the statistic 'mean' appears only when the layer runs")
class _(RunningCenter):
    """a statistic that is not declared in build"""

    def build(self, input_shape, rng):
        return input_shape

    def forward(self, x, *, training=False):
        self.statistics.setdefault("mean", np.zeros(x.shape[1:]))
        return super().forward(x, training=training)


@mistake("rows one by one")
class _(RunningCenter):
    """the batch's own mean in prediction"""

    def forward(self, x, *, training=False):
        self.centered = True
        return x - x.mean(axis=0)


@mistake("statistic 'mean' after a prediction")
class _(RunningCenter):
    """the running mean moves in prediction"""

    def forward(self, x, *, training=False):
        y = super().forward(x, training=training)
        self.statistics["mean"] = 0.9 * self.statistics["mean"] + 0.1 * x.mean(axis=0)
        return y


@mistake("∂y/∂x .training")
class _(RunningCenter):
    """backward takes the batch's mean for a constant"""

    def backward(self, dy):
        return dy


@right
class Noise(nn.Layer):
    """y = x·(1 + ε) in training, ε drawn for each number."""

    def __init__(self, size: NonNegativeFloat = 0.1):
        self.size = size

    def build(self, input_shape, rng):
        self.rng = rng
        return input_shape

    def forward(self, x, *, training=False):
        self.factor = None
        if not training:
            return x
        self.factor = 1 + self.size * self.rng.standard_normal(x.shape, dtype=np.float32).astype(x.dtype)
        return x * self.factor

    def backward(self, dy):
        return dy if self.factor is None else dy * self.factor


@mistake("a second prediction")
class _(Noise):
    """noise in prediction too"""

    def forward(self, x, *, training=False):
        return super().forward(x, training=True)


@mistake("∂y/∂x .*differs for the output in row")
class _(Noise):
    """backward draws its own noise"""

    def backward(self, dy):
        return dy * (1 + self.size * self.rng.standard_normal(dy.shape))


@mistake("another generator than the one that build is given")
class _(Noise):
    """a generator of its own, without the model's seed"""

    def build(self, input_shape, rng):
        self.rng = np.random.default_rng()
        return input_shape


@mistake("another generator than the one that build is given")
class _(Noise):
    """a generator of its own, the same for each layer"""

    def build(self, input_shape, rng):
        self.rng = np.random.default_rng(0)
        return input_shape


@mistake("forward of 5 rows raises ValueError .* it takes any number of rows")
class _(Noise):
    """an array of the first batch's size is kept for all later ones"""

    def forward(self, x, *, training=False):
        if not hasattr(self, "fixed"):
            self.fixed = np.ones(x.shape)
        return x + self.fixed

    def backward(self, dy):
        return dy


@right
class Kept(Swish):
    """Swish that keeps what backward needs in a dict and in a list, made when it is built."""

    def build(self, input_shape, rng):
        self.of_pass, self.gates = {}, []
        return super().build(input_shape, rng)

    def forward(self, x, *, training=False):
        gate = 1 / (1 + np.exp(-self.beta.value * x))
        if training or self.passes_gradient:
            self.of_pass["x"] = x
            self.gates[:] = [gate]
        return x * gate

    def backward(self, dy):
        self.x, self.gate = self.of_pass["x"], self.gates[0]
        return super().backward(dy)


@mistake("beside another layer of its class .* keep what backward needs in an attribute of self that forward sets")
class _(Kept):
    """what backward needs is kept in a dict of the class"""

    of_class: ClassVar[dict[str, np.ndarray]] = {}

    def build(self, input_shape, rng):
        super().build(input_shape, rng)
        self.of_pass = self.of_class
        return input_shape


@mistake("in two places of a model, .* keep what backward needs in an attribute of self that forward sets")
class _(Kept):
    """what backward needs is kept in a dict within a dict that build makes"""

    def build(self, input_shape, rng):
        super().build(input_shape, rng)
        self.of_passes = {"last": {}}
        return input_shape

    def forward(self, x, *, training=False):
        y = super().forward(x, training=training)
        if training or self.passes_gradient:
            self.of_passes["last"]["x"] = x
        return y

    def backward(self, dy):
        self.of_pass["x"] = self.of_passes["last"]["x"]
        return super().backward(dy)


@mistake("beside another layer of its class .* keep what backward needs in an attribute of self that forward sets")
class _(Kept):
    """what backward needs is an attribute of the class"""

    def forward(self, x, *, training=False):
        y = super().forward(x, training=training)
        if training or self.passes_gradient:
            type(self).last = x
        return y

    def backward(self, dy):
        self.of_pass["x"] = self.last
        return super().backward(dy)


# Containers


@right
class Gated(nn.Layer):
    """y = x + g·F(x): a branch of layers behind a trained gate."""

    def __init__(self, layers: Sequence[nn.Layer], trainable: bool = True):
        self.layers = tuple(layers)
        self.trainable = trainable

    def build(self, input_shape, rng):
        self.chain = Chain(self.layers)
        shape = self.chain.build(input_shape, rng.spawn(len(self.layers)), "layers")[-1]
        self.gate = self.add_parameter("gate", shape, "ones")
        return shape

    def adapt(self, x):
        self.chain.adapt(x)

    def initialize(self, x):
        self.chain.initialize(x)

    def follow_freezing(self):
        self.chain.follow_freezing()

    def forward(self, x, *, training=False):
        branch = self.chain.forward(x, training=training)
        if training or self.passes_gradient:
            self.branch = branch
        return self.gate.value * branch

    def backward(self, dy):
        self.gate.grad = (dy * self.branch).sum(axis=0)
        return self.chain.backward(dy * self.gate.value)


@mistake("adapt does not reach .*, such as Standardize, would never hear of them")
class _(Gated):
    """a container without adapt"""

    adapt = nn.Layer.adapt


@mistake("initialize does not reach .* start from training rows would never get any")
class _(Gated):
    """a container without initialize"""

    initialize = nn.Layer.initialize


@mistake("initialize gives .* other rows than reach it")
class _(Gated):
    """a container whose initialize gives each layer the container's own rows"""

    def initialize(self, x):
        for layer in self.layers:
            layer.initialize(x)


@mistake("other rows than reach it")
class _(Gated):
    """a container whose adapt gives each layer the container's own rows"""

    def adapt(self, x):
        for layer in self.layers:
            layer.adapt(x)


@mistake("without `training`")
class _(Gated):
    """a container that does not pass `training` on"""

    def forward(self, x, *, training=False):
        branch = self.branch = self.chain.forward(x)
        return self.gate.value * branch


@mistake("in prediction with training=True")
class _(Gated):
    """a container that always trains its layers"""

    def forward(self, x, *, training=False):
        branch = self.branch = self.chain.forward(x, training=True)
        return self.gate.value * branch


@mistake("frozen")
class _(Gated):
    """a container that calls its layers itself and forgets that one may be frozen"""

    def forward(self, x, *, training=False):
        for layer in self.layers:
            x = layer.forward(x, training=training)
        self.branch = x
        return self.gate.value * x


@mistake("among the constructor's arguments")
class _(Gated):
    """a container that makes a layer of its own in build"""

    def build(self, input_shape, rng):
        shape = super().build(input_shape, rng)
        self.extra = nn.Dense(3)
        self.extra.build(shape, rng)
        return shape

    def forward(self, x, *, training=False):
        return self.extra.forward(super().forward(x, training=training))


@mistake(r"∂y/∂0.weight|∂y/∂x")
class _(Gated):
    """a container whose backward leaves the gate out"""

    def backward(self, dy):
        super().backward(dy)
        return self.chain.backward(dy)


@mistake("does not assign 0.weight.grad")
class _(Gated):
    """a container whose backward does not reach its layers"""

    def backward(self, dy):
        self.gate.grad = (dy * self.branch).sum(axis=0)
        return np.zeros((len(dy), 4), dy.dtype)


@mistake("argument 'start' has no effect")
class _(Gated):
    """a container that takes an argument and ignores it"""

    def __init__(self, layers: Sequence[nn.Layer], start: PositiveFloat = 1.0, trainable: bool = True):
        super().__init__(layers, trainable)
        self.start = start


# Losses


@right
class Focal(nn.Loss):
    """L = mean of −(1 − p)^γ·log p, where p is the probability of the true class."""

    def __init__(self, gamma: NonNegativeFloat = 2.0):
        self.gamma = gamma

    def outputs_for(self, classes):
        return classes

    def encode(self, targets, output_shape):
        return encode(targets, output_shape)

    def forward(self, outputs, targets, sample_weight=None):
        z = outputs.astype(np.float64)
        z = z - z.max(axis=1, keepdims=True)
        self.p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        self.targets, self.dtype = targets, outputs.dtype
        weights = np.ones(len(z)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        self.weight = float(weights.sum())
        self.share = weights / (self.weight or 1)
        true = self.p[np.arange(len(z)), targets]
        return float(self.share @ (-((1 - true) ** self.gamma) * np.log(true)))

    def backward(self):
        rows = np.arange(len(self.p))
        p = self.p[rows, self.targets]
        slope = self.gamma * (1 - p) ** (self.gamma - 1) * p * np.log(p) - (1 - p) ** self.gamma
        gradient = -self.p * slope[:, None]
        gradient[rows, self.targets] += slope
        return (gradient * self.share[:, None]).astype(self.dtype)

    def predict(self, outputs):
        z = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return z / z.sum(axis=1, keepdims=True)

    def row_figures(self, outputs, targets):
        return {"accuracy": (outputs.argmax(axis=1) == targets).astype(np.float64)}


@mistake("the gradient .* differs")
class _(Focal):
    """the gradient is that of plain cross-entropy"""

    def backward(self):
        gradient = self.p.copy()
        gradient[np.arange(len(gradient)), self.targets] -= 1
        return (gradient * self.share[:, None]).astype(self.dtype)


@mistake("against the mean of its rows")
class _(Focal):
    """the loss is a sum"""

    def forward(self, outputs, targets, sample_weight=None):
        return super().forward(outputs, targets, sample_weight) * self.weight

    def backward(self):
        return super().backward() * self.weight


@mistake("the gradient .* differs")
class _(Focal):
    """the gradient is divided by the batch again"""

    def backward(self):
        return super().backward() / len(self.p)


@mistake("weight is .* for single rows; expected 1")
class _(Focal):
    """the loss does not say what it divided by"""

    def forward(self, outputs, targets, sample_weight=None):
        loss = super().forward(outputs, targets, sample_weight)
        self.weight = 0.0
        return loss


@mistake("the weighted loss")
class _(Focal):
    """sample weights are ignored"""

    def forward(self, outputs, targets, sample_weight=None):
        return super().forward(outputs, targets)


@mistake("the gradient .* with weights")
class _(Focal):
    """sample weights are ignored by the gradient alone"""

    def backward(self):
        self.share = np.ones(len(self.p)) / len(self.p)
        return super().backward()


@mistake("forward must return a float")
class _(Focal):
    """the loss is an array"""

    def forward(self, outputs, targets, sample_weight=None):
        return np.array(super().forward(outputs, targets, sample_weight))


@mistake("the gradient is float64 for float32 outputs")
class _(Focal):
    """the gradient becomes float64"""

    def backward(self):
        return super().backward().astype(np.float64)


@mistake("forward changes the outputs that it is given")
class _(Focal):
    """forward changes the model's outputs"""

    def forward(self, outputs, targets, sample_weight=None):
        loss = super().forward(outputs, targets, sample_weight)
        if outputs.flags.writeable:
            outputs -= outputs.max(axis=1, keepdims=True)
        return loss


@mistake("the gradient of a second backward")
class _(Focal):
    """backward changes what forward kept"""

    def backward(self):
        gradient = super().backward()
        self.share = self.share / 2
        return gradient


@mistake("predict must give a row for each row of outputs")
class _(Focal):
    """predict returns one number"""

    def predict(self, outputs):
        return super().predict(outputs).mean(axis=0)


@mistake("the row figure 'accuracy', against that of its rows alone")
class _(Focal):
    """a metric of the batch instead of the row"""

    def row_figures(self, outputs, targets):
        right = outputs.argmax(axis=1) == targets
        return {"accuracy": np.full(len(right), right.mean())}


@mistake("the metric 'accuracy' is a")
class _(Focal):
    """a metric that is no float"""

    def metrics(self, means):
        return {"accuracy": f"{means['accuracy']:.1%}"}


@mistake("adapt leaves the statistics")
class _(Focal):
    """a statistic that build does not declare"""

    def adapt(self, targets):
        self.statistics["counts"] = np.bincount(targets)


@mistake("targets encoded twice")
class _(Focal):
    """labels that begin with 1 are shifted each time"""

    def encode(self, targets, output_shape):
        return np.maximum(super().encode(targets, output_shape) - 1, 0)


@mistake("it is lower for worse predictions: .* Is the sign of the loss wrong")
class _(Focal):
    """the loss is negated, so that training makes the model worse"""

    def forward(self, outputs, targets, sample_weight=None):
        return -super().forward(outputs, targets, sample_weight)

    def backward(self):
        return -super().backward()


@mistake("or what predict gives")
class _(Focal):
    """predict gives the probabilities that the classes are not the right ones"""

    def predict(self, outputs):
        return 1 - super().predict(outputs)


@mistake("it is lower for worse predictions: .* or what predict gives")
class _(Focal):
    """predict gives the probabilities in the reverse order of the classes"""

    def predict(self, outputs):
        return super().predict(outputs)[:, ::-1]


@mistake("predict gives the same, whatever the outputs")
class _(Focal):
    """predict gives a constant"""

    def predict(self, outputs):
        return np.full_like(outputs, 1 / outputs.shape[1])


@mistake("its gradient is 0, whatever the outputs")
class _(Focal):
    """the loss is always 0, and so is its gradient"""

    def forward(self, outputs, targets, sample_weight=None):
        return 0.0 * super().forward(outputs, targets, sample_weight)

    def backward(self):
        return 0 * super().backward()


@mistake("argument 'label_smoothing' has no effect: .* give the same losses")
class _(Focal):
    """an argument is taken and ignored"""

    def __init__(self, gamma: NonNegativeFloat = 2.0, label_smoothing: Fraction = 0.0):
        self.gamma = gamma
        self.label_smoothing = label_smoothing


@right
class Spherical(Focal):
    """L = mean of 1 − pₜ/|p|, where pₜ is the probability of the true class: bounded from both sides."""

    def forward(self, outputs, targets, sample_weight=None):
        super().forward(outputs, targets, sample_weight)
        self.length = np.sqrt((self.p**2).sum(axis=1))
        true = self.p[np.arange(len(targets)), targets]
        return float(self.share @ (1 - true / self.length) ** self.gamma)

    def backward(self):
        rows = np.arange(len(self.p))
        cosine = self.p[rows, self.targets] / self.length
        slope = self.p * cosine[:, None] / self.length[:, None] ** 2  # −∂cosine/∂p
        slope[rows, self.targets] -= 1 / self.length
        slope *= (self.gamma * (1 - cosine) ** (self.gamma - 1) * self.share)[:, None]
        gradient = self.p * (slope - (self.p * slope).sum(axis=1, keepdims=True))
        return gradient.astype(self.dtype)


@mistake("it is lower for worse predictions: .* Is the sign of the loss wrong")
class _(Spherical):
    """a loss that is bounded, negated"""

    def forward(self, outputs, targets, sample_weight=None):
        return -super().forward(outputs, targets, sample_weight)

    def backward(self):
        return -super().backward()


# Optimizers


@right
class Lion(nn.Optimizer):
    """p ← p − η·sign(β₁·m + (1 − β₁)·g), then m ← β₂·m + (1 − β₂)·g."""

    remembers = ("mean",)

    def __init__(
        self,
        learning_rate: PositiveFloat = 1e-3,
        beta1: Fraction = 0.9,
        beta2: Fraction = 0.99,
        weight_decay: NonNegativeFloat = 0.0,
    ):
        self.learning_rate = learning_rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.weight_decay = weight_decay

    def update(self, values, grads, decayed, learning_rate, *memory):
        (mean,) = memory
        values[:decayed] *= 1 - learning_rate * self.weight_decay
        values -= learning_rate * np.sign(self.beta1 * mean + (1 - self.beta1) * grads)
        mean *= self.beta2
        mean += (1 - self.beta2) * grads


@mistake("never changes what it remembers as 'mean': .* in place")
class _(Lion):
    """the memory is bound to a new array, and so never changes"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        (mean,) = memory
        values -= learning_rate * np.sign(self.beta1 * mean + (1 - self.beta1) * grads)
        mean = self.beta2 * mean + (1 - self.beta2) * grads


@mistake("changes no parameter: .* in place")
class _(Lion):
    """the values are bound to a new array, and so never change"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        (mean,) = memory
        values = values - learning_rate * np.sign(self.beta1 * mean + (1 - self.beta1) * grads)
        mean *= self.beta2
        mean += (1 - self.beta2) * grads


@mistake("lead up")
class _(Lion):
    """the sign of the step is wrong"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        super().update(values, -grads, decayed, learning_rate, *memory)


@mistake("lead up, for 3 of 15 numbers")
class _(Lion):
    """the sign of the step is wrong for biases"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        towards = np.where(np.arange(len(grads)) < decayed, grads, -grads)
        super().update(values, towards, decayed, learning_rate, *memory)


@mistake("it changes no parameter")
class _(Lion):
    """update does nothing but remember"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        (mean,) = memory
        mean += grads


@mistake("other gradients give the same path: update does not use them")
class _(Lion):
    """update shrinks the parameters, whatever the gradients"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        values *= 1 - learning_rate


@mistake("update changes the gradients, which a user looks at after the step, as weight.grad")
class _(Lion):
    """weight decay is added to the gradients in place"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        grads[:decayed] += self.weight_decay * values[:decayed]
        grads *= 1 - self.beta1
        super().update(values, grads, 0, learning_rate, *memory)


@mistake("argument 'momentum' has no effect: .* give the same steps")
class _(Lion):
    """an argument is taken and ignored"""

    def __init__(self, learning_rate: PositiveFloat = 1e-3, momentum: Fraction = 0.9):
        super().__init__(learning_rate)
        self.momentum = momentum


@mistake("does not use the learning rate that step is given")
class _(Lion):
    """the rate of the constructor is used, whatever the schedule says"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        super().update(values, grads, decayed, self.learning_rate, *memory)


@mistake("self.count changes while it runs, but is no part of its state")
class _(Lion):
    """a count of its own, which is not saved"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        self.count = getattr(self, "count", 0) + 1
        super().update(values, grads, decayed, learning_rate / self.count, *memory)


@mistake("self.mean changes while it runs, but is no part of its state")
class _(Lion):
    """memory of its own on self, which is not saved"""

    remembers = ()

    def update(self, values, grads, decayed, learning_rate, *memory):
        self.mean = getattr(self, "mean", np.zeros_like(grads))
        super().update(values, grads, decayed, learning_rate, self.mean)


@mistake("treats two blocks of the vector in another way than the whole")
class _(Lion):
    """each block is divided by its own norm"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        (mean,) = memory
        values -= learning_rate * grads / np.linalg.norm(grads)
        mean += grads


@mistake("weight_decay changes biases")
class _(Lion):
    """weight decay of biases"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        super().update(values, grads, len(values), learning_rate, *memory)


@mistake("argument 'weight_decay' has no effect")
class _(Lion):
    """weight decay is taken and ignored"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        super().update(values, grads, 0, learning_rate, *memory)


@mistake("the same gradients from the same start give another path")
class _(Lion):
    """noise of NumPy's global generator"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        noise = np.random.default_rng().normal(size=grads.shape).astype(grads.dtype)
        super().update(values, grads + noise, decayed, learning_rate, *memory)


@mistake("steps is 0 after 10 steps|steps is 20 after 10 steps")
class _(Lion):
    """it counts the steps again"""

    def update(self, values, grads, decayed, learning_rate, *memory):
        self.steps += 1
        super().update(values, grads, decayed, learning_rate, *memory)


# Schedules


@right
class StopsFalling(nn.Schedule):
    """The rate is halved after `patience` epochs whose training loss was not lower than the lowest."""

    remembers = {"lowest": float("inf"), "waited": 0, "halvings": 0}  # noqa: RUF012

    def __init__(self, patience: PositiveInt = 2):
        self.patience = patience

    def multiplier(self, moment):
        return 0.5 ** self.memory["halvings"]

    def after_epoch(self, row):
        memory = self.memory
        memory["waited"] = 0 if row["training_loss"] < memory["lowest"] else memory["waited"] + 1
        memory["lowest"] = min(memory["lowest"], row["training_loss"])
        if memory["waited"] >= self.patience:
            memory["halvings"], memory["waited"] = memory["halvings"] + 1, 0


@mistake("self.halvings changes while it runs, but is no part of its state")
class _(StopsFalling):
    """it counts on self, so a resumed training has other rates"""

    def after_epoch(self, row):
        self.halvings = getattr(self, "halvings", 0) + 1

    def multiplier(self, moment):
        return 0.5 ** getattr(self, "halvings", 0)


@mistake("another factor for the same moment")
class _(StopsFalling):
    """it counts its calls"""

    def multiplier(self, moment):
        self.memory["halvings"] += 1
        return 0.5 ** self.memory["halvings"]


@mistake("gives -0.5 .* a finite number of at least 0")
class _(StopsFalling):
    """the factor is negative, and the model climbs"""

    def multiplier(self, moment):
        return 0.5 - moment.epoch


@mistake("its factor is 0 in every step")
class _(StopsFalling):
    """the factor is always 0, for it is divided as whole numbers are"""

    def multiplier(self, moment):
        return moment.epoch // moment.epochs


@mistake("gives nan .* a finite number of at least 0")
class _(StopsFalling):
    """the factor is 0/0 in the first step"""

    def multiplier(self, moment):
        return float(np.divide(moment.epoch, moment.epoch)) if moment.epoch else float("nan")


@mistake("gives None .* a finite number")
class _(StopsFalling):
    """multiplier returns nothing"""

    def multiplier(self, moment):
        self.memory["halvings"]


@mistake("gives array.* a finite number")
class _(StopsFalling):
    """the factor is an array"""

    def multiplier(self, moment):
        return np.array([1.0, 0.5])


@mistake("argument 'patience' has no effect")
class _(StopsFalling):
    """an argument is taken and ignored"""

    def multiplier(self, moment):
        return 1.0


@mistake("must store its argument 'patience'")
class _(StopsFalling):
    """an argument is stored under another name"""

    def __init__(self, patience: PositiveInt = 2):
        self.waits = patience

    def after_epoch(self, row):
        pass


@mistake("(?s)its memory .* cannot be saved")
class _(StopsFalling):
    """it remembers an array, which is no plain value"""

    def after_epoch(self, row):
        self.memory["losses"] = np.append(self.memory.get("losses", np.empty(0)), row["training_loss"])
        self.memory["halvings"] = len(self.memory["losses"]) // self.patience


@mistake("division by zero")
class _(StopsFalling):
    """it cannot be asked in a fit of one epoch"""

    def multiplier(self, moment):
        return moment.epoch / (moment.epochs - 1) * 0.5 ** self.memory["halvings"]


# Metrics


@right
class Specificity(nn.Metric):
    """The part of the rows of the first of two classes whose second one has a probability below a threshold."""

    tasks, rising = ("classification",), True
    needs = "a row of the first class"

    def __init__(self, threshold: PositiveFloat = 0.5):
        self.threshold = threshold

    def check(self, task, width):
        if width != 2:
            raise nn.ConfigError("Specificity is for two classes")

    def compute(self, predictions, targets, weights):
        first = targets == 0
        if not first.any():
            return np.nan
        right = predictions[first, 1] < self.threshold
        return np.average(right, weights=None if weights is None else weights[first])


@right
class LargestError(nn.Metric):
    """The largest absolute error of a row, to which weights do nothing."""

    tasks, rising = ("regression",), False

    def compute(self, predictions, targets, weights):
        return float(np.abs(predictions - targets).max())


@right
class HammingLoss(nn.Metric):
    """The part of the labels that is wrong."""

    tasks, rising = ("multi-label",), False

    def compute(self, predictions, targets, weights):
        return np.average(((predictions > 0.5) != targets).mean(axis=1), weights=weights)


@mistake("rising is False, but perfect predictions .* worse than random")
class _(Specificity):
    """it says that a lower figure is better, so early stopping keeps the worst epoch"""

    rising = False


@mistake("rising is True, but perfect predictions .* worse than random")
class _(HammingLoss):
    """an error is said to rise"""

    rising = True


@mistake("HammingLoss.rising must be True where a higher figure is better")
class _(HammingLoss):
    """it does not say whether it rises"""

    rising = None


@mistake("HammingLoss.tasks must name the tasks")
class _(HammingLoss):
    """its task has no such name"""

    tasks = ("multilabel",)


@mistake("a weight is no repetition")
class _(HammingLoss):
    """weights are ignored"""

    def compute(self, predictions, targets, weights):
        return super().compute(predictions, targets, None)


@mistake("with weights 3 times as large|a weight is no repetition")
class _(HammingLoss):
    """the weighted sum is divided by the number of rows"""

    def compute(self, predictions, targets, weights):
        wrong = ((predictions > 0.5) != targets).mean(axis=1)
        return wrong.mean() if weights is None else (weights * wrong).mean()


@mistake("with weights 3 times as large")
class _(HammingLoss):
    """a sum that grows with the weights"""

    def compute(self, predictions, targets, weights):
        weights = np.ones(len(targets)) if weights is None else weights
        return weights @ ((predictions > 0.5) != targets).mean(axis=1)


@mistake("the same in another order")
class _(HammingLoss):
    """the mean over batches in place of that over the rows"""

    def compute(self, predictions, targets, weights):
        batches = [slice(start, start + 7) for start in range(0, len(targets), 7)]
        return np.mean([HammingLoss.compute(self, predictions[b], targets[b], None) for b in batches])


@mistake("compute changes the predictions")
class _(HammingLoss):
    """predictions are rounded in place"""

    def compute(self, predictions, targets, weights):
        predictions[predictions > 0.5] = 1
        return super().compute(predictions, targets, weights)


@mistake("self.best changes in compute")
class _(HammingLoss):
    """it remembers the best figure on itself"""

    best = 1.0

    def compute(self, predictions, targets, weights):
        figure = super().compute(predictions, targets, weights)
        self.best = min(self.best, figure)
        return figure


_ITS_OWN = np.random.default_rng(0)


@mistake(r"compute gives .*, and (then )?.* for the same|changes in compute")
class _(HammingLoss):
    """it draws some rows from a generator of its own"""

    def compute(self, predictions, targets, weights):
        some = _ITS_OWN.permutation(len(targets))[: len(targets) // 2 + 1]
        return super().compute(predictions[some], targets[some], None)


@mistake("compute gives None, a NoneType; expected a number")
class _(HammingLoss):
    """compute returns nothing"""

    def compute(self, predictions, targets, weights):
        super().compute(predictions, targets, weights)


@mistake("compute gives array.* expected a number")
class _(HammingLoss):
    """a figure for each label"""

    def compute(self, predictions, targets, weights):
        return ((predictions > 0.5) != targets).mean(axis=0)


@mistake("`needs` does not say what rows it needs")
class _(Specificity):
    """it may be undefined, and does not say why"""

    needs = ""


@mistake("compute raises (RuntimeWarning|ZeroDivisionError)")
class _(Specificity):
    """it divides by a number of rows that may be 0"""

    def compute(self, predictions, targets, weights):
        weights = np.ones(len(targets)) if weights is None else weights
        first = targets == 0
        return (weights * first) @ (predictions[:, 1] < self.threshold) / (weights @ first)


@mistake("compute gives inf for")
class _(HammingLoss):
    """it is infinite where nothing is wrong"""

    rising = True

    def compute(self, predictions, targets, weights):
        wrong = super().compute(predictions, targets, weights)
        return 1 / wrong if wrong else float("inf")


@mistake("argument 'threshold' has no effect")
class _(Specificity):
    """an argument is taken and ignored"""

    def compute(self, predictions, targets, weights):
        return Specificity(0.5).compute(predictions, targets, weights)


@mistake("must store its argument 'threshold'")
class _(Specificity):
    """an argument is stored under another name"""

    def __init__(self, threshold: PositiveFloat = 0.5):
        self.limit = threshold


@mistake("have one name, 'specificity'; expected the arguments in it")
class _(Specificity):
    """its name is the same whatever its arguments are"""

    name = "specificity"


@mistake("its name is 'Hamming loss'; expected words in small letters")
class _(HammingLoss):
    """its name is no name of a column"""

    name = "Hamming loss"


@mistake("it does not look at the targets")
class _(HammingLoss):
    """the figure is of the predictions alone"""

    def compute(self, predictions, targets, weights):
        return np.average((predictions > 2).mean(axis=1), weights=weights)


@mistake("compute raises ValueError|compute raises IndexError")
class _(HammingLoss):
    """labels are taken for classes"""

    def compute(self, predictions, targets, weights):
        return np.average(predictions[np.arange(len(targets)), targets] < 0.5, weights=weights)


@mistake("refuses every model")
class _(Specificity):
    """its check is the wrong way round"""

    def check(self, task, width):
        if width < 10:
            raise nn.ConfigError("too few classes")


# Callbacks


@right
class Falls(nn.Callback):
    """Counts the epochs in which the training loss falls, writes the count to a file, and ends the fit."""

    def __init__(self, most: PositiveInt = 5, path: str = "falls.txt"):
        self.most = most
        self.path = path
        self.count, self.last = 0, float("inf")

    def begin(self, fit):
        self.rows = fit.validation.x[:5]

    def after_epoch(self, fit, row):
        self.count += row["training_loss"] < self.last
        self.last = row["training_loss"]
        row["falls"] = self.count
        row["spread"] = np.std(fit.model.predict(self.rows))
        (self.run_folder / self.path).write_text(str(self.count))
        if self.count >= self.most:
            fit.stop("it fell often enough")

    @property
    def state(self):
        return nn.State({"count": self.count, "last": self.last})

    @state.setter
    def state(self, state):
        self.count, self.last = state.values["count"], state.values["last"]


@right
class Thaw(nn.Callback):
    """Sets the first layer free after some epochs."""

    def __init__(self, after: PositiveInt = 2):
        self.after = after

    def begin(self, fit):
        fit.model.layers[0].trainable = fit.epoch >= self.after
        fit.model.follow_freezing()

    def after_epoch(self, fit, row):
        fit.model.layers[0].trainable = fit.epoch >= self.after


@mistake("falls of epoch .* in place of .* belongs in its `state`")
class _(Falls):
    """what it remembers is no part of its state, so an interrupted fit begins to count anew"""

    state = nn.Callback.state


@mistake(r"self.seen is .* after a fit that was interrupted .* belongs in its `state`")
class _(Falls):
    """one of the things that it remembers is no part of its state"""

    def begin(self, fit):
        super().begin(fit)
        self.seen = getattr(self, "seen", [])

    def after_epoch(self, fit, row):
        super().after_epoch(fit, row)
        self.seen.append(row["training_loss"])


@mistake("cannot take its state back: KeyError")
class _(Falls):
    """the state is read by another name than it is written"""

    @property
    def state(self):
        return nn.State({"counted": self.count})

    @state.setter
    def state(self, state):
        self.count = state.values["count"]


@mistake(r"state.values\['count'\] is a int64, expected a plain number: write int")
class _(Falls):
    """the state has a number of NumPy's"""

    @property
    def state(self):
        return nn.State({"count": np.int64(self.count), "last": self.last})

    @state.setter
    def state(self, state):
        self.count, self.last = state.values["count"], state.values["last"]


@mistake("Falls.after_epoch is called with .fit, row., but cannot take that")
class _(Falls):
    """after_epoch does not take the row"""

    def after_epoch(self, fit):
        pass


@mistake("Falls.on_epoch_end would never be called")
class _(Falls):
    """an event by the name that another framework has for it"""

    def on_epoch_end(self, fit, row):
        pass


@mistake("after_epoch returned (True|False), with which nothing would be done")
class _(Falls):
    """True is returned to end the fit"""

    def after_epoch(self, fit, row):
        return row["training_loss"] < 0.1


@mistake("after_epoch changed 'training_loss'")
class _(Falls):
    """a figure of the row is rounded in place"""

    def after_epoch(self, fit, row):
        row["training_loss"] = round(row["training_loss"], 2)


@mistake("is another after step .* than in a fit without it: a callback only reads")
class _(Falls):
    """the weights are clipped after each step"""

    def after_step(self, fit):
        np.clip(fit.model.parameters.values, -0.1, 0.1, out=fit.model.parameters.values)


@mistake("is another after step .* draw random numbers from a generator of your own, and predict")
class _(Falls):
    """it looks at outputs as in training, so that dropout draws and running means move"""

    def after_epoch(self, fit, row):
        fit.model.forward(self.rows, training=True)


@mistake("validation_loss of epoch .*, in a fit without it .* it changes the rows")
class _(Falls):
    """the validation targets are reversed in place"""

    def after_epoch(self, fit, row):
        fit.validation.targets[:] = fit.validation.targets[::-1].copy()


@mistake("it writes falls.txt into the working folder: begin relative paths with self.run_folder")
class _(Falls):
    """its file is written where the program was started"""

    def after_epoch(self, fit, row):
        with open(self.path, "w") as file:
            file.write("1")


@mistake("in a fit of no epoch it raises AttributeError")
class _(Falls):
    """its end counts on an epoch"""

    def after_epoch(self, fit, row):
        self.row = row["training_loss"]

    def end(self, fit):
        assert self.row is not None


@mistake("in a fit that goes on after step 1 it raises FileExistsError")
class _(Falls):
    """a file that is there is not expected"""

    def begin(self, fit):
        super().begin(fit)
        if not fit.epoch:
            (self.run_folder / "log").mkdir()


@mistake("two fits with the same seed differ: spread of epoch")
class _(Falls):
    """it draws the rows that it looks at from a generator without a seed"""

    def begin(self, fit):
        self.rows = fit.validation.x[np.random.default_rng().permutation(len(fit.validation))[:5]]


@mistake("must store its argument 'most', unchanged, as self.most")
class _(Falls):
    """an argument is stored under another name"""

    def __init__(self, most: PositiveInt = 5):
        self.greatest = most
        self.count, self.last = 0, float("inf")


@mistake("its argument 'measure' is .*, which a config cannot say")
class _(Falls):
    """an argument is a function"""

    def __init__(self, measure=np.linalg.norm):
        super().__init__()
        self.measure = measure


def sentence(mistake):
    """What the check says of a mistake, in one line; "" if it says nothing."""
    try:
        mistake.call()
    except (nn.NnliteError, AssertionError) as error:
        return " ".join(str(error).split())
    return ""


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_extension_passes(name):
    RIGHT[name]()


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.kind}: {mistake.what}")
def test_a_mistake_is_named(mistake):
    assert re.search(mistake.said, sentence(mistake))


def page():
    """The table of mistakes, as docs/mistaken-extensions.md has it."""
    lines = [
        "# Mistaken extensions",
        "",
        f"{len(MISTAKES)} mistakes that somebody can make who writes a layer, a container, a loss, an optimizer, a",
        "schedule, a metric or a callback. Each is made by `tests/oracles/test_mistaken_extensions.py`, in an",
        "extension that is right without it; the public check of its kind (`check_layer`, `check_loss`,",
        "`check_optimizer`, `check_schedule`, `check_metric`, `check_callback`) must refuse it with a sentence that",
        "names the cause. The right extensions pass. This page is written by",
        "`python -m tests.oracles.test_mistaken_extensions`.",
        "",
        "| kind | mistake | what the check says |",
        "| --- | --- | --- |",
    ]
    for each in MISTAKES:
        said = re.sub(r"^\w+\(.*?\)( on (in|out)puts of shape \(.*?\))?: ", "", sentence(each))
        said = re.sub(r"0x[0-9a-f]+|/tmp/\w+", "…", said.replace(f"{ROOT}/", ""))
        said = re.sub(r"-?[0-9]+\.[0-9]+(e-?[0-9]+)?", "…", said).replace("|", "\\|")
        lines.append(f"| {each.kind} | {each.what} | {said if len(said) <= 170 else said[:169] + '…'} |")
    return "\n".join(lines) + "\n"


def test_the_page_is_of_these_mistakes():
    rows = PAGE.read_text().splitlines()[11:]
    assert [row.split(" | ")[:2] for row in rows] == [[f"| {each.kind}", each.what] for each in MISTAKES]


if __name__ == "__main__":
    PAGE.write_text(page())
