"""The source of a user's own pictures, which lie in a folder for each class."""

from collections.abc import Sequence
from typing import Literal

from nnlite.annotations import PositiveInt
from nnlite.data.dataset import Dataset
from nnlite.data.npz import FilePath
from nnlite.data.split import Splits
from nnlite.errors import DataError


def images(
    path: FilePath,
    test_path: FilePath | None = None,
    size: Sequence[PositiveInt] | None = None,
    channels: Literal[1, 3] = 3,
) -> Dataset | Splits:
    """Your own pictures, in a folder that has a folder for each class.

    Args:
        path: the folder.
        test_path: a folder of the same classes with the pictures to test on; without it some of the others are taken.
        size: (height, width) that all pictures get; without it they must have one size.
        channels: 1 for grey, 3 for colours.

    Raises:
        DataError: when a folder or a picture cannot be used.
    """
    from nnlite.data.image_folder import folder_of_classes
    from nnlite.data.rows_apart import refuse_the_same

    data = folder_of_classes(path, size, channels)
    if test_path is None:
        return data
    refuse_the_same(path, test_path)
    test = folder_of_classes(test_path, size, channels, data.classes)
    if test.x.shape[1:] != data.x.shape[1:]:
        raise DataError(
            f"the pictures of {test_path} have shape {test.x.shape[1:]}, those of {path} {data.x.shape[1:]}; say "
            "size = [height, width], which all of them then get"
        )
    return Splits(data, None, test)
