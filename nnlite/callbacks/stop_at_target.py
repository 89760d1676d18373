"""StopAtTarget ends a fit as soon as a figure is good enough."""

from typing import TYPE_CHECKING

from nnlite.callbacks.figure import figure
from nnlite.metrics.monitor import falls, words
from nnlite.training.callbacks import Callback

if TYPE_CHECKING:
    from nnlite.training.fit import Fit


class StopAtTarget(Callback):
    """Ends a fit after the first epoch in which a figure reaches a target.

    Args:
        target: at least so high, or for a loss or an error at most so high, ends the fit.
        monitor: the column of the history: a figure that the trainer records, or of a callback before this one.

    Raises:
        ConfigError: after the first epoch, when it has no such figure.

    >>> import numpy as np
    >>> from nnlite import SGD, Dataset, Dense, Sequential, SoftmaxCrossEntropy, StopAtTarget, Trainer
    >>> data = Dataset(np.array([[-1.0], [-0.9], [0.9], [1.0]]), np.array([0, 0, 1, 1]))
    >>> model = Sequential([Dense(2), SoftmaxCrossEntropy()])
    >>> trainer = Trainer(model, SGD(1.0), epochs=100, callbacks=[StopAtTarget(0.2, "training_loss")])
    >>> trainer.fit(data)["training_loss"][-1] <= 0.2, trainer.ended_early[:38]
    (True, 'stopped after epoch 3: training loss 0')
    """

    def __init__(self, target: float, monitor: str = "validation_accuracy") -> None:
        self.target = target
        self.monitor = monitor

    def after_epoch(self, fit: "Fit", row: dict[str, float]) -> None:
        found = figure(row, self.monitor, self)
        reached = found <= self.target if falls(self.monitor, fit.history.rising) else found >= self.target
        if reached:
            fit.stop(f"{words(self.monitor)} {found:.4g} reaches the target {self.target:g}")
