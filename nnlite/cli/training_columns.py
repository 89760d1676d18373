"""What a training does with the columns of a table, in a few lines: which are left out, which texts it takes how."""

from collections.abc import Iterator, Sequence

from nnlite.tables import Column
from nnlite.tables.guess import Sign
from nnlite.text import cut

MOST_NAMED = 10
"""How many columns of a kind are named."""

_NAME, _WHY = 30, 90  # characters


def columns_in_words(columns: Sequence[Column]) -> Iterator[str]:
    """A line for each thing to know of a table's columns; none of what kinds or drop have said.

    >>> from nnlite.cli.training_columns import columns_in_words
    >>> from nnlite.tables import Column
    >>> list(columns_in_words([Column("id", "ignore", "counts the rows"), Column("age", "number", "numbers")]))
    ["left out: 'id' (counts the rows)"]
    """
    out = [column for column in columns if column.kind == "ignore" and Sign.SAID not in column.signs]
    yield from _named("left out: ", [f"{_name(column)} ({cut(column.why, _WHY)})" for column in out])
    used = [column for column in columns if column.kind != "ignore"]
    odd = [
        f"{_name(column)} ({', '.join(cut(repr(text), _NAME) for text in column.missing)})"
        for column in used
        if column.missing
    ]
    yield from _named("! texts taken for missing: ", odd)
    doubtful = [f"{_name(column)} ({cut(column.why, _WHY)})" for column in used if Sign.TWO_READINGS in column.signs]
    yield from _named("! read in one of two ways: ", doubtful)


def _named(begin: str, texts: Sequence[str]) -> Iterator[str]:
    if texts:
        more = f", and {len(texts) - MOST_NAMED:,} more" if len(texts) > MOST_NAMED else ""
        yield f"{begin}{', '.join(texts[:MOST_NAMED])}{more}"


def _name(column: Column) -> str:
    return cut(repr(column.name), _NAME)
