"""scikit-learn's data sets are read from the files that it brings, for importing it takes longer than a short run.

The arrays and names are those of its functions `load_iris`, `load_digits`, …, which are called in case a file is not
where it is expected, or not as it is expected.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.types import Array


@dataclass(frozen=True)
class Found:
    """A data set as it is found.

    Args:
        x: (rows, features), float64.
        y: (rows,), class indices or numbers to be predicted.
        classes: the names of the classes in the order of their indices; none for numbers to be predicted.
        feature_names: the names of the columns of x.
    """

    x: Array
    y: Array
    classes: tuple[Any, ...] | None
    feature_names: tuple[str, ...]


def read(name: str) -> Found:
    """Reads a data set from its file, or has scikit-learn read it.

    Args:
        name: "iris", "digits", "wine", "breast_cancer" or "diabetes".

    >>> from nnlite.data.scikit_learn import read
    >>> iris = read("iris")
    >>> iris.x.shape, iris.classes
    ((150, 4), ('setosa', 'versicolor', 'virginica'))
    """
    spec = find_spec("sklearn")  # where it is installed; it is not imported
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        folder = Path(place, "datasets", "data")
        try:
            found = _READERS[name](folder)
        except (OSError, EOFError, ValueError):
            continue
        if found.x.shape == (_ROWS[name], len(_FEATURES[name])) and found.y.shape == (_ROWS[name],):
            return found
    return _loaded(name)


def _labelled(file: Path, name: str) -> Found:
    """A table with the labels as its last column; its first line has its size and the names of the classes."""
    header, _, table = file.read_text(encoding="utf-8").partition("\n")
    _, _, *classes = header.strip().split(",")
    numbers = np.loadtxt(table.splitlines(), delimiter=",", ndmin=2)
    return Found(
        np.ascontiguousarray(numbers[:, :-1]), numbers[:, -1].astype(np.intp), tuple(classes), _FEATURES[name]
    )


def _digits(folder: Path) -> Found:
    numbers = _unpacked(folder / "digits.csv.gz", ",")
    return Found(numbers[:, :-1], numbers[:, -1].astype(np.intp), tuple(range(10)), _FEATURES["digits"])


def _diabetes(folder: Path) -> Found:
    x, y = _unpacked(folder / "diabetes_data_raw.csv.gz"), _unpacked(folder / "diabetes_target.csv.gz")
    return Found(x, y, None, _FEATURES["diabetes"])


def _unpacked(path: Path, delimiter: str | None = None) -> Array:
    """The numbers of a table that is packed by gzip; raises `ValueError`, `OSError` or `EOFError`."""
    import gzip
    import zlib

    try:
        table = gzip.decompress(path.read_bytes()).decode("ascii")
    except zlib.error as error:
        raise ValueError(str(error)) from None
    return np.loadtxt(table.splitlines(), delimiter=delimiter)


def _loaded(name: str) -> Found:
    """The data set as scikit-learn's own function reads it."""
    from sklearn import datasets

    options = {"scaled": False} if name == "diabetes" else {}  # scaled, the rows would know of each other
    bunch = getattr(datasets, f"load_{name}")(**options)
    names = bunch.get("target_names")
    classes = None if names is None else tuple(np.asarray(names).tolist())
    return Found(bunch.data, bunch.target, classes, tuple(map(str, bunch.feature_names)))


_READERS: dict[str, Callable[[Path], Found]] = {
    "iris": lambda folder: _labelled(folder / "iris.csv", "iris"),
    "wine": lambda folder: _labelled(folder / "wine_data.csv", "wine"),
    "breast_cancer": lambda folder: _labelled(folder / "breast_cancer.csv", "breast_cancer"),
    "digits": _digits,
    "diabetes": _diabetes,
}

_ROWS = {"iris": 150, "digits": 1797, "wine": 178, "breast_cancer": 569, "diabetes": 442}

_CELL = """
    radius, texture, perimeter, area, smoothness, compactness, concavity, concave points, symmetry, fractal dimension
"""


def _listed(names: str) -> tuple[str, ...]:
    return tuple(names.strip().split(", "))


_FEATURES = {
    "iris": _listed("sepal length (cm), sepal width (cm), petal length (cm), petal width (cm)"),
    "digits": tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8)),
    "wine": (
        *_listed("alcohol, malic_acid, ash, alcalinity_of_ash, magnesium, total_phenols, flavanoids"),
        *_listed(
            "nonflavanoid_phenols, proanthocyanins, color_intensity, hue, od280/od315_of_diluted_wines, proline"
        ),
    ),
    "breast_cancer": (
        *(f"mean {figure}" for figure in _listed(_CELL)),
        *(f"{figure} error" for figure in _listed(_CELL)),
        *(f"worst {figure}" for figure in _listed(_CELL)),
    ),
    "diabetes": _listed("age, sex, bmi, bp, s1, s2, s3, s4, s5, s6"),
}
"""The names of the columns, which stand in scikit-learn's code alone."""
