"""A chain is layers in a row: each one's output is the next one's input, and gradients go back.

`Sequential` is made of chains, and so is every container with branches.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from nnlite.core.building import make
from nnlite.core.layer import Layer
from nnlite.core.parameters import Parameter
from nnlite.errors import ConfigError, ShapeError
from nnlite.types import Array, Shape

MOST_ROWS = 1024
NUMBERS_AT_ONCE = 2**23  # of the largest output, 32 MiB of float32; rows up to a width of 8192 are never fewer


class Chain:
    """Layers in a row, built and run as one.

    Attributes:
        first_trained: the index of the first layer with a parameter to train (the number of layers if
            none has); the gradient ends there, and what lies before is preprocessing.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        self.layers = tuple(layers)
        self.follow_freezing()

    def build(self, input_shape: Shape, rngs: Sequence[np.random.Generator], path: str) -> list[Shape]:
        """Builds each layer on the previous one's output; returns the shape of each one's output.

        Every layer gets a generator of its own. Its parameters are declared here; `draw` draws them, once the
        whole model is known.

        Raises `ShapeError` that begins with the layer's place, such as "layers[3] Dense(10)".
        """
        shape, shapes = input_shape, []
        for index, (layer, rng) in enumerate(zip(self.layers, rngs, strict=True)):
            for _, inner, _ in walk([layer]):
                inner._parameters.clear()
                inner.state.clear()
            try:
                shape = _checked_shape(layer.build(shape, rng), layer)
            except ShapeError as error:
                raise ShapeError(f"{path}[{index}] {layer!r}: {error}") from None
            except MemoryError as error:
                raise ShapeError(f"{path}[{index}] {layer!r} cannot be built: {error}") from error
            layer._rng, layer._output_shape = rng, shape
            shapes.append(shape)
        self.follow_freezing()
        return shapes

    def follow_freezing(self) -> None:
        """Looks anew for the first layer to train; whoever changes a layer's `trainable` sees to it."""
        self.first_trained = _first_trained(self.layers)

    def adapt(self, x: Array) -> None:
        """Lets every layer learn from what the training rows x look like where it stands."""
        learning = [index for index, layer in enumerate(self.layers) if learns_from_rows(layer)]
        for index in range(max(learning, default=-1) + 1):
            if index > 0:
                x = self.layers[index - 1].forward(x)
            self.layers[index].adapt(x)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """The last layer's output. A frozen layer runs as in prediction."""
        for layer in self.layers:
            x = layer.forward(x, training=training and layer.trainable)
        return x

    def backward(self, dy: Array) -> Array:
        """The gradient of the chain's input, from that of its output."""
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return dy

    def backward_parameters(self, dy: Array) -> None:
        """The gradients of the parameters alone: nothing is computed for the layers before the first."""
        for layer in reversed(self.layers[self.first_trained + 1 :]):
            dy = layer.backward(dy)
        if self.first_trained < len(self.layers):
            self.layers[self.first_trained].backward_parameters(dy)


def learns_from_rows(layer: Layer) -> bool:
    """Whether it wants to see the training rows before the first step; a container does if a layer in it does."""
    if type(layer).adapt is Layer.adapt:
        return False
    return not layer.children or any(map(learns_from_rows, layer.children))


def draw(layers: Iterable[Layer], path: str, rng: np.random.Generator | None = None) -> None:
    """Draws the parameters that building these layers declared, and those of the layers in them; makes their state.

    Each from its layer's generator, or that of the container (rng) where this one built it without a chain.
    Raises `ShapeError` or `ConfigError` that begins with the layer's place.
    """
    for index, layer in enumerate(layers):
        here, own = f"{path}[{index}]", layer._rng or rng
        layer._rng = None  # drawn from once, and no part of what a layer is
        for parameter in layer.parameters:
            if parameter.name in layer.state:
                raise ConfigError(
                    f"{here} {layer!r} has a parameter and a state named {parameter.name!r}: rename one"
                )
            try:
                assert own is not None
                parameter.draw(own)
            except ShapeError as error:
                raise ShapeError(f"{here} {layer!r}: {error}") from None
        try:
            make(layer.state)
        except MemoryError as error:
            raise ShapeError(f"{here} {layer!r}: {error}") from None
        draw(layer.children, f"{here}.layers", own)


def follow_freezing(layers: Iterable[Layer]) -> None:
    """Lets the chains inside these layers follow a changed `trainable`."""
    for _, layer, _ in walk(layers):
        for thing in vars(layer).values():
            if isinstance(thing, Chain):
                thing.follow_freezing()


def _first_trained(layers: Sequence[Layer]) -> int:
    for index, layer in enumerate(layers):
        if any(inner.parameters for _, inner, frozen in walk([layer]) if not frozen):
            return index
    return len(layers)


def walk(layers: Iterable[Layer], path: str = "", frozen: bool = False) -> Iterator[tuple[str, Layer, bool]]:
    """Every layer, nested ones included, parents first: its path ("3.0"), itself, and whether it is frozen."""
    for index, layer in enumerate(layers):
        here = f"{path}{index}"
        still = frozen or not layer.trainable
        yield here, layer, still
        yield from walk(layer.children, here + ".", still)


def named_parameters(layers: Iterable[Layer]) -> Iterator[tuple[str, Parameter, bool]]:
    """Every parameter: its path ("3.0.weight"), itself, and whether it is frozen."""
    for path, layer, frozen in walk(layers):
        for parameter in layer.parameters:
            yield f"{path}.{parameter.name}", parameter, frozen


def shared_products(layers: Iterable[Layer]) -> int:
    """How many multiplications one example takes in products that two threads may share.

    None where a layer trains on pictures, as a convolution does: most of the parts that this makes its product in are
    so small that a second thread spends more time in waiting for its share than in working it out.
    """
    trained = [layer for _, layer, _ in walk(layers) if layer.parameters]
    if any(len(layer._output_shape or ()) == 3 for layer in trained):
        return 0
    return sum(parameter.size for layer in trained for parameter in layer.parameters)


def rows_at_once(input_shape: Shape, layers: Iterable[Layer]) -> int:
    """How many rows go through these layers together in prediction: the fewer, the more numbers one becomes."""
    shapes = [input_shape, *(layer._output_shape or () for _, layer, _ in walk(layers))]
    return min(max(NUMBERS_AT_ONCE // max(map(math.prod, shapes)), 1), MOST_ROWS)


def as_shape(shape: object) -> Shape:
    """The shape of one example as a tuple; raises `ShapeError`."""
    if isinstance(shape, tuple | list) and all(isinstance(size, int | np.integer) and size > 0 for size in shape):
        return tuple(int(size) for size in shape)
    raise ShapeError(
        f"input_shape is {shape!r}; expected the shape of one example, without the batch axis: (4,) for rows "
        "of four features"
    )


def _checked_shape(shape: object, layer: Layer) -> Shape:
    """A newcomer's `build` that forgets to return, or returns a list, is told so."""
    if isinstance(shape, tuple) and all(isinstance(size, int | np.integer) and size > 0 for size in shape):
        return tuple(int(size) for size in shape)
    raise ShapeError(
        f"{type(layer).__name__}.build must return the output's shape without the batch axis, "
        f"a tuple of positive integers; it returned {shape!r}"
    )
