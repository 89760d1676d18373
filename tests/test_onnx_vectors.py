"""The ONNX standard's own test vectors: inputs and outputs of single operators, which others computed.

The `onnx` wheel carries them as files (up to version 1.22; later ones compute the vectors of single nodes anew
in memory). `SERVED` maps an operator to a function that runs a vector through nnlite, or says why nnlite does
not offer what the vector asks for. No option is added to nnlite for a vector's sake.
"""

import warnings
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from nnlite import (
    ELU,
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
    LeakyReLU,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    SoftmaxCrossEntropy,
    Softplus,
    Tanh,
    TanhGELU,
)

PASSING = 104  # so many passed when this was last touched: the number may only grow

# The vectors' operators that a library of neural networks has; those that `SERVED` lacks are listed as open.
OPERATORS = """
    MatMul Gemm Gather Conv ConvTranspose Flatten Dropout MaxPool AveragePool LpPool GlobalMaxPool GlobalAveragePool
    BatchNormalization LayerNormalization RMSNormalization InstanceNormalization GroupNormalization LRN
    Relu LeakyRelu PRelu ThresholdedRelu Elu Selu Celu Gelu Swish HardSwish Mish Sigmoid HardSigmoid Softplus
    Softsign Tanh Softmax LogSoftmax SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss Attention RNN GRU LSTM
    Momentum Adagrad Adam
""".split()


class Vector(NamedTuple):
    """One test case: an operator's attributes, its inputs (None where one is left out), and its outputs."""

    name: str
    operator: str
    attributes: dict[str, Any]
    inputs: list[np.ndarray | None]
    outputs: list[np.ndarray]


class NotOffered(Exception):
    """nnlite has the operator, but not in the form that a vector asks for."""


def offered(condition, otherwise):
    if not condition:
        raise NotOffered(otherwise)


# From an operator to nnlite: each function returns the outputs that nnlite gives, the vector's first ones.


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
    x, slopes = vector.inputs
    offered(slopes.size == 1 or slopes.shape == x.shape[1:2], "slopes along other axes than the channels")
    layer = PReLU(shared=slopes.size == 1)
    model = Sequential([layer]).build(x.shape[1:])
    layer.slope.value = slopes.reshape(-1)
    return [model.forward(x)]


def selu(vector):
    offered(not vector.attributes, "other constants")
    return [forward(SELU(), vector.inputs[0])]


def swish(vector):
    offered(vector.attributes.get("alpha", 1.0) == 1, "another factor of x in the sigmoid")
    return [forward(SiLU(), vector.inputs[0])]


def dense(vector):
    """MatMul is A·B, and Gemm α·A·B + β·C: a `Dense` with weight α·B and bias β·C."""
    x, matrix, *rest = vector.inputs
    given = {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0} | vector.attributes
    offered(x.ndim == matrix.ndim == 2, "inputs that are no rows")
    offered(not given["transA"], "batch axis last")
    weight = given["alpha"] * (matrix.T if given["transB"] else matrix)
    layer = Dense(weight.shape[1], use_bias=bool(rest))
    model = Sequential([layer]).build(x.shape[1:])
    layer.weight.value = weight
    if rest:
        offered(rest[0].ndim < 2 or len(rest[0]) == 1, "a bias for each row")
        layer.bias.value = given["beta"] * np.broadcast_to(rest[0].ravel(), (layer.units,))
    return [model.forward(x)]


def flatten(vector):
    x, axis = vector.inputs[0], vector.attributes.get("axis", 1)
    offered((axis if axis >= 0 else axis + x.ndim) == 1, "another axis")
    return [forward(Flatten(), x)]


def softmax(layer_class):
    def run(vector):
        # The default axis was once 1; all vectors from that time name theirs.
        x, axis = vector.inputs[0], vector.attributes.get("axis", -1)
        offered(axis in (-1, x.ndim - 1), "another axis")
        return [forward(layer_class(), x)]

    return run


