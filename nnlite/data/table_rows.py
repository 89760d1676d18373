"""The rows of a table before they are parted: the encoder learns only from those that become training rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnlite.data.dataset import Dataset
from nnlite.data.odd_rows import warn_of_giveaways, warn_of_left_out, warn_of_marks, warn_of_odd_texts
from nnlite.data.rows_apart import warn_of_the_same_rows
from nnlite.data.said import check_target, said_of_columns
from nnlite.data.split import Splits, split, warn_of_unseen_classes
from nnlite.data.table_reader import TableReader
from nnlite.data.time_split import refuse_gaps, time_split, times_of
from nnlite.data.unseen import warn_of_unseen
from nnlite.tables import MISSING, NUMBER_FORMATS, Guess, Kind, Table, TableEncoder, Targets, infer, targets
from nnlite.tables.absent import is_absent
from nnlite.tables.column import as_texts
from nnlite.tables.decided import decided
from nnlite.tables.kinds import guess_as
from nnlite.tables.marks import comma_of
from nnlite.types import Array


@dataclass(frozen=True)
class TableRows:
    """A table with its targets, and what was said of its columns.

    Attributes:
        table: the rows that have a target, without its column.
        found: their targets.
        target: the name of the target's column.
        guesses: what each column is.
        kinds, formats: what was said of columns instead.
        missing: texts that stand for a missing value.
        encoding: how the bytes of the file are text.
        group: the column whose rows stay together; None if each row stands for itself.
        times: (rows,), dates or numbers that order the rows; None if chance parts them.
        test: rows to test on, and their targets, which a file of their own has; None if some of the rows are taken.
    """

    table: Table
    found: Targets
    target: str
    guesses: Mapping[str, Guess]
    kinds: Mapping[str, Kind]
    formats: Mapping[str, str]
    missing: Sequence[str]
    encoding: str
    group: str | None = None
    times: Array | None = None
    test: tuple[Table, Targets] | None = None

    @property
    def decisions(self) -> dict[str, Kind]:
        """What each column is, as it was said, or guessed."""
        by_format: dict[str, Kind] = {
            name: "number" if form in NUMBER_FORMATS else "date" for name, form in self.formats.items()
        }
        return {name: guess.kind for name, guess in self.guesses.items()} | by_format | dict(self.kinds)

    def split(
        self,
        test_fraction: float,
        validation_fraction: float,
        seed: int,
        *,
        shuffle: bool = True,
        member: int = 0,
        members: int = 1,
    ) -> Splits:
        """Parts the rows, as `nnlite.data.split` does, then encodes them.

        Args:
            test_fraction: as in `split`; it has no effect where the test rows have a file of their own.
            validation_fraction, seed, shuffle: as in `split`.
            member: which member of an ensemble the validation rows are drawn for.
            members: how many members there are. All use one encoder, which then learns from all rows but the test
                rows; what is learnt by layers comes from each member's own training rows.
        """
        if self.test is not None:
            test_fraction = 0.0
        if self.times is None:
            train, validation, test = self._by_chance(test_fraction, validation_fraction, seed, shuffle, member)
        else:
            train, validation, test = self._by_time(self.times, test_fraction, validation_fraction)
        assert train is not None
        known = train if members == 1 or validation is None else np.sort(np.concatenate([train, validation]))
        encoder = TableEncoder.fit(
            self.table.rows(known),
            kinds=self.kinds,
            formats=self.formats,
            missing=self.missing,
            guesses=self.guesses,
        )
        reader = TableReader(
            encoder,
            self.target,
            number_format=self.found.format,
            delimiter=self.table.delimiter or None,
            encoding=self.encoding,
        )
        made = [None if part is None else self._part(reader, part) for part in (train, validation, test)]
        assert made[0] is not None
        if self.test is not None:
            made[2] = test_rows = reader.of_targets(*self.test)
            warn_of_unseen(reader.unseen(self.test[0], test_rows.x))
        return Splits(made[0], made[1], made[2])

    def _by_chance(self, test: float, validation: float, seed: int, shuffle: bool, member: int) -> list[Array | None]:
        """The row numbers of the three parts, as chance has them, or, without it, the order of the rows."""
        groups = None if self.group is None else self._groups(self.group)
        # Row numbers stand for the rows until it is known which of them the encoder may learn from.
        numbers = Dataset(np.arange(len(self.table))[:, None], self.found.y, classes=self.found.classes)
        parts = split(numbers, test, validation, seed, shuffle=shuffle, groups=groups, member=member)
        return [None if part is None else part.x[:, 0] for part in (parts.train, parts.validation, parts.test)]

    def _by_time(self, times: Array, test: float, validation: float) -> list[Array | None]:
        """The row numbers of the three parts in order of time."""
        fractions = {"test_fraction": test, "validation_fraction": validation}
        train, last, before = time_split(times, fractions)
        if self.found.classes is not None:
            warn_of_unseen_classes(
                self.found.y, train, self.found.classes, "later rows", "another fraction trains on more rows"
            )
        return [train, before if len(before) else None, last if len(last) else None]

    def _part(self, reader: TableReader, rows: Array) -> Dataset:
        found = Targets(**{**vars(self.found), "y": self.found.y[rows], "rows": self.found.rows[rows]})
        return reader.of_targets(self.table.rows(rows), found)

    def _groups(self, name: str) -> Array:
        """(rows,), the number of each row's group; raises `DataError` where it is missing."""
        cells = as_texts(self.table.columns[name])
        texts = [None if text is None else text.strip() for text in cells.values]
        gone = np.array([is_absent(text, frozenset(self.missing)) for text in texts])
        refuse_gaps(self.table, gone[cells.codes], name, "group", "belongs to no group")
        return np.unique(np.array([text or "" for text in texts]), return_inverse=True)[1][cells.codes]


