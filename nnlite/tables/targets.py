"""The target of a table: the column to predict, as classes or as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from nnlite.errors import ConfigError, DataError, nearest, same_but_for_case
from nnlite.tables.absent import MISSING, and_missing, is_absent
from nnlite.tables.alike import alike_in_words
from nnlite.tables.cells import EXACT
from nnlite.tables.column import Column, as_numbers, as_texts
from nnlite.tables.kinds import MOST_STRAYS
from nnlite.tables.marks import comma_of, doubt, in_words
from nnlite.tables.numbers import NUMBER_FORMATS, format_of, is_code, reader
from nnlite.tables.table import Coded, Table
from nnlite.text import counted, cut
from nnlite.types import Array

TableTask: TypeAlias = Literal["classification", "regression"]
"""What is predicted of a row: a class, or a number."""

MOST_NUMBERS_OF_CLASSES = 20
"""Of numbers with more distinct values the number is predicted, of others the class, unless the task is given."""


@dataclass(frozen=True, eq=False)
class Targets:
    """What is to be predicted for each row of a table that has it.

    Attributes:
        y: (rows,), the index of the class of each row, or its number in float64.
        rows: (rows,), which rows of the table they are; those without a target are left out.
        left_out: how many rows have no target.
        task: "classification" or "regression".
        classes: the labels as they stand in the table, numbers in the order of their size, others sorted; None of
            numbers to predict.
        format: how the numbers to predict are written; "" for classes.
        why: the reason for the task in plain words.
        alike: which labels differ in upper and lower case or spaces alone, in words; "" if none do.
    """

    y: Array
    rows: Array
    left_out: int
    task: TableTask
    classes: tuple[str, ...] | None
    format: str
    why: str
    alike: str = ""


def targets(
    table: Table,
    name: str,
    task: TableTask | None = None,
    *,
    classes: Sequence[str] | None = None,
    missing: Sequence[str] = MISSING,
    format: str | None = None,
    to_learn: bool = True,
) -> Targets:
    """The target of each row of a table.

    Args:
        table: the rows.
        name: the column to predict.
        task: "classification" or "regression"; if None it is regression for numbers of more than 20 distinct values.
        classes: the classes in the order of their indices, as for rows to evaluate on; if None those in the table. A
            label may be spelt as another number of the same value, 1.0 for 1, or True for true.
        missing: texts that stand for a missing target. "-" is a label where "+" is one.
        format: how the numbers are written, one of `NUMBER_FORMATS`; if None it is found.
        to_learn: whether a model is to learn from them, and not only to be tested, so that numbers have to differ.

    Raises:
        DataError: where there is no such column, no row has a target, all have the same, a label is none of the
            classes, or a number to predict is none: it names the row.

    >>> from nnlite.tables import as_table, targets
    >>> found = targets(as_table({"y": ["yes", "no", None, "yes"]}), "y")
    >>> found.classes, found.y.tolist(), found.rows.tolist(), found.left_out
    (('no', 'yes'), [1, 0, 1], [0, 1, 3], 1)
    """
    if task not in (None, "classification", "regression"):
        raise ConfigError(f'task is {task!r}; expected "classification" or "regression"')
    comma = comma_of(table)
    table = table.only([name])
    column = as_texts(table.columns[name])
    texts = [None if text is None else text.strip() for text in column.values]
    absent = frozenset(missing)
    if "+" in texts:
        absent -= {"-"}
    gone = np.array([text is None or is_absent(text, absent) for text in texts], np.bool_)[column.codes]
    rows = np.flatnonzero(~gone)
    if not len(rows):
        raise DataError(f"{table.whose()}the target {name!r} is missing in every row")
    here = table.rows(rows)
    used = [texts[code] for code in np.unique(column.codes[rows]).tolist()]
    distinct = sorted({text for text in used if text is not None})
    if format is not None and format not in NUMBER_FORMATS:
        raise ConfigError(
            f"the target {name!r} has the format {format!r}"
            f"{nearest(str(format), NUMBER_FORMATS)}; "
            "expected one of numbers"
        )
    form, strays = format_of(distinct, comma) if format is None else (format, _no_numbers(distinct, format))
    if task is None:
        if (
            classes is None
            and 0 < len(strays) <= MOST_STRAYS
            and len(distinct) - len(strays) > MOST_NUMBERS_OF_CLASSES
        ):
            raise DataError(
                _stray(
                    table, name, form, column, texts, strays, absent, 'or, for classes, say task = "classification"'
                )
            )
        task = (
            "regression"
            if not strays and len(distinct) > MOST_NUMBERS_OF_CLASSES and classes is None
            else "classification"
        )
        why = f"{len(distinct)} different {'labels' if strays else 'numbers'}"
    else:
        why = "task says so"
    left_out = int(gone.sum())
    if task == "regression":
        if format is None and doubt(distinct, form):
            why += f", {in_words(distinct, form)[0]}"
        if strays:
            raise DataError(_stray(table, name, form, column, texts, strays, absent, "or leave the cell empty"))
        y = as_numbers(here, Column(name, "number", format=form), absent)
        if to_learn and len(y) > 1 and (y == y[0]).all():
            raise DataError(
                f"{table.whose()}the target {name!r} is {y[0]:g} in every row; there is nothing to predict"
            )
        return Targets(y, rows, left_out, task, None, form, why)
    labels = [texts[code] for code in column.codes[rows].tolist()]
    known = tuple(classes) if classes is not None else _classes(here, name, distinct, strays, form)
    places = {label: place for place, label in enumerate(known)}
    if classes is not None:
        others = _spelt_otherwise([label for label in distinct if label not in places], known)
        places |= {label: places[name] for label, name in others.items()}
    if unknown := [row for row, label in enumerate(labels) if label not in places]:
        shown = ", ".join(map(repr, known[:20])) + (", …" if len(known) > 20 else "")
        raise DataError(
            f"{here.where(unknown[0], name)}: the label {labels[unknown[0]]!r} is none of the classes "
            f"{shown}{same_but_for_case(labels[unknown[0]] or '', known)}"
        )
    y = np.array([places[label] for label in labels if label is not None], np.int64)
    counts = (
        {} if classes is not None else dict(zip(known, np.bincount(y, minlength=len(known)).tolist(), strict=True))
    )
    return Targets(y, rows, left_out, task, known, "", why, alike_in_words(counts))


def _spelt_otherwise(labels: Sequence[str], classes: Sequence[str]) -> dict[str, str]:
    """The class of each label that is one in another spelling, as 1.0 is 1, and True true; without the others.

    A column of numbers has 1.0 in a file where it has gaps, and 1 where it has none.
    """
    if not labels:
        return {}
    by_value: dict[tuple[str, float], str | None] = {}
    for name in classes:
        if (value := _value(name)) is not None:
            by_value[value] = None if value in by_value else name  # of two spellings neither is meant
    found = {label: by_value.get(value) for label in labels if (value := _value(label)) is not None}
    return {label: name for label, name in found.items() if name is not None}


def _value(label: str) -> tuple[str, float] | None:
    """What a label means whatever its spelling: a number, true or false; None of other texts."""
    if (lowered := label.lower()) in ("true", "false"):
        return lowered, 0.0
    number = None if is_code(label) else reader("plain")(label)
    return None if number is None or abs(number) >= EXACT else ("", number)


def _no_numbers(texts: Sequence[str], form: str) -> list[str]:
    read = reader(form)
    return [text for text in texts if read(text) is None]


def _stray(
    table: Table,
    name: str,
    form: str,
    column: Coded,
    texts: Sequence[str | None],
    strays: Sequence[str],
    absent: frozenset[str],
    other: str,
) -> str:
    """The message on texts among numbers to predict, with the first of them and its row."""
    gone = np.array([text is not None and text in strays for text in texts], np.bool_)[column.codes]
    row = int(np.flatnonzero(gone)[0])
    count = int(gone.sum())
    text = texts[int(column.codes[row])]
    written = "" if form == "plain" else f", written as {form!r} says"
    more = f", as {counted(count - 1, 'more cell')}" if count > 1 else ""
    return (
        f"{table.where(row, name)}: {cut(repr(text), 60)} is no number{written}{more}; correct it, "
        f"or, if it stands for a missing target, say {and_missing(absent, text or '')}, {other}"
    )


def _classes(table: Table, name: str, distinct: list[str], strays: list[str], form: str) -> tuple[str, ...]:
    """The classes among these labels, in order."""
    if len(distinct) == 1:
        raise DataError(
            f"{table.whose()}the target {name!r} is {distinct[0]!r} in every row that has one; expected two classes "
            "or more"
        )
    if len(distinct) > MOST_NUMBERS_OF_CLASSES and len(distinct) * 2 > len(table):
        raise DataError(
            f"{table.whose()}the target {name!r} has {len(distinct)} different labels in "
            f"{counted(len(table), 'row')}; expected "
            'several rows of each class. For numbers to predict, say task = "regression"'
        )
    if strays:
        return tuple(distinct)
    read = reader(form)
    return tuple(sorted(distinct, key=lambda text: (read(text) or 0.0, text)))
