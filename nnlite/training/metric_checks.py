"""Checks of metrics: one that is not for the model's task, or has the name of another figure, is refused first."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from nnlite import limits, metrics
from nnlite.core.sequential import Sequential
from nnlite.errors import ConfigError
from nnlite.metrics.metric import Metric
from nnlite.types import Task

_PREDICTED: dict[Task, str] = {
    "classification": "the probabilities of classes",
    "multi-label": "the probability of each label",
    "regression": "numbers",
}

_TAKEN = ("loss", "rows", "classes", "confusion", "baseline", "verdict", "outlying_rows")
"""Names of what stands beside the figures of a part in metrics.json."""

_BYTES_EACH = 32
"""The memory for a number of the outputs while the figures are computed: of the array, its copy and predictions."""


def checked(given: object) -> tuple[Metric, ...]:
    """The list of metrics; raises `ConfigError` where it is none, or two have one name."""
    if not isinstance(given, list | tuple):
        of_one = f", even of one: [{given!r}]" if isinstance(given, Metric) else ""
        raise ConfigError(f"metrics is a {type(given).__name__}, expected a list of metrics{of_one}")
    named: dict[str, Metric] = {}
    for each in given:
        _check_object(each)
        if not isinstance(each.name, str) or not each.name or each.name in _TAKEN:
            raise ConfigError(
                f"{each!r}.name is {each.name!r}; expected a name such as 'f1_macro', and none of {', '.join(_TAKEN)}"
            )
        if each.name in named:
            raise ConfigError(
                f"the metrics {named[each.name]!r} and {each!r} have one name, {each.name!r}: leave one out, or let "
                "their `name` tell them apart"
            )
        named[each.name] = each
    return tuple(named.values())


def _check_object(each: object) -> None:
    if isinstance(each, type) and issubclass(each, Metric):
        raise ConfigError(f"metrics has the class {each.__name__}, expected an object: write {each.__name__}()")
    if isinstance(each, str) and isinstance(getattr(metrics, each, None), type):
        raise ConfigError(f"metrics has the text {each!r}, expected an object: write nnlite.metrics.{each}()")
    if not isinstance(each, Metric):
        raise ConfigError(
            f"metrics has {each!r}, a {type(each).__name__}; expected objects of classes derived from nnlite.Metric"
        )
    kind = type(each).__name__
    if not isinstance(getattr(each, "rising", None), bool):
        raise ConfigError(f"{kind}.rising must be True where a higher figure is better, and otherwise False")
    tasks = getattr(each, "tasks", None)
    if not isinstance(tasks, tuple | list) or not tasks or not set(tasks) <= set(_PREDICTED):
        raise ConfigError(
            f"{kind}.tasks must name the tasks that it is for, a tuple of some of {', '.join(_PREDICTED)}; it is "
            f"{tasks!r}"
        )


def check_for(given: Sequence[Metric], model: Sequential, reported: Iterable[str]) -> tuple[Metric, ...]:
    """The metrics that are to be computed beside the figures of the model's loss.

    One of nnlite's own that the loss reports, under the same name, is left to the loss.

    Args:
        given: the metrics.
        model: the model, built.
        reported: the names of the figures that its loss reports.

    Raises:
        ConfigError: where a metric is not for the model, or has the name of a figure of the loss.
    """
    found, criterion, reported = [], model.network.criterion, set(reported)
    width = math.prod(criterion.predict(np.zeros((1, *model.output_shape), model.dtype)).shape[1:])
    for each in checked(given):
        if criterion.task not in each.tasks:
            raise ConfigError(
                f"the metric {each!r} is not for this model, since {criterion!r} predicts "
                f"{_PREDICTED[criterion.task]}: leave it out, or take one of {', '.join(_shipped(criterion.task))}"
            )
        each.check(criterion.task, width)
        if each.name not in reported:
            found.append(each)
        elif not type(each).__module__.startswith("nnlite."):
            raise ConfigError(
                f"the metric {each!r} has the name {each.name!r}, by which {criterion!r} reports a figure of its "
                "own: give its class a `name` that says what it is"
            )
    return tuple(found)


def _shipped(task: Task) -> list[str]:
    """The names of nnlite's own metrics for a task."""
    own = (getattr(metrics, name) for name in metrics.__all__)
    kinds = (each for each in own if isinstance(each, type) and issubclass(each, Metric))
    return [kind.__name__ for kind in kinds if task in kind.tasks]


def check_memory(model: Sequential, rows: int) -> None:
    """Raises `ConfigError` where the outputs of so many rows, which metrics keep, take too much memory."""
    needed = rows * math.prod(model.output_shape) * _BYTES_EACH
    if needed > (there_is := limits.memory()) / 2:
        raise ConfigError(
            f"metrics need the outputs of all {rows:,} rows of a part at once, about {needed / 1e9:,.1f} GB, and "
            f"there are {there_is / 1e9:,.1f}: leave the metrics out, or take fewer rows"
        )
