"""Checkpoints of a run: a callback that writes them when they are due, and ends the fit at a signal."""

from pathlib import Path
from typing import Any

import numpy as np

from nnlite import clock
from nnlite.core import snapshot
from nnlite.core.state import State
from nnlite.runs import weight_hashes
from nnlite.runs.signals import Interrupted, Signals
from nnlite.saving import checkpoint
from nnlite.saving.checkpoint_times import CheckpointTimes
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit
from nnlite.training.trainer import Trainer


class Checkpoints(Callback):
    """Sees after each step, epoch and portion of rows whether a checkpoint is due or a signal has come.

    It stands last in the list of callbacks, so that a checkpoint has what the others remember of the same event.

    Args:
        folder: the run folder.
        trainer: the trainer whose state is written.
        times: says when a checkpoint is due.
        signals: the signals that have come.
        config: the run's config, which every checkpoint carries.

    Attributes:
        hashes: a hash of the weights after each epoch so far.
        stopped: whether a signal has ended the fit.
    """

    def __init__(
        self, folder: Path, trainer: Trainer, times: CheckpointTimes, signals: Signals, config: dict[str, Any]
    ) -> None:
        self.folder, self.trainer, self.times, self.signals, self.config = folder, trainer, times, signals, config
        self.hashes: list[str] = []
        self.stopped = False

    def after_step(self, fit: Fit) -> None:
        """Writes a checkpoint if one is due, or at a signal, which then ends the fit."""
        self.signals.patient = True  # from now on there is something to keep
        if self.times.after_step() or self.signals.came:
            self._save(fit)

    def before_portion(self, fit: Fit) -> None:
        """Ends the fit at a signal: a validation may take long."""
        if self.signals.came:
            self._save(fit)

    def after_epoch(self, fit: Fit, row: dict[str, float]) -> None:
        """Notes the hash of the weights, and writes a checkpoint if one is due, or at a signal."""
        self.hashes.append(snapshot.digest(self.trainer.model))
        if self.times.after_epoch() or self.signals.came:
            self._save(fit)

    @property
    def sound(self) -> bool:
        """Whether all that the model has learnt is finite."""
        arrays = snapshot.arrays_of(self.trainer.model).values()
        return all(np.isfinite(array).all() for array in arrays if array.dtype.kind == "f")

    def _save(self, fit: Fit) -> None:
        """Writes a checkpoint, unless weights are spoilt, with which the next step ends in an error.

        Raises `Interrupted` if a signal has come.
        """
        epochs = len(fit.history)
        if self.sound:
            began = clock.seconds()
            state = self.trainer.state
            arrays = state.arrays | {"hashes": weight_hashes.to_array(self.hashes)}
            path = checkpoint.path_in(self.folder, epochs, fit.step)
            checkpoint.save(path, State(state.values, arrays), {"config": self.config})
            self.times.written(clock.seconds() - began)
        if self.signals.came:
            self.stopped = True
            within = f"in epoch {epochs + 1}, after step {fit.step} of {fit.steps}"
            raise Interrupted(self.signals.came, f"interrupted {within if fit.step else f'after epoch {epochs}'}")
