"""A run is one training from a config, which leaves all that it makes in a folder."""

import functools
from collections.abc import Sequence
from typing import Any

from nnlite import files
from nnlite.config.training_config import TrainingConfig
from nnlite.data import Splits
from nnlite.diagnosis.settings import Settings
from nnlite.errors import DivergenceError
from nnlite.runs import changes, environment, layer_pictures, own_files, results, weight_hashes
from nnlite.runs.checkpoints import Checkpoints
from nnlite.runs.folder import RunFolder
from nnlite.runs.signals import Interrupted, Signals
from nnlite.runs.spared import spared
from nnlite.runs.trained import Trained
from nnlite.saving import checkpoint, model_file
from nnlite.training.callbacks import Callback
from nnlite.training.history import History
from nnlite.training.trainer import Trainer


class Run:
    """Trains from a config in a run folder, and leaves there what a run leaves.

    Args:
        folder: the run folder, which this process has locked.
        config: the run's config.
        splits: the rows of the config.
        trainer: the trainer of the config.
        signals: the signals at which the run ends.

    Raises:
        ConfigError: where a callback would write a file of the run's own.

    Attributes:
        resumed_from: the name of the checkpoint from which the run goes on, if there was one.
        member: the number of the network that is trained, from 0; a run of an ensemble trains several.
    """

    def __init__(
        self, folder: RunFolder, config: TrainingConfig, splits: Splits, trainer: Trainer, signals: Signals
    ) -> None:
        self.folder, self.config, self.splits, self.trainer = folder, config, splits, trainer
        for each in trainer.callbacks:
            own_files.check(each, folder.path)
            each.run_folder = folder.path
        self.resumed_from: str | None = None
        self.member = 0
        self._signals = signals
        self._checkpoints = Checkpoints(folder.path, trainer, config.checkpoint_times(), signals, config.document)

    @property
    def histories(self) -> dict[str, History]:
        """The history of each network that is trained, by the name that it has in the figure of the curves."""
        return {self.config.name: self.trainer.history}

    @functools.cached_property
    def _environment(self) -> dict[str, Any]:
        return environment.describe(self.config, self.splits, self.trainer.thread_count, self.trainer.model.taken)

    def begin(self) -> None:
        """Writes down what is going to be trained; the config first, since it says that a run was begun."""
        files.write(self.folder.config, self.config.to_toml())
        files.write(self.folder.environment, results.as_json(self._environment))

    def go_on(self, found: checkpoint.Checkpoint | None) -> list[str]:
        """Lets training go on from a checkpoint, or from the beginning if there is none.

        Returns:
            Sentences: how the environment has changed since the run was begun, which may change the weights' last
            bits; and what an older nnlite, which had begun it, trained by another rule.

        Raises:
            DataError: when the rows are others than those that the run was begun with.
            NnliteError: when the checkpoint is another training's.
        """
        if found is None and not self.folder.environment.exists():
            self.begin()  # it was killed in the middle of that
        said = [
            f"the run was begun elsewhere, which may change its weights: {change}"
            for change in changes.check_same_data(self.folder, self._environment)
        ]
        if found is not None:
            self.restore(found)
            said += [
                f"the run was begun with an older nnlite, in which {change}: from here on today's rule holds; for a "
                "training by one rule begin a new run"
                for change in changes.changes_of_rules(self.folder.read_environment(), self.trainer)
            ]
        return said

    def restore(self, found: checkpoint.Checkpoint) -> None:
        """Brings the trainer where it was when a checkpoint was written; raises `NnliteError` if it is another's."""
        self.trainer.state = found.state
        checkpoint.forget_after(found.path)
        hashes = weight_hashes.from_array(found.state.arrays["hashes"])
        self._checkpoints.hashes = hashes[: len(self.trainer.history)]
        self.resumed_from = found.path.name

    def train(self, callbacks: Sequence[Callback] = ()) -> None:
        """Trains to the end; writes checkpoints when they are due, and ends at a signal.

        Args:
            callbacks: called at the events of training, before a checkpoint is written.

        Raises:
            DivergenceError: as `Trainer.fit` does. If the folder has a checkpoint, it then has the history too, and
                with early stopping the best model.
            Interrupted: when a signal has come. If a step was made, the folder then has a checkpoint, the model so
                far and its history; but neither checkpoint nor model of weights that are spoilt.
        """
        splits, checkpoints = self.splits, self._checkpoints
        try:
            self.trainer.fit(splits.train, splits.validation, callbacks=[*callbacks, checkpoints], progress=False)
        except Interrupted:
            if checkpoints.stopped:
                self._write_history()
                if checkpoints.sound:
                    self._write_model()
            raise
        except DivergenceError:
            if checkpoint.paths(self.folder.path):
                self._write_history()
                if self.trainer.early_stopping is not None and self.trainer.early_stopping.kept:
                    self._write_model()
            raise
        finally:
            self._signals.patient = False
        if self._signals.came:  # in the last moment, when there was no step to wait for any more
            raise Interrupted(self._signals.came)

    def finish(self) -> dict[str, Any]:
        """Writes what a finished run leaves, and removes its checkpoints; returns what `metrics.json` says."""
        self.write_training()
        trained = Trained(
            self.trainer.model,
            self.histories,
            self.trainer.thread_count,
            self.trainer.metrics,
            Settings.of(self.trainer),
        )
        figures = results.write(
            self.folder, self.config, self.splits, trained, results.of_member(self.trainer, self.splits)
        )
        checkpoint.clear(self.folder.path)
        return figures

    def write_training(self) -> None:
        """Writes what training has left: history, hashes of the weights, the model, pictures of its layers."""
        self._write_history()
        self._write_model()
        if self.config.pictures:
            with spared(f"{self.folder} lacks the pictures of its layers over the epochs"):
                layer_pictures.draw(self.folder, self.config.name, self.trainer)

    def _write_history(self) -> None:
        """Writes the history and the hashes of the weights."""
        if len(self.trainer.history):
            files.write(self.folder.history, self.trainer.history.to_csv())
            files.write(self.folder.weights, weight_hashes.to_csv(self._checkpoints.hashes))

    def _write_model(self) -> None:
        """Writes the model as it is now."""
        train = self.splits.train
        names = {"classes": train.classes, "feature_names": train.feature_names}
        model_file.save(self.trainer.model, self.folder.model, **names)
