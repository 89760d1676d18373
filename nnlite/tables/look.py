"""A look at a table: what each column is, what is suspicious about it, and how the target is spread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnlite.tables.absent import MISSING, is_absent
from nnlite.tables.alike import alike_in_words
from nnlite.tables.column import as_texts
from nnlite.tables.decided import decided
from nnlite.tables.footer import footer_in_words, header_again
from nnlite.tables.giveaway import Read, gives_away, names_groups, read_column
from nnlite.tables.guess import ANY_CASE, Guess, Kind, Sign
from nnlite.tables.hashes import digest, mixed
from nnlite.tables.kinds import infer
from nnlite.tables.marks import comma_of
from nnlite.tables.nearly_numbers import nearly_numbers
from nnlite.tables.table import Table
from nnlite.tables.targets import TableTask, Targets, targets

_SUSPICIOUS = {*Sign} - {Sign.SAID, Sign.OBVIOUS}


@dataclass(frozen=True)
class ColumnLook:
    """What can be said of one column.

    Attributes:
        name: its name.
        kind: what it is to a model.
        why: the reason in plain words; "" where it goes without saying, or is itself suspicious.
        distinct: how many different values it has.
        missing: in how many rows it has none.
        examples: some of its values, the most common first where values come again.
        between: of numbers the lowest and the highest; None of others.
        suspicious: sentences on what a person should look at.
    """

    name: str
    kind: Kind
    why: str
    distinct: int
    missing: int
    examples: tuple[str, ...]
    between: tuple[float, float] | None
    suspicious: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """What can be said of a table.

    Attributes:
        rows: how many rows it has.
        repeated: how many rows are the same as one before them, target and all.
        footer: a sentence on the last row, if it looks like a sum or a note below the table, and on rows that are the
            header once more; else "".
        columns: its columns from left to right, without the target.
        target: the targets, if a column was named.
        spread: of classes in how many rows each stands, the most common first; of numbers to predict "lowest",
            "median", "mean" and "highest".
    """

    rows: int
    repeated: int
    footer: str
    columns: tuple[ColumnLook, ...]
    target: Targets | None
    spread: Mapping[str, float]


def look(
    table: Table,
    target: str | None = None,
    *,
    task: TableTask | None = None,
    missing: Sequence[str] = MISSING,
    kinds: Mapping[str, Kind] | None = None,
    formats: Mapping[str, str] | None = None,
) -> Look:
    """What each column of a table is, and what is suspicious.

    Suspicious are a column with one value, one that counts the rows or is different in each, a second column of the
    same values, one that alone tells the target or names groups of rows that share it, and texts among numbers.

    Args:
        table: all rows.
        target: the column to predict; None where there is none yet.
        task: what is predicted, as in `targets`.
        missing: texts that stand for a missing value.
        kinds, formats: what columns are, and how they are written, as in `TableEncoder.fit`.

    Raises:
        DataError: where the table has no such target, it cannot be predicted, or a cell is not what kinds or formats
            say that its column is.
        ConfigError: where an argument cannot be used.

    >>> from nnlite.tables import as_table
    >>> from nnlite.tables.look import look
    >>> rows = {"age": [31, 45, None, 27], "home": ["Bern"] * 4, "paid": ["no", "yes", "no", "no"]}
    >>> found = look(as_table(rows), "paid")
    >>> [(column.name, column.kind, column.distinct, column.missing) for column in found.columns]
    [('age', 'number', 3, 1), ('home', 'ignore', 1, 0)]
    >>> found.columns[1].suspicious, found.spread
    (("constant: 'Bern' in every row",), {'no': 3, 'yes': 1})
    """
    form = None if target is None else (formats or {}).get(target)
    found = None if target is None else targets(table, target, task, missing=missing, format=form)
    features = table if target is None else table.without(target)
    absent = frozenset(missing)
    guesses = decided(
        features,
        {name: kind for name, kind in (kinds or {}).items() if name != target},
        {name: form for name, form in (formats or {}).items() if name != target},
        missing,
        infer(features, missing, comma_of(table)),
    )
    odd = nearly_numbers(features, guesses, absent)
    hashes = np.zeros(len(table), np.uint64)
    seen: dict[bytes, str] = {}
    columns = []
    for name in features.names:
        guess = guesses[name]
        read = read_column(features, name, guess, absent)
        hashes = mixed(hashes, read)
        alone = _of_guess(guess, read, len(table))
        said = [alone] if alone else []
        if name in odd:
            said.append(odd[name])
        if guess.kind == "category" and guess.format != ANY_CASE:
            counts = np.bincount(read.codes, minlength=len(read.texts) + 1)[1:].tolist()
            said += [alike] if (alike := alike_in_words(dict(zip(read.texts, counts, strict=False)))) else []
        if read.distinct > 1:
            same = seen.setdefault(digest(read), name)
            if same != name:
                said.append(f"the same values as {same!r}")
        if found is not None and (giveaway := gives_away(read, found)):
            said.append(giveaway)
        if found is not None and name not in (kinds or {}) and (groups := names_groups(name, read, found)):
            said.append(groups)
        why = "" if alone or Sign.OBVIOUS in guess.signs else guess.why
        gaps = int((read.codes == 0).sum())
        examples = _examples(features, name, absent)
        columns.append(ColumnLook(name, guess.kind, why, read.distinct, gaps, examples, _between(read), tuple(said)))
    if target is not None:
        cells = as_texts(table.columns[target])
        hashes = mixed(hashes, Read(None, cells.codes + 1, (), 0))
    repeated = len(table) - len(np.unique(hashes))
    return Look(
        len(table),
        repeated,
        "; ".join(filter(None, (footer_in_words(table, absent), header_again(table)))),
        tuple(columns),
        found,
        {} if found is None else _spread(found),
    )


def _between(read: Read) -> tuple[float, float] | None:
    if read.numbers is None or not read.distinct:
        return None
    return float(np.nanmin(read.numbers)), float(np.nanmax(read.numbers))


def _of_guess(guess: Guess, read: Read, rows: int) -> str:
    """What is suspicious about a column by itself; "" if nothing is."""
    if Sign.CONSTANT in guess.signs:
        return f"constant: {guess.why}"
    if Sign.COUNTER in guess.signs:
        return f"{guess.why}: an id"
    odd = guess.missing or guess.signs & _SUSPICIOUS
    return guess.why if odd or (guess.kind == "ignore" and read.distinct == rows) else ""


def _examples(table: Table, name: str, absent: frozenset[str]) -> tuple[str, ...]:
    """Some values: the most common ones where values come again, else the first ones."""
    cells = table.columns[name]
    some = as_texts(cells[:1000] if isinstance(cells, list | np.ndarray) else cells)
    counts = some.counts()
    order = np.argsort(-counts, kind="stable")[:20].tolist()
    shown = (some.values[place] for place in order if counts[place])
    return tuple(text.strip() for text in shown if text is not None and not is_absent(text, absent))[:8]


def _spread(found: Targets) -> dict[str, float]:
    if found.classes is None:
        y = found.y
        return {
            "lowest": float(y.min()),
            "median": float(np.median(y)),
            "mean": float(y.mean()),
            "highest": float(y.max()),
        }
    counts = np.bincount(found.y, minlength=len(found.classes)).tolist()
    return dict(sorted(zip(found.classes, counts, strict=True), key=lambda item: -item[1]))
