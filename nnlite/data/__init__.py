"""From a name or a file to arrays, parted and in batches."""

from nnlite.data.arrays import as_rows
from nnlite.data.dataset import Dataset, from_arrays, regression_from_arrays
from nnlite.data.from_table import from_table
from nnlite.data.images import as_images
from nnlite.data.npy import rows_on_disk
from nnlite.data.sources import PARTED_SOURCES, SOURCES
from nnlite.data.split import Splits, split, split_training

__all__ = [
    "PARTED_SOURCES",
    "SOURCES",
    "Dataset",
    "Splits",
    "as_images",
    "as_rows",
    "from_arrays",
    "from_table",
    "regression_from_arrays",
    "rows_on_disk",
    "split",
    "split_training",
]
