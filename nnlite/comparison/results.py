"""What a comparison of runs has found: groups of seeds, rankings and paired tests, as plain values and in words."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnlite.comparison.listed_run import ListedRun
from nnlite.metrics.paired import McNemar
from nnlite.text import counted, rounded
from nnlite.training.history import History
from nnlite.types import Task


@dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but their seed; most often a single one.

    Attributes:
        runs: their folders.
        values: the figure of each that the runs are ranked by; NaN where it has none.
    """

    runs: tuple[str, ...]
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean of the figure over the runs that have it."""
        known = [value for value in self.values if math.isfinite(value)]
        return float(np.mean(known)) if known else math.nan

    @property
    def spread(self) -> float:
        """The standard deviation of the figure over the runs; NaN for fewer than two."""
        known = [value for value in self.values if math.isfinite(value)]
        return float(np.std(known, ddof=1)) if len(known) > 1 else math.nan


@dataclass(frozen=True)
class PairedTest:
    """Two runs on the same test rows.

    Attributes:
        first, second: the folders of the better run and of the other.
        rows: how many test rows they share.
        mcnemar: of classifiers McNemar's test of their accuracy; None of others.
        p: its p, raised by Holm's method where several pairs are tested; NaN of others.
        figure: what the interval is of: "log_loss" or "rmse".
        difference: that figure of the first run less that of the second: below 0 where the first is better.
        interval: the 95 % interval of the difference by the paired bootstrap; NaN on fewer than 10 rows.
    """

    first: str
    second: str
    rows: int
    mcnemar: McNemar | None
    p: float
    figure: str
    difference: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Comparable:
    """Runs that can be compared: they have one task, and the same data or the same test rows.

    Attributes:
        task: what they predict.
        ranked_by: the figure that ranks them, such as "test_accuracy".
        groups: the runs, the best first; those without the figure last.
        differing: for each key of the config that is not the same in all of them its values, in the order of the
            groups and of the runs in each.
        histories: the curves to draw over each other, by labels with rank, figure and name.
        tests: the best run beside each of the others that has the same test rows.
    """

    task: Task
    ranked_by: str
    groups: tuple[Group, ...]
    differing: dict[str, list[Any]]
    histories: dict[str, History] = field(repr=False)
    tests: tuple[PairedTest, ...]


@dataclass(frozen=True)
class Comparison:
    """Several runs, compared.

    Attributes:
        runs: the runs in the order that they were named.
        differing: for each key of the config that is not the same in all of them its values, in the same order.
        comparable: the runs that can be compared with each other; more than one where tasks or data differ.
        said: sentences on what was not compared, and why.
    """

    runs: tuple[ListedRun, ...]
    differing: dict[str, list[Any]]
    comparable: tuple[Comparable, ...]
    said: tuple[str, ...]


def in_words(test: PairedTest) -> Iterator[str]:
    """Sentences that say what a test of two runs has found.

    >>> from nnlite.metrics.paired import McNemar
    >>> from nnlite.comparison.results import PairedTest, in_words
    >>> found = PairedTest("a", "b", 30, McNemar(2, 1, 1.0, True), 1.0, "log_loss", -0.3, (-0.4, -0.2))
    >>> for sentence in in_words(found):
    ...     print(sentence)
    of 30 rows 2 are right in a alone, 1 in b alone: no more than chance (McNemar, exact: p = 1)
    log loss of a: lower by 0.3000 (95 % interval 0.2000 to 0.4000): more than chance
    """
    if test.mcnemar is not None:
        beyond = "more than chance" if test.p < 0.05 else "no more than chance"
        how = "exact" if test.mcnemar.exact else "corrected for continuity"
        yield (
            f"of {counted(test.rows, 'row')} {test.mcnemar.only_first} are right in {test.first} alone, "
            f"{test.mcnemar.only_second} in {test.second} alone: {beyond} (McNemar, {how}: p = {test.p:.2g})"
        )
    low, high = test.interval
    if test.difference == low == high == 0:
        yield f"{test.figure.replace('_', ' ')}: the same in both"
        return
    if math.isnan(low):
        why = "too few rows for an interval" if math.isfinite(test.difference) else "undefined"
        yield f"{test.figure.replace('_', ' ')} of {test.first}: {why}"
        return
    lower = test.difference <= 0
    size, bounds = abs(test.difference), (-high, -low) if lower else (low, high)
    beyond = "more than chance" if low > 0 or high < 0 else "no more than chance"
    yield (
        f"{test.figure.replace('_', ' ')} of {test.first}: {'lower' if lower else 'higher'} by {rounded(size)} "
        f"(95 % interval {rounded(bounds[0])} to {rounded(bounds[1])}): {beyond}"
    )


def spread_in_words(group: Group) -> str:
    """The figure of a group: of several runs its mean, standard deviation, and least and largest value.

    >>> from nnlite.comparison.results import Group, spread_in_words
    >>> spread_in_words(Group(("a",), (0.5,))), spread_in_words(Group(("a", "b"), (0.5, 0.7)))
    ('0.5000', '0.6000 ± 0.1414 (2 runs, 0.5000 to 0.7000)')
    """
    known = [value for value in group.values if math.isfinite(value)]
    if not known:
        return "none"
    if len(known) == 1:
        return rounded(known[0])
    between = f"{rounded(min(known))} to {rounded(max(known))}"
    return f"{rounded(group.mean)} ± {rounded(group.spread)} ({counted(len(known), 'run')}, {between})"
