"""A source gives a dataset by its name; its arguments are the keys that the config's `[data]` takes for it."""

import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Annotated, Any, BinaryIO, Literal, TypeAlias

import numpy as np
from msgspec import Meta

from nnlite.annotations import PositiveInt
from nnlite.data.dataset import Dataset, from_arrays, regression_from_arrays
from nnlite.data.pictures import as_pictures, refuse_channels_last
from nnlite.data.split import Splits
from nnlite.errors import DataError, ShapeError, nearest
from nnlite.types import Array, Task

FilePath: TypeAlias = Annotated[str, Meta(description="a path, relative to the config file")]

PictureShape: TypeAlias = Annotated[Sequence[PositiveInt], Meta(min_length=3, max_length=3)]
"""(channels, height, width)."""


def is_path(annotation: Any) -> bool:
    """Whether an argument with this annotation takes a `FilePath`."""
    return annotation in (FilePath, FilePath | None)


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


def npz(
    path: FilePath, x: str = "x", y: str = "y", task: Task = "classification", shape: PictureShape | None = None
) -> Dataset:
    """Your own arrays from a file that `numpy.savez` wrote.

    Args:
        path: of the file.
        x: name of the array with the features, (rows, …).
        y: name of the array with the targets: for classification labels, (rows,), numbers or text; for
            multi-label 0 or 1 for each label, (rows, labels); for regression numbers, (rows,) or (rows, …).
        task: what y is: "classification", "multi-label" or "regression".
        shape: of pictures, (channels, height, width): makes them of flat rows, and of rows (height, width) with one
            channel. Without it rows stay as they are, but for those refused that can hardly be anything but
            pictures with their channels last: 1, 3 or 4 of them, and sides of more than 4.

    Raises:
        DataError: when the file, an array, or a value in it cannot be used.
    """
    with _arrays(path) as read:
        return _MAKERS[task](_rows(read(x), shape), read(y))


def npz_parts(
    path: FilePath,
    x_train: str = "x_train",
    y_train: str = "y_train",
    x_test: str = "x_test",
    y_test: str = "y_test",
    task: Task = "classification",
    shape: PictureShape | None = None,
) -> Splits:
    """Your own arrays from a file that `numpy.savez` wrote with the test rows apart from the others.

    Args:
        path: of the file.
        x_train, y_train: names of the arrays to train and validate on, as x and y of `npz`.
        x_test, y_test: names of the arrays to test on.
        task: what y is: "classification", "multi-label" or "regression".
        shape: of pictures, as of `npz`.

    Raises:
        DataError: when the file, an array, or a value in it cannot be used.
    """
    with _arrays(path) as read:
        train = _part(read, x_train, y_train, lambda x, y: _MAKERS[task](_rows(x, shape), y))
        given = {} if train.classes is None else {"classes": train.classes}
        test = _part(read, x_test, y_test, lambda x, y: _MAKERS[task](_rows(x, shape), y, **given))
        if test.x.shape[1:] != train.x.shape[1:]:
            raise DataError(
                f"{x_test} has shape {test.x.shape}, but the rows of {x_train} {train.x.shape[1:]}; expected one "
                "shape: save them alike, or, if they are pictures, say their shape = [channels, height, width]"
            )
        if (test.x.dtype.kind == "f") != (train.x.dtype.kind == "f"):
            raise DataError(
                f"{x_test} is of {test.x.dtype}, but {x_train} of {train.x.dtype}: one may be pixels from 0 to 255, "
                "the other from 0 to 1; expected whole numbers in both, or floating ones in both: save them alike"
            )
        return Splits(train, None, test)


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
    with _arrays(path) as read:
        if "x" in read.names and "x_train" not in read.names:
            return _parted_digits(read("x"), read("y"))
        return Splits(_part(read, "x_train", "y_train", _digits), None, _part(read, "x_test", "y_test", _digits))


