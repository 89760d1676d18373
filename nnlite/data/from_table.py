"""A table in Python, from any source, becomes training, validation and test rows."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnlite.data.split import Splits
from nnlite.warning import warn

if TYPE_CHECKING:
    from nnlite.tables import Kind
    from nnlite.tables.targets import TableTask


def from_table(
    source: Any,
    target: str,
    *,
    test_fraction: float = 0.2,
    validation_fraction: float = 0.1,
    seed: int = 0,
    shuffle: bool = True,
    task: "TableTask | None" = None,
    missing: Sequence[str] | None = None,
    kinds: "Mapping[str, Kind] | None" = None,
    formats: Mapping[str, str] | None = None,
    drop: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
) -> Splits:
    """The parts of a table of numbers, text and dates, with gaps, as rows of numbers.

    What is learnt of the columns, such as their categories, comes from the training rows alone. `parts.train.table`
    knows it; its `encoder.codes` are what the layer `Columns` is told. A model that is trained on such
    rows takes tables of the same columns. A warning names columns of which nothing can be learnt, such as ids.

    Args:
        source: a data frame of pandas, polars or pyarrow, a dict of columns, a list of dicts, an array, or the path
            of a file (.csv, .tsv, .txt, also .gz, or Parquet); `nnlite.tables.read_csv` gives one of files
            without a header, or of another encoding.
        target: the column to predict; rows without it are left out, with a warning.
        test_fraction, validation_fraction, seed, shuffle: as in `split`.
        task: "classification" or "regression"; if None numbers with more than 20 distinct values are a regression.
        missing: texts that stand for a missing value; if None those of `nnlite.tables.MISSING`.
        kinds, formats: what columns are, and how they are written, where the guess is wrong.
        drop: columns to learn nothing from.
        group: a column whose rows stay in one part; nothing is learnt from it.
        time: a column by which the rows are ordered: the latest are the test rows.

    Raises:
        DataError: where the table, or what was said of it, cannot be used.

    >>> from nnlite.data import from_table
    >>> rows = {"town": ["Bern", "Oslo"] * 10, "age": [*range(18, 38)], "paid": ["yes", "no"] * 10}
    >>> parts = from_table(rows, "paid", kinds={"age": "number"})
    >>> len(parts.train), parts.train.feature_names, parts.train.table.encoder.codes, parts.train.classes
    (14, ('age', 'town'), (0, 3), ('no', 'yes'))
    """
    from nnlite.data.table_rows import table_rows
    from nnlite.tables import as_table, read_table

    table = read_table(source) if isinstance(source, str | os.PathLike) else as_table(source)
    rows = table_rows(
        table,
        target,
        task=task,
        missing=missing,
        kinds=kinds,
        formats=formats,
        drop=drop,
        group=group,
        time=time,
    )
    if out := [
        name
        for name, guess in rows.guesses.items()
        if guess.kind == "ignore" and name not in {**rows.kinds, **rows.formats}
    ]:
        why = "; ".join(f"{name!r}: {rows.guesses[name].why}" for name in out[:5])
        warn(f"columns are left out: {why}{'; …' if len(out) > 5 else ''}")
    return rows.split(test_fraction, validation_fraction, seed, shuffle=shuffle)
