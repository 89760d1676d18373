"""Validation rows: each member keeps some rows from its training, and is validated on them after each epoch."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from nnlite.data.dataset import Dataset
from nnlite.data.split import split
from nnlite.errors import DataError

Parts: TypeAlias = Sequence[tuple[Dataset, Dataset | None]]
"""The training rows of each member, and its validation rows if it has any."""

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
