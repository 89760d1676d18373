"""Parity: in float64, nnlite computes the numbers that PyTorch computed when `golden/record.py` recorded them.

A new layer, loss or optimizer needs an entry in the tables there; here, only one that PyTorch lays out in
another way (LAYOUTS), or that needs more than its arguments and parameters (PREPARATIONS).
"""

import json

import numpy as np
import pytest

from nnlite import (
    Dataset,
    Dense,
    FullBatchOptimizer,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    Trainer,
    layers,
    losses,
    optimizers,
)
from nnlite.core.tree import named_parameters, walk
from nnlite.plugins.registry import Registry
from nnlite.testing.jacobians import forward_for_backward
from tests.conftest import ROOT
from tests.oracles.golden import prescribed

OF_ONE_PASS, OF_A_RUN = 1e-12, 1e-10
FAMILIES = "layers", "losses", "optimizers", "training", "minima"
GOLDEN = {
    family: json.loads((ROOT / f"tests/oracles/golden/{family}.json").read_text())["cases"] for family in FAMILIES
}


class Draws:
    """A generator whose numbers make a layer keep what PyTorch kept: on the rate, and next below it."""

    def __init__(self, kept, rate):
        self.kept, self.rate = np.array(kept), rate

    def random(self, shape, dtype):
        assert shape == self.kept.shape
        rate = np.asarray(self.rate, dtype)
        return np.where(self.kept, rate, np.nextafter(rate, dtype(0)))


def draw_as_recorded(layer, case):
    layer.rng = Draws(case["extra"]["kept"], case["arguments"]["rate"])


def adapt_to_recorded_rows(layer, case):
    layer.adapt(np.array(case["extra"]["rows"], np.float64))  # None becomes NaN


def train_on_recorded_batches(layer, case):
    for rows in case["extra"]["earlier"]:
        layer.forward(np.array(rows), training=True)


class Recorded:
    """A generator that draws what was recorded."""

    def __init__(self, draws):
        self.draws = np.array(draws)

    def standard_normal(self, shape, dtype):
        assert shape == self.draws.shape
        return self.draws.astype(dtype)

    def integers(self, low, high, shape, dtype=np.int64, *, endpoint=False):
        assert shape == self.draws.shape and dtype == self.draws.dtype
        assert self.draws.min() >= low and self.draws.max() <= (high if endpoint else high - 1)
        return self.draws


def draw_the_recorded_numbers(layer, case):
    layer.rng = Recorded(case["extra"]["draws"])


PREPARATIONS = {
    "BatchNorm": train_on_recorded_batches,
    "Columns": adapt_to_recorded_rows,
    "Dropout": draw_as_recorded,
    "GaussianNoise": draw_the_recorded_numbers,
    "RandomFlip": draw_the_recorded_numbers,
    "RandomShift": draw_the_recorded_numbers,
    "Standardize": adapt_to_recorded_rows,
}


def of_a_dense_or_convolution(weight):
    return np.transpose(weight) if np.ndim(weight) == 2 else np.asarray(weight)


def of_a_projection(weight):
    """A convolution of kernel size 1 has two more axes, of size 1."""
    return np.transpose(weight).reshape(len(weight[0]), len(weight))


def of_gates(array):
    """An LSTM's rows in the order o, i, f, g: PyTorch's is i, f, g, o."""
    i, f, g, o = np.split(np.asarray(array), 4)
    return np.concatenate((o, i, f, g))


LAYOUTS = {
    ("Conv1D", "weight"): lambda weight: np.transpose(weight, (2, 1, 0)),
    ("LSTM", "weight"): of_gates,
    ("LSTM", "recurrent"): of_gates,
    ("LSTM", "bias"): of_gates,
    ("SelfAttention", "weight"): np.transpose,
    ("SelfAttention", "output_weight"): np.transpose,
    ("Dense", "weight"): np.transpose,
    ("Residual", "0.weight"): of_a_dense_or_convolution,
    ("Residual", "0.0.weight"): np.transpose,
    ("Residual", "0.2.weight"): np.transpose,
    ("Residual", "projection"): of_a_projection,
}
"""(layer, parameter) to what makes PyTorch's array ours; gradients lie as their parameters do."""


