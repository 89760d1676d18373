"""A network is layers and their loss, on rows that are ready for them: what one step of training runs through."""

from collections.abc import Sequence

import numpy as np

from nnlite.core.chain import Chain
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.errors import ConfigError, NnliteError, ShapeError
from nnlite.types import Array, Shape


class Network:
    """The part of a model behind its preprocessing: `loss`, then `backward`, again and again.

    `Sequential` checks rows and targets and prepares them; the network takes them as they are. So a
    trainer that has prepared its rows once calls the network. The first step after the model is laid out
    watches every layer: it names the one whose output or gradient has a wrong shape or dtype.

    Args:
        layers: behind the preprocessing.
        shapes: of each one's output, the batch axis left out.
        criterion: the loss that ends them, if there is one.

    Attributes:
        chain: the layers as one.
        outputs: the raw outputs of the last call of `loss`.
    """

    def __init__(self, layers: Sequence[Layer], shapes: Sequence[Shape], criterion: Loss | None) -> None:
        self.chain = Chain(layers)
        self.outputs = np.empty(0)
        self._criterion = criterion
        self._running = Chain([_Watched(*each) for each in zip(layers, shapes, strict=True)])
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
        """Lets the layers learn from the training rows x."""
        self._backward_is_due = False
        self.chain.adapt(x)

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

    def backward(self) -> None:
        """Writes every parameter's gradient of the last loss; only right after `loss(…, training=True)`."""
        if not self._backward_is_due:
            raise NnliteError(
                "backward() belongs right after loss(…, training=True): it uses what that call left in the "
                "layers, and another forward pass overwrites it"
            )
        self._backward_is_due = False
        gradient = self.criterion.backward()
        if self._watching:
            _check_like(gradient, self.outputs, f"{self.criterion!r}.backward", "outputs")
        self._running.backward_parameters(gradient)
        self._running, self._watching = self.chain, False


class _Watched(Layer):
    """A layer whose output and gradient are compared with what they should be like."""

    def __init__(self, layer: Layer, shape: Shape) -> None:
        self.layer, self.shape = layer, shape
        self.trainable = layer.trainable
        self._parameters = layer._parameters

    @property
    def children(self) -> tuple[Layer, ...]:
        return self.layer.children

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self.x = x
        self.y = self.layer.forward(x, training=training)
        _check_like(self.y, np.empty((len(x), *self.shape), x.dtype), f"{self.layer!r}.forward", "an output")
        return self.y

    def backward(self, dy: Array) -> Array:
        dx = self.layer.backward(dy)
        _check_like(dx, self.x, f"{self.layer!r}.backward", "an input")
        return dx

    def backward_parameters(self, dy: Array) -> None:
        self.layer.backward_parameters(dy)


def _check_like(found: object, expected: Array, what: str, where: str) -> None:
    if not isinstance(found, np.ndarray):
        raise ShapeError(f"{what} gives a {type(found).__name__}, expected an array")
    if found.shape != expected.shape or found.dtype != expected.dtype:
        raise ShapeError(
            f"{what} gives {found.dtype} {found.shape} where it should give {expected.dtype} {expected.shape}, "
            f"for {where} of that kind"
        )
