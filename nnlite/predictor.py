"""A predictor is a trained model that knows what its outputs are called, ready for raw rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.data.dataset import as_classes, as_rows
from nnlite.errors import DataError
from nnlite.model import Sequential
from nnlite.types import Array


class Predictor:
    """A model, the names of its classes and features, and predictions from raw feature rows.

    Attributes:
        model: the `Sequential`.
        classes: what output k stands for, in order: strings or numbers, an array; None if nobody said.
        feature_names: the columns of a row, in order; None if nobody said.
    """

    def __init__(
        self,
        model: Sequential,
        classes: Sequence[Any] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        classes = None if classes is None else as_classes(classes)
        if classes is not None and model.output_shape != (len(classes),):
            raise DataError(f"there are {len(classes)} classes for outputs of shape {model.output_shape}")
        names = None if feature_names is None else tuple(map(str, feature_names))
        if names is not None and model.input_shape != (len(names),):
            raise DataError(f"there are {len(names)} feature names for rows of shape {model.input_shape}")
        self.model = model
        self.classes = None if classes is None else np.asarray(classes)
        self.feature_names = names

    def predict_proba(self, x: Array | Sequence[Any]) -> Array:
        """The probability of each class for each row: (rows, features) to (rows, classes).

        Raises `DataError` for rows with values that are no finite numbers, `ShapeError` for rows of the
        wrong width.
        """
        probabilities = self.model.predict(as_rows(self._table(x)))
        if not np.isfinite(probabilities).all():
            row = int(np.argwhere(~np.isfinite(probabilities))[0][0])
            raise DataError(f"row {row} has values too large for the model, which computes in {self.model.dtype}")
        return probabilities

    def predict(self, x: Array | Sequence[Any]) -> Array:
        """The likeliest class of each row, by name: (rows, features) to (rows,)."""
        best: Array = self.predict_proba(x).argmax(axis=1)
        if self.classes is None:
            return best
        named: Array = self.classes[best]
        return named

    def _table(self, x: Any) -> Any:
        """A table with named columns must have them as they were in training."""
        columns = getattr(x, "columns", None)
        if columns is not None and self.feature_names is not None:
            given = tuple(map(str, columns))
            if given != self.feature_names:
                raise DataError(
                    f"the columns are {', '.join(given)}; the model was trained on "
                    f"{', '.join(self.feature_names)}, in this order"
                )
        return x

    def __repr__(self) -> str:
        classes = "" if self.classes is None else f", classes: {', '.join(map(str, self.classes))}"
        return f"Predictor({self.model!r}{classes})"
