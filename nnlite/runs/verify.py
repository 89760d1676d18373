"""Verifies a run: trains it again, in memory, and compares the weights after every epoch."""

import functools
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nnlite import threads
from nnlite.config.training_config import TrainingConfig
from nnlite.core import snapshot
from nnlite.data import Splits
from nnlite.errors import ConfigError, DivergenceError, ModelFileError
from nnlite.runs import changes, environment
from nnlite.runs.folder import RunFolder
from nnlite.saving import model_file
from nnlite.training.callbacks import Callback
from nnlite.training.fit import Fit
from nnlite.training.trainer import Trainer


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
    config = folder.read_config()
    if (limit := config.document["training"]["max_seconds"]) is not None:
        raise ConfigError(
            f"the run in {folder} cannot be repeated: training.max_seconds = {limit:g}, so that the clock had a say "
            "in it"
        )
    with threads.limited(folder.read_threads()):  # the process may have been given more than that of the run
        return _verified(folder, config, on_epoch)


def _verified(folder: RunFolder, config: TrainingConfig, on_epoch: Callable[[int, int], None]) -> Verdict:
    parts = [folder.member(index) for index in range(config.members)] if config.members > 1 else [folder]
    parts = [part for index, part in enumerate(parts) if index == 0 or part.history.is_file()]
    hashes = [part.read_weight_hashes() for part in parts]
    data = config.read_data()
    splits, trainer = config.build(found=data)
    trainer.check(splits.train, splits.validation)
    now = environment.describe(config, splits, trainer.thread_count, trainer.model.taken)
    # Of the file as it is: a config that an older nnlite wrote lacks keys, which have their defaults.
    now["config_sha256"] = hashlib.sha256(folder.config.read_bytes()).hexdigest()
    before = folder.read_environment()
    found_changes = changes.check_same_data(folder, now) + changes.recipe_changes(before, now)
    found_changes += [f"an older nnlite, in which {each}" for each in changes.changes_of_rules(before, trainer)]
    epochs, last, differs, repeated = 0, "", "", True
    compared, digests = sum(map(len, hashes)), list[str]()
    for member, (part, of_part) in enumerate(zip(parts, hashes, strict=True)):
        if member:
            splits, trainer = config.build(member, data)
        on_member = functools.partial(_of_all, on_epoch, epochs, compared)
        compare = _Compare(of_part, part.finished, on_member)
        repeated = _repeated(trainer, splits, compare)
        epochs += len(compare.found)
        last = compare.found[-1] if compare.found else last
        differs = compare.differs
        digests.append(snapshot.digest(trainer.model))
        if repeated:
            differs = _of_model(part, config, digests[-1:])
        if differs:
            differs = f"member {member + 1}: {differs}" if config.members > 1 else differs
            break
    if config.members > 1 and folder.finished and not differs:
        differs = _of_model(folder, config, digests)
    return Verdict(epochs, last, differs, found_changes, repeated)


def _of_all(on_epoch: Callable[[int, int], None], before: int, compared: int, epoch: int, _: int) -> None:
    """Calls `on_epoch` with an epoch's number among those of all members."""
    on_epoch(before + epoch, compared)


def _repeated(trainer: Trainer, splits: Splits, compare: _Compare) -> bool:
    """Trains to the end, and says whether every epoch was the same; `compare` says what was not."""
    try:
        with tempfile.TemporaryDirectory() as folder:  # what callbacks write, the run's folder has already
            for each in trainer.callbacks:
                each.run_folder = Path(folder)
            trainer.fit(splits.train, splits.validation, callbacks=[compare], progress=False)
    except _Known:
        return False
    except DivergenceError as error:
        what = str(error).partition(";")[0]  # without the advice, which is for a first training
        compare.differs = f"training diverged in epoch {len(compare.found) + 1}: {what}"
        return False
    if len(compare.found) < len(compare.hashes):
        compare.differs = f"training ended after epoch {len(compare.found)} of {len(compare.hashes)}"
        return False
    return True


def _of_model(folder: RunFolder, config: TrainingConfig, digests: list[str]) -> str:
    """In words, how the saved model, or ensemble, differs from what was trained again; "" if it does not."""
    try:
        saved = model_file.load(folder.model, plugins=config.document["plugins"]).members
    except ModelFileError as error:
        return str(error)
    return "" if [*map(snapshot.digest, saved)] == digests else f"{folder.model.name} holds other weights"
