"""The contract of a metric as code: `check_metric` runs every check on one, nnlite's or yours."""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlite.errors import ConfigError, NnliteError
from nnlite.metrics.metric import Metric
from nnlite.signature import copy_of
from nnlite.testing.case import CheckError
from nnlite.testing.effects import check_effects
from nnlite.testing.hidden_state import hidden_state
from nnlite.text import counted
from nnlite.training.metric_checks import checked
from nnlite.types import Array, Task

TOLERANCE = 1e-9
"""How far two figures may be apart that are the same but for the order in which numbers are added up."""

ROWS = 24


@dataclass(frozen=True)
class _Rows:
    """Rows to compute a metric of.

    Attributes:
        task: what is predicted.
        width: how many classes, labels or numbers.
        predictions, targets: as `Metric.compute` takes them.
    """

    task: Task
    width: int
    predictions: Array
    targets: Array

    def taken(self, rows: Any) -> "_Rows":
        """These rows of them."""
        return _Rows(self.task, self.width, self.predictions[rows], self.targets[rows])

    def __str__(self) -> str:
        words = {"classification": "classes", "multi-label": "labels", "regression": "numbers"}
        return f"{counted(len(self.targets), 'row')} of {self.width} {words[self.task]}"


def check_metric(metric: Metric, variants: Mapping[str, Any] | None = None) -> None:
    """Runs every check of the contract on a metric, with made-up rows of each task that it is for.

    It says for which tasks it is and whether it rises; other arguments give another name; `compute` gives a number,
    the same when called again and for the rows in another order, and changes neither its arguments nor the metric; a
    weight of 2 counts as the row twice, and weights that are all 3 times as large change nothing; where figures are
    undefined (one row, a single class, equal numbers) it gives NaN without a warning, and `needs` says why; perfect
    predictions are no worse than random ones by `rising`; a copy made from its arguments is the same; and each
    argument has an effect.

    Args:
        metric: the metric.
        variants: another valid value, by name, for each argument that is neither a number, nor a boolean, nor a
            choice of names.

    Raises:
        CheckError: if a check fails.

    >>> from nnlite.metrics import F1
    >>> from nnlite.testing import check_metric
    >>> check_metric(F1())
    """

    def fail(what: str) -> None:
        raise CheckError(f"{metric!r}: {what}")

    try:
        checked([metric])
    except ConfigError as error:
        raise CheckError(str(error)) from None
    copied = copy_of(metric)
    if repr(copied) != repr(metric):
        fail(f"made again from its arguments it is {copied!r}")
    if copied.name != metric.name or not re.fullmatch(r"[a-z0-9]+(_[a-z0-9.]+)*", metric.name):
        fail(f"its name is {metric.name!r}; expected words in small letters joined by _, such as 'f1_macro'")
    cases = list(_cases(metric))
    if not cases:
        fail("its check refuses every model: 2, 3 and 6 classes or labels, and 1 and 2 numbers")
    for rows in cases:
        _check_rows(metric, rows, fail)
        _check_degenerate(metric, rows, fail)
    _check_direction(metric, cases, fail)
    names: dict[str, str] = {}

    def observed(other: Metric) -> list[float]:
        if names.setdefault(other.name, repr(other)) != repr(other):
            fail(f"{names[other.name]} and {other!r} have one name, {other.name!r}; expected the arguments in it")
        return [_figure(other, rows) for rows in _cases(other)]

    check_effects(metric, observed, fail, "figures", variants=variants)


def _cases(metric: Metric) -> Iterator[_Rows]:
    """Rows of every kind that the metric is for."""
    for task in metric.tasks:
        for width in (1, 2) if task == "regression" else (2, 3, 6):
            try:
                metric.check(task, width)
            except ConfigError:
                continue
            rng = np.random.default_rng([width, len(task)])
            yield _Rows(task, width, *_made(task, width, ROWS, rng))


