"""Verifies a run: trains it again, in memory, and compares the weights after every epoch."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nnlite.config.training_config import TrainingConfig
from nnlite.core import snapshot
from nnlite.core.sequential import Sequential
from nnlite.errors import ConfigError, DivergenceError, ModelFileError
from nnlite.runs import changes, environment
from nnlite.runs.folder import RunFolder
from nnlite.saving import model_file
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit


@dataclass(frozen=True)
class Verdict:
    """The result of a verification.

    Attributes:
        epochs: how many epochs were compared.
        sha256: the hash of the weights of the last of them; "" if there was none.
        differs: where the second training differed, in words; "" if it did not.
        changes: how the environment differs from that of the run, a line for each difference.
        repeated: whether every epoch had the same weights, even if the files of the run were changed since.
    """

    epochs: int
    sha256: str
    differs: str
    changes: list[str]
    repeated: bool


class _Compare(Callback):
    """Compares the weights after every epoch with a run's hashes, and ends the fit at the first that differ.

    Args:
        hashes: the hashes of the run.
        finished: whether the run is over, so that the fit is to end by itself after as many epochs.
        on_epoch: called after each epoch with its number, and how many there are to compare.

    Attributes:
        found: the hashes of the second training.
        differs: where the second training was another, in words.
    """

    def __init__(self, hashes: list[str], finished: bool, on_epoch: Callable[[int, int], None]) -> None:
        self.hashes, self.finished, self.on_epoch = hashes, finished, on_epoch
        self.found: list[str] = []
        self.differs = ""

    def after_epoch(self, fit: Fit, row: dict[str, float]) -> None:
        epoch = len(self.found)
        if epoch == len(self.hashes):
            self.differs = f"training did not end after epoch {epoch}"
            raise _Known
        self.found.append(snapshot.digest(fit.model))
        if self.found[epoch] != self.hashes[epoch]:
            was, now = self.hashes[epoch], self.found[epoch]
            self.differs = f"the weights differ from epoch {epoch + 1} on: {was} -> {now}"
            raise _Known
        self.on_epoch(epoch + 1, len(self.hashes))
        if not self.finished and len(self.found) == len(self.hashes):
            raise _Known


class _Known(Exception):
    """All that can be compared has been."""


def verify(run: Path, on_epoch: Callable[[int, int], None]) -> Verdict:
    """Trains the run in the folder again, as far as it has come, and compares every epoch; writes nothing.

    Args:
        run: the run folder.
        on_epoch: called after each epoch with its number, and how many there are to compare.

    Raises:
        ConfigError: when the run had a time budget, so that it cannot be repeated.
        DataError: when the rows are gone, or differ.
        RunError: when the folder has no run, or one without a finished epoch.
    """
    folder = RunFolder(run)
    folder.check_begun()
    hashes, config = folder.read_weight_hashes(), folder.read_config()
    if (limit := config.document["training"]["max_seconds"]) is not None:
        raise ConfigError(
            f"the run in {folder} cannot be repeated: training.max_seconds = {limit:g}, so that the clock had a say "
            "in it"
        )
    splits, trainer = config.build()
    trainer.check(splits.train, splits.validation)
    now = environment.describe(config, splits, trainer.thread_count)
    # Of the file as it is: a config that an older nnlite wrote lacks keys, which have their defaults.
    now["config_sha256"] = hashlib.sha256(folder.config.read_bytes()).hexdigest()
    before = folder.read_environment()
    found_changes = changes.check_same_data(folder, now) + changes.recipe_changes(before, now)
    found_changes += [f"an older nnlite, in which {each}" for each in changes.changes_of_rules(before, trainer)]
    compare = _Compare(hashes, folder.finished, on_epoch)
    found, repeated = compare.found, False
    try:
        trainer.fit(splits.train, splits.validation, callbacks=[compare], progress=False)
        if len(found) < len(hashes):
            compare.differs = f"training ended after epoch {len(found)} of {len(hashes)}"
        else:
            compare.differs, repeated = _of_model(folder, config, trainer.model), True
    except _Known:
        pass
    except DivergenceError as error:
        what = str(error).partition(";")[0]  # without the advice, which is for a first training
        compare.differs = f"training diverged in epoch {len(found) + 1}: {what}"
    return Verdict(len(found), found[-1] if found else "", compare.differs, found_changes, repeated)


def _of_model(folder: RunFolder, config: TrainingConfig, model: Sequential) -> str:
    """In words, how the saved model differs from the one that was trained again; "" if it does not."""
    try:
        (saved,) = model_file.load(folder.model, plugins=config.document["plugins"]).members
    except ModelFileError as error:
        return str(error)
    return "" if snapshot.digest(saved) == snapshot.digest(model) else f"{folder.model.name} holds other weights"
