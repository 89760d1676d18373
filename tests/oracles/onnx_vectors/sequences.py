"""From an operator on sequences to nnlite; in ONNX the time comes before the batch, unless the layout is 1."""

import numpy as np

from nnlite import GRU, SelfAttention, Sequential
from tests.oracles.onnx_vectors.vectors import offered


def recurrent(layer_class, order):
    """An operator that is such a layer; its gates' rows go in `order` into the layer's. It has two biases, in a row.

    An initial state that is all 0 is that of the layer.
    """

    def run(vector):
        given = {"layout": 0, "direction": b"forward", "linear_before_reset": 0} | vector.attributes
        x, weight, recurrent, bias, lengths, *states = [*vector.inputs, *[None] * 8][:7]
        offered(len(vector.inputs) < 8, "peepholes")
        offered(given["direction"] == b"forward" and len(weight) == 1, "both directions")
        offered(all(state is None or not state.any() for state in states), "a state to begin with")
        x = x if given["layout"] else x.swapaxes(0, 1)  # (batch, time, features)
        offered(lengths is None or (lengths == x.shape[1]).all(), "sequences of several lengths")
        biases = np.zeros((2, len(weight[0])), x.dtype) if bias is None else bias[0].reshape(2, -1)
        if layer_class is GRU and not given["linear_before_reset"]:
            # At the first step hₜ₋₁ is 0, and only the second bias of n tells where r works.
            offered(x.shape[1] == 1, "the reset before the product")
            n = slice(2 * given["hidden_size"], None)
            biases = np.stack((biases[0], biases[1]))
            biases[0, n] += biases[1, n]
            biases[1, n] = 0
        layer = layer_class(given["hidden_size"], return_sequences=True)
        model = Sequential([layer]).build(x.shape[1:])

        def ordered(rows):
            return np.concatenate([np.split(rows, len(order))[gate] for gate in order])

        layer.weight.value, layer.recurrent.value = ordered(weight[0]), ordered(recurrent[0])
        if layer_class is GRU:
            layer.bias.value, layer.recurrent_bias.value = map(ordered, biases)
        else:
            layer.bias.value = ordered(biases.sum(axis=0))
        y = model.forward(x)
        last, outputs = y[:, -1], y[:, :, None]  # with an axis for the one direction
        if not given["layout"]:
            outputs = outputs.transpose(1, 2, 0, 3)
        found = [outputs, last[:, None] if given["layout"] else last[None]]
        return found if len(vector.outputs) == 2 else found[1:]

    return run


def attention(vector):
    """Attention of queries, keys and values that stand side by side in x: the two projections change nothing."""
    given = {"q_num_heads": 1, "kv_num_heads": 1} | vector.attributes
    q, k, v, *others = vector.inputs
    offered(q.ndim == 3, "heads on an axis of their own")
    offered(q.shape == k.shape == v.shape, "keys of another sequence than the queries")
    offered(given["q_num_heads"] == given["kv_num_heads"], "several heads with the same keys")
    offered(all(other is None for other in others), "a mask, or keys and values from before")
    offered(given.keys() == {"q_num_heads", "kv_num_heads"}, "other arguments")
    x, units = np.concatenate((q, k, v), axis=2), q.shape[2]
    layer = SelfAttention(units, heads=given["q_num_heads"])
    model = Sequential([layer]).build(x.shape[1:])
    layer.weight.value, layer.output_weight.value = np.eye(3 * units), np.eye(units)
    return [model.forward(x)]
