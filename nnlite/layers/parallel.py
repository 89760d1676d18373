"""Parallel layers give one input to several branches of layers, and join what comes out of them."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta

from nnlite.core.chain import Chain
from nnlite.core.container import Container
from nnlite.core.layer import Layer
from nnlite.errors import ShapeError
from nnlite.layers.select import Select
from nnlite.types import Array, Shape


class Parallel(Container):
    """y = [F₁(x), F₂(x), …] side by side, or y = F₁(x) + F₂(x) + …, with branches F of layers.

    A branch that begins with `Select` is given some columns alone, so that numbers and categories, say, or the two
    sides of a pair each go through layers of their own; layers within `Shared` are one and the same in several
    branches. A branch without layers passes x on. ∂L/∂x is the sum over the branches.

    Shapes: x (batch, …); y (batch, …) with the outputs side by side along their features: the last axis of rows and
    sequences, the channels of images (batch, channels, height, width). The other axes of all outputs are alike; to be
    added, all axes.

    Args:
        branches: lists of layers, one after the other within each.
        join: "concatenate" puts the outputs side by side, in the order of the branches; "add" adds them up.

    Raises:
        ShapeError: on build, if the outputs cannot be joined.

    >>> import numpy as np
    >>> from nnlite import Dense, Parallel, Select, Sequential
    >>> model = Sequential([Parallel([[Select([0, 1]), Dense(1, weight_init="ones")], [Select([2])]])]).build((3,))
    >>> model.forward(np.array([[1.0, 2.0, 5.0]]))
    array([[3., 5.]], dtype=float32)

    Source: Szegedy et al., "Going deeper with convolutions" (2014), section 4, where filters of several sizes are
    concatenated.
    """

    def __init__(
        self,
        branches: Annotated[Sequence[Sequence[Layer]], Meta(min_length=1)],
        join: Literal["concatenate", "add"] = "concatenate",
        *,
        trainable: bool = True,
    ) -> None:
        self.branches = tuple(map(tuple, branches))
        self.join = join
        self.trainable = trainable

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self.chains = [
            self.add_chain(f"branches[{index}]", layers, input_shape, rng)
            for index, layers in enumerate(self.branches)
        ]
        self.whole = sorted({column for layers in self.branches for column in _whole(layers)})
        shapes = [chain.output_shape for chain in self.chains]
        if self.join == "add":
            if len(set(shapes)) > 1:
                raise ShapeError(f"its branches give the shapes {_listed(shapes)}, which cannot be added")
            return shapes[0]
        self.axis = 0 if len(shapes[0]) == 3 else len(shapes[0]) - 1  # of an output, the batch axis left out
        if len({(len(shape), *shape[: self.axis], *shape[self.axis + 1 :]) for shape in shapes}) > 1:
            raise ShapeError(
                f"its branches give the shapes {_listed(shapes)}, which cannot stand side by side: they may "
                "differ in the features of rows and sequences, and in the channels of images, alone"
            )
        ends = list(itertools.accumulate(shape[self.axis] for shape in shapes))
        before = (slice(None),) * (self.axis + 1)
        self.parts = [(*before, slice(*ends)) for ends in itertools.pairwise((0, *ends))]  # of y, for each branch
        return (*shapes[0][: self.axis], ends[-1], *shapes[0][self.axis + 1 :])

    def forward(self, x: Array, *, training: bool = False) -> Array:
        outputs = [chain.forward(x, training=training) for chain in self.chains]
        if self.join == "concatenate":
            return np.concatenate(outputs, axis=self.axis + 1)
        y = outputs[0].copy()  # it may be an array that one of its layers keeps, or x
        for output in outputs[1:]:
            y += output
        return y

    def backward(self, dy: Array) -> Array:
        # ∂L/∂x = Σ over the branches of what comes back through each, from its own part of ∂L/∂y
        (first, part), *others = self._gradients(dy)
        dx = first.backward(part)
        if others:
            dx = dx.copy()  # a layer may keep it
        for chain, part in others:
            dx += chain.backward(part)
        return dx

    def backward_parameters(self, dy: Array) -> None:
        for chain, part in self._gradients(dy):
            chain.backward_parameters(part)

    def _gradients(self, dy: Array) -> Iterable[tuple[Chain, Array]]:
        """Each branch, and ∂L/∂y of its output."""
        if self.join == "add":
            return [(chain, dy) for chain in self.chains]
        return [(chain, dy[part]) for chain, part in zip(self.chains, self.parts, strict=True)]


def _whole(layers: Sequence[Layer]) -> list[int]:
    """The columns that a branch takes as whole numbers, of its input."""
    if layers and isinstance(layers[0], Select):
        return [int(layers[0].at[column]) for column in _whole(layers[1:])]
    return list(layers[0].whole) if layers else []


def _listed(shapes: Sequence[Shape]) -> str:
    return f"{', '.join(map(str, shapes[:-1]))} and {shapes[-1]}"
