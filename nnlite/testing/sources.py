"""The contract of a data source as code: `check_source` runs every check on one of yours."""

from typing import Any

import numpy as np

from nnlite.data import Dataset, Splits
from nnlite.errors import ConfigError, NnliteError
from nnlite.plugins.own_source import Source, check_arguments, read
from nnlite.signature import fields
from nnlite.testing import guesses
from nnlite.testing.case import CheckError
from nnlite.text import counted


def check_source(source: Source, **arguments: Any) -> str:
    """Runs every check of the contract on a data source; returns what it gave, in words.

    It gives a `Dataset` or `Splits`, as its annotation says, of at least one row; the same rows when called again;
    and its numbers are finite or NaN, where they are missing. The parts of `Splits` have rows of one shape.

    Args:
        source: a function that says it returns a `Dataset` or `Splits`.
        arguments: its arguments; a required one that is not given is guessed.

    Raises:
        CheckError: if a check fails.

    >>> import numpy as np
    >>> from nnlite import Dataset
    >>> from nnlite.testing import check_source
    >>> def ramp(rows: int = 5) -> Dataset:
    ...     return Dataset(np.linspace(0, 1, rows)[:, None], np.arange(rows) % 2)
    >>> check_source(ramp, rows=8)
    '8 rows of (1,)'
    """
    try:
        check_arguments(source)
    except ConfigError as error:
        raise CheckError(str(error)) from None
    try:
        given = guesses.arguments(source, arguments) | arguments
    except ConfigError as error:
        raise CheckError(f"{error}; or show one: EXAMPLES = [({source.__name__}, {{…}})]") from None
    shown = ", ".join(f"{name}={value!r}" for name, value in given.items())
    name = f"{source.__name__}({shown})"
    known = {field.name for field in fields(source)}
    if unknown := sorted(arguments.keys() - known):
        raise CheckError(f"{name}: it has no argument {unknown[0]!r}; it has {', '.join(sorted(known)) or 'none'}")
    try:
        first, second = (_parts(read(source, given)) for _ in range(2))
    except NnliteError as error:
        hint = ""
        if set(given) - set(arguments):
            hint = f"; its arguments were guessed: EXAMPLES = [({source.__name__}, {{…}})] gives others"
        raise CheckError(f"{name}: {error}{hint}") from error
    for part, rows in first.items():
        of_part = f" of the {part} rows" if part else ""
        if not len(rows):
            raise CheckError(f"{name}: it gives no row{of_part}")
        x = np.asarray(rows.x)
        if x.dtype.kind == "f" and np.isinf(x).any():
            raise CheckError(f"{name}: there are infinite numbers{of_part}; what is missing is NaN")
        other = second.get(part)
        if other is None or not all(
            np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
            for one, two in ((x, np.asarray(other.x)), (np.asarray(rows.y), np.asarray(other.y)))
        ):
            raise CheckError(
                f"{name}: called again it gives other rows{of_part}: draw them from np.random.default_rng(seed), "
                "with the seed as an argument"
            )
    shapes = {part: rows.x.shape[1:] for part, rows in first.items()}
    if len(set(shapes.values())) > 1:
        raise CheckError(f"{name}: its parts have rows of different shapes: {shapes}")
    return ", ".join(f"{counted(len(rows), 'row')} of {rows.x.shape[1:]}" for rows in first.values())


def _parts(found: Dataset | Splits | Any) -> dict[str, Dataset]:
    if isinstance(found, Splits):
        named = {"training": found.train, "validation": found.validation, "test": found.test}
        return {part: rows for part, rows in named.items() if rows is not None}
    return {"": found}
