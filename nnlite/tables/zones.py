"""Whether the times of a column have a time zone; those without count as UTC, which may be hours away."""

import datetime
import re
from typing import Any

import numpy as np

from nnlite.missing import is_missing
from nnlite.tables.absent import is_absent
from nnlite.tables.table import Table
from nnlite.warning import warn

_OFFSET = re.compile(r"\d{2}:?\d{2}.*(Z|[+-]\d{2}:?\d{2})\s*", re.I)


def has_zone(values: Any) -> bool:
    """Whether a column of a source has times with a zone, by its type, or by the first of its objects.

    Args:
        values: a column of pandas, polars or pyarrow, an array or a list.

    >>> import datetime
    >>> from nnlite.tables.zones import has_zone
    >>> has_zone([None, datetime.datetime.now(datetime.UTC)]), has_zone([datetime.datetime.now()])
    (True, False)
    """
    kind = getattr(values, "dtype", getattr(values, "type", None))
    if any(getattr(kind, name, None) is not None for name in ("tz", "time_zone")):
        return True
    if isinstance(values, str | bytes) or (kind is not None and str(kind) not in ("object", "Object")):
        return False
    first = next((value for value in values if not is_missing(value)), None)
    return isinstance(first, datetime.datetime) and first.tzinfo is not None


def zoned(table: Table, name: str, form: str, absent: frozenset[str]) -> bool | None:
    """Whether the dates of a column have a time zone, as the first of its texts says; None where there is none.

    Args:
        table: the rows.
        name: the column.
        form: how its texts are written.
        absent: texts that stand for a missing value in it.
    """
    cells = table.columns[name]
    if isinstance(cells, np.ndarray):
        return name in table.zoned if cells.dtype.kind == "M" else None
    texts = cells if isinstance(cells, list) else (cells.values[code] for code in cells.codes.tolist())
    first = next((text for text in texts if text is not None and not is_absent(text, absent)), None)
    if first is None:
        return None
    return "%z" in form if "%" in form else _OFFSET.search(first.strip(), len("2024-01-31")) is not None


def warn_of_zones(name: str, trained: bool | None, here: bool | None) -> None:
    """Warns where times have a zone and those of the training rows had none, or the reverse.

    Args:
        name: the column.
        trained: whether the training rows had one; None if this is not known.
        here: whether these rows have one.
    """
    if trained is None or here is None or trained == here:
        return
    with_zone, without = "times with a time zone", "times without a time zone"
    has, had = (with_zone, without) if here else (without, with_zone)
    how = "tz_localize(None) after tz_convert(…)" if here else "tz_localize(…)"
    warn(
        f"the column {name!r} has {has}, the training rows have {had}: those without count as UTC, so that the same "
        f"moment may be hours away; make them alike, with {how} of pandas, say"
    )
