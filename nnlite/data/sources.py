"""A source gives a dataset by its name; its arguments are the keys that the config's `[data]` takes for it."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from nnlite.data.dataset import Dataset, regression_from_arrays
from nnlite.data.generated import order
from nnlite.data.image_source import images
from nnlite.data.mnist import mnist
from nnlite.data.npy import npy
from nnlite.data.npz import npz, npz_parts
from nnlite.data.split import Partable, Splits
from nnlite.data.table_sources import csv, openml, parquet


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


SOURCES: dict[str, Callable[..., Dataset | Splits | Partable]] = {
    source.__name__: source
    for source in (
        iris,
        digits,
        one_digit,
        wine,
        breast_cancer,
        diabetes,
        order,
        npz,
        npy,
        csv,
        parquet,
        openml,
        images,
    )
}
"""Those that leave it to a split which rows are for testing, unless they have a `test_path`."""

PARTED_SOURCES: dict[str, Callable[..., Splits]] = {source.__name__: source for source in (mnist, npz_parts)}
"""Those with test rows of their own; `split_training` takes the validation rows from the others."""


def _classes_of(name: str) -> Dataset:
    """One of scikit-learn's data sets of labels, which are class indices there already."""
    from nnlite.data import scikit_learn

    found = scikit_learn.read(name)
    return Dataset(found.x, found.y, classes=found.classes, feature_names=found.feature_names)
