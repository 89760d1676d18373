"""MNIST, from a file or from OpenML, with its published test rows."""

import numpy as np

from nnlite.data.dataset import Dataset, from_arrays
from nnlite.data.from_openml import arrays_from_openml
from nnlite.data.images import as_images
from nnlite.data.npz import FilePath, arrays_in, dataset_of
from nnlite.data.split import Splits
from nnlite.errors import DataError
from nnlite.text import counted
from nnlite.types import Array


def mnist(path: FilePath | None = None) -> Splits:
    """70,000 handwritten digits, 28 × 28 pixels from 0 to 255, 10,000 of them to test (LeCun, Cortes, Burges, 1998).

    Args:
        path: of an .npz file with x_train, y_train, x_test, y_test, or with all rows, the test rows last, as x and y.
            Without it the digits come from OpenML, by scikit-learn, which keeps them for the next time.

    Raises:
        DataError: when the file cannot be used, or OpenML not be reached.
    """
    if path is None:
        return _parted_digits(*arrays_from_openml("mnist_784"))
    with arrays_in(path) as read:
        if "x" in read.names and "x_train" not in read.names:
            return _parted_digits(read("x"), read("y"))
        return Splits(
            dataset_of(read, "x_train", "y_train", _digits), None, dataset_of(read, "x_test", "y_test", _digits)
        )


def _parted_digits(x: Array, y: Array) -> Splits:
    """All of MNIST in its published order, the test rows last."""
    if len(x) != 70_000 or len(y) != 70_000:
        raise DataError(
            f"x has {counted(len(x), 'row')}, and y {len(y)}; expected all 70,000 of MNIST, the 10,000 to test last"
        )
    return Splits(_digits(x[:60_000], y[:60_000]), None, _digits(x[60_000:], y[60_000:]))


def _digits(x: Array, y: Array) -> Dataset:
    """Pixels as bytes, whatever they were kept as, and digits as numbers."""
    pixels = as_images(x, (1, 28, 28))
    if pixels.dtype.kind not in "fiu":
        raise DataError(f"the pixels have dtype {x.dtype}; expected whole numbers from 0 to 255")
    with np.errstate(invalid="ignore"):
        as_bytes = pixels.astype(np.uint8, copy=False)
    if not (as_bytes == pixels).all():
        raise DataError(
            f"the pixels, of dtype {x.dtype}, are not all whole numbers from 0 to 255: save them as such (those that "
            'were divided by 255 times 255, and rounded), or read any numbers with source = "npz_parts"'
        )
    labels = y.astype(np.int64) if y.dtype.kind in "OUS" and all(map(_is_number, y)) else y
    return from_arrays(as_bytes, labels, classes=range(10))


def _is_number(label: object) -> bool:
    """Whether a text, or a text as bytes, is one."""
    return (label if isinstance(label, bytes) else str(label)).isdigit()