def _made(task: Task, width: int, rows: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Predictions, of which some are equal and some wrong, and targets that they are near to, for so many rows."""
    targets: Array
    if task == "regression":
        shape = (rows,) if width == 1 else (rows, width)
        targets = 10 * rng.normal(size=shape)
        return targets + rng.normal(size=shape).round(1) + 0.25, targets
    if task == "multi-label":
        targets = rng.integers(0, 2, (rows, width))
        targets[:2] = [[0] * width, [1] * width]
        return (0.1 + 0.3 * targets + 0.5 * rng.random((rows, width))).round(1), targets
    targets = np.concatenate([np.arange(width), rng.integers(0, width, rows - width)])
    scores = (rng.random((rows, width)) + 0.6 * (targets[:, None] == np.arange(width))).round(1) + 0.1
    return scores / scores.sum(axis=1, keepdims=True), targets


def _figure(metric: Metric, rows: _Rows, weights: Array | None = None) -> float:
    """The metric of these rows; fails where it raises, warns, or changes what it is given."""
    given = [rows.predictions.copy(), rows.targets.copy()] + ([] if weights is None else [weights.copy()])
    before = [array.copy() for array in given]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            figure = metric(given[0], given[1], given[2] if weights is not None else None)
        except NnliteError as error:
            raise CheckError(str(error)) from None
        except Exception as error:
            raise CheckError(f"{metric!r}: compute raises {type(error).__name__} ({error}) for {rows}") from None
    for name, array, was in zip(("predictions", "targets", "weights"), given, before, strict=False):
        if not np.array_equal(array, was):
            raise CheckError(f"{metric!r}: compute changes the {name} that it is given: it must work on a copy")
    return figure


def _same(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True))


def _check_rows(metric: Metric, rows: _Rows, fail: Callable[[str], object]) -> None:
    """The figure depends on the rows and their weights alone."""
    used = copy_of(metric)
    figure = _figure(used, rows)
    if not np.isfinite(figure):
        fail(f"compute gives {figure} for {rows}, in which every class stands and nothing is equal")
    if (again := _figure(used, rows)) != figure:
        fail(f"compute gives {figure} for {rows}, and then {again} for the same")
    order = np.random.default_rng(0).permutation(len(rows.targets))
    if not _same(other := _figure(metric, rows.taken(order)), figure):
        fail(f"compute gives {figure} for {rows}, and {other} for the same in another order")
    for parts in (rows.taken(slice(None, None, 2)), rows.taken(slice(0, 5))):
        _figure(used, parts)
    if name := hidden_state(copy_of(metric), used, known=()):
        fail(f"self.{name} changes in compute, which is called for other rows too: keep nothing on self")
    weights = np.random.default_rng(1).integers(1, 4, len(rows.targets)).astype(np.float64)
    repeated = rows.taken(np.repeat(np.arange(len(rows.targets)), weights.astype(int)))
    weighted, expected = _figure(metric, rows, weights), _figure(metric, repeated)
    if not _same(weighted, expected):
        fail(f"a weight is no repetition: for {rows} with weights it is {weighted}, for each so often {expected}")
    if not _same(scaled := _figure(metric, rows, 3 * weights), weighted):
        fail(f"with weights 3 times as large it is {scaled} in place of {weighted}: divide by their sum")
    if not _same(alike := _figure(metric, rows, np.ones(len(weights))), figure):
        fail(f"with a weight of 1 for each row it is {alike}, without weights {figure}")


def _check_degenerate(metric: Metric, rows: _Rows, fail: Callable[[str], object]) -> None:
    """Where a figure may be undefined it is a number or NaN, and what is lacking is said."""
    of_one = [rows.taken([0]), rows.taken([5])]
    equal = np.full_like(rows.predictions, 1 / rows.width if rows.task == "classification" else 0.5)
    kinds = [rows.targets[0], rows.targets[1]]
    same_targets = [
        _Rows(rows.task, rows.width, rows.predictions, np.broadcast_to(kind, rows.targets.shape)) for kind in kinds
    ]
    same_predictions = [
        _Rows(rows.task, rows.width, equal, rows.targets),
        _Rows(rows.task, rows.width, np.broadcast_to(rows.predictions[0], equal.shape), rows.targets),
    ]
    for what, parts in (
        ("a single row", of_one),
        ("rows with the same target", same_targets),
        ("rows with the same prediction", same_predictions),
    ):
        for each in parts:
            for weights in (None, np.full(len(each.targets), 2.0)):
                figure = _figure(metric, each, weights)
                if np.isinf(figure):
                    fail(f"compute gives {figure} for {what}; expected a number, or NaN where it is undefined")
                if np.isnan(figure) and not metric.needs:
                    fail(
                        f"compute gives NaN for {what}, and `needs` does not say what rows it needs: "
                        'needs = "rows of both classes", say'
                    )


def _check_direction(metric: Metric, cases: list[_Rows], fail: Callable[[str], object]) -> None:
    """Perfect predictions are no worse than random ones, and somewhere better."""
    better = False
    for rows in cases:
        perfect = _figure(metric, _Rows(rows.task, rows.width, _perfect(rows), rows.targets))
        for seed in range(5):
            rng = np.random.default_rng([seed, rows.width])
            shuffled = rows.predictions[rng.permutation(len(rows.targets))]
            random = _figure(metric, _Rows(rows.task, rows.width, shuffled, rows.targets))
            ahead = perfect - random if metric.rising else random - perfect
            if ahead < -TOLERANCE:
                fail(
                    f"rising is {metric.rising}, but perfect predictions of {rows} give {perfect:.6g}, which is "
                    f"worse than random ones with {random:.6g}"
                )
            better |= ahead > TOLERANCE
    if not better:
        fail("perfect predictions give the same as random ones: it does not look at the targets")


def _perfect(rows: _Rows) -> Array:
    if rows.task == "classification":
        return np.eye(rows.width)[rows.targets]
    return rows.targets.astype(np.float64)