def of_family(family):
    return pytest.mark.parametrize("case", GOLDEN[family].values(), ids=GOLDEN[family].keys())


def difference(found, expected):
    """The largest difference; where all numbers are below 1, in parts of the largest of them.

    So tiny numbers do not agree merely because they are tiny.
    """
    found, expected = np.asarray(found), np.asarray(expected, np.float64)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    largest = np.abs(expected).max()
    return np.abs(found - expected).max() / (min(largest, 1.0) or 1.0)


def check(differences, tolerance):
    """No difference is above the tolerance; written so that NaN is."""
    assert differences
    assert not {what: size for what, size in differences.items() if not size <= tolerance}


def layer_differences(case):
    """By array: the output, the state, the gradients of the input and of the parameters."""
    layer = Registry().make({"type": case["layer"]} | case["arguments"])
    x, dy = np.array(case["x"], np.float64), np.array(case["dy"])
    Sequential([layer]).build(x.shape[1:], dtype="float64")
    ours = {path.removeprefix("0."): parameter for path, parameter, _ in named_parameters([layer])}

    def state():
        of_all = ((path + ".", inner.statistics) for path, inner, _ in walk([layer]))
        return {(path + name).removeprefix("0."): array for path, arrays in of_all for name, array in arrays.items()}

    assert (ours.keys(), state().keys()) == (case["parameters"].keys(), case["state"].keys())

    def laid_out(arrays):
        within = np.transpose if case["layer"] == "Parallel" else np.asarray  # of Dense layers, which need no name
        return {name: LAYOUTS.get((case["layer"], name), within)(array) for name, array in arrays.items()}

    for name, value in laid_out(case["parameters"]).items():
        ours[name].value = value
    PREPARATIONS.get(case["layer"], lambda layer, case: None)(layer, case)

    found = {"y": difference(forward_for_backward(layer, x, training=case["training"]), case["y"])}
    found |= {name: difference(state()[name], array) for name, array in case["state"].items()}
    found |= {"dx": difference(layer.backward(dy), case["dx"])}
    return found | {
        f"d{name}": difference(ours[name].grad, array) for name, array in laid_out(case["gradients"]).items()
    }


def loss_differences(case):
    """Of the loss, and of its gradient."""
    loss = getattr(losses, case["loss"])(**case["arguments"])
    outputs = np.array(case["outputs"])
    loss.build(outputs.shape[1:])
    targets = loss.encode(np.array(case["targets"]), outputs.shape[1:])
    weights = None if case["weights"] is None else np.array(case["weights"])
    return {
        "value": difference(loss.forward(outputs, targets, weights), case["value"]),
        "gradient": difference(loss.backward(), case["gradient"]),
    }


def made_network(factor, factors=None, decays=None):
    """The network of both kinds of runs, from its prescribed start; factors of rate and decay by path."""
    parts = Dense(prescribed.UNITS), Tanh(), Dense(prescribed.CLASSES), SoftmaxCrossEntropy()
    network = Sequential(parts)
    network.declare((prescribed.FEATURES,), dtype="float64")
    for path, parameter, _ in named_parameters(network.layers):
        parameter.rate = (factors or {}).get(path, 1.0)
        parameter.decay *= (decays or {}).get(path, 1.0)
    network.draw()
    for path, value in prescribed.start(factor).items():
        network.parameters.paths[path].value = value.T
    return network


def made_optimizer(case):
    return getattr(optimizers, case["optimizer"])(**case["arguments"])


def value_differences(network, values):
    paths = network.parameters.paths
    return {path: difference(paths[path].value, np.transpose(value)) for path, value in values.items()}


