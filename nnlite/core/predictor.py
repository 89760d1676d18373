"""A predictor is a trained model with the names of its classes and features; it takes raw rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.data.arrays import as_classes, as_rows, column_names
from nnlite.data.images import as_images
from nnlite.errors import DataError, NnliteError
from nnlite.types import Array, Task


class Predictor:
    """A model, the names of its classes and features, and predictions from raw feature rows.

    Attributes:
        model: the `Sequential`.
        classes: the names of the classes, or of the labels of a multi-label model, in order: an array of strings
            or numbers; None if they were not given.
        feature_names: the names of the columns of a row, in order; None if they were not given.
    """

    def __init__(
        self,
        model: Sequential,
        classes: Sequence[Any] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        classes = None if classes is None else as_classes(classes)
        if classes is not None and not _fit(len(classes), model):
            raise DataError(f"there are {len(classes)} classes for outputs of shape {model.output_shape}")
        names = column_names(None, feature_names)
        if names is not None and model.input_shape != (len(names),):
            raise DataError(f"there are {len(names)} feature names for rows of shape {model.input_shape}")
        self.model = model
        self.classes = None if classes is None else _exact(classes)
        self.feature_names = names

    def predict_proba(self, x: Array | Sequence[Any]) -> Array:
        """The probability of each class, or of each label, for each row: (rows, features) to (rows, classes).

        Images may be flat, too, or lack the axis of a single channel (see `data.as_images`).

        Raises `DataError` for rows with values that are no finite numbers, `ShapeError` for rows of the
        wrong width, `NnliteError` when the model predicts numbers.
        """
        if self._task == "regression":
            raise NnliteError(f"{self.model.criterion!r} predicts numbers, which have no probabilities: use predict")
        return self._finite(x)

    def predict(self, x: Array | Sequence[Any]) -> Array:
        """The likeliest class of each row, by name: (rows, features) to (rows,).

        A multi-label model gives 1 for each label that is likelier than not, else 0: (rows, labels). A regression
        model gives numbers in the targets' own units: (rows,), or (rows, …) for several outputs.
        """
        found = self._finite(x)
        if self._task == "regression":
            return found
        if self._task == "multi-label":
            return (found > 0.5).astype(np.intp)
        best: Array = found.argmax(axis=1)
        if self.classes is None:
            return best
        named: Array = self.classes[best]
        return named

    @property
    def _task(self) -> Task:
        return "classification" if self.model.criterion is None else self.model.criterion.task

    def _finite(self, x: Array | Sequence[Any]) -> Array:
        rows = as_rows(self._table(x))
        if len(self.model.input_shape) == 3:
            rows = as_images(rows, self.model.input_shape)
        predicted = self.model.predict(rows)
        if not np.isfinite(predicted).all():
            row = int(np.argwhere(~np.isfinite(predicted))[0][0])
            raise DataError(f"row {row} has values too large for the model, which computes in {self.model.dtype}")
        return predicted

    def _table(self, x: Any) -> Any:
        """The table itself; raises `DataError` if its columns have other names than the training rows had."""
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


def _exact(classes: tuple[Any, ...]) -> Array:
    """The names as an array; one of Python objects where NumPy would make text of numbers, or floats of integers."""
    array = np.asarray(classes)
    return array if array.tolist() == list(classes) else np.array([None, *classes], object)[1:]


def _fit(classes: int, model: Sequential) -> bool:
    """Whether the model's outputs fit this number of classes."""
    if model.criterion is None or model.criterion.task == "multi-label":
        return model.output_shape == (classes,)
    return model.criterion.task == "classification" and model.output_shape == (
        model.criterion.outputs_for(classes) or classes,
    )
