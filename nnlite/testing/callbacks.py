"""The contract of a callback as code: `check_callback` runs every check on one, nnlite's or yours."""

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.errors import ConfigError, NnliteError
from nnlite.metrics.metric import Metric
from nnlite.plugins.registry import Registry, specify
from nnlite.signature import copy_of
from nnlite.testing import callback_fits as fits
from nnlite.testing.callback_fits import STEPS, TASKS, Outcome
from nnlite.testing.case import CheckError
from nnlite.testing.hidden_state import same
from nnlite.training.callback_checks import checked
from nnlite.training.callbacks import Callback
from nnlite.types import Array, Task

INTERRUPTIONS = (1, STEPS + 2, 3 * STEPS)
"""The steps after which a fit is interrupted: the first, within an epoch, and at the end of one."""


def check_callback(callback: Callback, *, metrics: Sequence[Metric] = ()) -> None:
    """Runs every check of the contract on copies of a callback, in small fits of a classifier and of a regression.

    Its events take what they are called with, and its arguments are plain values that a config can say. The model has
    the same weights and figures after each step as without the callback, up to where it ends the fit, freezes a
    layer or sets one free. A fit that is interrupted, in an epoch or between two, ends as one that was not: with the
    same history, reason and weights to the bit, and with the same on the callback itself, so that `state` has all
    that it remembers. It writes files under `run_folder` alone, where their paths are relative. It serves a fit of
    one epoch, one of none, and a second fit of the same trainer.

    A callback that looks at a figure which only one of the two models has is checked in the fits of that one. What
    its arguments do is not checked.

    Args:
        callback: the callback.
        metrics: the metrics of the trainer, where the callback looks at the figure of one.

    Raises:
        CheckError: if a check fails.

    >>> from nnlite import StopAtTarget
    >>> from nnlite.testing import check_callback
    >>> check_callback(StopAtTarget(0.8))
    """

    def fail(what: str) -> None:
        raise CheckError(f"{callback!r}: {what}")

    try:
        checked([callback])
    except ConfigError as error:
        raise CheckError(str(error)) from None
    except Exception as error:
        fail(f"its state raises {type(error).__name__}: {error}")
    _check_arguments(callback, fail)
    refused = []
    for task in TASKS:
        try:
            _check_fits(callback, task, [each for each in metrics if task in each.tasks], fail)
        except ConfigError as error:
            refused.append(str(error))
    if len(refused) == len(TASKS):
        fail(f"a fit with it is refused: {refused[0]}")


def _check_arguments(callback: Callback, fail: Callable[[str], object]) -> None:
    """A copy made from its arguments is the same, also after they stood in a config."""
    copied = copy_of(callback)
    if repr(copied) != repr(callback):
        fail(f"made again from its arguments it is {copied!r}")
    registry, description = Registry(), specify(callback)
    registry.classes[type(callback).__name__] = type(callback)
    try:
        made = registry.make(json.loads(json.dumps(description)), Callback)
    except (TypeError, ValueError):
        odd = next(name for name, value in description.items() if not _is_plain(value))
        fail(
            f"its argument {odd!r} is {description[odd]!r}, which a config cannot say: expected plain numbers, text, "
            "lists, or objects of nnlite's kinds"
        )
    if repr(made) != repr(callback):
        fail(f"made again from a config it is {made!r}")


