"""A run of an ensemble trains its members one after another, each in a folder of its own within the run folder."""

from collections.abc import Callable, Sequence
from typing import Any

from nnlite import files
from nnlite.config.training_config import TrainingConfig
from nnlite.core.ensemble import Ensemble
from nnlite.core.sequential import Sequential
from nnlite.data import Dataset, Splits
from nnlite.data.split import Partable
from nnlite.diagnosis.settings import Settings
from nnlite.errors import RunError
from nnlite.runs import results
from nnlite.runs.folder import RunFolder
from nnlite.runs.run import Run
from nnlite.runs.signals import Signals
from nnlite.runs.trained import Trained
from nnlite.saving import checkpoint, model_file
from nnlite.training.callbacks import Callback
from nnlite.training.history import History
from nnlite.training.trainer import Trainer


class EnsembleRun(Run):
    """Trains the members of a config, and then writes what they are together.

    Member i has the config's seed plus i, validation rows of its own, and what its layers learn from its own training
    rows. A member's folder has its history, its hashes and its model, and while it is trained its checkpoints; its
    metrics.json says that it is done, so that a run goes on with the first member that is not.

    Args:
        folder: the run folder, which this process has locked.
        config: the run's config.
        splits, trainer: the rows and the trainer of the first member.
        signals: the signals at which the run ends.
        found: the data, which all members part anew.
        warn: called with a sentence on a damaged checkpoint.
    """

    def __init__(
        self,
        folder: RunFolder,
        config: TrainingConfig,
        splits: Splits,
        trainer: Trainer,
        signals: Signals,
        found: Dataset | Splits | Partable,
        warn: Callable[[str], object] = lambda text: None,
    ) -> None:
        super().__init__(folder, config, splits, trainer, signals)
        self._found, self._warn = found, warn
        self._models: list[Sequential] = []
        self._histories: dict[str, History] = {}
        self._figures: list[dict[str, Any]] = []

    @property
    def histories(self) -> dict[str, History]:
        """The histories of the members so far."""
        return self._histories

    def go_on(self, found: checkpoint.Checkpoint | None) -> list[str]:
        """Says how the environment has changed; the members' checkpoints are found when it is their turn."""
        members = self.config.members
        left = [index for index in range(members) if not self.folder.member(index).finished]
        self.resumed_from = (
            f"member {left[0] + 1} of {members}" if left else f"its {members} members, which are trained"
        )
        return super().go_on(None)

    def train(self, callbacks: Sequence[Callback] = ()) -> None:
        """Trains the members that are not done yet, one after another; raises what `Run.train` raises."""
        for member in range(self.config.members):
            self.member, folder = member, self.folder.member(member)
            if not folder.finished:
                self._train_member(folder, callbacks)
            else:
                self._read_member(folder)

    def _train_member(self, folder: RunFolder, callbacks: Sequence[Callback]) -> None:
        first = self.member == 0
        splits, trainer = (self.splits, self.trainer) if first else self.config.build(self.member, self._found)
        try:
            folder.path.mkdir(exist_ok=True)
        except OSError as error:
            raise RunError(f"the folder {folder} cannot be made: {error.strerror}") from None
        run = Run(folder, self.config, splits, trainer, self._signals)
        if (found := folder.newest_checkpoint(self._warn)) is not None:
            run.restore(found)
        run.train(callbacks)
        run.write_training()
        figures = results.of_member(trainer, splits)
        files.write(folder.metrics, results.as_json(figures))
        checkpoint.clear(folder.path)
        self._add(trainer.model, trainer.history, figures)

    def _read_member(self, folder: RunFolder) -> None:
        """Takes up a member that was trained before."""
        try:
            figures = folder.read_metrics()
        except RunError as error:
            raise RunError(f"{error}; remove it to train the member again") from None
        (model,) = model_file.load(folder.model, plugins=self.config.document["plugins"]).members
        self._add(model, folder.read_history(), figures)

    def _add(self, model: Sequential, history: History, figures: dict[str, Any]) -> None:
        self._models.append(model)
        self._histories[f"member {len(self._models)}"] = history
        self._figures.append(figures)

    def finish(self) -> dict[str, Any]:
        """Writes the ensemble and its figures; returns what `metrics.json` says."""
        ensemble = Ensemble(self._models)
        model_file.save(ensemble, self.folder.model)
        trained = Trained(
            ensemble,
            self._histories,
            self.trainer.thread_count,
            self.trainer.metrics,
            Settings.of(self.trainer),
        )
        return results.write(self.folder, self.config, self.splits, trained, results.of_members(self._figures))
