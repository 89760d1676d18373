"""A source gives a dataset by name; its arguments are the keys that the config's `[data]` takes for it."""

from collections.abc import Callable, Mapping
from typing import Annotated, BinaryIO, Literal, TypeAlias

import numpy as np
from msgspec import Meta

from nnlite.data.dataset import Dataset, from_arrays, regression_from_arrays
from nnlite.errors import DataError, nearest
from nnlite.layer import Task
from nnlite.types import Array

FilePath: TypeAlias = Annotated[str, Meta(description="a path, relative to the config file")]


def iris() -> Dataset:
    """150 flowers of 3 species by 4 lengths in cm (Fisher, 1936)."""
    return _from_sklearn("iris")


def digits() -> Dataset:
    """1797 handwritten digits, 8 × 8 pixels from 0 to 16, as rows of 64 (Alpaydin, Kaynak, 1998)."""
    return _from_sklearn("digits")


def wine() -> Dataset:
    """178 wines of 3 growers by 13 chemical figures (Forina, 1991)."""
    return _from_sklearn("wine")


def breast_cancer() -> Dataset:
    """569 tumours, malignant or benign, by 30 figures of their cell nuclei (Wolberg, Street, 1995)."""
    return _from_sklearn("breast_cancer")


def one_digit(digit: Literal[0, 1, 2, 3, 4, 5, 6, 7, 8, 9] = 8) -> Dataset:
    """The rows of `digits` with the question whether it is this one: about one row in ten is.

    Args:
        digit: the one asked for.
    """
    data = _from_sklearn("digits")
    is_digit = (data.y == digit).astype(np.intp)
    return Dataset(data.x, is_digit, classes=("other", str(digit)), feature_names=data.feature_names)


def diabetes() -> Dataset:
    """442 patients by 10 figures of body and blood, and how far their disease went in a year (Efron, 2004)."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)  # scaled, the rows would know of each other
    return regression_from_arrays(bunch.data, bunch.target, feature_names=bunch.feature_names)


def npz(path: FilePath, x: str = "x", y: str = "y", task: Task = "classification") -> Dataset:
    """Your own arrays from a file that `numpy.savez` wrote.

    Args:
        path: of the file.
        x: name of the array with the features, (rows, …).
        y: name of the array with the targets: for classification labels, (rows,), numbers or text; for
            multi-label 0 or 1 for each label, (rows, labels); for regression numbers, (rows,) or (rows, …).
        task: what y is: "classification", "multi-label" or "regression".

    Raises:
        DataError: when the file, an array, or a value in it cannot be used.
    """
    try:
        with open(path, "rb") as file:
            if file.read(6) == b"\x93NUMPY":
                raise DataError(f"it holds a single array; expected an .npz file with {x!r} and {y!r}")
            file.seek(0)
            rows, targets = _arrays(file, x, y)
        return _MAKERS[task](rows, targets)
    except OSError as error:
        raise DataError(f"the data file {path} cannot be read: {error.strerror or error}") from None
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


SOURCES: dict[str, Callable[..., Dataset]] = {
    source.__name__: source for source in (iris, digits, one_digit, wine, breast_cancer, diabetes, npz)
}


_MAKERS: dict[Task, Callable[[Array, Array], Dataset]] = {
    "classification": from_arrays,
    "multi-label": Dataset,
    "regression": regression_from_arrays,
}


def _arrays(file: BinaryIO, *names: str) -> list[Array]:
    """The arrays of these names in an open .npz file."""
    from zipfile import BadZipFile
    from zlib import error as ZlibError

    broken = (BadZipFile, ZlibError, EOFError, NotImplementedError, OverflowError, RuntimeError, MemoryError)
    try:
        archive = np.load(file, allow_pickle=False)
        for name in names:
            if name not in archive.files:
                raise DataError(f"there is no array {name!r}{nearest(name, archive.files)}")
        return [_array(archive, name) for name in names]
    except (*broken, ValueError) as error:
        if isinstance(error, DataError):
            raise
        reason = f" ({error})" if isinstance(error, broken) and str(error) else ""
        raise DataError(f"it is not a whole .npz file, as numpy.savez writes it{reason}") from None


def _array(archive: Mapping[str, Array], name: str) -> Array:
    try:
        return np.asarray(archive[name])
    except ValueError as error:
        if "Object arrays" not in str(error):
            raise
        raise DataError(f"the array {name!r} holds Python objects; save it as numbers or text") from None


def _from_sklearn(name: str) -> Dataset:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    names = bunch.feature_names if bunch.data.ndim == 2 else None
    data = from_arrays(bunch.data, bunch.target, feature_names=names)
    classes = tuple(np.asarray(bunch.target_names).tolist())
    return Dataset(data.x, data.y, classes=classes, feature_names=data.feature_names)
