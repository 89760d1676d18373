"""A source gives a dataset by its name; its arguments are the keys that the config's `[data]` takes for it."""

import warnings
from collections.abc import Callable
from typing import Literal

import numpy as np

from nnlite.data.dataset import Dataset, from_arrays, regression_from_arrays
from nnlite.data.images import as_images
from nnlite.data.npz import FilePath, arrays_in, dataset_of, npz, npz_parts
from nnlite.data.split import Splits
from nnlite.errors import DataError
from nnlite.types import Array


def iris() -> Dataset:
    """150 flowers of 3 species by 4 lengths in cm (Fisher, 1936)."""
    return _classes_of("iris")


def digits() -> Dataset:
    """1797 handwritten digits, 8 × 8 pixels from 0 to 16, as rows of 64 (Alpaydin, Kaynak, 1998)."""
    return _classes_of("digits")


def wine() -> Dataset:
    """178 wines of 3 growers by 13 chemical figures (Forina, 1991)."""
    return _classes_of("wine")


def breast_cancer() -> Dataset:
    """569 tumours, malignant or benign, by 30 figures of their cell nuclei (Wolberg, Street, 1995)."""
    return _classes_of("breast_cancer")


def one_digit(digit: Literal[0, 1, 2, 3, 4, 5, 6, 7, 8, 9] = 8) -> Dataset:
    """The rows of `digits` with the question whether it is this one: about one row in ten is.

    Args:
        digit: the one asked for.
    """
    data = _classes_of("digits")
    is_digit = (data.y == digit).astype(np.intp)
    return Dataset(data.x, is_digit, classes=("other", str(digit)), feature_names=data.feature_names)


def diabetes() -> Dataset:
    """442 patients by 10 figures of body and blood, and how far their disease went in a year (Efron, 2004)."""
    from nnlite.data import scikit_learn

    found = scikit_learn.read("diabetes")
    return regression_from_arrays(found.x, found.y, feature_names=found.feature_names)


def mnist(path: FilePath | None = None) -> Splits:
    """70,000 handwritten digits, 28 × 28 pixels from 0 to 255, 10,000 of them to test (LeCun, Cortes, Burges, 1998).

    Args:
        path: of an .npz file with x_train, y_train, x_test, y_test, or with all rows, the test rows last, as x and y.
            Without it the digits come from OpenML, by scikit-learn, which keeps them for the next time.

    Raises:
        DataError: when the file cannot be used, or OpenML not be reached.
    """
    if path is None:
        return _parted_digits(*_from_openml("mnist_784"))
    with arrays_in(path) as read:
        if "x" in read.names and "x_train" not in read.names:
            return _parted_digits(read("x"), read("y"))
        return Splits(
            dataset_of(read, "x_train", "y_train", _digits), None, dataset_of(read, "x_test", "y_test", _digits)
        )


SOURCES: dict[str, Callable[..., Dataset]] = {
    source.__name__: source for source in (iris, digits, one_digit, wine, breast_cancer, diabetes, npz)
}
"""Those that leave it to `split` which rows are for testing."""

PARTED_SOURCES: dict[str, Callable[..., Splits]] = {source.__name__: source for source in (mnist, npz_parts)}
"""Those with test rows of their own; `split_training` takes the validation rows from the others."""


def _parted_digits(x: Array, y: Array) -> Splits:
    """All of MNIST in its published order, the test rows last."""
    if len(x) != 70_000 or len(y) != 70_000:
        raise DataError(f"x has {len(x)} rows, and y {len(y)}; expected all 70,000 of MNIST, the 10,000 to test last")
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


def _from_openml(name: str) -> tuple[Array, Array]:
    """The rows and labels of a data set of OpenML, version 1."""
    from http.client import HTTPException
    from importlib.util import find_spec

    from sklearn.datasets import fetch_openml

    parser = "pandas" if find_spec("pandas") else "liac-arff"  # slower, but there
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it tries again
            found = fetch_openml(name, version=1, as_frame=False, parser=parser)
    except (OSError, HTTPException, ValueError) as error:
        raise DataError(
            f"{name} cannot be fetched from OpenML ({error}); give the path of an .npz file that has it, data.path=…"
        ) from None
    return np.asarray(found.data), np.asarray(found.target)


def _classes_of(name: str) -> Dataset:
    """One of scikit-learn's data sets of labels, which are class indices there already."""
    from nnlite.data import scikit_learn

    found = scikit_learn.read(name)
    return Dataset(found.x, found.y, classes=found.classes, feature_names=found.feature_names)
