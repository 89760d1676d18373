"""What a config leaves to the data: how many outputs the last layer has, and which columns hold codes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.data.dataset import Dataset
from nnlite.layers.for_table import for_table, with_names
from nnlite.plugins.registry import Registry
from nnlite.signature import fields

FROM_DATA = ("units",)
"""Arguments of the last layer that a config may leave out."""


def completed(layers: Sequence[dict[str, Any]], rows: Dataset, registry: Registry) -> list[Layer | Loss]:
    """The layers of a config as objects, with what only the data say filled in where it was left out.

    Args:
        layers: the tables of the layers, checked; the last is the loss.
        rows: the training rows.
        registry: the classes that the tables name.

    >>> import numpy as np
    >>> from nnlite.config.completion import completed
    >>> from nnlite.data import from_arrays
    >>> from nnlite.plugins.registry import Registry
    >>> rows = from_arrays(np.zeros((3, 2)), ["a", "b", "c"])
    >>> completed([{"type": "Dense"}, {"type": "SoftmaxCrossEntropy"}], rows, Registry())
    [Dense(3), SoftmaxCrossEntropy()]
    """
    last, loss = dict(layers[-2]), registry.make(layers[-1])
    for name in left_open(last, registry):
        last[name] = outputs(rows, loss)
    found = [*map(registry.make, [*layers[:-2], last]), loss]
    if rows.table is not None:
        encoder = rows.table.encoder
        return list(for_table(found, encoder.codes, encoder.numbers, encoder.names))
    return found if rows.feature_names is None else list(with_names(found, rows.feature_names))


def left_open(layer: Mapping[str, Any], registry: Registry) -> list[str]:
    """The arguments of a model's last layer that its config leaves to the data."""
    needed = [field.name for field in fields(registry.find(layer["type"], Layer)) if field.required]
    return [name for name in needed if name in FROM_DATA and name not in layer]


def outputs(rows: Dataset, loss: Loss) -> int:
    """How many outputs the targets of these rows need with this loss."""
    if rows.y.ndim > 1:
        return math.prod(rows.y.shape[1:])  # a number, or a probability, for each
    if loss.task == "regression":
        return 1
    classes = len(rows.classes) if rows.classes is not None else int(rows.y.max()) + 1
    return loss.outputs_for(classes) or classes
