"""The sources of tables of numbers, texts and dates: files of delimited text, Parquet files, and OpenML."""

from typing import Any, Literal, TypeAlias

from nnlite.annotations import PositiveInt
from nnlite.data.from_openml import table_from_openml
from nnlite.data.npz import FilePath
from nnlite.data.split import Partable

Kinds: TypeAlias = dict[str, Literal["number", "category", "date", "ignore"]]
"""What columns of a table are."""

TableTask: TypeAlias = Literal["classification", "regression"]
"""What is predicted of a row of a table: a class, or a number."""


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

    frame, default = table_from_openml(name, version)
    said: dict[str, Any] = {"missing": missing, "kinds": kinds, "formats": formats, "drop": drop, "task": task}
    return table_rows(as_table(frame), target or default, group=group, time=time, **said)
