"""The first step of training is watched: what a layer gets wrong without an error of its own names the layer."""

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.parameters import Parameter
from nnlite.core.tree import learns_itself, named_parameters, walk
from nnlite.errors import NnliteError, ShapeError
from nnlite.types import Array, Shape


class Watched(Layer):
    """Runs a layer, and checks what its `forward` and `backward` return, write, and leave as it was."""

    def __init__(self, layer: Layer, shape: Shape) -> None:
        self.layer, self.shape = layer, shape
        self.trainable = layer.trainable
        self._declared = layer._parameters

    @property
    def children(self) -> tuple[Layer, ...]:
        return self.layer.children

    @property
    def borrows(self) -> str | None:
        return self.layer.borrows

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self.x = x
        before = x.copy() if training else x  # an evaluation may have too many rows to copy
        y = self.layer.forward(x, training=training)
        check_like(y, np.empty((len(x), *self.shape), x.dtype), f"{self.layer!r}.forward", "an output")
        self._check_unchanged(x, before, "forward changes its input x; it has to compute a new array")
        return y

    def backward(self, dy: Array) -> Array:
        before = dy.copy()
        dx: Array = self._check_gradients(functools.partial(self.layer.backward, dy))
        check_like(dx, self.x, f"{self.layer!r}.backward", "an input")
        self._check_unchanged(dy, before, "backward changes the gradient dy that it is given; it has to copy it")
        return dx

    def backward_parameters(self, dy: Array) -> None:
        before = dy.copy()
        self._check_gradients(functools.partial(self.layer.backward_parameters, dy))
        self._check_unchanged(dy, before, "backward changes the gradient dy that it is given; it has to copy it")

    def _check_unchanged(self, array: Array, before: Array, what: str) -> None:
        if not np.array_equal(array, before, equal_nan=array.dtype.kind == "f"):
            raise NnliteError(f"{self.layer!r}.{what}")

    def _check_gradients(self, backward: Callable[[], Any]) -> Any:
        """Calls `backward`; raises `NnliteError` if it does not assign each gradient, or changes a parameter."""
        parameters = {path.partition(".")[2]: each for path, each, _ in named_parameters([self.layer])}
        before = {name: parameter.value.copy() for name, parameter in parameters.items()}
        found, wrong = unassigned(self.layer, backward)
        if wrong:
            raise NnliteError(f"{self.layer!r}.{wrong}")
        for name, parameter in parameters.items():
            what = f"backward changes {name}.value; it writes the gradient only, the optimizer makes the step"
            self._check_unchanged(parameter.value, before[name], what)
        return found


def unassigned(layer: Layer, backward: Callable[[], Any]) -> tuple[Any, str]:
    """Calls `backward`; returns its result, and in words which gradient of the layer it does not assign, or ""."""
    trained = {path.partition(".")[2]: each for path, each, frozen in named_parameters([layer]) if not frozen}
    found = _from(np.nan, trained, backward)
    wrong = [name for name, parameter in trained.items() if np.isnan(parameter.grad).any()]
    if wrong:
        found = _from(0.0, trained, backward)  # NaN again if the numbers themselves are at fault
        wrong = [name for name in wrong if not np.isnan(trained[name].grad).any()]
    if not wrong:
        return found, ""
    return found, (
        f"backward does not assign {wrong[0]}.grad, or only a part of it, or adds to it. The array holds the "
        f"gradient of the step before: assign the whole, as in self.{wrong[0]}.grad = …"
    )


def _from(start: float, parameters: dict[str, Parameter], backward: Callable[[], Any]) -> Any:
    """Calls `backward` with all gradients at this value before."""
    for parameter in parameters.values():
        parameter.grad[...] = start
    return backward()


def check_like(found: object, expected: Array, what: str, where: str) -> None:
    """Raises `ShapeError` if `found` is no array of the shape and the dtype of `expected`.

    Args:
        found: what a layer or a loss returned.
        expected: an array as it should be.
        what: what returned it, for the message: "Dense(3).forward".
        where: the array that it belongs to, for the message: "an output".
    """
    if not isinstance(found, np.ndarray):
        raise ShapeError(f"{what} gives a {type(found).__name__}, expected an array")
    if found.shape != expected.shape or found.dtype != expected.dtype:
        raise ShapeError(
            f"{what} gives {found.dtype} {found.shape} where it should give {expected.dtype} {expected.shape}, "
            f"for {where} of that kind"
        )


@contextlib.contextmanager
def telling(event: Literal["adapt", "initialize"], layers: Iterable[Layer]) -> Iterator[None]:
    """Within the block the layers get training rows; raises `NnliteError` if a nested one was left out.

    Args:
        event: the method that gives them the rows.
        layers: the layers of the model.
    """
    nested = [
        (outer, inner)
        for outer in layers
        if not outer._learnt
        for _, inner, frozen in walk(outer.children, frozen=not outer.trainable)
        if (learns_itself(inner) if event == "adapt" else not frozen and not inner.children)
        and getattr(type(inner), event) is not getattr(Layer, event)
    ]
    told: set[int] = set()

    def tell(layer: Layer, x: Array) -> None:
        told.add(id(layer))
        getattr(type(layer), event)(layer, x)

    for _, inner in nested:
        setattr(inner, event, functools.partial(tell, inner))
    try:
        yield
    finally:
        for _, inner in nested:
            delattr(inner, event)
    for outer, inner in nested:
        if id(inner) not in told:
            raise NnliteError(
                f"{outer!r} holds {inner!r}, which {_DOES[event]} the training rows, but never hears of them: a "
                f"container needs {event}(self, x), which calls {event} of each layer in it with the rows that reach "
                f"that layer; one that derives from nnlite.Container has it already"
            )


_DOES = {"adapt": "learns from", "initialize": "starts from"}
