"""What a user says of a table's columns is checked before any row is parted: names that exist, no two in conflict."""

from collections.abc import Mapping, Sequence
from typing import Any

from nnlite.errors import DataError
from nnlite.tables import Kind, Table


def check_target(table: Table, target: str) -> None:
    """Raises `DataError` where this is no column of the table."""
    _check_name(table, "target", target, "; values beside the table have to become a column of it first")


def said_of_columns(
    table: Table,
    target: str | None,
    kinds: Mapping[str, Kind] | None,
    formats: Mapping[str, str] | None,
    drop: Sequence[str],
    group: str | None,
    time: str | None,
) -> tuple[dict[str, Kind], dict[str, str]]:
    """What columns are to a model, and how they are written, where the user says so; arguments as of `table_rows`.

    Nothing is learnt from the columns in `drop`, nor from that of `group`. Of such a column nothing else may be said,
    unless it is the one of `time`, whose cells are read all the same.

    Raises:
        DataError: where there is no such column, or it is said to be two things.
    """
    for key, mapping in (("kinds", kinds), ("formats", formats)):
        if mapping is not None and not isinstance(mapping, Mapping):
            raise DataError(f"{key} is a {type(mapping).__name__}; expected a dict with the names of columns as keys")
    if isinstance(drop, str):
        raise DataError(f"drop is the text {drop!r}; expected a list of names of columns")
    said = [*(("drop", name) for name in drop), ("group", group), ("time", time)]
    for key, name in said:
        if name is not None:
            _check_name(table, key, name)
            if name == target:
                raise DataError(f"{key}: the column {name!r} is the target")
    if group is not None and time is not None:
        raise DataError(
            "group and time exclude each other: rows are parted by chance, group by group, or in order of time"
        )
    if kinds and target in kinds:
        raise DataError(
            f"kinds: the column {target!r} is the target, of which task says whether it is a class or a number"
        )
    left_out = {name: key for key, name in said if key != "time" and name is not None}
    for name, key in left_out.items():
        kind, form = (kinds or {}).get(name, "ignore"), (formats or {}).get(name)
        if name != time and (kind != "ignore" or form is not None):
            other = f"kinds, that it is a {kind}" if kind != "ignore" else f"formats, that it is written as {form!r}"
            raise DataError(
                f"column {name!r}: {key} says that nothing is learnt from it, and {other}; say one of both"
            )
    ignored: dict[str, Kind] = dict.fromkeys(left_out, "ignore")
    written = {name: form for name, form in (formats or {}).items() if name not in left_out}
    return {**(kinds or {}), **ignored}, written


def _check_name(table: Table, key: str, name: Any, hint: str = "") -> None:
    if not isinstance(name, str):
        raise DataError(f"{key}: a {type(name).__name__}; expected the name of a column, as text{hint}")
    table.only([name])
