"""A table for the terminal: one that is wider than a line is parted into blocks, each with the first column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nnlite.cli.terminal import WIDTH
from nnlite.text import printable

_GAP = "  "
_NARROWEST = 8
"""A heading is parted, at _ and at points, into lines as wide as the cells below it, but no narrower than this."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        heading: its name.
        cells: its texts, one for each row.
        left: whether they stand at the left, as texts do; numbers stand at the right.
        most: the longest that a cell may be; what is beyond is cut.
    """

    heading: str
    cells: Sequence[str]
    left: bool = False
    most: int = 24


def in_blocks(columns: Sequence[Column], width: int = WIDTH) -> Iterator[str]:
    """The lines of a table, whose first column is repeated in each block of columns; a blank line parts two blocks.

    Args:
        columns: the columns from left to right; the first says what each row is.
        width: the longest line, where the first column and one other fit.

    >>> from nnlite.cli.wide_table import Column, in_blocks
    >>> columns = [Column("run", ["a", "b"], left=True), Column("test_loss", ["0.25", "1.5"])]
    >>> print("\\n".join(in_blocks(columns)))
         test
    run  loss
    ---------
    a    0.25
    b     1.5
    """
    texts = [_Texts(column) for column in columns]
    first, block = texts[0], [texts[0]]
    for text in texts[1:]:
        if len(block) > 1 and sum(each.width + len(_GAP) for each in [*block, text]) - len(_GAP) > width:
            yield from _lines(block)
            yield ""
            block = [first]
        block.append(text)
    yield from _lines(block)


class _Texts:
    """A column as texts: the lines of its heading, its cells, its width."""

    def __init__(self, column: Column) -> None:
        self.cells = [_cut(printable(cell), column.most) for cell in column.cells]
        self.heading = _parted(printable(column.heading), max(_NARROWEST, *map(len, self.cells)), column.most)
        self.width = max(map(len, [*self.heading, *self.cells]))
        self.left = column.left

    def padded(self, text: str) -> str:
        return f"{text:<{self.width}}" if self.left else f"{text:>{self.width}}"


def _lines(block: Sequence[_Texts]) -> Iterator[str]:
    height = max(len(each.heading) for each in block)
    headings = [[""] * (height - len(each.heading)) + each.heading for each in block]  # at the bottom
    for line in range(height):
        yield _line(block, [heading[line] for heading in headings])
    yield "-" * (sum(each.width + len(_GAP) for each in block) - len(_GAP))
    for row in range(len(block[0].cells)):
        yield _line(block, [each.cells[row] for each in block])


def _line(block: Sequence[_Texts], texts: Sequence[str]) -> str:
    return _GAP.join(each.padded(text) for each, text in zip(block, texts, strict=True)).rstrip()


def _parted(heading: str, width: int, most: int) -> list[str]:
    """The heading in lines of this width where its words allow, each at most so many characters long."""
    marks = [0, *(at + 1 for at, letter in enumerate(heading[:-1]) if letter in "_. "), len(heading)]
    lines = [""]
    for begin, end in pairwise(marks):
        if lines[-1] and len((lines[-1] + heading[begin:end]).rstrip("_. ")) > width:
            lines.append("")
        lines[-1] += heading[begin:end]
    return [_cut(line.rstrip("_ "), most) for line in lines]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
