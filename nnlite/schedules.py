"""A schedule says how the learning rate changes while a model is trained."""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeAlias

from nnlite.best import Best
from nnlite.layer import Loss
from nnlite.signature import Configured, Fraction, NonNegativeFloat, NonNegativeInt, PositiveInt

__all__ = ["Cosine", "ExponentialDecay", "OneCycle", "ReduceOnPlateau", "StepDecay"]

Per: TypeAlias = Literal["epoch", "step"]
"""When a rate changes: once an epoch, or with every step."""


class Moment(NamedTuple):
    """Where training is at the beginning of a step.

    Attributes:
        epoch: how many epochs of this fit are done: 0 in its first.
        step: how many steps of this epoch are done: 0 at its first.
        epochs: how many the fit has in all.
        steps: how many an epoch has.
        earlier: how many epochs earlier fits have made.
        earlier_steps: how many steps they have made.
        clock: the part of the fit's seconds that is used up; 0 where it may take any number of them.

    >>> from nnlite.schedules import Moment
    >>> Moment(epoch=1, step=2, epochs=4, steps=5).progress
    0.35
    """

    epoch: int
    step: int
    epochs: int
    steps: int
    earlier: int = 0
    earlier_steps: int = 0
    clock: float = 0.0

    @property
    def progress(self) -> float:
        """How much of this fit is over, in steps or by the clock: 0 at its first step, below 1 at its last."""
        done, of = self.elapsed("step")
        return done / of

    def elapsed(self, per: Per) -> tuple[int, int]:
        """How many epochs, or steps, of this fit are over, and how many it has in all.

        Where the clock is ahead of the steps, those that it stands for are over: what spans a fit, such as a
        cosine wave, then comes to its end in time.
        """
        of = self.epochs * self.steps
        over = max(self.epoch * self.steps + self.step, min(int(self.clock * of), of - 1))
        return (over // self.steps, self.epochs) if per == "epoch" else (over, of)

    def since_start(self, per: Per) -> int:
        """How many epochs, or steps, were made since the first fit began, whatever the clock says."""
        if per == "epoch":
            return self.earlier + self.epoch
        return self.earlier_steps + self.epoch * self.steps + self.step


class Schedule(Configured, ABC):
    """What the optimizer's learning rate is multiplied by, from step to step.

    The schedules that decay count the steps or epochs that were made, and go on from one fit to the next.
    `Cosine` and `OneCycle` span a fit, also one that is limited in seconds: the next one goes through them anew.

    Attributes:
        state: what cannot be told from the moment, as plain values by name. Together with the arguments it is
            all that another schedule needs to go on from here.
        monitor: the figure of the history that `after_epoch` looks at, if the user chose one.
    """

    remembers: ClassVar[Mapping[str, Any]] = {}
    state: dict[str, Any]
    monitor: str | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        schedule = super().__new__(cls)
        schedule.state = copy.deepcopy(dict(cls.remembers))
        return schedule

    @abstractmethod
    def multiplier(self, moment: Moment) -> float:
        """What the learning rate is multiplied by in the step that begins at this moment."""

    def begin(self, rising: tuple[str, ...], comparable: bool) -> None:
        """Begins another fit.

        Args:
            rising: the metrics that are better the higher they are.
            comparable: whether figures are of the same rows as those of the fit before.
        """

    def after_epoch(self, row: Mapping[str, float]) -> None:
        """Learns the figures of the epoch that has ended: a row of the history."""

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # two schedules would share their state


class StepDecay(Schedule):
    """Step decay: η·factor^⌊t/every⌋, where t counts the epochs, or the steps, that were made.

    As PyTorch's StepLR, called after every epoch or after every step.

    Args:
        every: epochs (or steps) from one fall of the rate to the next.
        factor: what each fall multiplies the rate by.
        per: whether t counts "epoch"s or "step"s.

    >>> from nnlite.schedules import Moment, StepDecay
    >>> [StepDecay(every=2).multiplier(Moment(epoch, 0, epochs=5, steps=1)) for epoch in range(4)]
    [1.0, 1.0, 0.1, 0.1]

    Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2015), section 3.4.
    """

    def __init__(self, every: PositiveInt = 10, factor: Fraction = 0.1, per: Per = "epoch") -> None:
        self.every = every
        self.factor = factor
        self.per = per

    def multiplier(self, moment: Moment) -> float:
        return float(self.factor ** (moment.since_start(self.per) // self.every))


class ExponentialDecay(Schedule):
    """Exponential decay: η·factor^t, where t counts the epochs, or the steps, that were made.

    As PyTorch's ExponentialLR, called after every epoch or after every step.

    Args:
        factor: what each epoch (or step) multiplies the rate by.
        per: whether t counts "epoch"s or "step"s.

    >>> from nnlite.schedules import ExponentialDecay, Moment
    >>> [ExponentialDecay(0.5).multiplier(Moment(epoch, 0, epochs=3, steps=1)) for epoch in range(3)]
    [1.0, 0.5, 0.25]

    Source: Goodfellow, Bengio, Courville, "Deep learning" (2016), section 8.3.1, on decreasing rates.
    """

    def __init__(self, factor: Fraction = 0.95, per: Per = "epoch") -> None:
        self.factor = factor
        self.per = per

    def multiplier(self, moment: Moment) -> float:
        return float(self.factor ** moment.since_start(self.per))


class Cosine(Schedule):
    """Half a cosine wave from η down: η·(floor + (1 − floor)·(1 + cos(π·t/T))/2), after a linear warm-up.

    t of a cycle's T steps are done, so that a cycle's first step has the whole rate, and no step the floor
    itself. With restarts the fit after the warm-up is cut into cycles, and the last one ends with the fit. The
    warm-up's W steps have η·(t + 1)/(W + 1). As PyTorch's CosineAnnealingLR, CosineAnnealingWarmRestarts
    and LinearLR.

    Args:
        warmup: what part of the fit the warm-up takes, rounded to whole steps (or epochs).
        restarts: how often the wave begins anew.
        lengthening: how many times as long as the one before each cycle is.
        floor: where a wave ends, as a part of η.
        per: whether t counts "step"s or "epoch"s, which all have their first step's rate.

    >>> from nnlite.schedules import Cosine, Moment
    >>> [round(Cosine().multiplier(Moment(epoch, 0, epochs=4, steps=1)), 3) for epoch in range(4)]
    [1.0, 0.854, 0.5, 0.146]

    Sources: Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017); the warm-up: Goyal
    and others, "Accurate, large minibatch SGD" (2017).
    """

    def __init__(
        self,
        warmup: Fraction = 0.0,
        restarts: NonNegativeInt = 0,
        lengthening: PositiveInt = 1,
        floor: Fraction = 0.0,
        per: Per = "step",
    ) -> None:
        self.warmup = warmup
        self.restarts = restarts
        self.lengthening = lengthening
        self.floor = floor
        self.per = per

    def multiplier(self, moment: Moment) -> float:
        done, of = moment.elapsed(self.per)
        warmup = round(self.warmup * of)
        if done < warmup:
            return (done + 1) / (warmup + 1)
        done, of = done - warmup, of - warmup
        # Cycles have lengths 1, g, g², … in units of which the fit has so many; whole numbers, so that a restart
        # comes at the step where it is due, and not one later for the sake of a last digit.
        length, begun, units = 1, 0, sum(self.lengthening**cycle for cycle in range(self.restarts + 1))
        while done * units >= of * (begun + length):
            begun, length = begun + length, length * self.lengthening
        through = (done * units - of * begun) / (of * length)
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * through)) / 2


class OneCycle(Schedule):
    """One cycle: the rate rises from η·start to η, then falls to η·end, each along half a cosine wave.

    The optimizer's learning rate η is the highest one. It changes with every step: of a fit's N steps, step
    N·rise has η and the last one η·end. As PyTorch's OneCycleLR, which changes the momentum too unless it is
    told not to; here the momentum stays as it is.

    Args:
        rise: what part of the fit the rise takes.
        start: the first step's part of η.
        end: the last step's part of η.

    >>> from nnlite.schedules import Moment, OneCycle
    >>> [round(OneCycle(rise=0.5).multiplier(Moment(0, step, epochs=1, steps=6)), 3) for step in range(6)]
    [0.04, 0.52, 1.0, 0.75, 0.25, 0.0]

    Sources: Smith, Topin, "Super-convergence: very fast training of neural networks using large learning
    rates" (2018); the cosine waves are PyTorch's and fast.ai's.
    """

    def __init__(self, rise: Fraction = 0.3, start: Fraction = 0.04, end: Fraction = 4e-6) -> None:
        self.rise = rise
        self.start = start
        self.end = end

    def multiplier(self, moment: Moment) -> float:
        done, of = moment.elapsed("step")
        top, last = self.rise * of - 1, of - 1
        if done <= top and top > 0:
            return _wave(self.start, 1.0, done / top)
        return _wave(1.0, self.end, (done - top) / (last - top))


def _wave(first: float, last: float, through: float) -> float:
    """From the first number to the last along half a cosine wave, of which so much is through."""
    return last + (first - last) / 2 * (1 + math.cos(math.pi * through))


class ReduceOnPlateau(Schedule):
    """Reduces the rate on a plateau: η is multiplied by the factor whenever a figure has stopped to improve.

    An epoch is bad when its figure is not better than the best so far by more than the threshold: below
    best − threshold·|best| for one that falls, above best + threshold·|best| for one that rises. After more than
    `patience` bad epochs in a row the rate is reduced, and the count begins anew. As PyTorch's ReduceLROnPlateau
    (which has best·(1 ± threshold): another bound where the best is negative).

    The rate changes between epochs. In its `state` are the `multiplier`, the fields of the `Best` figure, whose
    `waited` counts the bad epochs in a row, and the epochs of the `cooldown` that are left.

    Args:
        factor: what each reduction multiplies the rate by.
        patience: bad epochs in a row that are put up with.
        monitor: a column of the history. Without one it is the validation loss, or the training loss where
            there are no validation rows.
        threshold: the least improvement that counts, as a part of the best figure.
        cooldown: epochs after a reduction in which none counts as bad.
        floor: the rate is not reduced below this part of η.

    >>> from nnlite.schedules import Moment, ReduceOnPlateau
    >>> schedule = ReduceOnPlateau(factor=0.5, patience=1)
    >>> for loss in (0.4, 0.4, 0.4):
    ...     schedule.after_epoch({"training_loss": loss})
    >>> schedule.multiplier(Moment(3, 0, epochs=10, steps=1))
    0.5

    Source: PyTorch, documentation of torch.optim.lr_scheduler.ReduceLROnPlateau (2018).
    """

    remembers: ClassVar[Mapping[str, Any]] = {"multiplier": 1.0, "best": asdict(Best()), "cooldown": 0}
    rising = Loss.rising

    def __init__(
        self,
        factor: Fraction = 0.1,
        patience: NonNegativeInt = 10,
        monitor: str | None = None,
        threshold: NonNegativeFloat = 1e-4,
        cooldown: NonNegativeInt = 0,
        floor: Fraction = 0.0,
    ) -> None:
        self.factor = factor
        self.patience = patience
        self.monitor = monitor
        self.threshold = threshold
        self.cooldown = cooldown
        self.floor = floor

    def multiplier(self, moment: Moment) -> float:
        multiplier: float = self.state["multiplier"]
        return multiplier

    def begin(self, rising: tuple[str, ...], comparable: bool) -> None:
        self.rising = rising
        if not comparable:
            self.state["best"] = asdict(Best())

    def after_epoch(self, row: Mapping[str, float]) -> None:
        state, best = self.state, Best(**self.state["best"])
        best.look(row, self.monitor, self.rising, self.threshold)
        if state["cooldown"] > 0:
            state["cooldown"] -= 1
            best.waited = 0
        if best.waited > self.patience:
            state["multiplier"] = max(state["multiplier"] * self.factor, self.floor)
            best.waited, state["cooldown"] = 0, self.cooldown
        state["best"] = asdict(best)