def dropout(vector):
    """The rate was once an attribute, and is an input today. The mask, a second output, is not compared."""
    x, ratio, training = (*vector.inputs, None, None)[:3]
    rate = vector.attributes.get("ratio", 0.5) if ratio is None else ratio
    offered(not training or rate == 0, "a mask that its own generator draws")
    return [forward(Dropout(float(rate)), x, training=bool(training))]


def batch_norm(vector):
    """Its momentum is the weight of the old figures. Its new running variance, divided by n, is not compared."""
    x, scale, bias, mean, variance = vector.inputs
    given = {"epsilon": 1e-5, "momentum": 0.9, "training_mode": 0} | vector.attributes
    layer = BatchNorm(momentum=1 - given["momentum"], epsilon=given["epsilon"])
    model = Sequential([layer]).build(x.shape[1:])
    layer.scale.value, layer.bias.value = scale, bias
    layer.state["mean"], layer.state["variance"] = mean.astype(np.float64), variance.astype(np.float64)
    y = model.forward(x, training=bool(given["training_mode"]))
    return [y, layer.state["mean"]][: len(vector.outputs)]


def layer_norm(vector):
    """Further outputs, the rows' mean and the inverse of their deviation, are not compared."""
    x, scale, bias = vector.inputs
    given = {"epsilon": 1e-5, "axis": -1} | vector.attributes
    offered(given["axis"] in (-1, x.ndim - 1), "other axes than the last")
    layer = LayerNorm(epsilon=given["epsilon"])
    model = Sequential([layer]).build(x.shape[1:])
    layer.scale.value, layer.bias.value = scale, bias
    return [model.forward(x)]


def embedding(vector):
    """Gather takes rows of a table, as an embedding does, and much else."""
    table, codes = vector.inputs
    offered(table.ndim == 2 and vector.attributes.get("axis", 0) == 0, "what is not a table of rows")
    layer = Embedding(*table.shape)
    model = Sequential([layer]).build(codes.shape[1:])
    layer.weight.value = table
    return [model.forward(codes)]


def cross_entropy(vector):
    """The mean loss, with class weights as ONNX has them, and log(probabilities)."""
    logits, labels, weights = (*vector.inputs, None)[:3]
    offered(vector.attributes.get("reduction", b"mean") == b"mean", "another reduction")
    offered("ignore_index" not in vector.attributes, "ignore_index")
    offered(logits.ndim == 2, "classes on axis 1 of more")
    loss = SoftmaxCrossEntropy(class_weight=None if weights is None else tuple(weights.tolist()))
    labels = loss.encode(labels, logits.shape[1:])
    value = loss.forward(logits, labels)
    return [np.array(value), np.log(loss.predict(logits))][: len(vector.outputs)]


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


SERVED = {
    "Adam": adam,
    "BatchNormalization": batch_norm,
    "Dropout": dropout,
    "Elu": activation(ELU, alpha="alpha"),
    "Flatten": flatten,
    "Gather": embedding,
    "Gelu": gelu,
    "Gemm": dense,
    "LayerNormalization": layer_norm,
    "LeakyRelu": activation(LeakyReLU, alpha="slope"),
    "LogSoftmax": softmax(LogSoftmax),
    "MatMul": dense,
    "Mish": activation(Mish),
    "Momentum": momentum,
    "PRelu": prelu,
    "Relu": activation(ReLU),
    "Selu": selu,
    "Sigmoid": activation(Sigmoid),
    "Softmax": softmax(Softmax),
    "SoftmaxCrossEntropyLoss": cross_entropy,
    "Softplus": activation(Softplus),
    "Swish": swish,
    "Tanh": activation(Tanh),
}


# Reading the vectors, and running them.


