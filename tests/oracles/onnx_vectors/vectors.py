"""A vector is one case of one operator: its attributes, its inputs and its outputs, as files of the `onnx` wheel.

Up to version 1.22: later ones compute the vectors of single nodes anew, in memory.
"""

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


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


def read_vectors(onnx, operators):
    """Of the vectors that have only one operator: how many each operator has, and those of these operators."""
    counts, vectors = Counter(), []
    for kind in ("node", "pytorch-operator", "pytorch-converted", "simple"):
        for folder in sorted((folder_of(onnx) / kind).glob("test_*")):
            graph = onnx.load(folder / "model.onnx").graph
            constants, nodes = fold_constants(onnx, graph)
            if len(nodes) == 1:
                counts[nodes[0].op_type] += 1
                if nodes[0].op_type in operators:
                    vectors.append(read_vector(onnx, folder, graph, nodes[0], constants))
    return counts, vectors


def folder_of(onnx):
    return Path(onnx.__file__).parent / "backend/test/data"


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
