"""On a plateau, where a figure has stopped to improve, the learning rate is reduced."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from nnlite.annotations import Fraction, NonNegativeFloat, NonNegativeInt
from nnlite.metrics.monitor import RISING, Best
from nnlite.schedules.schedule import Moment, Schedule


class ReduceOnPlateau(Schedule):
    """Reduces the rate on a plateau: η is multiplied by the factor whenever a figure has stopped to improve.

    An epoch is bad when its figure is not better than the best so far by more than the threshold: below
    best − threshold·|best| for one that falls, above best + threshold·|best| for one that rises. After more than
    `patience` bad epochs in a row the rate is reduced, and the count begins anew. As PyTorch's ReduceLROnPlateau
    (which has best·(1 ± threshold): another bound where the best is negative).

    The rate changes between epochs. In its `memory` are the `multiplier`, the fields of the `Best` figure, whose
    `waited` counts the bad epochs in a row, and the epochs of the `cooldown` that are left.

    Args:
        factor: what each reduction multiplies the rate by.
        patience: bad epochs in a row that are put up with.
        monitor: a column of the history. Without one it is the validation loss, or the training loss where
            there are no validation rows.
        threshold: the least improvement that counts, as a part of the best figure.
        cooldown: epochs after a reduction in which none counts as bad.
        floor: the rate is not reduced below this part of η.

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
