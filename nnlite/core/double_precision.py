"""A double-precision copy of a model predicts in float64, with the weights that the model has now.

Products of float32 matrices round differently with the number of rows, and with a row's place among them, so that the
probabilities of a row would depend in their seventh digit on the rows beside it.
"""

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.core.tree import named_parameters, walk
from nnlite.signature import copy_of
from nnlite.types import Array


class DoublePrecision:
    """A copy of a built model that computes in float64; a model of float64 stands for itself.

    Args:
        model: a built model; what it learns later the copy knows at its next prediction.

    Raises:
        ConfigError: when a layer cannot be made again from its arguments.

    Attributes:
        model: the copy.

    >>> import numpy as np
    >>> from nnlite import Dense, Sequential, SoftmaxCrossEntropy
    >>> from nnlite.core.double_precision import DoublePrecision
    >>> model = Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,))
    >>> DoublePrecision(model).predict(np.ones((2, 4))).dtype
    dtype('float64')
    """

    def __init__(self, model: Sequential) -> None:
        self._source = model
        self.model = model if model.dtype == "float64" else _in_float64(model)

    def predict(self, x: Array) -> Array:
        """The predictions for rows x, (rows, …), in float64."""
        if self.model is not self._source:
            self.model.parameters.copy_values(self._source.parameters)
        return self.model.predict(x)


def _in_float64(model: Sequential) -> Sequential:
    """A model of the same layers with the same weights, whose statistics are the very arrays of this one."""
    loss = [] if model.criterion is None else [copy_of(model.criterion)]
    copy = Sequential([*map(copy_of, model.layers), *loss])
    copy.declare(model.input_shape, dtype="float64")
    parameters = {path: parameter for path, parameter, _ in named_parameters(copy.layers)}
    for path, parameter, _ in named_parameters(model.layers):
        parameters[path].start_with(parameter.value.astype(np.float64))
    copy.draw()
    for (_, own, _), (_, other, _) in zip(walk(copy.layers), walk(model.layers), strict=True):
        own._statistics = other.statistics
    if copy.criterion is not None and model.criterion is not None:
        copy.criterion._statistics = model.criterion.statistics
    copy.adapted = model.adapted
    return copy
