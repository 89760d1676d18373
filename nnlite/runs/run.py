"""A run is one training from a config: it begins or goes on, and ends when it is over, or at a signal."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.config.training_config import TrainingConfig
from nnlite.core import snapshot
from nnlite.core.state import State
from nnlite.data import Splits
from nnlite.errors import DivergenceError
from nnlite.runs import environment, results, same_run, weight_hashes
from nnlite.runs import folder as run_folder
from nnlite.runs.signals import Interrupted, Signals
from nnlite.saving import checkpoint, files
from nnlite.saving import model_file as storage
from nnlite.training.trainer import Trainer


class Run:
    """Trains, and sees between two steps, or portions of rows, whether a checkpoint is due or a signal has come.

    Args:
        folder: of the run, which this process has locked.
        settings: its config.
        splits: its rows.
        trainer: made from them.
        signals: that may come.
    """

    def __init__(
        self, folder: Path, settings: TrainingConfig, splits: Splits, trainer: Trainer, signals: Signals
    ) -> None:
        self.folder, self.settings, self.splits, self.trainer = folder, settings, splits, trainer
        self._signals, self._times, self._hashes = signals, settings.checkpoint_times(), list[str]()
        self._environment = environment.describe(settings, splits, trainer.thread_count)

    def begin(self) -> None:
        """Writes down what is going to be trained; the config comes first, since it tells that a run was begun."""
        files.write(self.folder / run_folder.CONFIG, self.settings.to_toml())
        files.write(self.folder / run_folder.ENVIRONMENT, results.as_json(self._environment))

    def go_on(self, found: checkpoint.Checkpoint | None) -> list[str]:
        """Lets training go on from a checkpoint, or begin anew without one.

        Returns:
            In what the environment has changed since the run was begun: the weights' last bits may come out
            differently.

        Raises:
            DataError: when the rows are others than those that the run was begun with.
            NnliteError: when the checkpoint is another training's.
        """
        if found is None and not (self.folder / run_folder.ENVIRONMENT).exists():
            self.begin()  # it was killed in the middle of that
        changes = same_run.check_same_data(self.folder, self._environment)
        if found is not None:
            self.trainer.state = found.state
            checkpoint.forget_after(found.path)
            self._hashes = weight_hashes.from_array(found.state.arrays["hashes"])[: len(self.trainer.history)]
        return changes

    def train(self, on_step: Callable[[int, int], None], on_epoch: Callable[[dict[str, float]], None]) -> None:
        """Trains to the end; the two functions are called after each step and epoch, as `Trainer.fit` calls them.

        Raises:
            DivergenceError: as `Trainer.fit` does. If the folder has a checkpoint, it then has the history too, and
                with early stopping the best model.
            Interrupted: when a signal has come. If a step was made, the folder then has a checkpoint, the model so
                far and its history; but neither checkpoint nor model of weights that are spoilt.
        """
        stopped, at = False, (0, 0)  # the last step of the epoch, and how many there are

        def after_step(step: int, steps: int) -> None:
            nonlocal at
            on_step(step, steps)
            at = step, steps
            self._signals.patient = True  # from now on there is something to keep
            if self._times.after_step() or self._signals.came:
                save()

        def before_portion() -> None:
            if self._signals.came:
                save()

        def after_epoch(row: dict[str, float]) -> None:
            nonlocal at
            at = 0, 0
            self._hashes.append(snapshot.digest(self.trainer.model))
            on_epoch(row)
            if self._times.after_epoch() or self._signals.came:
                save()

        def save() -> None:
            nonlocal stopped
            step, epochs = at[0], len(self.trainer.history)
            self._save(step)
            if self._signals.came:
                stopped = True
                where = f"in epoch {epochs + 1}, after step {step} of {at[1]}" if step else f"after epoch {epochs}"
                raise Interrupted(self._signals.came, f"interrupted {where}")

        try:
            self.trainer.fit(
                self.splits.train,
                self.splits.validation,
                on_step=after_step,
                on_epoch=after_epoch,
                on_portion=before_portion,
            )
        except Interrupted:
            if stopped:
                self._write_history()
                if self._sound():
                    self._write_model()
            raise
        except DivergenceError:
            if checkpoint.paths(self.folder):
                self._write_history()
                if self.trainer.early_stopping is not None and self.trainer.early_stopping.kept:
                    self._write_model()
            raise
        finally:
            self._signals.patient = False
        if self._signals.came:  # in the last moment, when there was no step to wait for any more
            raise Interrupted(self._signals.came)

    def finish(self) -> dict[str, Any]:
        """Writes what a finished run leaves, and takes its checkpoints away; returns what `metrics.json` says."""
        self._write_history()
        self._write_model()
        figures = results.write(self.folder, self.settings, self.splits, self.trainer)
        checkpoint.clear(self.folder)
        return figures

    def _save(self, step: int) -> None:
        """Writes a checkpoint; but not of weights that are spoilt, with which the next step ends in an error."""
        if not self._sound():
            return
        began = time.perf_counter()
        state = self.trainer.state
        with_hashes = State(state.values, state.arrays | {"hashes": weight_hashes.to_array(self._hashes)})
        path = checkpoint.path_in(self.folder, len(self.trainer.history), step)
        checkpoint.save(path, with_hashes, {"config": self.settings.document})
        self._times.written(time.perf_counter() - began)

    def _sound(self) -> bool:
        """Whether all that the model has learnt is finite."""
        arrays = snapshot.arrays_of(self.trainer.model).values()
        return all(np.isfinite(array).all() for array in arrays if array.dtype.kind == "f")

    def _write_history(self) -> None:
        """Writes how the model came to be."""
        if len(self.trainer.history):
            files.write(self.folder / run_folder.HISTORY, self.trainer.history.to_csv())
            weight_hashes.write(self.folder, self._hashes)

    def _write_model(self) -> None:
        """Writes the model as it is now."""
        train = self.splits.train
        names = {"classes": train.classes, "feature_names": train.feature_names}
        storage.save(self.trainer.model, self.folder / run_folder.MODEL, **names)
