"""Schedules along a cosine, over the whole fit."""

import math

from nnlite.annotations import Fraction, NonNegativeInt, PositiveInt
from nnlite.errors import ConfigError
from nnlite.schedules.schedule import Moment, Per, Schedule


class Cosine(Schedule):
    """Half a cosine wave from η down: η·(floor + (1 − floor)·(1 + cos(π·t/T))/2), after a linear warm-up.

    t counts the steps made of a cycle's T, so that its first step has the rate η, and no step the floor itself.
    With restarts the fit after the warm-up is divided into cycles, the last of which ends with the fit. The W steps
    of the warm-up have η·(t + 1)/(W + 1). As PyTorch's CosineAnnealingLR, CosineAnnealingWarmRestarts and LinearLR.

    Args:
        warmup: the fraction of the fit for the warm-up, rounded to whole steps (or epochs).
        restarts: how often the wave starts again.
        lengthening: the length of a cycle divided by that of the one before.
        floor: the fraction of η at which a wave ends.
        per: whether t counts "step"s or "epoch"s; all steps of an epoch have the rate of its first.

    >>> from nnlite import Cosine, Moment
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

    def check(self, epochs: int, steps: int) -> None:
        of = epochs if self.per == "epoch" else epochs * steps
        left, units, cycles = of - round(self.warmup * of), 0, 0
        while cycles <= self.restarts and units <= left:  # a sum over all of them might have no end
            units += self.lengthening**cycles
            cycles += 1
        if self.restarts and units > left:
            further = ', or per = "step"' if self.per == "epoch" else ""
            raise ConfigError(
                f"restarts = {self.restarts} with lengthening = {self.lengthening}: the first cycle would have less "
                f"than one of the {left} {self.per}s after the warm-up; take fewer restarts, or more epochs{further}"
            )

    def multiplier(self, moment: Moment) -> float:
        done, of = moment.elapsed(self.per)
        warmup = round(self.warmup * of)
        if done < warmup:
            return (done + 1) / (warmup + 1)
        done, of = done - warmup, of - warmup
        # Cycle k has length g^k, in units of of/units steps, and begins after `begun` units. In integers, so that a
        # restart falls on its step and not one later by rounding.
        length, begun, units = 1, 0, sum(self.lengthening**cycle for cycle in range(self.restarts + 1))
        while done * units >= of * (begun + length):
            begun, length = begun + length, length * self.lengthening
        through = (done * units - of * begun) / (of * length)
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * through)) / 2


class OneCycle(Schedule):
    """One cycle: the rate rises from η·start to η, then falls to η·end, each along half a cosine wave.

    The optimizer's learning rate η is the highest one. The rate changes with every step: of a fit's N steps, step
    N·rise has η and the last one η·end. As PyTorch's OneCycleLR with `cycle_momentum=False`: the momentum stays.

    Args:
        rise: the fraction of the fit for the rise.
        start: the rate of the first step, as a fraction of η.
        end: the rate of the last step, as a fraction of η.

    >>> from nnlite import Moment, OneCycle
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
    """The value along half a cosine wave from `first` to `last`, where `through` is from 0 to 1."""
    return last + (first - last) / 2 * (1 + math.cos(math.pi * through))
