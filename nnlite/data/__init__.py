"""From a name or a file to arrays, parted and in batches."""

from nnlite.data.dataset import Dataset, as_rows, from_arrays, regression_from_arrays
from nnlite.data.pictures import as_pictures
from nnlite.data.sources import PARTED_SOURCES, SOURCES
from nnlite.data.split import Splits, split, split_training

__all__ = [
    "PARTED_SOURCES",
    "SOURCES",
    "Dataset",
    "Splits",
    "as_pictures",
    "as_rows",
    "from_arrays",
    "regression_from_arrays",
    "split",
    "split_training",
]
