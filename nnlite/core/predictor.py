"""A predictor is a trained model with the names of its classes and features; it takes raw rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.data.arrays import as_classes, as_rows, column_names, listed
from nnlite.data.images import as_images
from nnlite.data.naming import places
from nnlite.errors import DataError, NnliteError
from nnlite.types import Array, Task


class Predictor:
    """A model, the names of its classes and features, and predictions from raw feature rows.

    Args:
        model: a built model.
        classes: the names of the classes, in order; if None those that the model was trained on.
        feature_names: the names of the columns of a row, in order; if None those that the model was trained on.

    Raises:
        DataError: when the names do not fit the model, or are its own in another order.

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
        classes = model.classes if classes is None else as_classes(classes)
        if classes is not None and not classes_fit(classes, model):
            raise DataError(f"there are {len(classes)} classes for outputs of shape {model.output_shape}")
        names = model.feature_names if feature_names is None else column_names(None, feature_names)
        _refuse_another_order("classes", classes, model.classes)
        _refuse_another_order("feature names", names, model.feature_names)
        if names is not None and model.input_shape != (len(names),):
            raise DataError(f"there are {len(names)} feature names for rows of shape {model.input_shape}")
        self.model = model
        self.classes = None if classes is None else _exact(classes)
        self.feature_names = names

    def predict_proba(self, x: Array | Sequence[Any]) -> Array:
        """The probability of each class, or of each label, for each row: (rows, features) to (rows, classes).

        Images may be flat, too, or lack the axis of a single channel (see `data.as_images`). The columns of a table
        are put in the order of the training rows, by their names.

        Raises `DataError` for rows with values that are no finite numbers (NaN is taken where the model's first layer
        fills gaps) and tables with other columns, `ShapeError` for rows of the wrong width, `NnliteError` when the
        model predicts numbers.
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
        rows = self._in_order(x, as_rows(x, gaps=self.model.takes_gaps))
        if len(self.model.input_shape) == 3:
            rows = as_images(rows, self.model.input_shape)
        predicted = self.model.predict(rows)
        if not np.isfinite(predicted).all():
            row = int(np.argwhere(~np.isfinite(predicted))[0][0])
            raise DataError(f"row {row} has values too large for the model, which computes in {self.model.dtype}")
        return predicted

    def _in_order(self, x: Any, rows: Array) -> Array:
        """The rows of x, with the columns of a table in the order of the training rows; raises `DataError`."""
        given = column_names(x, None)
        if given is None or self.feature_names is None or given == self.feature_names:
            return rows
        what = "columns are not those that the model was trained on"
        return rows[:, places(given, self.feature_names, what, "choose the table's columns so")]

    def __repr__(self) -> str:
        classes = "" if self.classes is None else f", classes: {', '.join(map(str, self.classes))}"
        return f"Predictor({self.model!r}{classes})"


def _exact(classes: tuple[Any, ...]) -> Array:
    """The names as an array; one of Python objects where NumPy would make text of numbers, or floats of integers."""
    array = np.asarray(classes)
    return array if array.tolist() == list(classes) else np.array([None, *classes], object)[1:]


def _refuse_another_order(what: str, given: tuple[Any, ...] | None, known: tuple[Any, ...] | None) -> None:
    """Raises `DataError` where names are the known ones in another order, a mistake; others are a renaming."""
    if given and known and given != known and sorted(map(repr, given)) == sorted(map(repr, known)):
        raise DataError(f"the {what} are {listed(given)}; the model was trained on them in the order {listed(known)}")


def classes_fit(classes: Sequence[Any], model: Sequential) -> bool:
    """Whether the model's outputs fit this number of classes."""
    if model.criterion is None or model.criterion.task == "multi-label":
        return model.output_shape == (len(classes),)
    return model.criterion.task == "classification" and model.output_shape == (
        model.criterion.outputs_for(len(classes)) or len(classes),
    )
