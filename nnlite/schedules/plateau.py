"""The learning rate is reduced on a plateau: when a column of the history has stopped improving."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from nnlite.annotations import Fraction, NonNegativeFloat, NonNegativeInt
from nnlite.metrics.monitor import RISING, Best
from nnlite.schedules.schedule import Moment, Schedule


class ReduceOnPlateau(Schedule):
    """Reduces the rate on a plateau: η is multiplied by the factor when the monitored column stops improving.

    An epoch is bad if its value is not better than the best so far by more than the threshold: below
    best − threshold·|best| if lower is better, above best + threshold·|best| if higher is. After more than `patience`
    bad epochs in a row the rate is reduced, and the count starts again. As PyTorch's ReduceLROnPlateau
    (which has best·(1 ± threshold): another bound where the best is negative).

    The rate changes between epochs. In its `memory` are the `multiplier`, the fields of the `Best` figure, whose
    `waited` counts the bad epochs in a row, and the epochs of the `cooldown` that are left.

    Args:
        factor: the factor of each reduction.
        patience: the bad epochs in a row after which the rate is not yet reduced.
        monitor: a column of the history; None for the validation loss, or the training loss without validation rows.
        threshold: the least improvement that counts, as a fraction of the best value.
        cooldown: epochs after a reduction that do not count as bad.
        floor: the lowest rate, as a fraction of η.

    >>> from nnlite import Moment, ReduceOnPlateau
    >>> schedule = ReduceOnPlateau(factor=0.5, patience=1)
    >>> for loss in (0.4, 0.4, 0.4):
    ...     schedule.after_epoch({"training_loss": loss})
    >>> schedule.multiplier(Moment(3, 0, epochs=10, steps=1))
    0.5

    Source: PyTorch, documentation of torch.optim.lr_scheduler.ReduceLROnPlateau (2018).
    """

    remembers: ClassVar[Mapping[str, Any]] = {"multiplier": 1.0, "best": asdict(Best()), "cooldown": 0}
    rising = RISING

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
        multiplier: float = self.memory["multiplier"]
        return multiplier

    def begin(self, rising: tuple[str, ...], comparable: bool) -> None:
        self.rising = rising
        if not comparable:
            self.memory["best"] = asdict(Best())

    def after_epoch(self, row: Mapping[str, float]) -> None:
        memory, best = self.memory, Best(**self.memory["best"])
        best.update(row, self.monitor, self.rising, self.threshold)
        if memory["cooldown"] > 0:
            memory["cooldown"] -= 1
            best.waited = 0
        if best.waited > self.patience:
            memory["multiplier"] = max(memory["multiplier"] * self.factor, self.floor)
            best.waited, memory["cooldown"] = 0, self.cooldown
        memory["best"] = asdict(best)
