"""A double-precision copy of a model predicts in float64, with the weights that the model has now.

Products of float32 matrices round differently with the number of rows, and with a row's place among them, so that the
probabilities of a row would depend in their seventh digit on the rows beside it.
"""

from nnlite.core.clean_copy import clean_copy
from nnlite.core.sequential import Sequential
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
        self.model = model if model.dtype == "float64" else clean_copy(model, "float64", share_statistics=True)

    def predict(self, x: Array) -> Array:
        """The predictions for rows x, (rows, …), in float64."""
        if self.model is not self._source:
            self.model.parameters.copy_values(self._source.parameters)
        return self.model.predict(x)
