"""A source gives a dataset by its name; its arguments are the keys that the config's `[data]` takes for it."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from nnlite.annotations import PositiveInt
from nnlite.data.dataset import Dataset, from_arrays, regression_from_arrays
from nnlite.data.images import as_images
from nnlite.data.npz import FilePath, arrays_in, dataset_of, npz, npz_parts
from nnlite.data.split import Partable, Splits
from nnlite.errors import DataError
from nnlite.text import counted
from nnlite.types import Array

Kinds: TypeAlias = dict[str, Literal["number", "category", "date", "ignore"]]
"""What columns of a table are."""

TableTask: TypeAlias = Literal["classification", "regression"]
"""What is predicted of a row of a table: a class, or a number."""


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


def csv(
    path: FilePath,
    target: str,
    test_path: FilePath | None = None,
    header: bool = True,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    missing: tuple[str, ...] | None = None,
    kinds: Kinds | None = None,
    formats: dict[str, str] | None = None,
    drop: tuple[str, ...] = (),
    task: TableTask | None = None,
    group: str | None = None,
    time: str | None = None,
) -> Partable:
    """Your own table from a file of delimited text (.csv, .tsv, .txt, also .gz).

    Args:
        path: the path of the file.
        target: the column to predict; without a header its place, from "0". Rows that lack it are left out.
        test_path: a file with the rows to test on; without it some of the others are taken.
        header: whether the first line has the names of the columns.
        delimiter: the character between cells; without it it is found.
        encoding: how the bytes are text, such as "latin-1".
        missing: texts that stand for a missing value; without it those of `nnlite.tables.MISSING`: "", "?", "NA", ….
        kinds: "number", "category", "date" or "ignore" for columns where the guess of `nnlite look` is wrong.
        formats: how columns are written: for dates "%d.%m.%Y", for numbers "decimal comma" and the like.
        drop: columns to learn nothing from.
        task: "classification" or "regression"; without it numbers with more than 20 distinct values are a regression.
        group: a column, such as a patient's, whose rows stay in one part; nothing is learnt from it.
        time: a column of dates or numbers; the latest rows are the test rows, those before them validate.
            Rows of an equal time stay in one part.

    Raises:
        DataError: when the file, a column or a cell cannot be used.
    """
    from nnlite.data.rows_apart import refuse_the_same
    from nnlite.data.table_rows import table_rows
    from nnlite.tables import read_csv

    if test_path is not None:
        refuse_the_same(path, test_path)
    how: dict[str, Any] = {"header": header, "delimiter": delimiter, "encoding": encoding}
    table, test = read_csv(path, **how), None if test_path is None else read_csv(test_path, **how)
    said: dict[str, Any] = {"missing": missing, "kinds": kinds, "formats": formats, "drop": drop, "task": task}
    return table_rows(table, target, test=test, group=group, time=time, encoding=encoding, **said)


def parquet(
    path: FilePath,
    target: str,
    test_path: FilePath | None = None,
    missing: tuple[str, ...] | None = None,
    kinds: Kinds | None = None,
    formats: dict[str, str] | None = None,
    drop: tuple[str, ...] = (),
    task: TableTask | None = None,
    group: str | None = None,
    time: str | None = None,
) -> Partable:
    """Your own table from a Parquet file, which pyarrow or pandas reads.

    Args:
        path: the path of the file.
        target, test_path, missing, kinds, formats, drop, task, group, time: as those of `csv`.

    Raises:
        DataError: when the file, a column or a cell cannot be used, or neither package is there.
    """
    from nnlite.data.rows_apart import refuse_the_same
    from nnlite.data.table_rows import table_rows
    from nnlite.tables import read_table

    if test_path is not None:
        refuse_the_same(path, test_path)
    table, test = read_table(path), None if test_path is None else read_table(test_path)
    said: dict[str, Any] = {"missing": missing, "kinds": kinds, "formats": formats, "drop": drop, "task": task}
    return table_rows(table, target, test=test, group=group, time=time, **said)


def openml(
    name: str,
    target: str | None = None,
    version: PositiveInt = 1,
    missing: tuple[str, ...] | None = None,
    kinds: Kinds | None = None,
    formats: dict[str, str] | None = None,
    drop: tuple[str, ...] = (),
    task: TableTask | None = None,
    group: str | None = None,
    time: str | None = None,
) -> Partable:
    """A table of OpenML, which scikit-learn fetches, with pandas, and keeps for the next time.

    Args:
        name: its name there, such as "credit-g".
        target: the column to predict; without it the one that OpenML names.
        version: its version there.
        missing, kinds, formats, drop, task, group, time: as those of `csv`.

    Raises:
        DataError: when it cannot be fetched, pandas is not there, or a column or a cell cannot be used.
    """
    from nnlite.data.table_rows import table_rows
    from nnlite.tables import as_table

    frame, default = _table_from_openml(name, version)
    said: dict[str, Any] = {"missing": missing, "kinds": kinds, "formats": formats, "drop": drop, "task": task}
    return table_rows(as_table(frame), target or default, group=group, time=time, **said)


SOURCES: dict[str, Callable[..., Dataset | Splits | Partable]] = {
    source.__name__: source
    for source in (
        iris,
        digits,
        one_digit,
        wine,
        breast_cancer,
        diabetes,
        npz,
        csv,
        parquet,
        openml,
        images,
    )
}
"""Those that leave it to a split which rows are for testing, unless they have a `test_path`."""

PARTED_SOURCES: dict[str, Callable[..., Splits]] = {source.__name__: source for source in (mnist, npz_parts)}
"""Those with test rows of their own; `split_training` takes the validation rows from the others."""


def _parted_digits(x: Array, y: Array) -> Splits:
    """All of MNIST in its published order, the test rows last."""
    if len(x) != 70_000 or len(y) != 70_000:
        raise DataError(
            f"x has {counted(len(x), 'row')}, and y {len(y)}; expected all 70,000 of MNIST, the 10,000 to test last"
        )
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
    parser = "pandas" if _has_pandas() else "liac-arff"  # slower, but there
    instead = "give the path of an .npz file that has it, data.path=…"
    found = _fetched(name, instead, version=1, as_frame=False, parser=parser)
    return np.asarray(found.data), np.asarray(found.target)


def _table_from_openml(name: str, version: int) -> tuple[Any, str]:
    """A data frame of OpenML, and the name of its target."""
    if not _has_pandas():
        raise DataError("tables of OpenML need pandas: pip install pandas, or save the table as a .csv file")
    instead = 'save the table as a .csv file, and read it with source = "csv"'
    found = _fetched(name, instead, version=version, as_frame=True, parser="pandas")
    return found.frame, found.target_names[0]


def _has_pandas() -> bool:
    from importlib.util import find_spec

    return find_spec("pandas") is not None


def _fetched(name: str, instead: str, **how: Any) -> Any:
    """What scikit-learn fetches from OpenML; raises `DataError`, which says what to do instead."""
    from http.client import HTTPException

    from sklearn.datasets import fetch_openml

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it tries again
            return fetch_openml(name, **how)
    except (OSError, HTTPException, ValueError) as error:
        raise DataError(f"{name} cannot be fetched from OpenML ({error}); {instead}") from None


def _classes_of(name: str) -> Dataset:
    """One of scikit-learn's data sets of labels, which are class indices there already."""
    from nnlite.data import scikit_learn

    found = scikit_learn.read(name)
    return Dataset(found.x, found.y, classes=found.classes, feature_names=found.feature_names)
