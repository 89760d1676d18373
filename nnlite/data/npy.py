"""Rows in .npy files, which stay on disk: a source that reads them, and a function that writes batches to one."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from nnlite import files
from nnlite.data.arrays import as_numbers
from nnlite.data.dataset import Dataset
from nnlite.data.npz import MAKERS, FilePath, ImageShape, rows_as_images
from nnlite.errors import DataError, ShapeError
from nnlite.types import Array, Task

_Batch: TypeAlias = tuple[Array, Array | Sequence[Any]]


def npy(
    path: FilePath,
    targets: FilePath,
    task: Task = "classification",
    shape: ImageShape | None = None,
    feature_names: tuple[str, ...] | None = None,
) -> Dataset:
    """Your own arrays from two files that `numpy.save` wrote; the rows may be larger than memory.

    The rows stay in their file, mapped into memory, and training reads them a few at a time. Where chance parts
    the data its parts are copies in memory; with `shuffle = false` they stay in the file.

    Args:
        path: the file with the features, (rows, …).
        targets: the file with the targets, as y of `npz`.
        task: what the targets are: "classification", "multi-label" or "regression".
        shape: the shape (channels, height, width) of images, as in `npz`.
        feature_names: the names of the columns, as in `npz`.

    Raises:
        DataError: when a file, or a value in it, cannot be used.
    """
    x, y = _read(path, mapped=True), _read(targets, mapped=False)
    try:
        return MAKERS[task](rows_as_images(x, shape), y, feature_names=feature_names)
    except (DataError, ShapeError) as error:
        raise DataError(f"{path}: {error}") from None


def rows_on_disk(batches: Iterable[_Batch], path: str | os.PathLike[str]) -> tuple[Array, Array]:
    """Writes batches of rows, those of a generator say, to a .npy file, and returns all rows and their targets.

    A generator gives its rows once and in its own order, but training goes through them many times, each time in
    another order, and parts them before. So they are written to a file, one batch after another, and mapped into
    memory: they may be more than memory holds. The targets are kept in memory.

    Args:
        batches: pairs of rows, (rows, …), numbers of one dtype and shape, and their targets, (rows,) or (rows, …).
        path: the file to write, which is replaced once all rows are there.

    Returns:
        x, mapped from the file for reading, and y: `from_arrays(x, y)`, or `regression_from_arrays`, makes a dataset
        of them.

    Raises:
        DataError: when the batches do not fit each other, or there are no rows.
        RunError: when the file cannot be written.

    >>> import os, tempfile
    >>> import numpy as np
    >>> from nnlite.data import from_arrays, rows_on_disk
    >>> def batches():
    ...     for _ in range(5):
    ...         yield np.ones((20, 3), np.float32), np.arange(20) % 2
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     from_arrays(*rows_on_disk(batches(), os.path.join(folder, "rows.npy")))
    Dataset(100 rows of shape (3,), targets of shape ())
    """
    path, found, count = Path(path), [], 0
    first: Array | None = None
    with files.replaced(path) as file:
        for number, (x, y) in enumerate(_given(batches)):
            x, y = np.ascontiguousarray(as_numbers(x)), np.asarray(y)
            first = x if first is None else first
            if (x.shape[1:], x.dtype) != (first.shape[1:], first.dtype) or y.shape[:1] != x.shape[:1]:
                raise DataError(
                    f"batch {number} has {x.dtype} rows of shape {x.shape} and targets of shape {y.shape}; expected "
                    f"{first.dtype} rows of shape (rows, {', '.join(map(str, first.shape[1:]))}), as in batch 0, and "
                    "a target for each"
                )
            if number == 0:
                _write_header(file, x, 0)
            file.write(x.data)
            found.append(y)
            count += len(x)
        if first is None or not count:
            raise DataError("there are no batches, or no rows in them; expected pairs (x, y) of rows and targets")
        file.seek(0)
        _write_header(file, first, count)  # as long as before: NumPy leaves room for the number of rows to grow
    return _read(str(path), mapped=True), np.concatenate(found)


def _given(batches: Iterable[_Batch]) -> Iterator[_Batch]:
    """The same batches; what their maker cannot read is told as that, not as a file that cannot be written."""
    try:
        yield from batches
    except OSError as error:
        raise DataError(f"the batches cannot be read: {error}") from error


def _write_header(file: BinaryIO, x: Array, rows: int) -> None:
    """Writes the beginning of a .npy file of so many rows like those of x."""
    what = {"descr": np.lib.format.dtype_to_descr(x.dtype), "fortran_order": False, "shape": (rows, *x.shape[1:])}
    np.lib.format.write_array_header_1_0(file, what)


def _read(path: str, *, mapped: bool) -> Array:
    """The array in a .npy file, in memory or mapped into it for reading."""
    try:
        found = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except OSError as error:
        raise DataError(f"the data file {path} cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError) as error:
        what = "holds Python objects; save numbers or text" if "object" in str(error).lower() else "is not whole"
        raise DataError(f"{path}: the file {what}; expected a single array, as numpy.save writes it") from None
    if not isinstance(found, np.ndarray):
        found.close()
        raise DataError(f'{path}: it holds arrays by name; source = "npz" reads them, into memory')
    return found
