"""Rows as scikit-learn's users hand them over, an array or a data frame, become a table."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from nnlite.tables import Table, as_table
from nnlite.types import Array


def as_rows(estimator: BaseEstimator, X: Any, *, reset: bool) -> Table:
    """The rows of X as a table, checked as scikit-learn does; NaN may stand for missing numbers.

    Args:
        estimator: it gets `n_features_in_` and `feature_names_in_`, or is compared with them.
        X: an array (rows, columns) of numbers, of texts, or of objects with texts and times, a data frame with any
            columns, or a `Table` of nnlite.
        reset: whether these are the rows of a first fit.

    Raises:
        ValueError: when X is no such thing, is empty, has infinite values, or has other columns than before.
    """
    if isinstance(X, list) and X and all(isinstance(row, Mapping) for row in X):
        raise ValueError("X is a list of dicts; expected an array or a data frame: pandas.DataFrame(X) makes one")
    if hasattr(X, "columns") and not isinstance(X, np.ndarray):
        table = as_table(X)  # before scikit-learn looks at the names, and fails where two columns have the same
        if not isinstance(X, Table):
            validate_data(estimator, X, skip_check_array=True, reset=reset)
        elif reset:
            _set_names(estimator, X)
        if not table.names:
            raise ValueError(
                f"Found array with 0 feature(s) (shape=({len(X)}, 0)) while a minimum of 1 is required: the data "
                "frame has no columns"
            )
        if not len(table):
            raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required: the data frame is empty")
        return table
    X = _as_objects(X)
    known = None if reset else getattr(estimator, "table_", None)
    has_texts = known is not None and any(column.categories for column in known.encoder.columns)
    dtype = None if has_texts or _has_texts_or_times(X) else "numeric"
    return as_table(validate_data(estimator, X, ensure_all_finite="allow-nan", dtype=dtype, reset=reset))


def _as_objects(X: Any) -> Any:
    """An array of texts as one of objects, and so a list of rows with texts, in which numbers stay numbers.

    Anything else stays as it is. NumPy's texts (of dtype `<U…`, `StringDType`, or bytes `S…` in UTF-8) are then read
    as those in an array of objects are, by what each column holds.
    """
    if isinstance(X, np.ndarray) and X.dtype.kind in "SUT":
        return X.astype(object)
    if not isinstance(X, list | tuple) or not all(isinstance(row, list | tuple) for row in X):
        return X
    if len(set(map(len, X))) != 1 or not any(isinstance(cell, str | bytes) for row in X for cell in row):
        return X
    return np.array(X, object)


def _has_texts_or_times(X: Any) -> bool:
    """Whether an array of objects has what is to stay as it is; one of numbers alone becomes an array of numbers."""
    return (
        isinstance(X, np.ndarray)
        and X.dtype == object
        and any(isinstance(cell, str | bytes | datetime.date | np.datetime64) for cell in X.flat)
    )


def _set_names(estimator: Any, table: Table) -> None:
    """Sets the names and the number of the columns, as scikit-learn would if it knew this kind of table."""
    estimator.n_features_in_ = len(table.names)
    if table.named:
        estimator.feature_names_in_ = np.array(table.names, object)
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_


def target_name(columns: Sequence[str]) -> str:
    """A name for the target, which comes to an estimator without one: "target", unless a column has it.

    >>> from nnlite.estimators.rows import target_name
    >>> target_name(["age"]), target_name(["target", "age"])
    ('target', 'target ')
    """
    name = "target"
    while name in columns:
        name += " "
    return name


MOST_ROWS_TO_REPEAT = 1000
"""Up to so many rows a whole weight is taken for as many rows, so that both give the same training to the bit."""


def repeated(x: Array, y: Array, weight: Array | None) -> tuple[Array, Array, Array | None]:
    """The rows without those of weight 0, in a fixed order where they are few, each as often as a whole weight says.

    Training then gives the same bits whatever the order of the rows, and whether a row comes twice or has weight 2.

    Args:
        x: (rows, width), the encoded rows.
        y: (rows,) or (rows, targets).
        weight: (rows,), not all 0; or None for equal weights.

    >>> import numpy as np
    >>> from nnlite.estimators.rows import repeated
    >>> x, y, weight = repeated(np.array([[2.0], [1.0], [3.0]]), np.array([0, 1, 1]), np.array([1.0, 2.0, 0.0]))
    >>> x.ravel().tolist(), y.tolist(), weight
    ([2.0, 1.0, 1.0], [0, 1, 1], None)
    """
    if weight is not None:
        kept = np.flatnonzero(weight)
        if (weight == np.floor(weight)).all() and weight.sum() <= MOST_ROWS_TO_REPEAT:
            kept = np.repeat(np.arange(len(weight)), weight.astype(np.intp))
            weight = None
        else:
            weight = weight[kept] / weight.max()  # 1e300 + 1e300 overflows
        x, y = x[kept], y[kept]
    if len(x) > MOST_ROWS_TO_REPEAT:
        return x, y, weight
    told = [x, y.reshape(len(y), -1).astype(np.float64), *([] if weight is None else [weight[:, None]])]
    rows = np.column_stack(told) + 0.0  # −0 becomes 0
    rows[np.isnan(rows)] = np.nan  # one and the same NaN
    order = np.array(sorted(range(len(rows)), key=lambda row: rows[row].tobytes()), np.intp)
    return x[order], y[order], None if weight is None else weight[order]