def table_rows(
    table: Table,
    target: str,
    *,
    test: Table | None = None,
    task: str | None = None,
    missing: Sequence[str] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    formats: Mapping[str, str] | None = None,
    drop: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
    encoding: str = "utf-8",
) -> TableRows:
    """A table as rows to be parted; what is said of its columns is checked.

    Args:
        table: the rows.
        target: the column to predict; rows without a target are left out, with a warning.
        test: rows to test on, if they are apart.
        task: "classification" or "regression"; if None numbers with more than 20 distinct values are a regression.
        missing: texts that stand for a missing value; if None those of `nnlite.tables.MISSING`.
        kinds, formats: what columns are, and how they are written, where the guess is wrong.
        drop: columns to learn nothing from.
        group: a column whose rows stay in one part; nothing is learnt from it.
        time: a column by which the rows are ordered: the latest are the test rows.
        encoding: how the bytes of the table's file are text.

    Raises:
        DataError: where the table, or what was said of it, cannot be used.
    """
    absent = MISSING if missing is None else tuple(missing)
    check_target(table, target)
    said, known = said_of_columns(table, target, kinds, formats, drop, group, time)
    number_format = known.pop(target, None)
    found = targets(table, target, task, missing=absent, format=number_format)  # type: ignore[arg-type] # it checks
    features = table.without(target).rows(found.rows)
    warn_of_left_out(table, target, found)
    apart = None
    if test is not None:
        of_test = targets(
            test,
            target,
            found.task,
            classes=found.classes,
            missing=absent,
            format=found.format or None,
            to_learn=False,
        )
        warn_of_left_out(test, target, of_test)
        warn_of_the_same_rows(table, test)
        apart = test.without(target).rows(of_test.rows), of_test
    comma = comma_of(table)
    guesses = infer(table.without(target), absent, comma)  # a row counter is one if some rows lack a target, too
    for name, kind in said.items():
        if kind == "number" and name in guesses and guesses[name].kind != kind:
            guesses[name] = guess_as(kind, table.columns[name], absent, "kinds says so", comma)
    warn_of_marks(table.without(target), guesses, absent)
    warn_of_odd_texts(
        table, found, {name: guesses[name] for name in guesses if name not in {**said, **known}}, absent
    )
    decisions = decided(features, said, known, absent, guesses)
    names = [name for name in features.names if said.get(name) != "ignore"]
    by_chance = group is None and time is None
    warn_of_giveaways(table.without(target), names, decisions, found, absent, groups=by_chance)
    times = None if time is None else times_of(features, time, guesses, kinds or {}, formats or {}, absent)
    return TableRows(features, found, target, guesses, said, known, absent, encoding, group, times, apart)
