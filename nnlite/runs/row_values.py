"""The values of a run's rows as their user has them: by column, and as texts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlite.data import Dataset
from nnlite.tables.decoding import decoded, places


def columns_of(rows: Dataset) -> Mapping[str, Sequence[int]]:
    """For each column of the user's the columns of x that are made of it; nothing of images and sequences."""
    if rows.x.ndim != 2:
        return {}
    if rows.table is not None:
        return places(rows.table.encoder)
    names = rows.feature_names or [f"column {index}" for index in range(rows.x.shape[1])]
    return {name: [index] for index, name in enumerate(names)}


def values_of(rows: Dataset, row: int) -> dict[str, Any]:
    """The values of a row by column: numbers, and of a table texts too; None where one is missing."""
    if rows.table is not None:
        return decoded(rows.table.encoder, rows.x[row])
    return dict(zip(columns_of(rows), rows.x[row].tolist(), strict=True))


def in_words(value: Any) -> str:
    """A value as text.

    >>> from nnlite.runs.row_values import in_words
    >>> in_words(0.30000001), in_words(None), in_words("Oslo")
    ('0.3', 'missing', 'Oslo')
    """
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