def _is_plain(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def _check_fits(callback: Callback, task: Task, metrics: Sequence[Metric], fail: Callable[[str], object]) -> None:
    """All that is seen in fits of a model for this task; raises `ConfigError` where the callback refuses them."""

    def run(what: str, function: Callable[[Callback], Any]) -> Any:
        """What the function gives of a fresh copy; all fits of a check have one run folder, emptied before each."""
        with _apart() as folder:
            fresh = copy_of(callback)
            fresh.run_folder = folder
            try:
                found = function(fresh)
            except NnliteError:
                raise
            except Exception as error:
                raise CheckError(f"{callback!r}: in {what} it raises {type(error).__name__}: {error}") from error
            if strays := sorted(path.name for path in Path().iterdir()):
                fail(f"it writes {strays[0]} into the working folder: begin relative paths with self.run_folder")
        return found

    whole: Outcome = run("a fit", lambda fresh: fits.outcome(task, fresh, metrics))
    _check_reads(whole, fits.outcome(task, None, metrics), fail)
    again: Outcome = run("a fit", lambda fresh: fits.outcome(task, fresh, metrics))
    if (whole.rows, whole.ended_early) != (again.rows, again.ended_early):
        fail(f"two fits with the same seed differ: {_difference(whole, again)}")
    # What differs between two whole fits, such as a time, is not to be the same after an interruption either.
    steady = [name for name, value in whole.attributes.items() if same(value, again.attributes.get(name))]
    for step in INTERRUPTIONS:

        def go_on(fresh: Callback, step: int = step) -> Outcome | None:
            second = copy_of(callback)
            second.run_folder = fresh.run_folder
            return fits.resumed(task, fresh, second, step, metrics)

        found: Outcome | None = run(f"a fit that goes on after step {step}", go_on)
        if found is not None:
            _check_resumed(whole, found, steady, step, fail)
    run("a fit of one epoch", lambda fresh: fits.fit(fits.trainer(task, [fresh], metrics, 1), task))
    run("a fit of no epoch", lambda fresh: fits.fit(fits.trainer(task, [fresh, fits.StopAtOnce()], metrics), task))

    def twice(fresh: Callback) -> None:
        trained = fits.trainer(task, [fresh], metrics, 2)
        for _ in range(2):
            fits.fit(trained, task)

    run("a second fit of the same trainer", twice)


@contextlib.contextmanager
def _apart() -> Iterator[Path]:
    """Within the block the working folder is an empty one; yields another empty one, for a run's files."""
    with (
        tempfile.TemporaryDirectory() as run_folder,
        tempfile.TemporaryDirectory() as working_folder,
        contextlib.chdir(working_folder),
    ):
        yield Path(run_folder)


def _check_reads(found: Outcome, without: Outcome, fail: Callable[[str], object]) -> None:
    """The model is the same after each step as without the callback, and so are the figures."""
    count = 0
    for number, (one, other) in enumerate(zip(found.steps, without.steps, strict=False), 1):
        if one.trainable != other.trainable:
            return  # a layer was frozen or set free, which is allowed and changes what follows
        if name := _other(one.arrays, other.arrays):
            fail(
                f"{name} is another after step {number} than in a fit without it: a callback only reads. What "
                "changes the numbers of a step (a rate, an average, clipping) is an argument of the trainer; draw "
                "random numbers from a generator of your own, and predict with fit.model.predict"
            )
        count = number
    if len(found.rows) == len(without.rows) and (name := _other(found.arrays, without.arrays)):
        fail(f"{name} is another after the last epoch than in a fit without it: a callback only reads")
    for one_row, other_row in zip(found.rows[: count // STEPS], without.rows, strict=False):
        for column, figure in other_row.items():
            if not same(one_row[column], figure):
                epoch = int(other_row["epoch"])
                fail(
                    f"{column} of epoch {epoch} is {one_row[column]:.9g}, in a fit without it {figure:.9g}: it "
                    "changes the rows, or the model while they are evaluated"
                )


def _check_resumed(
    whole: Outcome, found: Outcome, steady: Sequence[str], step: int, fail: Callable[[str], object]
) -> None:
    """A fit that was interrupted after this step and gone on with has come out as the whole one."""
    hint = "what a callback remembers belongs in its `state`, a property with a setter"
    if difference := _difference(whole, found):
        fail(
            f"a fit that goes on after step {step} ends in another way than one without a stop: {difference}; {hint}"
        )
    for name in steady:
        if not same(whole.attributes[name], found.attributes.get(name)):
            fail(
                f"self.{name} is {found.attributes.get(name)!r} after a fit that was interrupted after step {step} "
                f"and gone on with, {whole.attributes[name]!r} after one without a stop: {hint}"
            )
    if name := _other(found.arrays, whole.arrays):
        fail(f"{name} is another after a fit that goes on after step {step}; {hint}")


def _difference(whole: Outcome, found: Outcome) -> str:
    """How two fits differ in history or reason, in words; "" if they do not."""
    if len(whole.rows) != len(found.rows):
        return f"{len(found.rows)} epochs in place of {len(whole.rows)}"
    for one, other in zip(whole.rows, found.rows, strict=True):
        for column in dict.fromkeys([*one, *other]):
            if not same(one.get(column), other.get(column)):
                return f"{column} of epoch {int(one['epoch'])} is {other.get(column)} in place of {one.get(column)}"
    if whole.ended_early != found.ended_early:
        return f"it ends with {found.ended_early!r} in place of {whole.ended_early!r}"
    return ""


def _other(one: dict[str, Array], other: dict[str, Array]) -> str:
    """The name of the first array that differs; "" if none does."""
    return next((name for name in one if not np.array_equal(one[name], other[name], equal_nan=True)), "")
