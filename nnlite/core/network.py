"""A network runs one step of training: the layers behind the preprocessing, and the loss, on prepared rows."""

from collections.abc import Sequence

import numpy as np

from nnlite.core.chain import Chain
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.core.watched import Watched, check_like
from nnlite.errors import ConfigError, NnliteError
from nnlite.types import Array, Shape


class Network:
    """The part of a model behind its preprocessing: `loss`, then `backward`, step by step.

    `Sequential` checks and prepares rows and targets; the network takes them as they are, so a trainer, which
    prepares its rows once, calls the network. In the first step after the model is laid out every layer is watched:
    an error names the layer whose output or gradient has a wrong shape or dtype.

    Args:
        layers: the layers behind the preprocessing.
        shapes: the shape of each layer's output, the batch axis left out.
        criterion: the loss, if the model has one.

    Attributes:
        chain: the layers as a chain.
        outputs: the raw outputs of the last call of `loss`.
    """

    def __init__(self, layers: Sequence[Layer], shapes: Sequence[Shape], criterion: Loss | None) -> None:
        self.chain = Chain(layers)
        self.outputs = np.empty(0)
        self._criterion = criterion
        self._running = Chain([Watched(*each) for each in zip(layers, shapes, strict=True)])
        for each in (self.chain, self._running):
            each.follow_freezing()
        self._watching = True
        self._backward_is_due = False

    @property
    def criterion(self) -> Loss:
        """The loss; raises `ConfigError` if there is none."""
        if self._criterion is None:
            raise ConfigError(
                "the model has no loss; end its layers with one, such as SoftmaxCrossEntropy() for a classifier"
            )
        return self._criterion

    def adapt(self, x: Array) -> None:
        """Calls `adapt` of the layers that learn from the training rows x."""
        self._backward_is_due = False
        self.chain.adapt(x)

    def initialize(self, x: Array) -> None:
        """Calls `initialize` of the layers that start from training rows, with some of them, x."""
        self._backward_is_due = False
        self.chain.initialize(x)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """The raw outputs, (batch, …)."""
        self._backward_is_due = False
        return self.chain.forward(x, training=training)

    def loss(self, x: Array, targets: Array, sample_weight: Array | None = None, *, training: bool = False) -> float:
        """The mean loss over the batch; with `training=True`, ready for `backward`."""
        self._backward_is_due, criterion = False, self.criterion
        self.outputs = self._running.forward(x, training=training)
        loss = criterion.forward(self.outputs, targets, sample_weight)
        if self._watching and not criterion.weight and sample_weight is None and loss:
            raise NnliteError(f"{criterion!r}.forward must set self.weight: the rows, or the sum of their weights")
        self._backward_is_due = training
        return float(loss)

    def backward(self, scale: float | None = None) -> None:
        """Writes each parameter's `grad`, for the last loss; call it right after `loss(…, training=True)`.

        Args:
            scale: what the loss is multiplied by; None for 1. For a batch of weighted rows `Trainer` has it from
                `Loss.batch_scale`.
        """
        if not self._backward_is_due:
            raise NnliteError(
                "backward() belongs right after loss(…, training=True): it uses what that call left in the "
                "layers, and another forward pass overwrites it"
            )
        self._backward_is_due = False
        gradient = self.criterion.backward()
        if self._watching:
            check_like(gradient, self.outputs, f"{self.criterion!r}.backward", "outputs")
        if scale is not None:
            gradient = gradient * scale  # ∂(scale · L)/∂z = scale · ∂L/∂z
        self._running.backward_parameters(gradient)
        self._running, self._watching = self.chain, False
