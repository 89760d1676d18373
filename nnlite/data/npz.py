"""Datasets from .npz files, which hold arrays by name."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, BinaryIO, TypeAlias

import numpy as np
from msgspec import Meta

from nnlite.annotations import PositiveInt
from nnlite.data.dataset import Dataset, from_arrays, regression_from_arrays
from nnlite.data.images import as_images, refuse_channels_last
from nnlite.data.split import Splits, refuse_amounts
from nnlite.errors import DataError, ShapeError, nearest
from nnlite.types import Array, Task

FilePath: TypeAlias = Annotated[str, Meta(description="a path, relative to the config file")]

ImageShape: TypeAlias = Annotated[Sequence[PositiveInt], Meta(min_length=3, max_length=3)]
"""(channels, height, width)."""


def is_path(annotation: Any) -> bool:
    """Whether an argument with this annotation takes a `FilePath`."""
    return annotation in (FilePath, FilePath | None)


def npz(
    path: FilePath,
    x: str = "x",
    y: str = "y",
    task: Task = "classification",
    shape: ImageShape | None = None,
    feature_names: tuple[str, ...] | None = None,
) -> Dataset:
    """Your own arrays from a file that `numpy.savez` wrote.

    Args:
        path: the path of the file.
        x: name of the array with the features, (rows, …).
        y: name of the array with the targets: for classification labels, (rows,), numbers or text; for
            multi-label 0 or 1 for each label, (rows, labels); for regression numbers, (rows,) or (rows, …).
        task: what y is: "classification", "multi-label" or "regression".
        shape: the shape (channels, height, width) of images: flat rows become images, and so do rows
            (height, width) with one channel. Without it rows stay as they are; those that look like images with
            their channels last are refused (1, 3 or 4 channels, sides of more than 4).
        feature_names: the names of the columns of x, which the model then knows: a table's columns are put in this
            order.

    Raises:
        DataError: when the file, an array, or a value in it cannot be used.
    """
    with arrays_in(path) as read:
        return MAKERS[task](rows_as_images(read(x), shape), read(y), feature_names=feature_names)


def npz_parts(
    path: FilePath,
    x_train: str = "x_train",
    y_train: str = "y_train",
    x_test: str = "x_test",
    y_test: str = "y_test",
    task: Task = "classification",
    shape: ImageShape | None = None,
    feature_names: tuple[str, ...] | None = None,
) -> Splits:
    """Your own arrays from a file that `numpy.savez` wrote with the test rows apart from the others.

    Args:
        path: the path of the file.
        x_train, y_train: names of the arrays to train and validate on, as x and y of `npz`.
        x_test, y_test: names of the arrays to test on.
        task: what y is: "classification", "multi-label" or "regression".
        shape: the shape (channels, height, width) of images, as in `npz`.
        feature_names: the names of the columns, as in `npz`.

    Raises:
        DataError: when the file, an array, or a value in it cannot be used.
    """
    with arrays_in(path) as read:
        given: dict[str, Any] = {"feature_names": feature_names}
        train = dataset_of(read, x_train, y_train, lambda x, y: MAKERS[task](rows_as_images(x, shape), y, **given))
        given |= {} if train.classes is None else {"classes": train.classes}
        try:
            test = dataset_of(read, x_test, y_test, lambda x, y: MAKERS[task](rows_as_images(x, shape), y, **given))
        except DataError:
            if task == "classification":
                refuse_amounts(train)
            raise
        if test.x.shape[1:] != train.x.shape[1:]:
            raise DataError(
                f"{x_test} has shape {test.x.shape}, but the rows of {x_train} {train.x.shape[1:]}; expected one "
                "shape: save them alike, or, if they are images, say their shape = [channels, height, width]"
            )
        if (test.x.dtype.kind == "f") != (train.x.dtype.kind == "f"):
            raise DataError(
                f"{x_test} is of {test.x.dtype}, but {x_train} of {train.x.dtype}: one may be pixels from 0 to 255, "
                "the other from 0 to 1; expected whole numbers in both, or floating ones in both: save them alike"
            )
        return Splits(train, None, test)


MAKERS: dict[Task, Callable[..., Dataset]] = {
    "classification": from_arrays,
    "multi-label": Dataset,
    "regression": regression_from_arrays,
}


def dataset_of(read: Callable[[str], Array], x: str, y: str, make: Callable[[Array, Array], Dataset]) -> Dataset:
    """The dataset that `make` gives for two arrays of a file; an error names the two arrays."""
    rows, targets = read(x), read(y)
    try:
        return make(rows, targets)
    except (DataError, ShapeError) as error:
        raise DataError(f"{x} and {y}: {error}") from None


def rows_as_images(x: Array, shape: Sequence[int] | None) -> Array:
    """The rows as images of this shape; without a shape, as they are."""
    if shape is not None:
        return as_images(x, tuple(shape))
    refuse_channels_last(x)
    return x


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
def arrays_in(path: str) -> Iterator[_Arrays]:
    """The arrays in the file at this path; every `DataError` within the block names the path."""
    try:
        with open(path, "rb") as file:
            yield _Arrays(file)
    except OSError as error:
        raise DataError(f"the data file {path} cannot be read: {error.strerror or error}") from None
    except (DataError, ShapeError) as error:
        raise DataError(f"{path}: {error}") from None


@contextlib.contextmanager
def _whole() -> Iterator[None]:
    """Turns what NumPy raises about a broken file into a `DataError`."""
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
