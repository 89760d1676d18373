"""The optimizers' references: PyTorch's optimizers, and runs of 1,000 steps over which both are compared.

A new optimizer is one more entry in MAKERS, and its settings in RUNS.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import prescribed
import torch
from torch import nn
from torch.nn import functional

CHANGES = ((1, 0.05), (301, 0.005), (701, 0.02))
"""Pairs (first step, learning rate): a fall, then a rise."""

SMALL_CHANGES = tuple((first, rate / 5) for first, rate in CHANGES)
"""For rules whose step is about the rate, whatever the gradient: with the others a run of them amplifies rounding."""

TORCH_NAMES = {"learning_rate": "lr", "epsilon": "eps"}


def torch_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """PyTorch's arguments from nnlite's; the two betas, which it takes as a pair, are both given or neither."""
    found = {TORCH_NAMES.get(name, name): value for name, value in arguments.items()}
    if "beta1" in found:
        found["betas"] = found.pop("beta1"), found.pop("beta2")
    return found


MAKERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": torch.optim.SGD,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "RMSprop": torch.optim.RMSprop,
}
"""nnlite's name of an optimizer to PyTorch's one."""


MINIMA = (0.1, 0.01, 0.001)
"""The weight decays under which a minimum is looked for: without any there is none, as the classes part."""


@dataclass(frozen=True)
class Run:
    """An optimizer in one setting.

    Attributes:
        optimizer: nnlite's name of it.
        name: of the setting.
        arguments: of nnlite's constructor.
        rates: pairs (first step, learning rate), if it changes.
        factors: what the learning rate of some parameters is multiplied by, by path.
        decays: what the weight decay of some parameters is multiplied by, by path.
        start, gradient: what the prescribed parameters and gradients, numbers within ±3, are multiplied by.
            A walk from 0 shows tiny steps that would drown in the digits of other values.
    """

    optimizer: str
    name: str
    arguments: Mapping[str, Any]
    rates: Sequence[tuple[int, float]] = ()
    factors: Mapping[str, float] = field(default_factory=dict)
    decays: Mapping[str, float] = field(default_factory=dict)
    start: float = 1.0
    gradient: float = 1.0


ADAM_ALL = {"learning_rate": 0.005, "beta1": 0.8, "beta2": 0.95, "epsilon": 0.01, "weight_decay": 0.1}
RMSPROP_ALL = {"learning_rate": 0.002, "alpha": 0.8, "epsilon": 0.01, "momentum": 0.9, "weight_decay": 0.1}

FACTORS = {"0.weight": 0.1, "0.bias": 6.0, "2.bias": 0.1}
"""Rates of single parameters; with those that have none there are three rates among weights and biases."""

DECAYS = {"0.weight": 0.25, "2.weight": 2.0}

RUNS = (
    Run("SGD", "plain", {"learning_rate": 0.05}),
    Run("SGD", "momentum", {"learning_rate": 0.05, "momentum": 0.9}),
    Run("SGD", "Nesterov", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    Run("SGD", "decay", {"learning_rate": 0.05, "weight_decay": 0.01}),
    Run(
        "SGD",
        "momentum, Nesterov, decay",
        {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01},
    ),
    Run("SGD", "rate changes", {"learning_rate": 1.0}, CHANGES),
    Run("SGD", "momentum, rate changes", {"learning_rate": 1.0, "momentum": 0.9}, CHANGES),
    Run(
        "SGD",
        "Nesterov, decay, rate changes",
        {"learning_rate": 1.0, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        CHANGES,
    ),
    Run("SGD", "tiny gradients", {"learning_rate": 0.05}, start=0.0, gradient=1e-8),
    Run(
        "SGD",
        "tiny gradients, Nesterov, decay",
        {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        start=0.0,
        gradient=1e-8,
    ),
    *(
        run
        for name in ("Adam", "AdamW")
        for run in (
            Run(name, "defaults", {}),
            Run(name, "rate", {"learning_rate": 0.005}),
            Run(name, "betas", {"learning_rate": 0.005, "beta1": 0.8, "beta2": 0.95}),
            Run(name, "beta1 of 0", {"learning_rate": 0.005, "beta1": 0.0, "beta2": 0.999}),
            Run(name, "epsilon", {"learning_rate": 0.005, "epsilon": 0.1}),
            Run(name, "no decay", {"learning_rate": 0.005, "weight_decay": 0.0}),
            Run(name, "decay", {"learning_rate": 0.005, "weight_decay": 0.1}),
            Run(name, "betas, epsilon, decay", ADAM_ALL),
            Run(name, "rate changes", {"learning_rate": 1.0}, SMALL_CHANGES),
            Run(name, "betas, epsilon, decay, rate changes", ADAM_ALL, SMALL_CHANGES),
            Run(name, "tiny gradients", {"learning_rate": 1e-10}, start=0.0, gradient=1e-8),
            Run(
                name, "tiny gradients, decay", {"learning_rate": 1e-10, "weight_decay": 0.1}, start=0.0, gradient=1e-8
            ),
        )
    ),
    Run("SGD", "groups", {"learning_rate": 0.05, "momentum": 0.9, "weight_decay": 0.1}, CHANGES, FACTORS, DECAYS),
    Run("Adam", "groups", ADAM_ALL, SMALL_CHANGES, FACTORS, DECAYS),
    Run("AdamW", "groups", ADAM_ALL, SMALL_CHANGES, FACTORS, DECAYS),
    Run("RMSprop", "groups", RMSPROP_ALL, SMALL_CHANGES, FACTORS, DECAYS),
    Run("AdamW", "a decay of its own", ADAM_ALL, decays={"2.weight": 3.0}),
    Run("SGD", "a layer without decay", {"learning_rate": 0.05, "weight_decay": 0.1}, decays={"0.weight": 0.0}),
    Run("SGD", "factors", {"learning_rate": 0.05, "momentum": 0.9, "weight_decay": 0.01}, CHANGES, FACTORS),
    Run("Adam", "factors", ADAM_ALL, SMALL_CHANGES, FACTORS),
    Run("AdamW", "factors", ADAM_ALL, SMALL_CHANGES, FACTORS),
    Run("RMSprop", "factors", RMSPROP_ALL, SMALL_CHANGES, FACTORS),
    Run("RMSprop", "defaults", {}),
    Run("RMSprop", "alpha", {"learning_rate": 0.005, "alpha": 0.8}),
    Run("RMSprop", "epsilon", {"learning_rate": 0.005, "epsilon": 0.1}),
    Run("RMSprop", "momentum", {"learning_rate": 0.002, "momentum": 0.9}),
    Run("RMSprop", "decay", {"learning_rate": 0.005, "weight_decay": 0.1}),
    Run("RMSprop", "alpha, epsilon, momentum, decay", RMSPROP_ALL),
    Run("RMSprop", "rate changes", {"learning_rate": 1.0}, SMALL_CHANGES),
    Run("RMSprop", "alpha, epsilon, momentum, decay, rate changes", RMSPROP_ALL, SMALL_CHANGES),
    Run("RMSprop", "tiny gradients", {"learning_rate": 1e-10}, start=0.0, gradient=1e-8),
    Run(
        "RMSprop",
        "tiny gradients, momentum, decay",
        {"learning_rate": 1e-10, "momentum": 0.9, "weight_decay": 0.1},
        start=0.0,
        gradient=1e-8,
    ),
)


def prescribed_cases() -> Iterator[tuple[str, dict[str, object]]]:
    """Every run over prescribed gradients: its name and record."""
    for run in RUNS:
        after = walked(run)
        yield case_name(run), record(run) | {"start": run.start, "gradient": run.gradient, "after": after}


def training_cases() -> Iterator[tuple[str, dict[str, object]]]:
    """The same settings training the network, where the gradients are its own."""
    for run in RUNS:
        if run.gradient == 1.0:
            losses, values = trained(run)
            yield case_name(run), record(run) | {"losses": losses, "values": values}


def minimum_cases() -> Iterator[tuple[str, dict[str, object]]]:
    """The minima that PyTorch's L-BFGS finds of a softmax regression on the prescribed rows: a convex function."""
    for decay in MINIMA:
        linear = nn.Linear(prescribed.FEATURES, prescribed.CLASSES).double()
        x, labels = (torch.from_numpy(array) for array in prescribed.rows())
        optimizer = torch.optim.LBFGS(
            linear.parameters(),
            max_iter=1000,
            tolerance_grad=1e-14,
            tolerance_change=0,
            line_search_fn="strong_wolfe",
        )

        def closure(linear=linear, optimizer=optimizer, decay=decay, x=x, labels=labels) -> torch.Tensor:
            optimizer.zero_grad()
            loss = functional.cross_entropy(linear(x), labels) + decay / 2 * (linear.weight**2).sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        value = {"value": closure().item(), "loss": functional.cross_entropy(linear(x), labels).item()}
        weight, bias = linear.weight.tolist(), (linear.bias - linear.bias.mean()).tolist()
        yield (
            f"LBFGS decay {decay}",
            {"optimizer": "LBFGS", "decay": decay} | value | {"weight": weight, "bias": bias},
        )


