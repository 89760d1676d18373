"""Validation rows: each member keeps some rows from its training, and is validated on them after each epoch."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from nnlite.data.dataset import Dataset
from nnlite.data.outside import FAR
from nnlite.data.split import split
from nnlite.errors import DataError
from nnlite.tables import TableEncoder
from nnlite.types import Array
from nnlite.warning import warn

Parts: TypeAlias = Sequence[tuple[Dataset, Dataset | None]]
"""The training rows of each member, and its validation rows if it has any."""

LEAST_ROWS_TO_COMPARE = 10
"""Of fewer validation rows most may lie outside of the training rows by chance."""

LEAST_ROWS_TO_VALIDATE = 50
"""Of fewer rows none is kept from training: too few would be left, and too few say when to stop."""


def parted(estimator: Any, data: Dataset, seed: int, member: int) -> tuple[Dataset, Dataset | None]:
    """The training and the validation rows of a member; None where there are too few rows to validate on.

    Args:
        estimator: it has `early_stopping` and `validation_fraction`.
        data: all rows.
        seed: the seed of the fit.
        member: the number of the member; each has validation rows of its own.
    """
    if not estimator.early_stopping or not estimator.validation_fraction or len(data) < LEAST_ROWS_TO_VALIDATE:
        return data, None
    fraction, classes = estimator.validation_fraction, data.classes
    if classes is not None and data.y.ndim == 1:  # a row of each class at least
        fraction = max(fraction, len(classes) / len(data))
    try:
        parts = split(data, 0.0, fraction, seed, member=member)
    except DataError:  # as many classes as half of the rows
        return data, None
    return parts.train, parts.validation


def warn_of_another_scale(encoder: TableEncoder, encoded: Array) -> None:
    """Warns of numbers of `X_val` that are perhaps not scaled as those of X were.

    Most rows are then outside of the range of the training rows, or some are far outside.

    Args:
        encoder: it has learnt from the training rows.
        encoded: (rows, width), the validation rows.
    """
    found, place = [], 0
    for column in encoder.columns:
        values, place = encoded[:, place], place + len(column.numbers)
        values = values[~np.isnan(values)]
        if column.kind != "number" or column.span is None or not len(values):
            continue
        low, _, high = column.span
        least, greatest = values.min(), values.max()
        most = len(values) >= LEAST_ROWS_TO_COMPARE and ((values < low) | (values > high)).mean() > 0.5
        room = FAR * (high - low)
        if high > low and (most or least < low - room or greatest > high + room):
            found.append(f"{column.name!r} ({least:.6g} to {greatest:.6g}; X has {low:.6g} to {high:.6g})")
    if found:
        warn(
            f"X_val lies outside of the rows of X in {', '.join(found[:5])}{', …' if len(found) > 5 else ''}: is it "
            'scaled as X is? transform_input=["X_val"] of a Pipeline sees to it'
        )
