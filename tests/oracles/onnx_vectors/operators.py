"""From an operator to nnlite: each function returns the outputs that a vector has, as nnlite gives them."""

import math

import numpy as np

from nnlite import (
    GELU,
    SELU,
    SGD,
    Adam,
    BatchNorm,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    PReLU,
    Reshape,
    Sequential,
    SiLU,
    SoftmaxCrossEntropy,
    TanhGELU,
)
from nnlite.testing.jacobians import forward_for_backward
from tests.oracles.onnx_vectors.vectors import offered


def forward(layer, x, training=False):
    return Sequential([layer]).build(x.shape[1:]).forward(x, training=training)


def activation(layer_class, **arguments):
    """An operator that is such a layer; `arguments` maps its attributes to the layer's arguments."""

    def run(vector):
        given = {arguments[name]: value for name, value in vector.attributes.items()}
        return [forward(layer_class(**given), vector.inputs[0])]

    return run


def gelu(vector):
    approximate = vector.attributes.get("approximate", b"none")
    return [forward({b"none": GELU(), b"tanh": TanhGELU()}[approximate], vector.inputs[0])]


def prelu(vector):
    """Slopes along other axes than the channels are those of one row, in which every number is a feature."""
    x, slopes = vector.inputs
    by_channel = slopes.size == 1 or slopes.shape == x.shape[1:2]
    layer = PReLU(shared=slopes.size == 1)
    if not by_channel:
        row = prelu_of(layer, x.reshape(1, -1), np.broadcast_to(slopes, x.shape))
        return [row.reshape(x.shape)]
    return [prelu_of(layer, x, slopes)]


def prelu_of(layer, x, slopes):
    model = Sequential([layer]).build(x.shape[1:])
    layer.slope.value = slopes.reshape(-1)
    return model.forward(x)


def selu(vector):
    offered(not vector.attributes, "other constants")
    return [forward(SELU(), vector.inputs[0])]


def swish(vector):
    offered(vector.attributes.get("alpha", 1.0) == 1, "another factor of x in the sigmoid")
    return [forward(SiLU(), vector.inputs[0])]


def gemm(vector):
    """α·A·B + β·C: a `Dense` with weight α·B and bias β·C."""
    x, matrix, *rest = vector.inputs
    given = {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0} | vector.attributes
    x = x.T if given["transA"] else x
    weight = given["alpha"] * (matrix.T if given["transB"] else matrix)
    if not rest:
        return [dense(x, weight)]
    offered(rest[0].ndim < 2 or len(rest[0]) == 1, "a bias for each row")
    return [dense(x, weight, given["beta"] * np.broadcast_to(rest[0].ravel(), weight.shape[1:]))]


def dense(x, weight, bias=None):
    layer = Dense(weight.shape[1], use_bias=bias is not None)
    model = Sequential([layer]).build(x.shape[1:])
    layer.weight.value = weight
    if bias is not None:
        layer.bias.value = bias
    return model.forward(x)


def matmul(vector):
    """A·B, matrix by matrix where there are many; a vector is a matrix of one row, or of one column."""
    a, b = vector.inputs
    a, b = a.reshape((1, *a.shape)[-max(a.ndim, 2) :]), b.reshape((*b.shape, 1)[: max(b.ndim, 2)])
    many = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    pairs = zip(*(np.broadcast_to(m, many + m.shape[-2:]).reshape(-1, *m.shape[-2:]) for m in (a, b)), strict=True)
    y = np.array([dense(x, weight) for x, weight in pairs])
    return [y.reshape(vector.outputs[0].shape)]  # the same numbers, whatever the axes of length 1


def flatten(vector):
    """All axes before `axis` are the batch."""
    x, axis = vector.inputs[0], vector.attributes.get("axis", 1)
    return [forward(Flatten(), x.reshape(-1, *x.shape[axis:]) if axis else x[None])]


def reshape(vector):
    """The target's shape is that of the output: a 0 in it stands for the input's size, a −1 for what is left."""
    x, y = vector.inputs[0], vector.outputs[0]
    offered(x.size, "no numbers")
    if x.shape[:1] == y.shape[:1] and x.ndim > 1 < y.ndim:
        return [forward(Reshape(y.shape[1:]), x)]
    return [forward(Reshape(y.shape), x[None])[0]]  # where the batch axis does not stay, it is one example


def softmax(layer_class):
    def run(vector):
        # The default axis was once 1; all vectors from that time name theirs.
        x, axis = vector.inputs[0], vector.attributes.get("axis", -1)
        return [np.moveaxis(forward(layer_class(), np.moveaxis(x, axis, -1)), -1, axis)]

    return run


class Draws:
    """The random numbers that a vector's mask was drawn with, in the place of a layer's own generator."""

    def __init__(self, seed):
        self.generator = np.random.RandomState(seed)

    def random(self, shape, dtype):
        return self.generator.uniform(0, 1, shape)


def dropout(vector):
    """The rate was once an attribute, and is an input today. The mask is what a gradient goes through."""
    x, ratio, training = (*vector.inputs, None, None)[:3]
    rate = vector.attributes.get("ratio", 0.5) if ratio is None else ratio
    layer = Dropout(float(rate))
    Sequential([layer]).build(x.shape[1:])
    layer.rng = Draws(vector.attributes.get("seed"))
    y = forward_for_backward(layer, x, training=bool(training))
    return [y, layer.backward(np.ones_like(y)) != 0][: len(vector.outputs)]


