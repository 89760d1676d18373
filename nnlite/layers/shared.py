"""Shared layers run in several places of a model with one set of weights, whose gradient is the sum over these."""

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from nnlite.core.container import Container
from nnlite.core.layer import Layer
from nnlite.core.sharing import Sharing
from nnlite.core.tree import named_parameters, walk
from nnlite.errors import ShapeError
from nnlite.types import Array, Shape


class Shared(Container, Sharing):
    """y = F(x) with layers F that run in several places: `Shared("tower", [...])` first, `Shared("tower")` after it.

    The first place has the layers; their weights are trained, counted and saved there, once. At the others the same
    layers run again, with the input that comes there, and ∂L/∂W is the sum of what comes from all places. So both
    questions and answers, say, go through one tower. `TiedDense` borrows the weights of a `Dense` transposed.

    Statistics are shared too: what is learnt from the training rows (`Standardize`) is learnt at the first place, and
    running means (`BatchNorm`) move at each; for averaged weights they are estimated at the first. Frozen, the first
    place freezes the weights; another one freezes its own part of their gradient, and runs as in prediction.

    Shapes: x (batch, …), the same at each place; y as the last layer gives it.

    Args:
        name: what the places have in common.
        layers: the layers, one after the other, at the first place; none at the others.

    Raises:
        ConfigError: on build, if no place before has layers under this name, or two have.
        ShapeError: on build, if x has another shape than at the first place.

    >>> import numpy as np
    >>> from nnlite import Dense, Sequential, Shared
    >>> model = Sequential([Shared("twice", [Dense(2, weight_init="ones")]), Shared("twice")]).build((2,))
    >>> model.forward(np.array([[1.0, 2.0]]))
    array([[6., 6.]], dtype=float32)
    >>> len(model.parameters)
    2

    Source: Bromley, Guyon, LeCun, Säckinger, Shah, "Signature verification using a 'siamese' time delay neural
    network" (1993).
    """

    def __init__(
        self, name: Annotated[str, Meta(min_length=1)], layers: Sequence[Layer] = (), *, trainable: bool = True
    ) -> None:
        self.name = name
        self.layers = tuple(layers)
        self.trainable = trainable

    @property
    def lends(self) -> str | None:
        return self.name if self.layers else None

    @property
    def borrows(self) -> str | None:
        return None if self.layers else self.name

    def build(self, input_shape: Shape, rng: np.random.Generator) -> Shape:
        self._kept: list[dict[str, Any]] = []
        if self.layers:
            self.chain = self.add_chain("layers", self.layers, input_shape, rng)
            self.lent = Lent(self.layers, input_shape)
            self.whole = self.layers[0].whole
            return self.chain.output_shape
        lender = self.loan.lender
        assert isinstance(lender, Shared)
        self.chain, self.lent, self.whole = lender.chain, lender.lent, lender.whole
        self._kept = self.lent.at_first()
        if input_shape != self.lent.input_shape:
            raise ShapeError(
                f"its layers take shape {self.lent.input_shape} at their first place, but its input has shape "
                f"{input_shape}"
            )
        return self.chain.output_shape

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if not (training or self.passes_gradient):
            return self.chain.forward(x)
        self.loan.begin(self.place)
        self.lent.put_back(self._kept)
        learns = training and self.counts
        with self.lent.passing_gradient(not learns):
            y = self.chain.forward(x, training=learns)
        self._kept = self.lent.left_behind()
        return y

    def backward(self, dy: Array) -> Array:
        self.lent.put_back(self._kept)
        dx = self.chain.backward(dy)
        self._add_up()
        return dx

    def backward_parameters(self, dy: Array) -> None:
        self.lent.put_back(self._kept)
        self.chain.backward_parameters(dy)
        self._add_up()

    def _add_up(self) -> None:
        if self.loan.places > 1 and self.counts:
            parameters = self.lent.parts
            part = {path: parameter.grad.copy() for path, parameter in parameters.items()}
            self.loan.add_up(self.place, part, parameters)


class Lent:
    """Layers that run in several places, and what a pass leaves in them for `backward`, which each place keeps.

    A layer may keep it in new arrays, or in an array, a list or a dict that it fills anew in each pass: each place
    has its own of those.

    Attributes:
        parts: their parameters by path.
        input_shape: the shape of their input.
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Shape) -> None:
        self.parts = {path: parameter for path, parameter, _ in named_parameters(layers)}
        self.input_shape = input_shape
        self._layers = [layer for _, layer, _ in walk(layers)]
        self._as_built = [dict(vars(layer)) for layer in self._layers]
        self._filled = [_copies(built) for built in self._as_built]

    def at_first(self) -> list[dict[str, Any]]:
        """What a further place has before its first pass: all as it was built, arrays, lists and dicts of its own."""
        return [
            {name: value for name, value in built.items() if _is_of_a_pass(name, value)} | _copies(filled)
            for built, filled in zip(self._as_built, self._filled, strict=True)
        ]

    def left_behind(self) -> list[dict[str, Any]]:
        """The attributes of each layer that a pass has set or filled since the layers were built."""
        return [
            {
                name: value
                for name, value in list(vars(layer).items())  # a list, since another thread may predict meanwhile
                if name in filled or (built.get(name, built) is not value and _is_of_a_pass(name, value))
            }
            for layer, built, filled in zip(self._layers, self._as_built, self._filled, strict=True)
        ]

    def put_back(self, left: Sequence[dict[str, Any]]) -> None:
        """Gives the layers what they had after an earlier pass, in place of what another place has left."""
        for layer, built, attributes in zip(self._layers, self._as_built, left, strict=False):
            own = vars(layer)
            for name in own.keys() - built.keys() - attributes.keys():
                if _is_of_a_pass(name, own.get(name)):
                    own.pop(name, None)
            own.update(attributes)

    @contextlib.contextmanager
    def passing_gradient(self, needed: bool) -> Iterator[None]:
        """Within the block the layers keep what `backward` needs although they run as in prediction, if it is needed.

        They may be frozen at one place alone, or by a container around it.
        """
        before = [layer.passes_gradient for layer in self._layers]
        try:
            for layer in self._layers if needed else ():
                layer.passes_gradient = True
            yield
        finally:
            for layer, passes in zip(self._layers if needed else (), before, strict=False):
                layer.passes_gradient = passes


_FILLABLE = (np.ndarray, list, dict, set)

_OF_THE_MODEL = frozenset(
    {"trainable", "passes_gradient", "forward", "adapt", "initialize", "loan", "place", "_factors", "_learnt"}
    | {"_owner", "_rng", "_output_shape", "_declared", "_statistics", "_chain_list", "_carried"}
)
"""Attributes of a layer that no pass leaves there."""


def _is_of_a_pass(name: str, value: object) -> bool:
    """Whether an attribute may be what a pass leaves; not a generator, since all places draw from one."""
    return name not in _OF_THE_MODEL and not isinstance(value, np.random.Generator)


def _copies(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Copies of those attributes that a pass may fill."""
    return {
        name: copy.copy(value)
        for name, value in attributes.items()
        if _is_of_a_pass(name, value) and isinstance(value, _FILLABLE)
    }
