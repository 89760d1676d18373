"""A file's first line is never guessed to be names or a row; this says where it was taken for what it hardly is."""

from collections import Counter
from collections.abc import Sequence

from nnlite.tables import dates
from nnlite.tables.absent import MISSING
from nnlite.tables.numbers import NUMBER_FORMATS, reader
from nnlite.warning import warn

_FEW = 20  # rows that are enough to see whether a column has numbers


def warn_of_header(path: str, first: Sequence[str], columns: Sequence[Sequence[str]], *, header: bool) -> None:
    """Warns where the first line, taken for names, looks like a row, or taken for a row, looks like names.

    A line above numbers or dates is a row if it has such in all these columns. Where there are none, the line is a
    row if most columns in which texts come again have its text below it once more.

    Args:
        path: the file.
        first: the cells of its first line.
        columns: by column the cells of some lines below it.
        header: whether the line was taken for names.
    """
    filled = [[cell for cell in cells if not _is_missing(cell)] for cells in columns]
    above = [
        cell
        for cell, cells in zip(first, filled, strict=True)
        if cells and all(_is_measured(below) for below in cells[:_FEW])
    ]
    measured = [_is_measured(cell) for cell in above if not _is_missing(cell)]
    if above:
        is_row, is_names = any(measured) and all(measured), len(measured) == len(above) and not any(measured)
    else:
        again = [cell.strip() in cells for cell, cells in zip(first, map(_come_again, filled), strict=True) if cells]
        is_row, is_names = 2 * sum(again) > len(again), False
    if header and is_row:
        taken = "the names of the columns, but looks like a row"
        do = "write the names in a line above it, or, in a training, say header = false"
    elif is_names and not header:
        taken = "a row, but looks like the names of the columns"
        do = "take it out, or, in a training, say header = true"
    else:
        return
    warn(f"{path}: the first line, {list(first[:5])}, was taken for {taken}; if so, {do}")


def _is_missing(cell: str) -> bool:
    return cell.strip() in MISSING


def _is_measured(cell: str) -> bool:
    """Whether a text is a number or a date, however it is written."""
    if any(read(cell) is not None for read in map(reader, NUMBER_FORMATS)):
        return True
    return dates.reader(dates.ISO)(cell) is not None or bool(dates.patterns_of([cell]))


def _come_again(cells: Sequence[str]) -> set[str]:
    """The texts of a column whose texts come again; none of one in which most rows have a text of their own."""
    counts = Counter(cell.strip() for cell in cells)
    return set(counts) if 2 * len(counts) <= len(cells) else set()
