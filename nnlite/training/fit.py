"""A fit under way: which epoch and step it is at, the figures of the epoch so far, and the callbacks to call."""

import functools
import math
import numbers
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from nnlite import clock
from nnlite.core.state import State
from nnlite.errors import ConfigError
from nnlite.metrics.metric import Metric
from nnlite.metrics.monitor import monitored
from nnlite.schedules.schedule import Moment, Schedule
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.evaluation import Means, evaluate_feed
from nnlite.training.feed import Batch, Feeds
from nnlite.training.final_weights import FinalWeights
from nnlite.training.history import History
from nnlite.types import Array
from nnlite.warning import warn

Listeners: TypeAlias = Mapping[str, Sequence[Callable[..., None]]]
"""For each event of a `Callback`, the methods to call."""


class Fit:
    """Where one call of `Trainer.fit` is; callbacks get it with every event.

    Args:
        feeds: the training rows, and the validation rows or None.
        step_rows: rows per step; None for a full-batch method, which has one step an epoch.
        epochs: how many epochs to make.
        history: the trainer's history, to which each epoch adds a row.
        weights: decides which weights are kept; with early stopping also when the fit ends.
        schedule: multiplies the learning rate, if there is one.
        max_seconds: how long the fit may take, if there is a limit.
        earlier_steps: how many steps the trainer's earlier fits have made.
        listeners: the methods of callbacks to call, for each event.
        metrics: the metrics to compute beside the figures of the loss, checked.

    Attributes:
        model: the model in training.
        train: the training rows, checked and prepared for the model; `evaluate` takes them.
        validation: the validation rows in the same form, or None.
        history: one row for each epoch so far, of earlier fits too.
        step: how many steps of the current epoch are done, not of the whole fit; 0 between two epochs.
        epochs: how many epochs the fit is to make.
        steps: how many steps an epoch has; 1 for a full-batch method.
        learning_rate: the learning rate of the last step.
        means: the loss and metrics of the current epoch's steps so far.
        metrics: the metrics that are computed beside the figures of the loss.
        cut_short: whether the last epoch ended before all its steps were made.
        watched: whether anybody is to be asked after each step: a callback, or the clock.
        over: whether the fit has come to its end: all epochs are made, or it was ended early; but not interrupted.
        ended_early: why the fit has made fewer epochs, as in `Trainer.ended_early`; "" before its end.
        restart: the state of the trainer when a full-batch method last began anew, which it does every 200
            iterations. A fit with such a method resumes from there, since the method keeps what it remembers since
            then to itself. None for the other methods.
    """

    def __init__(
        self,
        feeds: Feeds,
        step_rows: int | None,
        epochs: int,
        history: History,
        weights: FinalWeights,
        *,
        schedule: Schedule | None,
        max_seconds: float | None,
        earlier_steps: int,
        listeners: Listeners,
        metrics: Sequence[Metric] = (),
    ) -> None:
        self.train, self.validation = feeds
        self.model, self.history, self.epochs = self.train.model, history, epochs
        self.steps = 1 if step_rows is None else self.train.steps(step_rows)
        self.step, self.learning_rate, self.cut_short = 0, 0.0, False
        self.metrics = metrics
        self.means = Means(self.model.network.criterion, metrics)
        self.watched = bool(listeners["after_step"]) or max_seconds is not None
        self.over, self.ended_early = False, ""
        self.restart: State | None = None
        self._step_rows, self._weights, self._schedule, self._listeners = step_rows, weights, schedule, listeners
        self._max_seconds = max_seconds
        self._earlier_epochs, self._earlier_steps = len(history), earlier_steps
        self._order: Array | None = None  # of the rows in the current epoch; None between two epochs
        self._rows_before: Mapping[str, str] = {}  # the hashes of the rows of the fit before
        self._warned = set[str]()  # whose monitored figure was told to be undefined
        self._stop = ""  # why a callback wants the fit to end
        self._started = self._epoch_started = clock.seconds()
        self._begin_monitoring()

    # Where it is.

    @property
    def epoch(self) -> int:
        """How many epochs of this fit are done."""
        return len(self.history) - self._earlier_epochs

    @property
    def epochs_left(self) -> int:
        """How many epochs are still to be made, the current one among them."""
        return self.epochs - self.epoch

    @property
    def epoch_of_weights(self) -> int:
        """The epoch, as in the history, whose weights the fit leaves: the best with early stopping, or the last."""
        stopping = self._weights.stopping
        return (stopping and stopping.best_epoch) or len(self.history)

    @property
    def moment(self) -> Moment:
        """The beginning of the next step, as a schedule sees it."""
        return Moment(
            epoch=self.epoch,
            step=self.step,
            epochs=self.epochs,
            steps=self.steps,
            earlier=self._earlier_epochs,
            earlier_steps=self._earlier_steps,
            clock=0.0 if self._max_seconds is None else self.seconds / self._max_seconds,
        )

    @property
    def seconds(self) -> float:
        """How long the fit has taken so far."""
        return clock.seconds() - self._started

    def __repr__(self) -> str:
        return f"Fit({self.epoch} of {self.epochs} epochs done, {self.step} of {self.steps} steps of the next)"

    @functools.cached_property
    def mean_weight(self) -> float | None:
        """The mean weight of the training rows; None where they have none."""
        return self.train.mean_weight

    # An epoch.

    def batches(self, shuffle: np.random.Generator) -> Iterator[Batch]:
        """The batches of the epoch: all of them in a new order, or those that an interrupted epoch still lacks."""
        assert self._step_rows is not None
        if self._order is None:
            self._order = shuffle.permutation(len(self.train))
            self.means = Means(self.model.network.criterion, self.metrics)
        elif self._stop:
            return iter(())  # it was interrupted after the step in which a callback asked for the end
        return self.train.batches(self._step_rows, self._order, self.step)

    def ends_here(self) -> bool:
        """Calls the callbacks after a step; returns whether the epoch ends with it, before all its steps are made."""
        for listener in self._listeners["after_step"]:
            _call(listener, "after_step", self)
        return self._stop != "" or self._out_of_time

    def end_epoch(self, training: Mapping[str, float], learning_rate: float | None = None) -> None:
        """Validates, keeps the best weights, informs the schedule, records the epoch and calls the callbacks.

        Args:
            training: the loss and metrics of the training rows.
            learning_rate: the learning rate of the last step, if the optimizer has one.
        """
        row: dict[str, float] = {"epoch": len(self.history) + 1}
        row |= {f"training_{name}": figure for name, figure in training.items()}
        if self.validation is not None:
            found = evaluate_feed(self.validation, self._weights.shown, self.before_portion, self.metrics)
            row |= {f"validation_{name}": figure for name, figure in found.items()}
        if learning_rate is not None:
            row["learning_rate"] = learning_rate
        row["seconds"] = clock.seconds() - self._epoch_started
        self.cut_short = self.step < self.steps
        self.step, self._order = 0, None
        self._warn_of_undefined(row)
        self._weights.after_epoch(row)
        if self._schedule is not None:
            self._schedule.after_epoch(row)
        self.history.append(row)
        self._epoch_started = clock.seconds()
        added_by: dict[str, str] = {}
        for listener in self._listeners["after_epoch"]:
            _call(listener, "after_epoch", self, row := dict(self.history.rows[-1]))
            self.history.rows[-1] = _extended(self.history.rows[-1], row, listener, added_by)
        if self._listeners["after_epoch"]:
            self.model.follow_freezing()  # a callback may have frozen a layer
            self._epoch_started = clock.seconds()

    def _warn_of_undefined(self, row: Mapping[str, float]) -> None:
        """Warns, once in a fit, where a figure that is monitored is NaN or infinite: it is no improvement."""
        monitoring: dict[str, EarlyStopping | Schedule] = {}
        if self._weights.stopping is not None:
            monitoring["early stopping"] = self._weights.stopping
        if self._schedule is not None and type(self._schedule).after_epoch is not Schedule.after_epoch:
            monitoring["the schedule"] = self._schedule
        for who, watcher in monitoring.items():
            column = monitored(watcher.monitor, row)
            if not math.isfinite(row[column]) and who not in self._warned:
                self._warned.add(who)
                warn(
                    f"{column} is {row[column]} in epoch {row['epoch']}: to {who}, which monitors it, such an epoch "
                    "is no improvement"
                )

    def before_portion(self) -> None:
        """Calls the callbacks before a portion of rows is computed with."""
        for listener in self._listeners["before_portion"]:
            _call(listener, "before_portion", self)

    # Its end.

    def stop(self, why: str) -> None:
        """Ends the fit as soon as possible.

        Called from `after_step` the epoch ends with that step, and is validated and recorded; from `after_epoch`, or
        while rows are validated, no further epoch begins; from `begin` there is none at all.

        Args:
            why: the reason in words, such as "accuracy 0.95 is reached"; it stands in `Trainer.ended_early`.
        """
        self._stop = why or "a callback asked for it"

    def verdict(self) -> str:
        """Why the fit ends before all its epochs are made, in words; "" as long as it goes on."""
        if self.step or (not self.epochs_left and not self.cut_short):
            return ""
        if not self.epoch:
            return f"stopped before the first epoch: {self._stop}" if self._stop else ""
        why = self._weights.verdict() or self._stop
        if not why and self._out_of_time:
            why = f"{self._max_seconds:g} seconds are used up"
        return f"stopped after epoch {len(self.history)}: {why}" if why else ""

    @property
    def _out_of_time(self) -> bool:
        return self._max_seconds is not None and self.seconds >= self._max_seconds

    # Resuming.

    @property
    def state(self) -> State:
        """Where the fit is, to the step; with the order of the rows, since it cannot be drawn again."""
        now = clock.seconds()
        own = State(
            {
                "rows": [None if feed is None else len(feed) for feed in (self.train, self.validation)],
                "step": self.step,
                "learning_rate": self.learning_rate,
                "cut_short": self.cut_short,
                "stop": self._stop,
                "earlier": [self._earlier_epochs, self._earlier_steps],
                "seconds": now - self._started,
                "epoch_seconds": now - self._epoch_started,
            }
        )
        means = State()
        if self._order is not None:
            own.arrays["order"] = self._order.astype(np.min_scalar_type(len(self._order) - 1))
            means = self.means.state
        return State.of(own=own, means=means)

    @state.setter
    def state(self, state: State) -> None:
        own, now = state.part("own"), clock.seconds()
        self.step, self.learning_rate = own.values["step"], own.values["learning_rate"]
        self.cut_short, self._stop = own.values["cut_short"], own.values["stop"]
        self._earlier_epochs, self._earlier_steps = own.values["earlier"]
        self._started, self._epoch_started = now - own.values["seconds"], now - own.values["epoch_seconds"]
        self._order = None
        if "order" in own.arrays:
            self._order, self.means.state = own.arrays["order"].astype(np.intp), state.part("means")

    # Whether figures compare with those of the fit before.

    def _begin_monitoring(self) -> None:
        """Tells history, schedule and early stopping whether this fit's figures compare with the last fit's.

        They do if they are of the same rows, and early stopping looks at the same column.
        """
        history, schedule, stopping = self.history, self._schedule, self._weights.stopping
        own = {metric.name: metric.rising for metric in self.metrics}
        rising = tuple(name for name in self.model.network.criterion.rising if name not in own)
        rising += tuple(name for name, rises in own.items() if rises)
        default = "training_loss" if self.validation is None else "validation_loss"
        history.monitor, history.rising = (stopping and stopping.monitor) or default, rising
        history.metrics = tuple(own)
        if stopping is not None:
            history.min_delta, history.ties = stopping.min_delta, stopping.ties
        self._rows_before, self._weights.rows = self._weights.rows, {}
        # A hash of all rows takes time, so it is computed only for those who ask for it.
        if schedule is not None and type(schedule).begin is not Schedule.begin:
            schedule.begin(rising, self.same_rows(schedule.monitor or default))
        if stopping is not None:
            same_rows = self.same_rows(history.monitor)
            stopping.begin(rising, same_rows and stopping.best.column == history.monitor)
            if stopping.best_epoch is None:
                history.since = len(history) + 1

    def same_rows(self, column: str) -> bool:
        """Whether a column's figures are of the same rows as in the fit before, so that they compare with those.

        Rows are compared by a hash, which takes time where they are many. A figure that is neither one of the
        training rows nor one of the validation rows, such as a callback's own, may be of both.

        Args:
            column: the column of the history, such as "validation_loss".
        """
        own, rows = column.partition("_")[0], self._weights.rows
        feeds = {"training": self.train, "validation": self.validation}
        parts = [own] if own in feeds else [*feeds]
        for part in parts:
            if part not in rows and (feed := feeds[part]) is not None:
                rows[part] = feed.digest()
        return all(self._rows_before.get(part) == rows.get(part) for part in parts)


