"""The contract of a schedule as code: `check_schedule` runs every check on one, nnlite's or yours."""

import json
from collections.abc import Mapping
from typing import Any

from nnlite.core.state import State
from nnlite.errors import ConfigError, NnliteError
from nnlite.schedules.schedule import Moment, Schedule
from nnlite.signature import copy_of
from nnlite.testing.case import CheckError
from nnlite.testing.effects import check_effects
from nnlite.testing.hidden_state import hidden_state

FITS = ((60, 3), (1, 40))
"""The lengths of the fits that are tried: epochs, and steps in each."""

LOSSES = (*(0.98**epoch for epoch in range(20)), *[0.9] * 40)
"""The losses of the epochs: they fall slowly, then rise and stand still."""


def check_schedule(schedule: Schedule, variants: Mapping[str, Any] | None = None) -> None:
    """Runs every check of the contract on copies of a schedule.

    Its factor is a finite number of at least 0 in each step of every fit, and not 0 in all of them; it is the same
    when asked again at the same moment; a copy made from its arguments gives the same factors; its memory can be
    saved, and another schedule that is given it goes on with the same factors; nothing else changes on it while it
    runs; and each argument has an effect.

    Args:
        schedule: the schedule.
        variants: another valid value, by name, for each argument that is neither a number, nor a boolean, nor a
            choice of names.

    Raises:
        CheckError: if a check fails.

    >>> from nnlite import Cosine
    >>> from nnlite.testing import check_schedule
    >>> check_schedule(Cosine())
    """

    def fail(what: str) -> None:
        raise CheckError(f"{schedule!r}: {what}")

    copied = copy_of(schedule)
    if repr(copied) != repr(schedule):
        fail(f"made again from its arguments it is {copied!r}")
    factors = []
    for epochs, steps in FITS:
        try:
            schedule.check(epochs, steps)
        except ConfigError:
            continue
        factors += _check_fit(schedule, epochs, steps, fail)
    if not factors:
        fits = " and ".join(f"{epochs} epochs of {steps} steps" for epochs, steps in FITS)
        fail(f"its check refuses every fit that is tried: {fits}")
    if not any(factors):
        fail("its factor is 0 in every step: a model learns nothing with a rate of 0")
    # `monitor` chooses a column, and all are alike here.
    check_effects(schedule, _observed, fail, "factors", variants=variants, ignored=("monitor",))


def _check_fit(schedule: Schedule, epochs: int, steps: int, fail: Any) -> list[float]:
    """Runs a schedule through a fit, and again with a stop after half of the epochs; returns the factors."""
    whole, again, first, second = (copy_of(schedule) for _ in range(4))
    factors, used = _factors(whole, range(epochs), epochs, steps), whole
    if factors != _factors(again, range(epochs), epochs, steps):
        fail("two schedules with the same arguments give other factors")
    if name := hidden_state(_begun(copy_of(schedule)), used, known=("memory", "rising")):
        fail(
            f"self.{name} changes while it runs, but is no part of its state, so a resumed training has other rates: "
            "name what it remembers, with its first value, in `remembers`, and keep it in self.memory"
        )
    half = epochs // 2
    begun = _factors(first, range(half), epochs, steps)
    try:
        saved = json.loads(json.dumps(first.state.values))
    except (TypeError, ValueError) as error:
        fail(f"its memory {first.memory} cannot be saved ({error}): only plain numbers, text, lists and dictionaries")
    _begun(second)
    second.state = State(saved)
    if begun + _factors(second, range(half, epochs), epochs, steps) != factors:
        fail("continuing from its state gives other factors than never stopping")
    return factors


def _factors(schedule: Schedule, of: range, epochs: int, steps: int) -> list[float]:
    """The factors of all steps of some epochs; a fit begins before the first of them."""
    if of.start == 0:
        _begun(schedule)
    found = []
    for epoch in of:
        for step in range(steps):
            moment = Moment(epoch, step, epochs=epochs, steps=steps)
            try:
                factor, again = (schedule.checked_multiplier(moment) for _ in range(2))
            except NnliteError as error:
                raise CheckError(str(error)) from None
            except Exception as error:
                raise CheckError(
                    f"{schedule!r}.multiplier raises {type(error).__name__} ({error}) at {moment}"
                ) from None
            if factor != again:
                raise CheckError(
                    f"{schedule!r}.multiplier gives another factor for the same moment: {factor}, {again}"
                )
            found.append(float(factor))
        loss = LOSSES[epoch % len(LOSSES)]
        schedule.after_epoch({"epoch": epoch + 1, "training_loss": loss, "validation_loss": loss})
    return found


def _begun(schedule: Schedule) -> Schedule:
    schedule.begin((), comparable=True)
    return schedule


def _observed(schedule: Schedule) -> list[list[float]]:
    """The factors of each fit; [] for one that the schedule refuses."""
    fits = []
    for epochs, steps in FITS:
        try:
            schedule.check(epochs, steps)
            fits.append(_factors(copy_of(schedule), range(epochs), epochs, steps))
        except ConfigError:
            fits.append([])
    return fits
