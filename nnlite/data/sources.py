"""A source gives a dataset by name; its arguments are the keys that the config's `[data]` takes for it."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeAlias

import numpy as np
from msgspec import Meta

from nnlite.data.dataset import Dataset, from_arrays
from nnlite.errors import DataError, nearest
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


def npz(path: FilePath, x: str = "x", y: str = "y") -> Dataset:
    """Your own arrays from a file that `numpy.savez` wrote.

    Args:
        path: of the file.
        x: name of the array with the features, (rows, …).
        y: name of the array with the labels, (rows,), numbers or text.

    Raises:
        DataError: when the file, an array, or a value in it cannot be used.
    """
    try:
        with np.load(Path(path), allow_pickle=False) as arrays:
            if not hasattr(arrays, "files"):
                raise DataError(f"{path} holds a single array; expected an .npz file with {x!r} and {y!r}")
            return from_arrays(_array(arrays, x, path), _array(arrays, y, path))
    except OSError as error:
        raise DataError(f"the data file {path} cannot be read: {error.strerror or error}") from None
    except (zipfile.BadZipFile, EOFError, ValueError) as error:
        if isinstance(error, DataError):
            raise DataError(f"{path}: {error}") from None
        raise DataError(f"{path} is not an .npz file of numbers and text ({error})") from None


SOURCES: dict[str, Callable[..., Dataset]] = {
    source.__name__: source for source in (iris, digits, wine, breast_cancer, npz)
}


def _array(arrays: "np.lib.npyio.NpzFile", name: str, path: str) -> Array:
    if name not in arrays.files:
        raise DataError(f"there is no array {name!r}{nearest(name, arrays.files)}")
    try:
        return np.asarray(arrays[name])
    except ValueError:
        raise DataError(
            f"the array {name!r} holds Python objects; save it as numbers or text (dtype object is never loaded)"
        ) from None


def _from_sklearn(name: str) -> Dataset:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    names = bunch.feature_names if bunch.data.ndim == 2 else None
    data = from_arrays(bunch.data, bunch.target, feature_names=names)
    classes = tuple(np.asarray(bunch.target_names).tolist())
    return Dataset(data.x, data.y, classes=classes, feature_names=data.feature_names)
