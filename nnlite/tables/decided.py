"""What each column of a table is: as the user says, where they say so, and as it is guessed elsewhere."""

from collections.abc import Mapping, Sequence
from typing import get_args

from nnlite.errors import ConfigError, DataError, nearest
from nnlite.tables import dates
from nnlite.tables.guess import Guess, Kind, Sign
from nnlite.tables.kinds import guess_as, infer
from nnlite.tables.marks import comma_of
from nnlite.tables.numbers import NUMBER_FORMATS
from nnlite.tables.table import Table


def decided(
    table: Table,
    kinds: Mapping[str, Kind],
    formats: Mapping[str, str],
    missing: Sequence[str],
    guesses: Mapping[str, Guess] | None = None,
) -> dict[str, Guess]:
    """What each column is: as kinds and formats say, else as guessed, with the errors of `TableEncoder.fit`."""
    for argument, names in (("kinds", kinds), ("formats", formats)):
        for name in names:
            if name not in table.columns:
                raise DataError(f"{argument}: there is no column {name!r}{nearest(name, table.columns)}")
    found = dict(guesses or {})
    comma = comma_of(table)
    if left := [name for name in table.names if name not in found]:
        found |= infer(table.only(left), missing, comma)
    for name, kind in kinds.items():
        if kind not in get_args(Kind):
            raise ConfigError(f"kinds: column {name!r} is {kind!r}{nearest(str(kind), get_args(Kind))}")
        if kind != found[name].kind:
            found[name] = guess_as(kind, table.columns[name], missing, "kinds says so", comma)
    for name, form in formats.items():
        said: Kind = "number" if form in NUMBER_FORMATS else "date"
        if said == "date" and form != dates.ISO and "%" not in str(form):
            raise ConfigError(
                f"formats: column {name!r} is {form!r}{nearest(str(form), (*NUMBER_FORMATS, dates.ISO))}, or a "
                'pattern such as "%d.%m.%Y"'
            )
        if said == "date":
            dates.check_pattern(form)
        if kinds.get(name, said) != said:
            raise ConfigError(
                f"column {name!r} is a {kinds[name]} by kinds and a {said} by formats, {form!r}; say one"
            )
        more = found[name].missing if found[name].kind == said else ()
        found[name] = Guess(said, "formats says so", form, more, frozenset({Sign.SAID}))
    return {name: found[name] for name in table.names}
