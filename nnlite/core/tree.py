"""A model is a tree of layers: a container holds layers, its children."""

from collections.abc import Iterable, Iterator

from nnlite.core.layer import Layer
from nnlite.core.parameters import Parameter


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


def learns_from_rows(layer: Layer) -> bool:
    """Whether the layer, or one in it, learns from the training rows before the first step."""
    return not layer._learnt and (learns_itself(layer) or any(map(learns_from_rows, layer.children)))


def learns_itself(layer: Layer) -> bool:
    """Whether the layer itself learns from the training rows, not only one in it."""
    # A container has `adapt` to pass the rows on, so only statistics of its own tell that it learns itself.
    return type(layer).adapt is not Layer.adapt and (not layer.children or bool(layer.statistics))


def starts_from_rows(layer: Layer) -> bool:
    """Whether the layer, or one in it, initializes its parameters by training rows."""
    # As with `adapt`: a container only passes the rows on, unless it has statistics of its own.
    own = type(layer).initialize is not Layer.initialize and (not layer.children or bool(layer.statistics))
    return not layer._learnt and (own or any(map(starts_from_rows, layer.children)))
