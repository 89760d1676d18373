"""nnlite against the ONNX standard's own test vectors."""

import warnings
from collections import Counter

import numpy as np
import pytest

from nnlite import (
    ELU,
    GRU,
    LSTM,
    GlobalAveragePool2D,
    LeakyReLU,
    LogSoftmax,
    Mish,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)
from tests.oracles.onnx_vectors import operators, pictures, sequences
from tests.oracles.onnx_vectors.vectors import NotOffered, folder_of, read_vectors

PASSING = 277  # so many passed when this was last touched: the number may only grow

# The vectors' operators that a library of neural networks has; those that `SERVED` lacks are listed as open.
OPERATORS = """
    MatMul Gemm Gather Conv ConvTranspose Flatten Reshape Dropout MaxPool AveragePool LpPool GlobalMaxPool
    GlobalAveragePool BatchNormalization LayerNormalization RMSNormalization InstanceNormalization GroupNormalization
    LRN Relu LeakyRelu PRelu ThresholdedRelu Elu Selu Celu Gelu Swish HardSwish Mish Sigmoid HardSigmoid Softplus
    Softsign Tanh Softmax LogSoftmax SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss Attention RNN GRU LSTM
    Momentum Adagrad Adam
""".split()

# The operators that nnlite has, and what runs a vector of theirs.
SERVED = {
    "AveragePool": pictures.average_pool,
    "Adam": operators.adam,
    "Attention": sequences.attention,
    "BatchNormalization": operators.batch_norm,
    "Conv": pictures.conv,
    "Dropout": operators.dropout,
    "Elu": operators.activation(ELU, alpha="alpha"),
    "Flatten": operators.flatten,
    "Gather": operators.gather,
    "Gelu": operators.gelu,
    "Gemm": operators.gemm,
    "GRU": sequences.recurrent(GRU, (1, 0, 2)),
    "GlobalAveragePool": operators.activation(GlobalAveragePool2D),
    "LSTM": sequences.recurrent(LSTM, (1, 0, 2, 3)),
    "LayerNormalization": operators.layer_norm,
    "LeakyRelu": operators.activation(LeakyReLU, alpha="slope"),
    "LogSoftmax": operators.softmax(LogSoftmax),
    "MatMul": operators.matmul,
    "MaxPool": pictures.max_pool,
    "Mish": operators.activation(Mish),
    "Momentum": operators.momentum,
    "PRelu": operators.prelu,
    "Relu": operators.activation(ReLU),
    "Reshape": operators.reshape,
    "Selu": operators.selu,
    "Sigmoid": operators.activation(Sigmoid),
    "Softmax": operators.softmax(Softmax),
    "SoftmaxCrossEntropyLoss": operators.cross_entropy,
    "Softplus": operators.activation(Softplus),
    "Swish": operators.swish,
    "Tanh": operators.activation(Tanh),
}


@pytest.fixture(scope="module")
def vectors():
    """The operator of every vector that has only one, and those that `SERVED` may run."""
    with warnings.catch_warnings():
        # onnx is pinned, NumPy and protobuf are not: what it uses of them may be on its way out.
        warnings.simplefilter("ignore", DeprecationWarning)
        onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'onnx==1.22.*'")
        if not (folder_of(onnx) / "node").is_dir():
            pytest.skip(f"onnx {onnx.__version__} does not carry its vectors as files: pip install 'onnx==1.22.*'")
        return read_vectors(onnx, SERVED)


def compare(vectors, served):
    """Runs all vectors: those that pass, those that fail, and the reasons of those that do not apply."""
    passed, failed, reasons = [], [], []
    for vector in vectors:
        try:
            found = served[vector.operator](vector)
        except NotOffered as reason:
            reasons.append(f"{vector.operator}: {reason}")
            continue
        right = len(found) == len(vector.outputs) > 0 and all(
            mine.shape == theirs.shape and np.allclose(mine, theirs, rtol=1e-3, atol=1e-7)  # onnx's own tolerances
            for mine, theirs in zip(found, vector.outputs, strict=True)
        )
        (passed if right else failed).append(vector)
    return passed, failed, reasons


def counts(names):
    return ", ".join(f"{name} {count}" for name, count in sorted(Counter(names).items()))


def test_every_vector_that_nnlite_offers_is_reproduced(vectors, record_property):
    by_operator, served = vectors
    passed, failed, reasons = compare(served, SERVED)
    still_open = {name: by_operator[name] for name in OPERATORS if name not in SERVED}
    record_property(
        "said",
        f"ONNX vectors: {len(passed)} of {len(served)} cases of the operators that nnlite has pass: "
        f"{counts(vector.operator for vector in passed)}\n"
        f"  not offered, {len(reasons)}: {counts(reasons)}\n"
        f"  operators that nnlite has not, {sum(still_open.values())} cases: {counts(still_open)}",
    )
    assert not failed, f"these differ: {[vector.name for vector in failed]}"
    assert len(passed) >= PASSING


def test_an_output_that_is_missing_is_no_success(vectors):
    norms = [vector for vector in vectors[1] if vector.operator == "LayerNormalization"]
    first_alone = {"LayerNormalization": lambda vector: operators.layer_norm(vector)[:1]}
    passed, failed, _ = compare(norms, first_alone)
    assert passed == [] and len(failed) == len(norms) == 19


def test_a_wrong_formula_is_seen(vectors):
    of_tanh = [vector for vector in vectors[1] if vector.operator == "Tanh"]
    passed, failed, _ = compare(of_tanh, {"Tanh": operators.activation(Sigmoid)})
    assert (len(passed), len(failed)) == (0, len(of_tanh)) != (0, 0)
