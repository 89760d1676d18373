"""Decays multiply the learning rate by the same factor at regular intervals."""

from nnlite.annotations import Fraction, PositiveInt
from nnlite.schedules.schedule import Moment, Per, Schedule


class StepDecay(Schedule):
    """Step decay: η·factor^⌊t/every⌋, where t counts the epochs, or the steps, made so far.

    As PyTorch's StepLR, called after every epoch or after every step.

    Args:
        every: epochs (or steps) between two reductions of the rate.
        factor: the factor of each reduction.
        per: whether t counts "epoch"s or "step"s.

    >>> from nnlite import Moment, StepDecay
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
    """Exponential decay: η·factor^t, where t counts the epochs, or the steps, made so far.

    As PyTorch's ExponentialLR, called after every epoch or after every step.

    Args:
        factor: the factor for each epoch (or step).
        per: whether t counts "epoch"s or "step"s.

    >>> from nnlite import ExponentialDecay, Moment
    >>> [ExponentialDecay(0.5).multiplier(Moment(epoch, 0, epochs=3, steps=1)) for epoch in range(3)]
    [1.0, 0.5, 0.25]

    Source: Goodfellow, Bengio, Courville, "Deep learning" (2016), section 8.3.1, on decreasing rates.
    """

    def __init__(self, factor: Fraction = 0.95, per: Per = "epoch") -> None:
        self.factor = factor
        self.per = per

    def multiplier(self, moment: Moment) -> float:
        return float(self.factor ** moment.since_start(self.per))
