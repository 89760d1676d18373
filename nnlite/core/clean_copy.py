"""A clean copy of a model has its layers and all that it has learnt, and nothing that its last training step left."""

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.core.tree import named_parameters, walk
from nnlite.signature import copy_of
from nnlite.types import DtypeName


def clean_copy(model: Sequential, dtype: DtypeName | None = None, *, share_statistics: bool = False) -> Sequential:
    """A new model of the same layers with the same weights, statistics and names.

    Args:
        model: a built model.
        dtype: what the copy computes in; if None as the model does.
        share_statistics: whether the copy has the model's own statistics, and so follows their changes.

    Raises:
        ConfigError: when a layer cannot be made again from its arguments.

    >>> from nnlite import Dense, Sequential
    >>> from nnlite.core.clean_copy import clean_copy
    >>> model = Sequential([Dense(2)]).build((3,))
    >>> copy = clean_copy(model)
    >>> bool((copy.parameters.values == model.parameters.values).all()), copy.layers[0] is model.layers[0]
    (True, False)
    """
    loss = [] if model.criterion is None else [copy_of(model.criterion)]
    copy = Sequential([*map(copy_of, model.layers), *loss])
    copy.declare(model.input_shape, dtype=dtype or model.dtype)
    own = {path: parameter for path, parameter, _ in named_parameters(copy.layers)}
    for path, parameter, _ in named_parameters(model.layers):
        own[path].start_with(parameter.value.astype(copy.dtype))
    copy.draw()
    pairs = [(new, old) for (_, new, _), (_, old, _) in zip(walk(copy.layers), walk(model.layers), strict=True)]
    if copy.criterion is not None and model.criterion is not None:
        pairs.append((copy.criterion, model.criterion))  # type: ignore[arg-type] # both have statistics
    for new, old in pairs:
        new._statistics = (
            old.statistics if share_statistics else {name: np.array(array) for name, array in old.statistics.items()}
        )
    copy.adapted, copy.classes, copy.feature_names, copy.table = (
        model.adapted,
        model.classes,
        model.feature_names,
        model.table,
    )
    if not share_statistics and copy.criterion is not None and model.classes is not None:
        copy.criterion.name_classes(model.classes)
    return copy
