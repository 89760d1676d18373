"""A container is a layer that holds layers: it runs them in chains, and passes on to them all that they have to hear.

A container of your own builds its chains by `add_chain`, runs them forward and backward, and need do nothing else:

    class Halved(Container):
        def __init__(self, layers: Sequence[Layer]):
            self.layers = tuple(layers)

        def build(self, input_shape, rng):
            self.chain = self.add_chain("layers", self.layers, input_shape, rng)
            return self.chain.output_shape

        def forward(self, x, *, training=False):
            return self.chain.forward(x, training=training) * 0.5

        def backward(self, dy):
            return self.chain.backward(dy * 0.5)
"""

import functools
from collections.abc import Callable, Iterable
from typing import Literal

import numpy as np

from nnlite.core.chain import Chain
from nnlite.core.layer import Layer
from nnlite.types import Array, Shape


class Container(Layer):
    """A layer among whose constructor's arguments are layers.

    They are trained, saved, counted and frozen with it. What they have to hear of reaches them without a line of the
    subclass: the training rows (`adapt`, `initialize`), that a layer was frozen or set free (`follow_freezing`), and
    each its own generator of random numbers. So a subclass has only `build`, `forward` and `backward`, and perhaps
    `backward_parameters`, if it can save the time for the gradient of its input. `docs/layers.md` has an example.

    Every chain that `add_chain` returns has to be run in `forward`, once.
    """

    _chain_list: list[Chain]

    def add_chain(self, name: str, layers: Iterable[Layer], input_shape: Shape, rng: np.random.Generator) -> Chain:
        """Builds layers in a row, in `build`; returns their chain, with its `output_shape`.

        Args:
            name: what holds these layers, for messages: "layers", or "branches[1]".
            layers: layers among the constructor's arguments; none is an empty chain, which returns its input.
            input_shape: the shape of the first one's input, the batch axis left out.
            rng: the generator that `build` is given; each layer gets one of its own from it.

        Raises:
            ShapeError: if a layer cannot take its input; it begins with the layer's place, "layers[1] Dense(3)".
        """
        chain = Chain(layers)
        chain.build(input_shape, rng.spawn(len(chain.layers)), name)
        self._chains.append(chain)
        return chain

    @property
    def _chains(self) -> list[Chain]:
        """The chains that were added so far; a list of this layer's own, made on first use."""
        try:
            return self._chain_list
        except AttributeError:
            self._chain_list = []
            return self._chain_list

    def undeclare(self) -> None:
        super().undeclare()
        self._chains.clear()

    def adapt(self, x: Array) -> None:
        """Lets the layers in it learn from the training rows x (rows, …), each from those that reach it."""
        self._run_telling("adapt", x)

    def initialize(self, x: Array) -> None:
        """Lets the layers in it start from training rows x (rows, …), each from those that reach it."""
        self._run_telling("initialize", x)

    def _run_telling(self, event: Literal["adapt", "initialize"], x: Array) -> None:
        """Runs `forward` as in prediction; each chain tells its layers of the rows before it runs them.

        So the layers hear of just those rows that reach them, wherever `forward` sends these.
        """
        for chain in self._chains:
            tell: Callable[[Array], None] = getattr(chain, event)
            chain.forward = functools.partial(_told, chain, tell)  # type: ignore[method-assign]
        try:
            self.forward(x)
        finally:
            for chain in self._chains:
                vars(chain).pop("forward", None)

    def follow_freezing(self) -> None:
        for chain in self._chains:
            chain.follow_freezing()


def _told(chain: Chain, tell: Callable[[Array], None], x: Array, *, training: bool = False) -> Array:
    """What `chain.forward` returns, after the chain's layers were told of its input."""
    tell(x)
    return Chain.forward(chain, x, training=training)