def _call(listener: Callable[..., object], event: str, *arguments: Any) -> None:
    """Calls a callback's method, which returns nothing; a `return True`, say, would end no fit."""
    if (returned := listener(*arguments)) is not None:
        raise ConfigError(
            f"{_name(listener)}.{event} returned {returned!r}, with which nothing would be done; "
            "fit.stop(why) ends a fit"
        )


def _name(listener: Callable[..., object]) -> str:
    """The name of the class of a callback with this method."""
    return type(getattr(listener, "__self__", listener)).__name__


def _extended(
    before: dict[str, float], after: dict[str, Any], listener: Callable[..., None], added_by: dict[str, str]
) -> dict[str, float]:
    """The epoch's row with the figures that a callback has added; raises `ConfigError` where they are none.

    Args:
        before: the row as the callback got it.
        after: the row as the callback left it.
        listener: the callback's method.
        added_by: for each added figure the class whose callback added it; this one's are put in.
    """
    callback = _name(listener)
    for name, figure in (dict.fromkeys(before) | after).items():
        if name in before:
            if figure is before[name]:
                continue
            if name in added_by:
                raise ConfigError(
                    f"{callback}.after_epoch: {name!r} was already added by {added_by[name]}, another callback of "
                    "this fit; give it another name"
                )
            raise ConfigError(
                f"{callback}.after_epoch changed {name!r} of the epoch's row; it may only add figures, under new "
                "names"
            )
        if not isinstance(name, str) or not name:
            raise ConfigError(f"{callback}.after_epoch added a figure named {name!r}; expected a string")
        elif isinstance(figure, bool) or not isinstance(figure, numbers.Real):
            raise ConfigError(f"{callback}.after_epoch added {name} = {figure!r}; expected a number")
        else:
            added_by[name] = callback
    return before | {name: float(figure) for name, figure in after.items() if name not in before}
