"""Values that no training row had say nothing to a model, so it is told where a column has them."""

from collections.abc import Mapping

from nnlite.data.arrays import listed
from nnlite.text import counted
from nnlite.warning import warn


def warn_of_unseen(unseen: Mapping[str, Mapping[str, int]]) -> None:
    """Warns of the texts that no training row had, by column."""
    for name, texts in unseen.items():
        rows = sum(texts.values())
        what = "value" if all(map(_is_number, texts)) else "text"  # they may be numbers, of which texts were made
        warn(
            f"the column {name!r} has {f'{what}s' if len(texts) > 1 else f'a {what}'} that no training row had, in "
            f"{counted(rows, 'row')}: {listed(list(texts)[:5])}{', …' if len(texts) > 5 else ''}; there the column "
            "counts as unknown"
        )


def _is_number(text: str) -> bool:
    from nnlite.tables.numbers import reader  # here: `import nnlite` does not load what reads tables

    return reader("plain")(text) is not None
