"""Tables from Parquet files, read by pyarrow or pandas where one of them is installed."""

import os
from collections.abc import Iterator
from typing import Any

from nnlite.errors import DataError
from nnlite.tables.sources import as_table
from nnlite.tables.table import Table

_ENDINGS = (".parquet", ".pq")


def is_parquet(path: str | os.PathLike[str]) -> bool:
    """Whether the name of the file says that it is one."""
    return os.fspath(path).lower().endswith(_ENDINGS)


def read_parquet(path: str | os.PathLike[str]) -> Table:
    """The whole file as a table; raises `DataError`."""
    path = os.fspath(path)
    try:
        from pyarrow import parquet
    except ImportError:
        try:
            import pandas
        except ImportError:
            raise _not_installed(path) from None
        return _of_file(path, _read(path, lambda: pandas.read_parquet(path)))
    if os.path.isdir(path):
        return _of_file(path, _read(path, lambda: parquet.read_table(path)))
    # read_table makes columns of folders on the way to a file that are called "name=value".
    return _of_file(path, _read(path, lambda: parquet.ParquetFile(path).read()))


def parquet_chunks(path: str | os.PathLike[str], rows: int) -> Iterator[Table]:
    """The file in tables of this many rows; without pyarrow it is read whole first; raises `DataError`."""
    path = os.fspath(path)
    try:
        from pyarrow import parquet
    except ImportError:
        yield from read_parquet(path).portions(rows)
        return
    file = _read(path, lambda: parquet.ParquetFile(path))
    start = 0
    batches = file.iter_batches(batch_size=rows)
    while (batch := _read(path, lambda: next(batches, None))) is not None:
        if batch.num_rows:
            yield _of_file(path, batch, start)
        start += batch.num_rows
    if not start:
        raise DataError(f"{path} has no rows")


def _of_file(path: str, source: Any, start: int = 0) -> Table:
    """The table, of which messages name the file and count the rows from its beginning."""
    from dataclasses import replace

    try:
        table = as_table(source)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    if not len(table):
        raise DataError(f"{path} has no rows")
    return replace(table, file=path, lines=table.lines + start)


def _read(path: str, how: Any) -> Any:
    try:
        return how()
    except ImportError:
        raise _not_installed(path) from None
    except Exception as error:  # of pyarrow's own kinds, which need it to be named
        raise DataError(f"{path} cannot be read as Parquet: {error}") from None


def _not_installed(path: str) -> DataError:
    return DataError(f"{path}: reading Parquet needs pyarrow, which is not installed: pip install pyarrow")
