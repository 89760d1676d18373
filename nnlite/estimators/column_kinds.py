"""What each column of an estimator's rows is: by its type, by its texts, or as `categorical_features` says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnlite.data.arrays import listed
from nnlite.errors import nearest
from nnlite.tables import Guess, Table, infer
from nnlite.tables.guess import Sign
from nnlite.warning import warn


def kinds_of(table: Table, categorical: Any, *, typed: bool) -> dict[str, Guess]:
    """What each column is: by its dtype where it has numbers, times or categories, by its texts otherwise.

    Args:
        table: the training rows.
        typed: whether numbers have a type of their own in the source of the table, as in all but text files.
        categorical: "from_dtype", None, or the columns that are categories whatever their dtype: their names, their
            places, or for each column whether it is one.

    Raises:
        ValueError: when `categorical` names no such column.
    """
    found = infer(table, typed=typed)
    for name, cells in table.columns.items():
        if isinstance(cells, np.ndarray) and cells.dtype.kind in "iuf" and Sign.EMPTY not in found[name].signs:
            found[name] = Guess("number", f"numbers of {cells.dtype}", "plain")  # also of a constant, or a counter
    for name in _named(table.names, categorical):
        found[name] = Guess("category", "categorical_features says so")
    if typed:
        found = {name: replace(guess, why=_in_frames(guess)) for name, guess in found.items()}
        _warn_of_numbers_in_texts(table, found)
    if out := [name for name, guess in found.items() if guess.kind == "ignore"]:
        why = "; ".join(f"{name!r}: {found[name].why}" for name in out[:5])
        warn(
            f"columns are left out: {why}{'; …' if len(out) > 5 else ''}. If they say something, hand them over as "
            "numbers (pandas.to_numeric) or times (pandas.to_datetime), or name them in categorical_features"
        )
    return found


def _in_frames(guess: Guess) -> str:
    """The reason for a kind, with what to do about it in a data frame in place of what to say in a config."""
    if Sign.UNREAD_DATES not in guess.signs:
        return guess.why.replace("? formats says so)", "?)")
    dates, _, formats = guess.why.partition("; say how they are written: formats, ")
    dates = dates.replace(", which missing may name", "")
    return f"{dates}, of which pandas.to_datetime(…, format={formats}) makes times"


def _warn_of_numbers_in_texts(table: Table, found: Mapping[str, Guess]) -> None:
    """Warns of columns of texts that might be meant as numbers, or as categories."""
    texts = [name for name, cells in table.columns.items() if not isinstance(cells, np.ndarray)]
    if digits := [name for name in texts if Sign.DIGITS in found[name].signs and found[name].kind == "category"]:
        warn(
            f"columns of texts of digits are taken for categories: {listed(digits)}. If they are amounts, make "
            "numbers of them (pandas.to_numeric); if they are categories, naming them in categorical_features says so"
        )
    if numbers := [name for name in texts if found[name].kind == "number"]:
        warn(
            f"columns of texts are taken for numbers: {listed(numbers)}. If they are, make numbers of them "
            "(pandas.to_numeric); if they are categories, name them in categorical_features"
        )


def _named(names: Sequence[str], categorical: Any) -> list[str]:
    """The names of the columns that are said to be categories."""
    if categorical is None or (isinstance(categorical, str) and categorical == "from_dtype"):
        return []
    if isinstance(categorical, str | Mapping) or np.ndim(categorical) != 1:
        raise ValueError(
            f'categorical_features is {categorical!r}; expected "from_dtype", None, or a list of columns'
        )
    said = np.asarray(categorical)
    if said.dtype.kind == "b":
        if len(said) != len(names):
            raise ValueError(f"categorical_features has {len(said)} truth values for {len(names)} columns")
        return [name for name, is_one in zip(names, said, strict=True) if is_one]
    if said.dtype.kind in "iu":
        if said.size and not -len(names) <= said.min() <= said.max() < len(names):
            raise ValueError(
                f"categorical_features has the places {said.tolist()}, but there are {len(names)} columns"
            )
        return [names[place] for place in said]
    if wrong := [name for name in categorical if name not in names]:
        raise ValueError(
            f"categorical_features names {listed(wrong)}{nearest(str(wrong[0]), names)}, expected columns of X"
        )
    return [str(name) for name in categorical]
