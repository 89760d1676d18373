"""PyTorch, in the loop that its users write: its default SGD, the fused one, and a compiled model.

An epoch's rows are gathered at once and the batches are slices; the loss is read back at every step.
"""

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from benchmarks.cases.networks import LEARNING_RATE, MOMENTUM
from benchmarks.cases.problem import Floats, Problem, Weights
from benchmarks.peers import Missing, Peer


def turned(weight: Floats) -> Floats:
    """PyTorch's dense weights are (outputs, inputs); its convolutions' are as ours."""
    return weight.T if weight.ndim == 2 else weight


class LastOutput(nn.Module):  # type: ignore[misc, unused-ignore]
    """PyTorch's GRU or LSTM, of which the output at the last step counts; its parameters are one weight and one bias.

    Of the two biases of an LSTM, of which only the sum has an effect, the second is 0 and not trained.
    """

    def __init__(self, cell: str, features: int, units: int) -> None:
        super().__init__()
        self.cell = getattr(nn, cell)(features, units, batch_first=True)
        if cell == "LSTM":
            self.cell.bias_hh_l0.requires_grad_(False).zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        last: torch.Tensor = self.cell(x)[0][:, -1]
        return last

    def take(self, weight: Floats, bias: Floats) -> None:
        """Copies first weights."""
        w, u = np.split(weight, [self.cell.input_size], axis=1)
        for name, array in zip(("weight_ih_l0", "weight_hh_l0"), (w, u), strict=True):
            getattr(self.cell, name).copy_(torch.from_numpy(np.ascontiguousarray(array)))
        for name, array in zip(("bias_ih_l0", "bias_hh_l0"), np.split(bias, len(bias) // len(w)), strict=False):
            getattr(self.cell, name).copy_(torch.from_numpy(array))

    def given(self) -> tuple[Floats, Floats]:
        """What it has arrived at."""
        cell = self.cell
        matrices = [each.detach().numpy() for each in (cell.weight_ih_l0, cell.weight_hh_l0)]
        biases = [each.detach().numpy() for each in (cell.bias_ih_l0, cell.bias_hh_l0) if each.requires_grad]
        return np.hstack(matrices), np.concatenate(biases)


class Eager(Peer):
    """Every operation is called from Python."""

    fused = False

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.x, self.y = torch.from_numpy(problem.x), torch.from_numpy(problem.y)
        layers: list[Any] = []
        network = problem.network
        channels = network.picture[0] if network.convolutions else 0
        for one in network.convolutions:
            layers += [nn.Conv2d(channels, one.filters, one.kernel, padding=one.padding), nn.ReLU(), nn.MaxPool2d(2)]
            channels = one.filters
        layers += [nn.Flatten()] if network.convolutions else []
        if network.cell:
            layers.append(LastOutput(network.cell, problem.x.shape[2], network.sizes[1]))
        for inputs, outputs in zip(network.dense, network.dense[1:], strict=False):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.model = nn.Sequential(*layers[:-1])
        self.trained = [layer for layer in layers if hasattr(layer, "weight") or isinstance(layer, LastOutput)]
        self.loss: Any = lambda x, y: cross_entropy(self.model(x), y)

    def start(self, epochs: int) -> None:
        self.epochs = epochs
        with torch.no_grad():
            for layer, (weight, bias) in zip(self.trained, self.problem.weights(), strict=True):
                if isinstance(layer, LastOutput):
                    layer.take(weight, bias)
                    continue
                layer.weight.copy_(torch.from_numpy(turned(weight)))
                layer.bias.copy_(torch.from_numpy(bias))
        self.optimizer = torch.optim.SGD(
            [one for one in self.model.parameters() if one.requires_grad],
            LEARNING_RATE,
            momentum=MOMENTUM,
            fused=self.fused or None,
        )

    def fit(self) -> None:
        for order in self.orders(self.epochs):
            rows = torch.from_numpy(order)
            x, y = self.x[rows], self.y[rows]
            total = 0.0
            for batch in self.problem.batches:
                self.optimizer.zero_grad(set_to_none=True)
                loss = self.loss(x[batch], y[batch])
                loss.backward()
                self.optimizer.step()
                total += loss.item()

    def weights(self) -> Weights:
        return [
            layer.given()
            if isinstance(layer, LastOutput)
            else (turned(layer.weight.detach().numpy()), layer.bias.detach().numpy())
            for layer in self.trained
        ]


class Fused(Eager):
    """The optimizer's step is one call for all parameters."""

    fused = True


class Compiled(Fused):
    """`torch.compile` turns forward, loss and backward into C++; the fused optimizer does the rest."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.loss = torch.compile(self.loss, dynamic=False)
        try:
            self.loss(self.x[problem.batches[0]], self.y[problem.batches[0]]).backward()
        except Exception as error:  # whatever it raises without a working C++ compiler: its users see it too
            raise Missing(f"torch.compile does not work here: {str(error).strip().splitlines()[0]}") from None
