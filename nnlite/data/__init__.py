"""From a name or a file to arrays, parted and in batches."""

from nnlite.data.dataset import Dataset, as_rows, from_arrays, regression_from_arrays
from nnlite.data.sources import SOURCES
from nnlite.data.split import Splits, split

__all__ = ["SOURCES", "Dataset", "Splits", "as_rows", "from_arrays", "regression_from_arrays", "split"]
