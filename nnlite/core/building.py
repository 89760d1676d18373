"""Building a model declares its arrays first; they are drawn once the whole model is known."""

from collections.abc import Iterable

import numpy as np

from nnlite.core.layer import Layer
from nnlite.core.statistics import make
from nnlite.errors import ConfigError, ShapeError


def draw(layers: Iterable[Layer], path: str, rng: np.random.Generator | None = None) -> None:
    """Draws the parameters, and makes the statistics, that these layers and the layers in them declared in `build`.

    A layer draws from its own generator; one that a container built without a `Chain`, from the container's (rng).

    Raises `ShapeError` or `ConfigError` that begins with the layer's place.
    """
    for index, layer in enumerate(layers):
        here, own = f"{path}[{index}]", layer._rng or rng
        layer._rng = None  # drawn from once, and no part of what a layer is
        for parameter in layer.parameters:
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
        draw(layer.children, f"{here}.layers", own)