def batch_norm(vector):
    """Its momentum is the weight of the old figures, and its new variance is divided by n."""
    x, scale, bias, mean, variance = vector.inputs
    given = {"epsilon": 1e-5, "momentum": 0.9, "training_mode": 0} | vector.attributes
    layer = BatchNorm(momentum=1 - given["momentum"], epsilon=given["epsilon"])
    model = Sequential([layer]).build(x.shape[1:])
    layer.scale.value, layer.bias.value = scale, bias
    layer.statistics["mean"], layer.statistics["variance"] = mean.astype(np.float64), variance.astype(np.float64)
    y = model.forward(x, training=bool(given["training_mode"]))
    old, n = given["momentum"] * variance, x.size // len(mean)
    biased = old + (layer.statistics["variance"] - old) * (n - 1) / n
    return [y, layer.statistics["mean"], biased][: len(vector.outputs)]


def layer_norm(vector):
    """The axes from `axis` on are a row. Its mean is what the layer has taken off: x = μ + x̂ · deviation."""
    x, scale, bias = vector.inputs
    given = {"epsilon": 1e-5, "axis": -1} | vector.attributes
    axis = given["axis"] % x.ndim
    rows = x.reshape(-1, math.prod(x.shape[axis:]))
    layer = LayerNorm(epsilon=given["epsilon"])
    model = Sequential([layer]).build(rows.shape[1:])
    layer.scale.value, layer.bias.value = scale.reshape(-1), bias.reshape(-1)
    y = model.forward(rows, training=True)
    mean, factor = (rows - layer.normalized / layer.factor)[:, :1], layer.factor
    figures = [array.reshape(*x.shape[:axis], *[1] * (x.ndim - axis)) for array in (mean, factor)]
    return [y.reshape(x.shape), *figures][: len(vector.outputs)]


def gather(vector):
    """Gather takes what stands at the codes along an axis: of a table of rows, as an embedding does."""
    array, codes = vector.inputs
    axis = vector.attributes.get("axis", 0)
    offered((codes >= 0).all(), "codes that count from the end")
    table = np.moveaxis(array, axis, 0)
    layer = Embedding(len(table), math.prod(table.shape[1:]))
    model = Sequential([layer]).build(codes.shape[1:])
    layer.weight.value = table.reshape(len(table), -1)
    y = model.forward(codes).reshape(codes.shape + table.shape[1:])
    return [np.moveaxis(y, range(codes.ndim), range(axis, axis + codes.ndim))]


def cross_entropy(vector):
    """With class weights as ONNX has them, and log(probabilities). Every place of a picture is a row.

    A label to be ignored is a row of weight 0. A sum is the mean times the weight that it divided by, and a loss that
    is not reduced the sum over one row.
    """
    x, labels, weights = (*vector.inputs, None)[:3]
    reduction, ignored = vector.attributes.get("reduction", b"mean"), vector.attributes.get("ignore_index")
    last = np.moveaxis(x, 1, -1)  # (batch, …, classes)
    logits, rows = last.reshape(-1, x.shape[1]), labels.reshape(-1)
    loss = SoftmaxCrossEntropy(class_weight=None if weights is None else tuple(weights.tolist()))
    sample_weight = (rows != ignored).astype(x.dtype)
    targets = loss.encode(np.where(sample_weight, rows, 0), logits.shape[1:])

    def total(some):
        mean = loss.forward(logits[some], targets[some], None if ignored is None else sample_weight[some])
        return mean * loss.weight

    if reduction == b"none":
        value = np.array([total(slice(row, row + 1)) for row in range(len(rows))]).reshape(labels.shape)
    else:
        value = np.array(total(slice(None)) / (loss.weight if reduction == b"mean" else 1))
    log_probabilities = np.log(loss.predict(logits)).reshape(last.shape)
    return [value, np.moveaxis(log_probabilities, -1, 1)][: len(vector.outputs)]


def momentum(vector):
    """One step of SGD for n arrays: the new arrays, then the new velocities."""
    rate, step, *arrays = vector.inputs
    given, n = vector.attributes, len(arrays) // 3
    offered(step == 0 or given["beta"] == 1, "a factor of the gradient in the velocity")
    values, grads, velocities = (arrays[i * n : (i + 1) * n] for i in range(3))
    optimizer = SGD(
        momentum=given["alpha"],
        nesterov=given["mode"] == b"nesterov",
        weight_decay=given["norm_coefficient"],
    )
    joined, velocity = np.concatenate(values), np.concatenate(velocities)
    optimizer.update(joined, np.concatenate(grads), joined.size, float(rate), velocity)
    ends = np.cumsum([len(value) for value in values])[:-1]
    return [*np.split(joined, ends), *np.split(velocity, ends)]


def adam(vector):
    """One step of Adam for n arrays: the new arrays, then the means of gradients, then those of squares."""
    rate, step, *arrays = vector.inputs
    given, n = vector.attributes, len(arrays) // 4
    offered(step == 0, "ε not in the correction")  # with step 0 ONNX makes no correction, as Adam after many steps
    values, grads, means, squares = (np.concatenate(arrays[i * n : (i + 1) * n]) for i in range(4))
    names = {"alpha": "beta1", "beta": "beta2", "epsilon": "epsilon", "norm_coefficient": "weight_decay"}
    optimizer = Adam(**{ours: given[theirs] for theirs, ours in names.items()})
    optimizer.steps = 10**6
    optimizer.update(values, grads, values.size, float(rate), means, squares)
    ends = np.cumsum([len(array) for array in arrays[:n]])[:-1]
    return [part for joined in (values, means, squares) for part in np.split(joined, ends)]