def prescribed_differences(case):
    """By step and parameter, over a run that is given its gradients."""
    network, optimizer, found = (
        made_network(case["start"], case.get("factors"), case.get("decays")),
        made_optimizer(case),
        {},
    )
    for step in range(1, prescribed.STEPS + 1):
        for path, gradient in prescribed.gradients(step, case["gradient"]).items():
            network.parameters.paths[path].grad = gradient.T
        optimizer.step(network.parameters, prescribed.rate(case["rates"], step))
        if str(step) in case["after"]:
            differences = value_differences(network, case["after"][str(step)])
            found |= {(step, path): size for path, size in differences.items()}
    assert len(found) == len(prescribed.CHECKPOINTS) * len(prescribed.SHAPES)
    return found


def training_differences(case):
    """Of the losses of some batches, and of the parameters after the last one."""
    network, optimizer, found = made_network(0.3, case.get("factors"), case.get("decays")), made_optimizer(case), []
    x, labels = prescribed.rows()
    for step, batch in enumerate(prescribed.batches(), start=1):
        found.append(network.loss(x[batch], labels[batch], training=True))
        network.backward()
        optimizer.step(network.parameters, prescribed.rate(case["rates"], step))
    of_losses = difference(found[:: prescribed.LOSSES_EVERY], case["losses"])
    return {"losses": of_losses} | value_differences(network, case["values"])


def minimum_differences(case):
    """Of the value at the minimum, of the loss in it, and of where the minimum is; a bias is free to shift."""
    model = Sequential([Dense(prescribed.CLASSES), SoftmaxCrossEntropy()]).build(
        (prescribed.FEATURES,), dtype="float64"
    )
    optimizer = getattr(optimizers, case["optimizer"])(tolerance=1e-12, weight_decay=case["decay"])
    loss = Trainer(model, optimizer, epochs=1000).fit(Dataset(*prescribed.rows()))["training_loss"][-1]
    weight, bias = model.layers[0].weight.value, model.layers[0].bias.value
    return {
        "value": difference(loss + case["decay"] / 2 * np.sum(weight**2), case["value"]),
        "loss": difference(loss, case["loss"]),
        "weight": difference(weight.T, case["weight"]),
        "bias": difference(bias - bias.mean(), case["bias"]),
    }


@of_family("layers")
def test_a_layer_computes_what_pytorchs_does(case):
    check(layer_differences(case), OF_ONE_PASS)


@of_family("losses")
def test_a_loss_computes_what_pytorchs_does(case):
    check(loss_differences(case), OF_ONE_PASS)


@of_family("optimizers")
def test_an_optimizer_walks_along_prescribed_gradients_as_pytorchs_does(case):
    check(prescribed_differences(case), OF_A_RUN)


@pytest.mark.slow
@of_family("training")
def test_training_with_partial_batches_goes_as_in_pytorch(case):
    check(training_differences(case), OF_A_RUN)


@of_family("minima")
def test_a_full_batch_method_ends_in_the_minimum_that_pytorchs_finds(case):
    found = minimum_differences(case)
    check({"value": found.pop("value")}, OF_A_RUN)
    check(found, 1e-5)  # around the minimum the value is flat: a digit of the place is two digits of it


def within(value):
    """The types of the layers among arguments."""
    if isinstance(value, dict):
        return {value["type"]} | within(list(value.values())) if "type" in value else within(list(value.values()))
    return set().union(*map(within, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize(
    ("room", "family", "key"),
    [
        (layers, "layers", "layer"),
        (losses, "losses", "loss"),
        (optimizers, "optimizers", "optimizer"),
        (optimizers, "training", "optimizer"),
        (optimizers, "minima", "optimizer"),
    ],
    ids=FAMILIES,
)
def test_everything_public_is_recorded(room, family, key):
    cases = GOLDEN[family].values()
    assert {case[key] for case in cases} | within([case.get("arguments") for case in cases]) >= public(room, family)
    assert {case[key] for case in cases} <= public(room, family)


def public(room, family):
    """The names that the family must cover: the steps of a full-batch method are its own, its minima are not."""
    full_batch = {name for name in room.__all__ if issubclass(getattr(room, name), FullBatchOptimizer)}
    return full_batch if family == "minima" else set(room.__all__) - full_batch