@pytest.fixture(scope="module")
def vectors():
    """The operator of every vector that has only one, and those that `SERVED` may run."""
    with warnings.catch_warnings():
        # onnx is pinned, NumPy and protobuf are not: what it uses of them may be on its way out.
        warnings.simplefilter("ignore", DeprecationWarning)
        onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'onnx==1.22.*'")
        data = Path(onnx.__file__).parent / "backend/test/data"
        if not (data / "node").is_dir():
            pytest.skip(f"onnx {onnx.__version__} does not carry its vectors as files: pip install 'onnx==1.22.*'")
        return read_vectors(onnx, data)


def read_vectors(onnx, data):
    operators, served = Counter(), []
    for kind in ("node", "pytorch-operator", "pytorch-converted", "simple"):
        for folder in sorted((data / kind).glob("test_*")):
            graph = onnx.load(folder / "model.onnx").graph
            constants, nodes = fold_constants(onnx, graph)
            if len(nodes) == 1:
                operators[nodes[0].op_type] += 1
                if nodes[0].op_type in SERVED:
                    served.append(read_vector(onnx, folder, graph, nodes[0], constants))
    return operators, served


def fold_constants(onnx, graph):
    """The arrays that are part of a model, by name, and its nodes but for those that only prepare such an array."""
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        given = attributes(onnx, node)
        if node.op_type == "Constant" and "value" in given:
            constants[node.output[0]] = onnx.numpy_helper.to_array(given["value"])
        elif node.op_type == "Transpose" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]].transpose(given.get("perm"))
        else:
            nodes.append(node)
    return constants, nodes


def read_vector(onnx, folder, graph, node, constants):
    def arrays(pattern):
        files = sorted(folder.glob(f"test_data_set_0/{pattern}"), key=lambda file: int(file.stem.split("_")[1]))
        return [onnx.numpy_helper.to_array(onnx.load_tensor(file)) for file in files]

    # Old models list their own arrays among the inputs as well; there is no file for those.
    fed = [value.name for value in graph.input if value.name not in constants]
    known = constants | dict(zip(fed, arrays("input_*.pb"), strict=True))
    inputs = [known[name] if name else None for name in node.input]
    return Vector(folder.name, node.op_type, attributes(onnx, node), inputs, arrays("output_*.pb"))


def attributes(onnx, node):
    return {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}


def compare(vectors, served):
    """Runs all vectors: the names that pass, those that fail, and the reasons of those that do not apply."""
    passed, failed, reasons = [], [], []
    for vector in vectors:
        try:
            found = served[vector.operator](vector)
        except NotOffered as reason:
            reasons.append(f"{vector.operator}: {reason}")
            continue
        pairs = list(zip(found, vector.outputs, strict=False))
        right = all(
            mine.shape == theirs.shape and np.allclose(mine, theirs, rtol=1e-3, atol=1e-7)  # onnx's own tolerances
            for mine, theirs in pairs
        )
        (passed if pairs and right else failed).append(vector)
    return passed, failed, reasons


def counts(names):
    return ", ".join(f"{name} {count}" for name, count in sorted(Counter(names).items()))


def test_every_vector_that_nnlite_offers_is_reproduced(vectors, capsys):
    operators, served = vectors
    passed, failed, reasons = compare(served, SERVED)
    with capsys.disabled():
        print(f"\nONNX vectors: {len(passed)} of {len(passed) + len(failed)} applicable pass", end=": ")
        print(counts(vector.operator for vector in passed))
        print(f"  not offered, {len(reasons)}: {counts(reasons)}")
        still_open = {name: operators[name] for name in OPERATORS if name not in SERVED}
        print(f"  operators not covered, {sum(still_open.values())} vectors: {counts(still_open)}")
    assert not failed, f"these differ: {[vector.name for vector in failed]}"
    assert len(passed) >= PASSING


def test_a_wrong_formula_is_seen(vectors):
    of_tanh = [vector for vector in vectors[1] if vector.operator == "Tanh"]
    passed, failed, _ = compare(of_tanh, {"Tanh": activation(Sigmoid)})
    assert (len(passed), len(failed)) == (0, len(of_tanh)) != (0, 0)
