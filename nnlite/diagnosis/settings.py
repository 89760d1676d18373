"""What a diagnosis has to know of how a model was trained, beside its history."""

from dataclasses import dataclass

from nnlite.optimizers.optimizer import Optimizer
from nnlite.training.trainer import Trainer


@dataclass(frozen=True)
class Settings:
    """How a model was trained.

    Attributes:
        learning_rate: the learning rate of the optimizer; None of a full-batch method.
        early_stopping: whether early stopping has left the weights of the best epoch.
    """

    learning_rate: float | None = None
    early_stopping: bool = False

    @classmethod
    def of(cls, trainer: Trainer) -> "Settings":
        """Those of a trainer."""
        rate = trainer.optimizer.learning_rate if isinstance(trainer.optimizer, Optimizer) else None
        return cls(rate, trainer.early_stopping is not None)

    def rate_times(self, factor: float) -> str:
        """The line of a config with the learning rate times a factor; "" where there is none."""
        return "" if self.learning_rate is None else f"optimizer.learning_rate = {self.learning_rate * factor:.6g}"
