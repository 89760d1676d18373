"""A look at a table: what each column is, what is suspicious about it, and how the target is spread."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnlite.tables.alike import alike_in_words
from nnlite.tables.column import Column, as_moments, as_numbers, as_texts
from nnlite.tables.encoder import decided
from nnlite.tables.footer import footer_in_words
from nnlite.tables.kinds import ANY_CASE, MISSING, Guess, Kind, infer, is_absent
from nnlite.tables.marks import comma_of
from nnlite.tables.nearly_numbers import nearly_numbers
from nnlite.tables.table import Table
from nnlite.tables.targets import TableTask, Targets, targets
from nnlite.types import Array

NEARLY = 0.999
"""A column whose correlation with the target is so large, or that alone is right in so many rows, gives it away."""

_PLAIN = re.compile(r"(numbers|texts|no value at all)?(, \d+ different ones)?(, \d+ missing)?")


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
        footer: a sentence on the last row, if it looks like a sum or a note below the table; else "".
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


@dataclass(frozen=True)
class _Read:
    """One column as it is compared with others: its numbers, or NaN; for each row which of its values it has."""

    numbers: Array | None
    codes: Array  # (rows,), 0 where it is missing
    texts: tuple[str, ...]  # the values of the codes 1, 2, …; of numbers none
    distinct: int


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
    same values, one that alone tells the target, and texts among numbers.

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
        read = _read(features, name, guess, absent)
        hashes = _mixed(hashes, read)
        alone = _of_guess(guess, read, len(table))
        said = [alone] if alone else []
        if name in odd:
            said.append(odd[name])
        if guess.kind == "category" and guess.format != ANY_CASE:
            counts = np.bincount(read.codes, minlength=len(read.texts) + 1)[1:].tolist()
            said += [alike] if (alike := alike_in_words(dict(zip(read.texts, counts, strict=False)))) else []
        if read.distinct > 1:
            same = seen.setdefault(_digest(read), name)
            if same != name:
                said.append(f"the same values as {same!r}")
        if found is not None and (giveaway := _gives_away(read, found)):
            said.append(giveaway)
        why = "" if alone or _PLAIN.fullmatch(guess.why) else guess.why
        gaps = int((read.codes == 0).sum())
        examples = _examples(features, name, absent)
        columns.append(ColumnLook(name, guess.kind, why, read.distinct, gaps, examples, _between(read), tuple(said)))
    if target is not None:
        cells = as_texts(table.columns[target])
        hashes = _mixed(hashes, _Read(None, cells.codes + 1, (), 0))
    repeated = len(table) - len(np.unique(hashes))
    return Look(
        len(table),
        repeated,
        footer_in_words(table, absent),
        tuple(columns),
        found,
        {} if found is None else _spread(found),
    )


def _read(table: Table, name: str, guess: Guess, absent: frozenset[str]) -> _Read:
    if guess.kind == "number":
        numbers = as_numbers(
            table, Column(name, "number", "", guess.format, guess.missing), absent | set(guess.missing)
        )
        values, codes = np.unique(numbers, return_inverse=True)
        gone = np.isnan(numbers)
        distinct = len(values) - bool(gone.any())
        return _Read(numbers, np.where(gone, 0, codes + 1), (), distinct)
    if guess.kind == "date":  # whether each cell is one
        as_moments(table, Column(name, "date", "", guess.format, guess.missing), absent | set(guess.missing))
    cells = as_texts(table.columns[name])
    places: dict[str, int] = {}
    used = cells.counts()
    codes_of = [
        0
        if not count or text is None or is_absent(text, absent)
        else places.setdefault(text.strip(), len(places) + 1)
        for text, count in zip(cells.values, used.tolist(), strict=True)
    ]
    return _Read(None, np.array(codes_of, np.int64)[cells.codes], tuple(places), len(places))


def _between(read: _Read) -> tuple[float, float] | None:
    if read.numbers is None or not read.distinct:
        return None
    return float(np.nanmin(read.numbers)), float(np.nanmax(read.numbers))


def _mixed(hashes: Array, read: _Read) -> Array:
    """The rows' hashes with one more column; two different rows have the same with a chance of 2⁻⁶⁴ or so."""
    bits = read.codes.astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed: Array = (hashes ^ (bits + np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(29)
    return mixed


def _digest(read: _Read) -> bytes:
    """Equal for columns of the same values in the same rows."""
    numbers = read.numbers
    first = read.codes if numbers is None else np.where(np.isnan(numbers), np.nan, numbers + 0.0)
    digest = hashlib.blake2b(np.ascontiguousarray(first).data, digest_size=16)
    digest.update(repr(read.texts).encode("utf-8", "surrogatepass"))
    return digest.digest()


def _of_guess(guess: Guess, read: _Read, rows: int) -> str:
    """What is suspicious about a column by itself; "" if nothing is."""
    why = guess.why
    if why.endswith(" in every row"):
        return f"constant: {why}"
    if why == "counts the rows":
        return f"{why}: an id"
    odd = (
        guess.missing
        or "perhaps an id" in why
        or "? formats says" in why
        or why == "no value at all"
        or why.startswith("dates such as")
    )
    return why if odd or (guess.kind == "ignore" and read.distinct == rows) else ""


def _gives_away(read: _Read, found: Targets) -> str:
    """A sentence where the column alone tells the target; "" where it does not."""
    codes, y = read.codes[found.rows], found.y
    if found.task == "regression":
        return "" if read.numbers is None else _correlated(read.numbers[found.rows], y)
    assert found.classes is not None
    _, codes = np.unique(codes, return_inverse=True)
    right = float(_told(codes, read, found).mean())
    without = float(np.bincount(y).max()) / len(y)  # by the most common class
    if right < NEARLY or (1 - right) * 10 > 1 - without:
        return ""
    return f"alone it tells the target in {100 * right:.4g} % of the rows: is it known when you predict?"


def _told(codes: Array, read: _Read, found: Targets) -> Array:
    """(rows,): whether the other rows of the same value, or of the nearest ones, tell the class of each row.

    Args:
        codes: (rows,), the value of each row that has a target, from 0.
        read: the column.
        found: the targets.
    """
    y = found.y
    if read.numbers is not None and read.distinct * 10 > len(y):  # hardly a value comes again
        order = np.argsort(read.numbers[found.rows], kind="stable")
        beside = np.concatenate([[-1], y[order], [-1]])
        told = np.empty(len(y), np.bool_)
        told[order] = (beside[:-2] == y[order]) | (beside[2:] == y[order])
        return told
    pairs, pair_of, counts = np.unique(codes * len(found.classes or ()) + y, return_inverse=True, return_counts=True)
    value = pairs // len(found.classes or ())
    order = np.lexsort((-counts, value))  # by value, its most common class first
    value, counts = value[order], counts[order]
    first = np.concatenate([[True], value[1:] != value[:-1]])
    following = np.concatenate([np.where(first[1:], 0, counts[1:]), [0]])  # the next class's rows, of this value
    tells = np.empty(len(pairs), np.bool_)
    tells[order] = first & (counts > 1) & (counts > following)  # the row itself does not count
    found_out: Array = tells[pair_of]
    return found_out


def _correlated(numbers: Array, y: Array) -> str:
    here = ~np.isnan(numbers)
    if here.sum() < 10:
        return ""
    apart, of_target = numbers[here] - numbers[here].mean(), y[here] - y[here].mean()
    scale = float(np.sqrt((apart @ apart) * (of_target @ of_target)))
    if not scale or abs(correlation := float(apart @ of_target) / scale) < NEARLY:
        return ""
    return f"its correlation with the target is {correlation:.5g}: is it known when you predict?"


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