SOURCES: dict[str, Callable[..., Dataset]] = {
    source.__name__: source for source in (iris, digits, one_digit, wine, breast_cancer, diabetes, npz)
}
"""Those that leave it to `split` which rows are for testing."""

PARTED_SOURCES: dict[str, Callable[..., Splits]] = {source.__name__: source for source in (mnist, npz_parts)}
"""Those with test rows of their own; `split_training` takes the validation rows from the others."""


_MAKERS: dict[Task, Callable[..., Dataset]] = {
    "classification": from_arrays,
    "multi-label": Dataset,
    "regression": regression_from_arrays,
}


def _rows(x: Array, shape: Sequence[int] | None) -> Array:
    """Rows as they are, or as pictures of this shape."""
    if shape is not None:
        return as_pictures(x, tuple(shape))
    refuse_channels_last(x)
    return x


def _part(read: Callable[[str], Array], x: str, y: str, make: Callable[[Array, Array], Dataset]) -> Dataset:
    """The dataset made of two arrays of a file; an error says which ones it calls x and y."""
    rows, targets = read(x), read(y)
    try:
        return make(rows, targets)
    except (DataError, ShapeError) as error:
        raise DataError(f"{x} and {y}: {error}") from None


def _parted_digits(x: Array, y: Array) -> Splits:
    """All of MNIST in its published order, the test rows last."""
    if len(x) != 70_000 or len(y) != 70_000:
        raise DataError(f"x has {len(x)} rows, and y {len(y)}; expected all 70,000 of MNIST, the 10,000 to test last")
    return Splits(_digits(x[:60_000], y[:60_000]), None, _digits(x[60_000:], y[60_000:]))


def _digits(x: Array, y: Array) -> Dataset:
    """Pixels as bytes, whatever they were kept as, and digits as numbers."""
    pixels = as_pictures(x, (1, 28, 28))
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


class _Arrays:
    """The arrays of an open .npz file, by name."""

    def __init__(self, file: BinaryIO) -> None:
        if file.read(6) == b"\x93NUMPY":
            raise DataError("it holds a single array; expected an .npz file, with one array for x and one for y")
        file.seek(0)
        with _whole():
            self._archive = np.load(file, allow_pickle=False)
            self.names: list[str] = self._archive.files

    def __call__(self, name: str) -> Array:
        if name not in self.names:
            raise DataError(f"there is no array {name!r}{nearest(name, self.names)}")
        with _whole():
            try:
                return np.asarray(self._archive[name])
            except ValueError as error:
                if "Object arrays" not in str(error):
                    raise
                raise DataError(f"the array {name!r} holds Python objects; save it as numbers or text") from None


@contextlib.contextmanager
def _arrays(path: str) -> Iterator[_Arrays]:
    """What the file at this path holds; errors while it is read, and of what is read, name the path."""
    try:
        with open(path, "rb") as file:
            yield _Arrays(file)
    except OSError as error:
        raise DataError(f"the data file {path} cannot be read: {error.strerror or error}") from None
    except (DataError, ShapeError) as error:
        raise DataError(f"{path}: {error}") from None


@contextlib.contextmanager
def _whole() -> Iterator[None]:
    """Turns what NumPy raises of a broken file into a `DataError`."""
    from zipfile import BadZipFile
    from zlib import error as ZlibError

    broken = (BadZipFile, ZlibError, EOFError, NotImplementedError, OverflowError, RuntimeError, MemoryError)
    try:
        yield
    except (*broken, ValueError) as error:
        if isinstance(error, DataError):
            raise
        reason = f" ({error})" if isinstance(error, broken) and str(error) else ""
        raise DataError(f"it is not a whole .npz file, as numpy.savez writes it{reason}") from None


def _from_sklearn(name: str) -> Dataset:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    names = bunch.feature_names if bunch.data.ndim == 2 else None
    data = from_arrays(bunch.data, bunch.target, feature_names=names)
    classes = tuple(np.asarray(bunch.target_names).tolist())
    return Dataset(data.x, data.y, classes=classes, feature_names=data.feature_names)
