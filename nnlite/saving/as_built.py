"""A model is saved with its layers' arguments: they must still be those that its arrays were built with."""

import contextlib

from nnlite.core.sequential import Sequential
from nnlite.core.tree import walk
from nnlite.errors import ConfigError, ModelFileError, ShapeError
from nnlite.signature import copy_of
from nnlite.types import Shape


def check_as_built(model: Sequential) -> None:
    """Raises `ModelFileError` where an argument, changed after `build`, shapes a layer, and so did nothing."""
    try:
        twin = Sequential([copy_of(layer) for layer in model.layers])
    except ConfigError as error:
        raise ModelFileError(f"the model could not be made again from its layers' arguments: {error}") from None
    with contextlib.suppress(ShapeError):  # a layer that no longer fits the one before differs from what was built
        twin.declare(model.input_shape)
    built, anew = _shapes(model), _shapes(twin)
    for place, what in dict.fromkeys([*built, *anew]):
        before, now = built.get((place, what)), anew.get((place, what))
        if before != now:
            raise ModelFileError(
                f"layer {place}, {model.layers[int(place.partition('.')[0])]!r}, was built with {what} of shape "
                f"{before or 'none'}; with its arguments as they are now it would have {now or 'none'}: build the "
                "model again after such a change, or undo it"
            )


def _shapes(model: Sequential) -> dict[tuple[str, str], Shape | None]:
    """The shape of each layer's parameters and output, by the layer's place and what it is the shape of."""
    shapes: dict[tuple[str, str], Shape | None] = {}
    for place, layer, _ in walk(model.layers):
        shapes |= {(place, f"a {parameter.name}"): parameter.shape for parameter in layer.parameters}
        shapes[place, "an output"] = layer._output_shape
    return shapes
