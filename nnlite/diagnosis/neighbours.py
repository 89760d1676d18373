"""The nearest neighbours of each row among some rows: what a look at similar rows alone would answer."""

import numpy as np

from nnlite.types import Array

COUNT = 10
"""How many neighbours answer for a row."""

_MOST_COLUMNS = 1000  # of more only some are looked at


class Neighbours:
    """The ten rows that are most alike to each row, by all columns in units of their spread.

    Args:
        x: (rows, …), the rows.

    Attributes:
        indices: (rows, 10), the numbers of the neighbours of each row, fewer if there are fewer rows.
    """

    def __init__(self, x: Array) -> None:
        flat = x.reshape(len(x), -1)
        if flat.shape[1] > _MOST_COLUMNS:
            flat = flat[:, np.arange(_MOST_COLUMNS) * flat.shape[1] // _MOST_COLUMNS]
        scaled = np.nan_to_num(flat.astype(np.float64))
        spread = scaled.std(axis=0)
        scaled = (scaled - scaled.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        sizes = (scaled * scaled).sum(axis=1)
        apart = sizes[:, None] + sizes - 2 * (scaled @ scaled.T)  # (rows, rows), squared distances
        np.fill_diagonal(apart, np.inf)
        count = min(COUNT, len(x) - 1)
        self.indices: Array = np.argpartition(apart, max(count - 1, 0), axis=1)[:, :count]

    def shares(self, y: Array, classes: int) -> Array:
        """(rows, classes), how many of the neighbours of each row belong to each class, as a share.

        Args:
            y: (rows,), class indices.
            classes: how many classes there are.
        """
        votes = np.zeros((len(y), classes))
        for column in self.indices.T:
            votes[np.arange(len(y)), y[column]] += 1
        found: Array = votes / max(self.indices.shape[1], 1)
        return found

    def means(self, y: Array) -> Array:
        """(rows,), the mean target of the neighbours of each row, from targets (rows,)."""
        found: Array = y[self.indices].mean(axis=1)
        return found
