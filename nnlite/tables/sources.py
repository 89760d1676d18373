"""What users have becomes a table: data frames, dicts, lists of dicts, arrays. No package of frames is imported."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nnlite.errors import DataError
from nnlite.missing import is_missing
from nnlite.tables.cells import from_array, from_objects, text_of
from nnlite.tables.table import Cells, Coded, Table
from nnlite.tables.zones import has_zone
from nnlite.text import counted
from nnlite.types import Array

_EXPECTED = (
    "a data frame of pandas, polars or pyarrow, a dict of columns, a dict of values (one row), a list of dicts, or "
    "an array (rows, columns)"
)


def as_table(source: Any) -> Table:
    """What a user has as a `Table`.

    Args:
        source: a data frame of pandas or polars, a table of pyarrow, a dict of columns, a dict of single values (one
            row), a list of dicts, a 2-D array or a list of rows (its columns are "0", "1", …), or a `Table`. Levels
            of a name are joined by "_".

    Raises:
        DataError: where it is none of these, two columns have one name, or a cell is no number, text or date.

    >>> from nnlite.tables import as_table
    >>> as_table([{"a": 1, "b": "x"}, {"a": 2}]).columns["b"]
    ['x', None]
    >>> as_table([[1.0, 2.0], [3.0, 4.0]])
    Table(2 rows of 2 columns: '0', '1')
    """
    if isinstance(source, Table):
        return source
    if isinstance(source, Mapping):
        return _from_mapping(source)
    if hasattr(source, "iloc") and hasattr(source, "items") and getattr(source, "ndim", 0) == 2:  # pandas
        pairs = list(source.items())
        if [name for name, _ in pairs] == list(range(len(pairs))):  # a frame that was made without names
            return _table(pairs, named=False)
        return _table(pairs)
    if hasattr(source, "get_columns"):  # polars
        return _table([(column.name, column) for column in source.get_columns()])
    if hasattr(source, "column_names") and hasattr(source, "column"):  # pyarrow
        return _table([(name, source.column(place)) for place, name in enumerate(source.column_names)])
    if hasattr(source, "collect") and hasattr(source, "lazy"):  # polars, not yet read
        raise DataError("the table is a LazyFrame, which has no rows yet; pass its .collect()")
    if isinstance(source, np.ndarray) or hasattr(source, "__array__"):
        return _from_array(np.asanyarray(source))
    if isinstance(source, list | tuple):
        return _from_rows(source)
    raise DataError(f"the table is a {type(source).__name__}; expected {_EXPECTED}")


def _table(pairs: Iterable[tuple[Any, Any]], *, named: bool = True) -> Table:
    columns: dict[str, Cells] = {}
    declared, zoned = set(), set()
    for given, values in pairs:
        name = "_".join(str(part) for part in given) if isinstance(given, tuple) else str(given)
        if name in columns:
            raise DataError(f"two columns are called {name!r}; expected a name of its own for each")
        columns[name] = _cells(values, name)
        is_categorical = type(getattr(values, "dtype", None)).__name__ in ("CategoricalDtype", "Categorical", "Enum")
        if is_categorical or hasattr(getattr(values, "type", None), "index_type"):  # a dictionary array of pyarrow
            declared.add(name)
        cells = columns[name]
        if isinstance(cells, np.ndarray) and cells.dtype.kind == "M" and has_zone(values):
            zoned.add(name)
    return Table(columns, named, categorical=frozenset(declared), zoned=frozenset(zoned))


def _from_mapping(source: Mapping[Any, Any]) -> Table:
    if not source:
        raise DataError("the table is an empty dict; expected a list of values for each column")
    single = {name: _is_single(value) for name, value in source.items()}
    if all(single.values()):  # one row
        return _table((name, [value]) for name, value in source.items())
    if any(single.values()):
        name = next(name for name, alone in single.items() if alone)
        raise DataError(
            f"column {str(name)!r} is a single value, {source[name]!r}, but others are columns; expected a list for "
            "each, or a single value for each (one row)"
        )
    return _table(source.items())


def _is_single(value: Any) -> bool:
    return isinstance(value, str | bytes) or not hasattr(value, "__len__") or getattr(value, "shape", None) == ()


def _from_array(array: Array) -> Table:
    if array.dtype.names is not None:
        return _table((name, array[name]) for name in array.dtype.names)
    if array.ndim != 2:
        hint = "; one row is x[None]" if array.ndim == 1 else ""
        raise DataError(f"the array has shape {array.shape}; expected (rows, columns){hint}")
    return _table(((str(place), array[:, place]) for place in range(array.shape[1])), named=False)


def _from_rows(rows: Sequence[Any]) -> Table:
    if not rows:
        raise DataError("the table is an empty list; expected a dict of values for each row")
    if all(isinstance(row, Mapping) for row in rows):
        names = dict.fromkeys(name for row in rows for name in row)
        return _table((name, [row.get(name) for row in rows]) for name in names)
    if not all(isinstance(row, list | tuple | np.ndarray) for row in rows):
        row = next(row for row in rows if not isinstance(row, list | tuple | np.ndarray))
        raise DataError(f"the table is a list with a {type(row).__name__}; expected {_EXPECTED}")
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise DataError(
                f"row {number} has {counted(len(row), 'value')}, but row 0 {len(rows[0])}; expected as many in each"
            )
    return _table(((str(place), list(cells)) for place, cells in enumerate(zip(*rows, strict=True))), named=False)


def _cells(values: Any, name: str) -> Cells:
    """One column of any of the packages."""
    if isinstance(values, list):  # first: a dict of one row has many
        return from_objects(values, name)
    if isinstance(values, Coded):
        return values
    if hasattr(values, "iloc"):
        return _pandas(values, name)
    if hasattr(values, "to_physical"):
        return _polars(values, name)
    if hasattr(values, "dictionary_encode"):
        return _pyarrow(values, name)
    if isinstance(values, np.ndarray):
        return from_array(values, name)
    if hasattr(values, "__array__"):
        return from_array(np.asarray(values), name)
    if isinstance(values, set | frozenset | Mapping):
        raise DataError(
            f"column {name!r} is a {type(values).__name__}; expected a list of values in the order of rows"
        )
    return from_objects(list(values), name)


def _coded(values: Sequence[Any], codes: Array) -> Coded:
    """A column of these distinct values; a code below 0 is a cell without a value."""
    texts = [None if is_missing(value) else text_of(value) for value in values]
    return Coded([*texts, None], np.where(codes < 0, len(texts), codes).astype(np.int64))


def _pandas(series: Any, name: str) -> Cells:
    dtype = series.dtype
    if hasattr(dtype, "categories") and hasattr(series, "cat"):
        return _coded(series.cat.categories.tolist(), series.cat.codes.to_numpy())
    if isinstance(dtype, np.dtype):
        return from_array(series.to_numpy(), name)
    kind = getattr(dtype, "kind", "O")
    if kind == "M":
        return from_array(series.to_numpy(dtype="datetime64[us]"), name)
    if kind in "iufb" and not bool(series.isna().any()):
        return from_array(
            series.to_numpy(dtype={"i": "int64", "u": "uint64", "f": "float64", "b": "bool"}[kind]), name
        )
    if kind in "f":
        return from_array(series.to_numpy(dtype="float64", na_value=np.nan), name)
    return from_objects(series.astype(object).tolist(), name)


def _polars(series: Any, name: str) -> Cells:
    dtype = series.dtype
    if type(dtype).__name__ in ("Categorical", "Enum"):
        return list(series.cast(str).to_list())
    if dtype.is_float() or (dtype.is_temporal() and type(dtype).__name__ != "Time"):
        return from_array(series.to_numpy(), name)
    if (dtype.is_integer() or type(dtype).__name__ == "Boolean") and not series.null_count():
        return from_array(series.to_numpy(), name)
    return from_objects(series.to_list(), name)


def _pyarrow(column: Any, name: str) -> Cells:
    kind = str(column.type)
    if kind in ("string", "large_string", "string_view") or hasattr(column.type, "index_type"):
        encoded = column if hasattr(column.type, "index_type") else column.dictionary_encode()
        if hasattr(encoded, "unify_dictionaries"):  # of several chunks
            encoded = encoded.unify_dictionaries().combine_chunks()
        if hasattr(encoded, "chunks"):  # combined, but of no rows or of several arrays yet
            return from_objects(encoded.to_pylist(), name)
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return _coded(encoded.dictionary.to_pylist(), codes)
    is_number = kind.startswith(("int", "uint", "float", "double", "halffloat", "bool"))
    if kind.startswith(("double", "float", "timestamp", "date")) or (is_number and not column.null_count):
        array = column.to_numpy(zero_copy_only=False) if not hasattr(column, "chunks") else column.to_numpy()
        return from_array(array, name)
    return from_objects(column.to_pylist(), name)
