"""A predictor is a trained model, or an ensemble, with the names of its classes and features; it takes raw rows."""

import functools
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite import memory
from nnlite.core.double_precision import DoublePrecision
from nnlite.core.ensemble import Ensemble
from nnlite.core.estimator_hint import estimator_hint
from nnlite.core.sequential import Sequential
from nnlite.data.arrays import as_classes, as_rows, column_names, listed
from nnlite.data.dataset import Dataset
from nnlite.data.images import as_images
from nnlite.data.naming import places
from nnlite.data.unseen import warn_of_unseen
from nnlite.errors import ConfigError, DataError, NnliteError
from nnlite.finite import all_finite
from nnlite.text import as_html, counted, cut
from nnlite.types import Array, Task

if TYPE_CHECKING:
    from nnlite.data.table_reader import TableReader
    from nnlite.tables import Table


class Predictor:
    """A model, the names of its classes and features, and predictions from raw feature rows.

    A model that was trained on a table takes tables of the same columns, from any source: the path of a file (.csv,
    .tsv, .txt, also .gz, or Parquet), a data frame of pandas or polars, a table of pyarrow, a dict of columns, a list
    of dicts, one row as a dict, or an array with the columns in order. Columns are found by their names, in any
    order, and further ones are left out of account. Texts that no training row had are counted, and said in a
    warning; so are rows far outside of the training rows. A model of images takes the path of a picture, or of a
    folder of pictures, too: they get the size of its images.

    It computes in float64, from the weights as they are when it is asked: so the answer for a row does not depend on
    the rows beside it, as it would in the seventh digit if it were computed in float32.

    Args:
        model: a built model, or an `Ensemble` of some.
        classes: the names of the classes, in order; if None those that the model was trained on.
        feature_names: the names of the columns of a row, in order; if None those that the model was trained on.

    Raises:
        ConfigError: when there is no such model.
        DataError: when the names do not fit the model, or are its own in another order.

    Attributes:
        model: the `Sequential` or the `Ensemble`.
        members: the models whose mean is predicted; a single one of a `Sequential`.
        classes: the names of the classes, or of the labels of a multi-label model, in order: an array of strings
            or numbers; None if they were not given.
        feature_names: the names of the columns of a row, in order; None if they were not given.
        table: what makes numbers of a table's rows; None of a model that was not trained on a table.
        reader: what reads the files of tables: `table`, or of a model that was trained on arrays, whose columns have
            names, columns of numbers by these names; None where it takes no tables.
    """

    def __init__(
        self,
        model: Sequential | Ensemble,
        classes: Sequence[Any] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        if not isinstance(model, Sequential | Ensemble):
            raise ConfigError(f"got a {type(model).__name__}, expected a Sequential{estimator_hint(model)}")
        classes = model.classes if classes is None else as_classes(classes)
        if classes is not None and not classes_fit(classes, model):
            raise DataError(
                f"{counted(len(classes), 'class came', 'classes came')} for outputs of shape {model.output_shape}"
            )
        names = model.feature_names if feature_names is None else column_names(None, feature_names)
        _refuse_another_order("classes", classes, model.classes)
        _refuse_another_order("feature names", names, model.feature_names)
        if names is not None and model.input_shape != (len(names),):
            raise DataError(f"there are {len(names)} feature names for rows of shape {model.input_shape}")
        self.model = model
        self.members = model.members if isinstance(model, Ensemble) else (model,)
        self.classes = None if classes is None else _exact(classes)
        self.feature_names = names
        self.table: TableReader | None = model.table if names == model.feature_names else None
        self._doubles: list[DoublePrecision] = []  # of the members, made at the first prediction

    def predict_proba(self, x: Any) -> Array:
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

    def predict(self, x: Any) -> Array:
        """The likeliest class of each row, by name: (rows, features) to (rows,).

        A multi-label model gives 1 for each label that is likelier than not, else 0: (rows, labels). A regression
        model gives numbers in the targets' own units: (rows,), or (rows, …) for several outputs.
        """
        return self.answers(self._finite(x))

    def answers(self, found: Array) -> Array:
        """What `predict` gives for the probabilities, or numbers, of rows."""
        if self._task == "regression":
            return found
        if self._task == "multi-label":
            return (found > 0.5).astype(np.intp)
        best: Array = found.argmax(axis=1)
        if self.classes is None:
            return best
        named: Array = self.classes[best]
        return named

    @functools.cached_property
    def reader(self) -> "TableReader | None":
        if self.table is not None or self.feature_names is None:
            return self.table
        from nnlite.data.number_columns import NumberColumns

        return NumberColumns(self.feature_names, gaps=self.model.takes_gaps)

    @property
    def _task(self) -> Task:
        return "classification" if self.model.criterion is None else self.model.criterion.task

    def in_portions(self, path: str | os.PathLike[str], rows: int | None = None) -> Iterator[tuple["Table", Array]]:
        """The rows of a table's file and their probabilities, or numbers, this many at a time.

        So a file may be larger than memory. After the last portion warnings say which texts no training row had,
        which rows are far outside of the training rows, and whether the last row looks like a sum.

        Args:
            path: the path of the file.
            rows: how many rows are read at a time; if None 4,096, or as few as 1,024 where they have many columns.

        Raises:
            DataError: as `predict` does; it names the line in the file.
            NnliteError: when the model takes no tables.
        """
        if (reader := self.reader) is None:
            images = len(self.model.input_shape) == 3
            takes = "images: give a folder of them" if images else f"arrays {self._without_names()}"
            raise NnliteError(f"the model was not trained on a table, but takes {takes}")
        from nnlite.data.outside import Outside

        memory.keep_freed()  # the next portion needs as much
        unseen: dict[str, dict[str, int]] = {}
        outside = Outside(reader.encoder)
        for table in reader.chunks(path, rows):
            encoded = reader.encode(table)
            for name, texts in reader.unseen(table, encoded).items():
                known = unseen.setdefault(name, {})
                for text, count in texts.items():
                    if text in known or len(known) < _MOST_TEXTS:
                        known[text] = known.get(text, 0) + count
            outside.add(table, encoded)
            yield table, self._of_rows(encoded, table)
        warn_of_unseen(unseen)
        outside.warn()
        reader.warn_of_footer(table)

    def dataset(self, source: Any) -> Dataset:
        """Rows with their targets, as `evaluate` takes them.

        Args:
            source: of a model of tables a table with the target, from any source; rows without one are left
                out. Of a model of arrays whose columns have names a table with these, in any order, and one more,
                the target. Of a model of images a folder that has a folder of pictures for each class.

        Raises:
            DataError: where the rows cannot be used, or a label is none of the classes; where the model takes arrays.
        """
        from nnlite.tables.cells import text_of

        classes = None if self.classes is None else tuple(map(text_of, self.classes.tolist()))
        if self.table is not None:
            return self.table.dataset(source, classes)
        if self.reader is not None:
            return self.reader.dataset(source, self._classes_of_a_column())
        of_path = isinstance(source, str | os.PathLike)
        begin = f"{os.fspath(source)}: " if of_path else f"got a {type(source).__name__}: "
        if of_path and len(self.model.input_shape) == 3:
            from nnlite.data.image_folder import folder_of_classes

            if not os.path.isdir(source):
                raise DataError(f"{begin}this is no folder; the model takes images: give a folder of them by class")
            channels, *size = self.model.input_shape
            return folder_of_classes(source, size, channels, classes)
        raise DataError(
            f"{begin}the model was trained on arrays {self._without_names()}; in Python "
            "nnlite.evaluate(model, Dataset(x, y)) evaluates it"
        )

    def _classes_of_a_column(self) -> tuple[str, ...] | None:
        """The classes as a column of targets has them, indices where they have no names; None for numbers.

        Raises `DataError` where a row has several targets.
        """
        from nnlite.tables.cells import text_of

        if self._task == "multi-label" or (self._task == "regression" and self.model.output_shape not in ((), (1,))):
            raise DataError(
                "the model predicts several things of each row, and does not know the names of their columns: in "
                "Python nnlite.evaluate(model, Dataset(x, y)) evaluates it"
            )
        if self._task == "regression":
            return None
        if self.classes is None:
            return tuple(map(str, range(max(2, *self.model.output_shape))))
        return tuple(map(text_of, self.classes.tolist()))

    def _without_names(self) -> str:
        """What an array is that the model takes, and what to do where a file of rows is given."""
        shape = self.model.input_shape
        if len(shape) != 1:
            return f"of shape {shape}: in Python nnlite.load(path).predict(x) takes them"
        return (
            f"of {counted(shape[0], 'column')} without names, so that a file's columns cannot be told apart: give "
            "the data of the training feature_names, or read the file in Python: nnlite.load(path).predict(x)"
        )

    def _finite(self, x: Any) -> Array:
        if self.table is not None:
            if isinstance(x, str | os.PathLike):
                return np.concatenate([found for _, found in self.in_portions(x)])
            table = self.table.read(x)
            encoded = self.table.encode(table)
            warn_of_unseen(self.table.unseen(table, encoded))
            self.table.warn_of_outside(table, encoded)
            return self._of_rows(encoded, table)
        if isinstance(x, str | os.PathLike):
            if self.reader is not None and not os.path.isdir(x):
                return np.concatenate([found for _, found in self.in_portions(x)])
            x = self._pictures(x)
        rows = self._in_order(x, as_rows(x, gaps=self.model.takes_gaps))
        if len(self.model.input_shape) == 3:
            rows = as_images(rows, self.model.input_shape)
        return self._of_rows(rows)

    def _pictures(self, path: str | os.PathLike[str]) -> Array:
        """The pictures at this path as rows of a model of images; raises `DataError`."""
        if len(self.model.input_shape) != 3:
            raise DataError(
                f"got the path {os.fspath(path)!r}, but the model was trained on arrays: read the rows, and pass them"
            )
        from nnlite.data.image_folder import pictures

        return pictures(path, self.model.input_shape)

    def _of_rows(self, rows: Array, table: "Table | None" = None) -> Array:
        """The probabilities, or numbers, of rows as the model takes them; a message names the line of a table."""
        with np.errstate(over="ignore", invalid="ignore"):  # it becomes an error
            predicted = self.in_float64(rows)
        if not all_finite(predicted):
            row = int(np.argwhere(~np.isfinite(predicted))[0][0])
            place = f"row {row}" if table is None else table.where(row)
            raise DataError(f"{place} has values too large for the model")
        return predicted

    def in_float64(self, rows: Array) -> Array:
        """The predictions of rows as the model takes them, (rows, …), computed in float64; they may not be finite."""
        if not self._doubles:
            self._doubles = [DoublePrecision(member) for member in self.members]
        found = [double.predict(rows) for double in self._doubles]
        return self.model.combined(found) if isinstance(self.model, Ensemble) else found[0]

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_doubles": []}  # made anew where they are needed

    def _in_order(self, x: Any, rows: Array) -> Array:
        """The rows of x, with the columns of a table in the order of the training rows; raises `DataError`."""
        given = column_names(x, None)
        if given is None or self.feature_names is None or given == self.feature_names:
            return rows
        what = "columns are not those that the model was trained on"
        return rows[:, places(given, self.feature_names, what, "choose the table's columns so")]

    def _repr_html_(self) -> str:
        """What a notebook shows: what is predicted of which columns, and the model."""
        lines = [f"<strong>Predictor</strong> of {as_html(self._answer_in_words())}"]
        if self.table is not None:
            used = [column.name for column in self.table.encoder.columns if column.kind != "ignore"]
            lines.append(as_html(f"takes tables with {counted(len(used), 'column')}: {_some(used)}"))
        elif (names := self.feature_names) is not None:
            lines.append(as_html(f"takes rows of {counted(len(names), 'feature')}: {_some(names)}"))
        else:
            lines.append(as_html(f"takes rows of shape {self.model.input_shape}"))
        return "<br>".join(lines) + self.model._repr_html_()

    def _answer_in_words(self) -> str:
        if self._task == "regression":
            return "a number" if self.model.output_shape in ((), (1,)) else f"{self.model.output_shape[0]} numbers"
        what = ("label", "labels") if self._task == "multi-label" else ("class", "classes")
        if self.classes is None:
            return counted(self.model.output_shape[-1], *what)
        return f"{counted(len(self.classes), *what)}: {_some(self.classes.tolist())}"

    def __repr__(self) -> str:
        classes = "" if self.classes is None else f", classes: {', '.join(map(str, self.classes))}"
        return f"Predictor({self.model!r}{classes})"


_MOST_TEXTS = 10_000
"""Texts of a column that are counted while a file is read: of one with millions the message shows a few anyway."""


_MOST_SHOWN = 20
"""Names that a notebook shows."""


def _some(names: Sequence[Any]) -> str:
    return ", ".join(cut(str(name), 40) for name in names[:_MOST_SHOWN]) + (", …" if len(names) > _MOST_SHOWN else "")


def _exact(classes: tuple[Any, ...]) -> Array:
    """The names as an array; one of Python objects where NumPy would make text of numbers, or floats of integers."""
    array = np.asarray(classes)
    return array if array.tolist() == list(classes) else np.array([None, *classes], object)[1:]


def _refuse_another_order(what: str, given: tuple[Any, ...] | None, known: tuple[Any, ...] | None) -> None:
    """Raises `DataError` where names are the known ones in another order, a mistake; others are a renaming."""
    if given and known and given != known and sorted(map(repr, given)) == sorted(map(repr, known)):
        raise DataError(f"the {what} are {listed(given)}; the model was trained on them in the order {listed(known)}")


def classes_fit(classes: Sequence[Any], model: Sequential | Ensemble) -> bool:
    """Whether the model's outputs fit this number of classes."""
    if model.criterion is None or model.criterion.task == "multi-label":
        return model.output_shape == (len(classes),)
    return model.criterion.task == "classification" and model.output_shape == (
        model.criterion.outputs_for(len(classes)) or len(classes),
    )
