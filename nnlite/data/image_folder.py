"""A folder of pictures by class: each folder in it has the name of a class, and holds its pictures."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nnlite.data.dataset import Dataset
from nnlite.errors import DataError
from nnlite.text import counted
from nnlite.types import Array, Shape
from nnlite.warning import warn

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
"""The endings of files that are pictures."""

_MODES = {1: "L", 3: "RGB"}  # grey, or red, green and blue


def folder_of_classes(
    path: str | os.PathLike[str], size: Sequence[int] | None, channels: int, classes: Sequence[str] | None = None
) -> Dataset:
    """The pictures in the folders of a folder, (rows, channels, height, width) as bytes, and their classes.

    Args:
        path: the folder.
        size: (height, width) that the pictures get; None where all have one size already.
        channels: 1 for grey, 3 for colours.
        classes: the classes in order; if None the names of the folders, sorted.

    Raises:
        DataError: where there are fewer than two classes, a folder is none of the classes or has no pictures, or a
            picture cannot be read or has another size.
    """
    folder = Path(path)
    try:
        folders = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
    except OSError as error:
        raise DataError(f"the folder {path} cannot be read: {error.strerror}") from None
    names = tuple(each.name for each in folders) if classes is None else tuple(classes)
    if len(names) < 2:
        raise DataError(f"{path} has {counted(len(folders), 'folder')}; expected one for each class, two or more")
    if unknown := [each.name for each in folders if each.name not in names]:
        raise DataError(f"{path} has the folder {unknown[0]!r}, which is none of the classes {', '.join(names)}")
    files = [(file, names.index(each.name)) for each in folders for file in _pictures_in(each)]
    first: tuple[Shape, Path] | None = None
    rows = []
    for file, _ in files:
        picture = _read(file, size, channels)
        first = first or (picture.shape, file)
        if picture.shape != first[0]:
            (_, height, width), (_, others, across) = picture.shape, first[0]
            raise DataError(
                f"{file} is {height} × {width} pixels, {first[1]} {others} × {across}; say size = [height, width], "
                "which all of them then get"
            )
        rows.append(picture)
    return Dataset(np.stack(rows), np.array([label for _, label in files]), classes=names)


def pictures(path: str | os.PathLike[str], shape: Shape) -> Array:
    """The picture at this path, or those of a folder in the order of their names, as rows of this shape."""
    return np.concatenate([rows for _, rows in picture_portions(path, shape)])


def picture_portions(path: str | os.PathLike[str], shape: Shape, size: int = 64) -> Iterator[tuple[list[str], Array]]:
    """The names of files, and the pictures in them, of a folder or of this one file, so many at a time.

    Args:
        path: the folder, whose pictures come in the order of their names, or one file.
        shape: (channels, height, width) that the pictures get.
        size: how many are in memory at a time.

    Raises:
        DataError: where there is no picture, one cannot be read, or the shape is not that of one.
    """
    if len(shape) != 3 or shape[0] not in _MODES:
        raise DataError(f"the model takes rows of shape {shape}; pictures have 1 or 3 channels, a height and a width")
    place, (channels, height, width) = Path(path), shape
    files = _pictures_in(place) if place.is_dir() else [place]
    for start in range(0, len(files), size):
        some = files[start : start + size]
        yield [file.name for file in some], np.stack([_read(file, (height, width), channels) for file in some])


def _pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder, by name; warns of other files, and raises `DataError` where there is no picture."""
    files = sorted(each for each in folder.iterdir() if each.is_file() and not each.name.startswith("."))
    found = [file for file in files if file.suffix.lower() in SUFFIXES]
    if not found:
        raise DataError(f"{folder} has no pictures; expected files that end in {', '.join(SUFFIXES)}")
    if others := len(files) - len(found):
        are = "files that are no pictures" if others > 1 else "file that is no picture"
        warn(f"{folder} has {others} {are}")
    return found


def _read(file: Path, size: Sequence[int] | None, channels: int) -> Array:
    """A picture as bytes, (channels, height, width)."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as picture:
            converted = picture.convert(_MODES[channels])
            if size is not None and converted.size != (size[1], size[0]):
                converted = converted.resize((size[1], size[0]), Image.Resampling.BILINEAR)
            pixels = np.asarray(converted)
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{file} cannot be read as a picture: {error}") from None
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))
