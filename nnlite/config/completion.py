"""What a config leaves to the data: how many outputs the last layer has, and which columns hold codes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.data.dataset import Dataset
from nnlite.layers import Columns, Embeddings, PeriodicEmbedding
from nnlite.plugins.registry import Registry
from nnlite.signature import fields

if TYPE_CHECKING:
    from nnlite.tables import TableEncoder

FROM_DATA = ("units",)
"""Arguments of the last layer that a config may leave out."""


def completed(layers: Sequence[dict[str, Any]], rows: Dataset, registry: Registry) -> list[dict[str, Any]]:
    """The layers of a config, with what only the data say filled in where it was left out.

    Args:
        layers: the tables of the layers, checked; the last is the loss.
        rows: the training rows.
        registry: the classes that the tables name.

    >>> import numpy as np
    >>> from nnlite.config.completion import completed
    >>> from nnlite.data import from_arrays
    >>> from nnlite.plugins.registry import Registry
    >>> rows = from_arrays(np.zeros((3, 2)), ["a", "b", "c"])
    >>> completed([{"type": "Dense"}, {"type": "SoftmaxCrossEntropy"}], rows, Registry())[0]
    {'type': 'Dense', 'units': 3}
    """
    found = [dict(layer) for layer in layers]
    if rows.table is not None:
        found = list(_of_columns(found, rows.table.encoder, registry))
    last, loss = found[-2], registry.make(found[-1])
    for name in left_open(last, registry):
        last[name] = _outputs(rows, loss)
    return found


def _of_columns(
    layers: Sequence[dict[str, Any]], encoder: "TableEncoder", registry: Registry
) -> Iterator[dict[str, Any]]:
    """The layers, with the columns of an encoded table where they name none.

    `Columns` is told how many codes each column has, `Embeddings` those that `Columns` leaves, and
    `PeriodicEmbedding`, which is left out where there are no numbers, how many of the first columns are numbers.
    """
    codes = [count for count in encoder.codes if count]
    for layer in layers:
        kind = registry.find(layer["type"], Layer, Loss)
        if kind is Columns:
            layer = {**layer, "codes": layer["codes"] or encoder.codes}
            codes = [count for count in codes if count > layer["one_hot"]]
        elif kind is Embeddings:
            layer = {**layer, "codes": layer["codes"] or codes}
        elif kind is PeriodicEmbedding and layer["columns"] is None:
            if not encoder.numbers:
                continue
            layer = {**layer, "columns": encoder.numbers}
        yield layer


def left_open(layer: Mapping[str, Any], registry: Registry) -> list[str]:
    """The arguments of a model's last layer that its config leaves to the data."""
    needed = [field.name for field in fields(registry.find(layer["type"], Layer)) if field.required]
    return [name for name in needed if name in FROM_DATA and name not in layer]


def _outputs(rows: Dataset, loss: Loss) -> int:
    """How many outputs the targets of these rows need with this loss."""
    if rows.y.ndim > 1:
        return math.prod(rows.y.shape[1:])  # a number, or a probability, for each
    if loss.task == "regression":
        return 1
    classes = len(rows.classes) if rows.classes is not None else int(rows.y.max()) + 1
    return loss.outputs_for(classes) or classes
