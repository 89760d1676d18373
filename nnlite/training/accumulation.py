"""Gradient accumulation: the rows of one step go through the network in portions, whose gradients are added up."""

import math
from typing import Literal

import numpy as np

from nnlite.core.loss import Loss
from nnlite.core.network import Network
from nnlite.core.parameters import ParameterVector
from nnlite.data.batches import slices
from nnlite.types import Array


class Accumulated:
    """Computes the loss of many rows, and its gradient, while the layers hold a few of them at a time.

    It stands where a `Network` does in the training loop. Both give the same loss and gradient up to rounding, but
    for layers and losses that compare the rows they are given with each other, as `BatchNorm` does, or that draw
    random numbers.

    Args:
        network: the network.
        parameters: its parameters, whose `grads` it writes.
        batch_size: the rows of a portion; a last portion of one row joins the one before it.

    Attributes:
        outputs: the raw outputs of all rows of the last call of `loss`.
    """

    def __init__(self, network: Network, parameters: ParameterVector, batch_size: int) -> None:
        self.outputs = np.empty(0)
        self._network, self._parameters, self._batch_size = network, parameters, batch_size
        self._gradient = np.empty(0)

    @property
    def criterion(self) -> Loss:
        """The loss; its `weight` is that of all rows of the last call of `loss`."""
        return self._network.criterion

    def loss(self, x: Array, targets: Array, sample_weight: Array | None, *, training: Literal[True]) -> float:
        """The mean loss over all rows; goes forward and back through the network with each portion."""
        network, criterion, grads = self._network, self._network.criterion, self._parameters.grads
        outputs: list[Array] = []
        total, loss, weight = np.zeros_like(grads), 0.0, 0.0
        for rows in slices(len(x), self._batch_size):
            weights = None if sample_weight is None else sample_weight[rows]
            mean = network.loss(x[rows], targets[rows], weights, training=training)
            if not math.isfinite(mean):
                return mean
            network.backward()
            outputs.append(network.outputs)
            total += criterion.weight * grads
            loss += criterion.weight * mean
            weight += criterion.weight
        self.outputs = np.concatenate(outputs)
        criterion.weight = weight
        # L = Σ wᵢ·Lᵢ / Σwᵢ over the portions, so ∂L/∂p = Σ wᵢ·∂Lᵢ/∂p / Σwᵢ; weights that are all 0 give 0
        self._gradient = total / (weight or 1.0)
        return loss / (weight or 1.0)

    def backward(self, scale: float | None = None) -> None:
        """Writes each parameter's `grad` for the last loss, times `scale`, as `Network.backward` does."""
        self._parameters.grads[:] = self._gradient if scale is None else self._gradient * scale
