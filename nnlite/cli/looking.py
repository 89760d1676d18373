"""The command `look`: prints what each column of a data file is, and what is suspicious about it."""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnlite.cli.advice import in_options
from nnlite.cli.own_tables import said_of_file
from nnlite.cli.terminal import WIDTH, in_lines
from nnlite.text import counted, printable

if TYPE_CHECKING:
    from nnlite.tables.look import ColumnLook, Look

MOST_COLUMNS = 50
"""How many columns are shown."""

MOST_CLASSES = 20
"""How many classes of the target are shown."""

_MOST_WARNED = 20  # columns beyond those that are shown
_NAME, _KIND, _COUNT = 20, 8, 8  # widths


def look(options: argparse.Namespace) -> None:
    """Prints a table of the columns of a data file, and how the target is spread."""
    from nnlite.config.own_table import look_at

    found = look_at(Path(options.file), said_of_file(options, task=options.task), options.overrides)
    found = replace(found, columns=tuple(_advised(column, options) for column in found.columns))
    for line in _lines(options.file, found):
        print(line)
    if found.target is None:
        print("\n--target NAME shows how a column to predict is spread, and which others tell it")


def _advised(column: "ColumnLook", options: argparse.Namespace) -> "ColumnLook":
    return replace(column, suspicious=tuple(in_options(said, options) for said in column.suspicious))


def _lines(file: str, found: "Look") -> Iterator[str]:
    kinds: Counter[str] = Counter(column.kind for column in found.columns)
    named = {
        "number": ("number", "numbers"),
        "category": ("category", "categories"),
        "date": ("date", "dates"),
        "ignore": ("left out", "left out"),
    }
    parts = ", ".join(f"{kinds[kind]:,} {words[kinds[kind] > 1]}" for kind, words in named.items() if kinds[kind])
    beside = "" if found.target is None else " beside the target"
    yield in_lines(
        f"{printable(file)}: {counted(found.rows, 'row')}, {counted(len(found.columns), 'column')}{beside}: {parts}"
    )
    if found.repeated:
        yield in_lines(f"! {counted(found.repeated, 'row is', 'rows are')} the same as one before, in every column")
    if found.footer:
        yield in_lines(f"! {printable(found.footer)}")
    yield ""
    shown, others = found.columns[:MOST_COLUMNS], found.columns[MOST_COLUMNS:]
    width = min(_NAME, max([len("column"), *(len(printable(column.name)) for column in shown)]))
    yield f"{'column':<{width}}  {'kind':<{_KIND}} {'distinct':>{_COUNT}} {'missing':>{_COUNT}}  values"
    for column in shown:
        yield from _of_column(column, width)
    if others:
        yield in_lines(f"… and {counted(len(others), 'more column, which is', 'more columns, which are')} not shown")
        suspicious = [column for column in others if column.suspicious]
        for column in suspicious[:_MOST_WARNED]:
            yield in_lines(f"  ! {_cut(column.name, _NAME)}: {'; '.join(column.suspicious)}")
        if len(suspicious) > _MOST_WARNED:
            yield f"  ! {counted(len(suspicious) - _MOST_WARNED, 'more is', 'more are')} suspicious"
    if found.target is not None:
        yield from _of_target(found)


def _of_column(column: "ColumnLook", width: int) -> Iterator[str]:
    begin = (
        f"{_cut(column.name, width):<{width}}  {column.kind:<{_KIND}} {column.distinct:>{_COUNT},} "
        f"{column.missing or '':>{_COUNT}}  "
    )
    yield (begin + _values(column, WIDTH - len(begin))).rstrip()
    if column.why:
        yield in_lines(f"    {printable(column.why)}")
    for said in column.suspicious:
        yield in_lines(f"  ! {printable(said)}")


def _values(column: "ColumnLook", room: int) -> str:
    """As many of the values as there is room for; of many numbers the lowest and the highest."""
    if column.between is not None and column.distinct > len(column.examples):
        low, high = column.between
        return _cut(f"{low:.6g} to {high:.6g}", room)
    text = ""
    for example in map(printable, column.examples):
        more = f"{text}, {example}" if text else _cut(example, room if column.distinct == 1 else room - 3)
        if len(more) > room - 3:
            return text + ", …" if text else more
        text = more
    return text + ", …" if len(column.examples) < column.distinct else text


def _of_target(found: "Look") -> Iterator[str]:
    target = found.target
    assert target is not None
    yield ""
    if target.classes is None:
        yield in_lines(f"target: a number ({target.why})")
        yield in_lines("  " + ", ".join(f"{name} {value:.6g}" for name, value in found.spread.items()))
    else:
        yield in_lines(f"target: {counted(len(target.classes), 'class', 'classes')} ({target.why})")
        shown = dict(list(found.spread.items())[:MOST_CLASSES])
        width = max(len(_cut(name, 2 * _NAME)) for name in shown)
        for label, rows in shown.items():
            yield f"  {_cut(label, 2 * _NAME):<{width}}  {rows:>{_COUNT},}  {100 * rows / len(target.y):5.1f} %"
        if len(found.spread) > MOST_CLASSES:
            yield f"  … and {len(found.spread) - MOST_CLASSES:,} more"
        rare = [name for name, rows in found.spread.items() if rows < 10]
        if rare:
            yield in_lines(
                f"  ! fewer than 10 rows: {', '.join(_cut(name, _NAME) for name in rare[:10])}"
                f"{', …' if len(rare) > 10 else ''}; hardly enough to learn from"
            )
    if target.alike:
        yield in_lines(f"  ! the classes {printable(target.alike)}")
    if target.left_out:
        have = counted(target.left_out, "row has", "rows have")
        are = "they are" if target.left_out > 1 else "it is"
        yield in_lines(f"  ! {have} no target; {are} left out of a training")


def _cut(text: str, most: int) -> str:
    text = printable(text)
    return text if len(text) <= most else text[: most - 1] + "…"
