"""A chain runs layers in a row: the output of each is the input of the next, and gradients go back.

`Sequential` is made of chains, and so is every container with branches.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.tree import learns_from_rows, starts_from_rows, walk
from nnlite.errors import ShapeError
from nnlite.types import Array, Shape


class Chain:
    """Layers in a row, built and run as one.

    Attributes:
        first_trained: the index of the first layer with a parameter to train (the number of layers if
            none has); the gradient ends there. Until `follow_freezing` is called, frozen layers count as well.
        output_shape: the shape of the last layer's output, the batch axis left out, once the chain is built.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        self.layers = tuple(layers)
        self.first_trained = _first(self.layers, frozen_too=True)

    def build(self, input_shape: Shape, rngs: Sequence[np.random.Generator], path: str) -> list[Shape]:
        """Builds each layer for the output of the one before it; returns the shapes of all outputs.

        Each layer gets a generator of its own, one of `rngs`. Its parameters are declared here; `building.draw` draws
        them once the whole model is known.

        Raises `ShapeError`, which begins with the layer's place, such as "layers[3] Dense(10)".
        """
        shape, shapes = input_shape, []
        for index, (layer, rng) in enumerate(zip(self.layers, rngs, strict=True)):
            for _, inner, _ in walk([layer]):
                inner.undeclare()
            try:
                shape = _checked_shape(layer.build(shape, rng), layer)
            except ShapeError as error:
                raise ShapeError(f"{path}[{index}] {layer!r}: {error}") from None
            except MemoryError as error:
                raise ShapeError(f"{path}[{index}] {layer!r} cannot be built: {error}") from error
            layer._rng, layer._output_shape = rng, shape
            shapes.append(shape)
        self.output_shape = tuple(shape)
        self.first_trained = _first(self.layers, frozen_too=True)
        return shapes

    def follow_freezing(self) -> None:
        """Finds the first layer to train; to be called whenever the `trainable` of a layer has changed.

        A chain that is never told is right, but computes the gradients of frozen layers in vain.
        """
        self.first_trained = _first(self.layers, frozen_too=False)

    def adapt(self, x: Array) -> None:
        """Calls `adapt` of each layer that learns from the training rows x, with its own input for them."""
        learning = [index for index, layer in enumerate(self.layers) if learns_from_rows(layer)]
        for index in range(max(learning, default=-1) + 1):
            if index > 0:
                x = self.layers[index - 1].forward(x)
            self.layers[index].adapt(x)

    def initialize(self, x: Array) -> None:
        """Calls `initialize` of each layer that starts from training rows x, with its own input for them.

        Frozen layers keep their parameters.
        """
        starting = [index for index, layer in enumerate(self.layers) if starts_from_rows(layer)]
        for index in range(max(starting, default=-1) + 1):
            if index > 0:
                x = self.layers[index - 1].forward(x)
            if self.layers[index].trainable:
                self.layers[index].initialize(x)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """The output of the last layer. Frozen layers run as in prediction."""
        for layer in self.layers:
            learns = training and layer.trainable
            if learns is not training and not layer.passes_gradient:
                self._follow_late_freezing(layer)
            x = layer.forward(x, training=learns)
        return x

    def _follow_late_freezing(self, layer: Layer) -> None:
        """Lets the gradient pass a layer that was frozen without `follow_freezing`, in the middle of an epoch."""
        if self.layers.index(layer) >= self.first_trained:
            for _, inner, _ in walk([layer]):
                inner.passes_gradient = True

    def backward(self, dy: Array) -> Array:
        """The gradient of the chain's input, from that of its output."""
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return dy

    def backward_parameters(self, dy: Array) -> None:
        """Writes the gradients of the parameters; computes nothing for the layers before `first_trained`."""
        for layer in reversed(self.layers[self.first_trained + 1 :]):
            dy = layer.backward(dy)
        if self.first_trained < len(self.layers):
            self.layers[self.first_trained].backward_parameters(dy)


def _first(layers: Sequence[Layer], *, frozen_too: bool) -> int:
    """The index of the first layer with a parameter, or with one to train; the number of layers if none has."""
    for index, layer in enumerate(layers):
        for _, inner, frozen in walk([layer]):
            if (inner.parameters or inner.borrows) and (frozen_too or not frozen):
                return index
    return len(layers)


def _checked_shape(shape: object, layer: Layer) -> Shape:
    """The shape that `build` returned; raises `ShapeError` if a user's layer returned nothing, or a list."""
    if isinstance(shape, tuple) and all(isinstance(size, int | np.integer) and size > 0 for size in shape):
        return tuple(int(size) for size in shape)
    raise ShapeError(
        f"{type(layer).__name__}.build must return the output's shape without the batch axis, "
        f"a tuple of positive integers; it returned {shape!r}"
    )
