"""A parameter is an array that training changes; all of a model's parameters lie in one flat vector.

The flat vector is what makes an optimizer a handful of NumPy calls however deep the model is.
"""

import itertools
import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from nnlite.core import initializers
from nnlite.errors import ConfigError, NnliteError, ShapeError
from nnlite.types import Array, DtypeName, Shape


class Parameter:
    """An array that training changes, and the gradient of the loss with respect to it.

    `value` and `grad` are views into the model's two flat vectors. Assigning to either copies into the
    view, so `self.gain.grad = (dy * x).sum(axis=0)` and `np.dot(..., out=self.weight.grad)` do the same.
    Both exist once the model is built.

    Attributes:
        name: its name in the layer, such as "weight".
        shape: the shape of `value` and of `grad`.
        decay: what weight decay is multiplied by: 0 for biases and the scales of normalizations, 1 for other weights.
        rate: what the learning rate is multiplied by for this parameter.
    """

    __slots__ = ("_draw", "_grad", "_value", "decay", "name", "rate", "shape")

    def __init__(
        self,
        name: str,
        shape: Shape,
        initializer: str | initializers.Initializer,
        *,
        decay: bool = True,
        rate: float = 1.0,
        fan: tuple[int, int] | None = None,
    ) -> None:
        if not (math.isfinite(rate) and rate > 0):
            raise ConfigError(
                f"parameter {name!r} has rate = {rate}; expected a number above 0: freeze the layer "
                "(trainable = False) to leave it as it is"
            )
        self.name = name
        self.shape = tuple(shape)
        self.decay = float(decay)
        self.rate = float(rate)
        self._draw: tuple[initializers.Initializer, tuple[int, int]] | None
        draw = initializers.find(initializer)
        scales = isinstance(initializer, str) and initializer not in ("zeros", "ones", "normal")
        if scales and fan is None and len(self.shape) > 2:
            raise ConfigError(
                f"parameter {name!r} has shape {shape}, of which {initializer!r} cannot tell inputs from outputs; "
                "pass add_parameter(…, fan=(inputs, outputs))"
            )
        self._draw = draw, fan or _default_fan(self.shape)

    @property
    def size(self) -> int:
        """The count of its numbers."""
        return math.prod(self.shape)

    def start_with(self, value: Array) -> None:
        """Sets the starting value, so that none is drawn; it is copied when the parameters are laid out."""
        self._draw, self._value, self._grad = None, value, value

    def draw(self, rng: np.random.Generator) -> None:
        """Draws the starting value, in float64; does nothing if there is one already."""
        if self._draw is None:
            return
        (initializer, fan), self._draw = self._draw, None  # a function of the user's could not be pickled
        try:
            self._value = np.asarray(initializer(rng, self.shape, *fan), np.float64)
            self._grad = np.zeros(self.shape)
        except (MemoryError, OverflowError, ValueError) as error:
            raise ShapeError(f"parameter {self.name!r} of shape {self.shape} cannot be made: {error}") from None
        if self._value.shape != self.shape:
            raise ShapeError(
                f"the initializer of parameter {self.name!r} returned shape {self._value.shape}, "
                f"expected {self.shape}"
            )

    def adopt(self, value: Array, grad: Array) -> None:
        """Stores the parameter in these two arrays from now on; its value is copied into the first."""
        value[...] = self._value
        self._value, self._grad = value, grad

    @property
    def value(self) -> Array:
        """The array itself."""
        try:
            return self._value
        except AttributeError:
            raise self._without_value() from None

    @value.setter
    def value(self, new: Array) -> None:
        _copy(new, self.value, f"{self.name}.value")

    @property
    def grad(self) -> Array:
        """The gradient of the loss, written by the layer's `backward`."""
        try:
            return self._grad
        except AttributeError:
            raise self._without_value() from None

    @grad.setter
    def grad(self, new: Array) -> None:
        _copy(new, self.grad, f"{self.name}.grad")

    def _without_value(self) -> NnliteError:
        return NnliteError(
            f"parameter {self.name!r} has no value yet: it gets one when the whole model is built. A layer within "
            "another one has to be among the constructor's arguments of that one: a layer that is made in build is "
            "not found"
        )

    def __repr__(self) -> str:
        return f"Parameter({self.name!r}, {self.shape})"


def _copy(new: Array, home: Array, name: str) -> None:
    """Copies `new` into the view `home`; raises `ShapeError` if it has another shape."""
    # A scalar or a row would broadcast over the whole view and hide a missing sum in a backward.
    if np.shape(new) != home.shape:
        raise ShapeError(f"{name} has shape {home.shape}, but was given an array of shape {np.shape(new)}")
    home[...] = new


def _default_fan(shape: Shape) -> tuple[int, int]:
    """(inputs, outputs) of a matrix; a vector counts its length for both."""
    return (shape or (1,))[0], (shape or (1,))[-1]