def case_name(run: Run) -> str:
    return f"{run.optimizer} {run.name}"


def record(run: Run) -> dict[str, object]:
    found = {
        "optimizer": run.optimizer,
        "arguments": dict(run.arguments),
        "rates": [list(pair) for pair in run.rates],
    }
    found |= {"factors": dict(run.factors)} if run.factors else {}
    return found | ({"decays": dict(run.decays)} if run.decays else {})


def walked(run: Run) -> dict[str, object]:
    """The parameters after some of the steps, by step."""
    network = made_network(run.start)
    optimizer, after = made_optimizer(run, network), {}
    for step in range(1, prescribed.STEPS + 1):
        gradients = prescribed.gradients(step, run.gradient)
        for path, parameter in network.named_parameters():
            parameter.grad = torch.from_numpy(gradients[path])
        make_step(run, optimizer, step)
        if step in prescribed.CHECKPOINTS:
            after[str(step)] = values_of(network)
    return after


def trained(run: Run) -> tuple[list[float], dict[str, object]]:
    """Losses of some of the batches, before their steps, and the parameters at the end."""
    network = made_network(factor=0.3)
    optimizer, losses = made_optimizer(run, network), []
    x, labels = (torch.from_numpy(array) for array in prescribed.rows())
    for step, batch in enumerate(map(torch.from_numpy, prescribed.batches()), start=1):
        loss = functional.cross_entropy(network(x[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        make_step(run, optimizer, step)
        losses.append(loss.item())
    return losses[:: prescribed.LOSSES_EVERY], values_of(network)


def made_network(factor: float) -> nn.Sequential:
    sizes = prescribed.FEATURES, prescribed.UNITS, prescribed.CLASSES
    network = nn.Sequential(nn.Linear(*sizes[:2]), nn.Tanh(), nn.Linear(*sizes[1:])).double()
    network.load_state_dict({path: torch.from_numpy(value) for path, value in prescribed.start(factor).items()})
    return network


def made_optimizer(run: Run, network: nn.Sequential) -> torch.optim.Optimizer:
    """With a group for each parameter, since nnlite decays no biases, and each may have a rate of its own."""
    optimizer = MAKERS[run.optimizer](network.parameters(), **torch_arguments(run.arguments))
    (whole,) = optimizer.param_groups
    optimizer.param_groups = [
        whole
        | {"params": [parameter], "factor": (factor := run.factors.get(path, 1.0)), "lr": factor * whole["lr"]}
        | {"weight_decay": whole["weight_decay"] * (0.0 if path.endswith("bias") else run.decays.get(path, 1.0))}
        for path, parameter in network.named_parameters()
    ]
    return optimizer


def make_step(run: Run, optimizer: torch.optim.Optimizer, step: int) -> None:
    rate = prescribed.rate(run.rates, step)
    if rate is not None:
        for group in optimizer.param_groups:
            group["lr"] = rate * group["factor"]
    optimizer.step()


def values_of(network: nn.Sequential) -> dict[str, object]:
    return {path: parameter.tolist() for path, parameter in network.named_parameters()}
