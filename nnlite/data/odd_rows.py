"""Warnings of a training on what is odd about a table: rows left out, texts among numbers, columns that tell all."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import numpy as np

from nnlite.tables import MISSING, Guess, Table, Targets
from nnlite.tables.column import as_texts
from nnlite.tables.footer import footer_in_words, header_again
from nnlite.tables.giveaway import suspicions
from nnlite.tables.nearly_numbers import nearly_numbers
from nnlite.text import counted
from nnlite.warning import warn


def warn_of_left_out(table: Table, target: str, found: Targets) -> None:
    """Warns where rows have no target, and of the words that stand for a missing one."""
    if found.left_out:
        rows, are = counted(found.left_out, "row has", "rows have"), "are" if found.left_out > 1 else "is"
        cells = as_texts(table.columns[target])
        gone = np.delete(cells.codes, found.rows)
        texts = sorted({(cells.values[code] or "").strip() for code in np.unique(gone).tolist()})
        words = [repr(text) for text in texts if any(map(str.isalpha, text))]
        marks = f"; {', '.join(words)}: if it is a target, say missing without it" if words else ""
        warn(f"{table.whose()}{rows} no target {target!r} and {are} left out{marks}")


def warn_of_marks(table: Table, guesses: Mapping[str, Guess], missing: Sequence[str]) -> None:
    """Warns where a word that is missing by default stands for itself, since a list of the user's leaves it out."""
    left_out = {text for text in MISSING if any(map(str.isalpha, text))} - set(missing)
    for name in table.names if left_out else ():
        if guesses[name].kind != "category" or isinstance(cells := table.columns[name], np.ndarray):
            continue
        texts = {(text or "").strip() for text in as_texts(cells).values}
        if words := sorted(texts & left_out):
            warn(
                f"{table.whose()}column {name!r}: {', '.join(map(repr, words))} stands for itself, since missing "
                "leaves it out, which takes the place of the list that holds without it"
            )


def warn_of_odd_texts(table: Table, found: Targets, guesses: Mapping[str, Guess], missing: Sequence[str]) -> None:
    """Warns of classes that are one more likely, of a footer, and of texts that make categories of numbers.

    Args:
        table: all rows.
        found: their targets.
        guesses: what the columns are of which nothing was said.
        missing: texts that stand for a missing value.
    """
    absent = frozenset(missing)
    if found.alike:
        warn(f"{table.whose()}the classes {found.alike}")
    for said in (footer_in_words(table, absent), header_again(table)):
        if said:
            warn(said)
    odd = nearly_numbers(table, guesses, absent)
    for name, said in list(odd.items())[:_MOST_ODD]:
        warn(f"{table.whose()}column {name!r}: {said}")
    if len(odd) > _MOST_ODD:
        warn(f"{table.whose()}{counted(len(odd) - _MOST_ODD, 'more column')} of this kind")


def warn_of_giveaways(
    table: Table,
    names: Iterable[str],
    guesses: Mapping[str, Guess],
    found: Targets,
    missing: Sequence[str],
    *,
    groups: bool,
) -> None:
    """Warns of columns that give the target away; arguments as of `suspicions`."""
    told = suspicions(table, names, guesses, found, frozenset(missing), groups=groups)
    for name, said in islice(told, _MOST_ODD):
        warn(f"{table.whose()}column {name!r}: {said}")


_MOST_ODD = 5  # columns that are named