@dataclass(frozen=True, eq=False)
class Layout:
    """Which slice of a flat vector each trained parameter has, by path, in the order of the vector.

    Attributes:
        model: the identity of the model whose parameters these are, shared by its copies; "" for any model.
        places: path to slice of the vector.
    """

    model: str
    places: Mapping[str, slice]

    def parts(self, vector: Array) -> dict[str, Array]:
        """The parts of a vector with this layout, by path."""
        return {path: vector[place] for path, place in self.places.items()}

    @classmethod
    def joined(cls, parts: Mapping[str, Array], model: str = "") -> "tuple[Layout, Array]":
        """The layout and the vector of parts given by path; without `model`, for any model that has these paths."""
        ends = list(itertools.accumulate(part.size for part in parts.values()))
        places = {path: slice(end - part.size, end) for (path, part), end in zip(parts.items(), ends, strict=True)}
        return cls(model, places), np.concatenate(list(parts.values()))


class ParameterVector:
    """All parameters of a model in one vector: the decayed ones first, then the others, then the frozen ones.

    Among the decayed ones, and among the others, those with the same rate lie together. Iterating gives the
    `Parameter`s in layer order.

    Attributes:
        values: the trainable numbers, flat. Optimizers, clipping and averaging see only these. Assigning copies
            into them, and so it does for `grads`.
        grads: their gradients, flat.
        decayed: how many of them, from the start, weight decay applies to.
        rates: pairs (slice of `values`, rate): what the learning rate is multiplied by there, one slice after the
            other; a single one where all parameters have the same rate, and the decayed ones decay alike.
        decays: for each of these slices, what weight decay is multiplied by for the decayed ones in it.
        paths: path to parameter, such as "3.weight" for the weight of layer 3.
        layout: which parameter has which slice; another object after each `lay_out`.
    """

    def __init__(self, paths: Mapping[str, Parameter], frozen: Container[str], dtype: DtypeName, model: str) -> None:
        self.paths = dict(paths)
        self._dtype, self._model = dtype, model
        self._follows: Layout | None = None  # that of the vector whose numbers were copied last
        self.lay_out(frozen)

    def lay_out(self, frozen: Container[str]) -> None:
        """Moves the parameters to new vectors; those with a path in `frozen` are left out of `values` and `grads`."""

        def part(path: str) -> int:
            return 2 if path in frozen else 0 if self.paths[path].decay else 1

        def decay(path: str) -> float:
            return self.paths[path].decay or 1.0

        # The sort is stable: layer order within each part, decay and rate. Those of decay 1 lie beside the others.
        order = sorted(
            self.paths, key=lambda path: (part(path), decay(path) == 1, decay(path), self.paths[path].rate)
        )
        total = sum(parameter.size for parameter in self)
        try:
            values, grads = np.zeros(total, self._dtype), np.zeros(total, self._dtype)
        except MemoryError as error:
            raise ShapeError(f"the model has {total:,} parameters, and cannot hold them: {error}") from None
        sizes, places, start = [0, 0, 0], {}, 0
        for path in order:
            parameter = self.paths[path]
            place = places[path] = slice(start, start + parameter.size)
            parameter.adopt(values[place].reshape(parameter.shape), grads[place].reshape(parameter.shape))
            sizes[part(path)] += parameter.size
            start = place.stop
        self.decayed, trained = sizes[0], sizes[0] + sizes[1]
        self._all = values
        self._values, self._grads = values[:trained], grads[:trained]
        self.layout = Layout(self._model, {path: places[path] for path in order if path not in frozen})
        # The runs of numbers with the same rate and decay, in the order of the vector.
        rates, decays = [], []
        for (rate, strength), run in itertools.groupby(
            self.layout.places.items(), lambda item: (self.paths[item[0]].rate, decay(item[0]))
        ):
            of_run = [place for _, place in run]
            rates.append((slice(of_run[0].start, of_run[-1].stop), rate))
            decays.append(strength)
        self.rates: tuple[tuple[slice, float], ...] = tuple(rates)
        self.decays: tuple[float, ...] = tuple(decays)

    @property
    def values(self) -> Array:
        """The trainable numbers, flat."""
        return self._values

    @values.setter
    def values(self, new: Array) -> None:
        _copy(new, self._values, "parameters.values")

    @property
    def grads(self) -> Array:
        """Their gradients, flat."""
        return self._grads

    @grads.setter
    def grads(self, new: Array) -> None:
        _copy(new, self._grads, "parameters.grads")

    def copy_values(self, other: "ParameterVector") -> None:
        """Copies the numbers of all parameters, the frozen ones too, from a vector with the same paths."""
        if self._follows is not other.layout:  # what is frozen has changed there, and with it the order
            self.lay_out(other.paths.keys() - other.layout.places.keys())
            self._follows = other.layout
        self._all[...] = other._all

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.paths.values())

    def __len__(self) -> int:
        return len(self.paths)

    def __repr__(self) -> str:
        return f"ParameterVector({', '.join(self.paths)}; {self.values.size} trainable numbers)"
