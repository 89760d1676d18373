"""Building a model declares its arrays first; they are drawn once the whole model is known."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.statistics import make
from nnlite.errors import ConfigError, ShapeError


def draw(
    layers: Iterable[Layer],
    path: str,
    rng: np.random.Generator | None = None,
    factors: Mapping[str, float] = MappingProxyType({"rate": 1.0, "decay": 1.0}),
) -> None:
    """Draws the parameters, and makes the statistics, that these layers and the layers in them declared in `build`.

    A layer draws from its own generator; one that a container built without a `Chain`, from the container's (rng).
    The factors of layers and of containers around them become those of the parameters.

    Raises `ShapeError` or `ConfigError` that begins with the layer's place.
    """
    for index, layer in enumerate(layers):
        here, own = f"{path}[{index}]", layer._rng or rng
        layer._rng = None  # drawn from once, and no part of what a layer is
        multiplied = {name: factor * layer._factor(name) for name, factor in factors.items()}
        for parameter in layer.parameters:
            parameter.rate *= multiplied["rate"]
            parameter.decay *= multiplied["decay"]
            if parameter.name in layer.statistics:
                raise ConfigError(
                    f"{here} {layer!r} has a parameter and a statistic named {parameter.name!r}: rename one"
                )
            try:
                assert own is not None
                parameter.draw(own)
            except ShapeError as error:
                raise ShapeError(f"{here} {layer!r}: {error}") from None
        try:
            make(layer.statistics)
        except MemoryError as error:
            raise ShapeError(f"{here} {layer!r}: {error}") from None
        draw(layer.children, f"{here}.layers", own, multiplied)
