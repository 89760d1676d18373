"""Starting a run: a new one from a config, or one that was left; all checks come before the first step."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from nnlite import threads
from nnlite.config.training_config import TrainingConfig
from nnlite.errors import RunError
from nnlite.runs import changes, opening
from nnlite.runs.ensemble_run import EnsembleRun
from nnlite.runs.folder import RunFolder
from nnlite.runs.opening import Resuming, command
from nnlite.runs.run import Run
from nnlite.runs.signals import Signals
from nnlite.saving import checkpoint, model_file


def run_of(
    config: TrainingConfig,
    folder: RunFolder | None = None,
    out: Path | None = None,
    signals: Signals | None = None,
    warn: Callable[[str], object] = lambda text: None,
    resuming: Resuming = command,
) -> contextlib.AbstractContextManager[Run | None]:
    """`resumed` for the run in a folder, or `new` where there is no folder; the arguments are theirs."""
    if folder is None:
        return new(config, out, signals, resuming)
    return resumed(config, folder, signals, warn, resuming)


@contextlib.contextmanager
def new(
    config: TrainingConfig, out: Path | None = None, signals: Signals | None = None, resuming: Resuming = command
) -> Iterator[Run]:
    """Within the block a new run of the config is ready: `run.train()`, then `run.finish()`.

    Args:
        config: what to train.
        out: the run folder, new or empty; without one it is runs/<name>, or runs/<name>-2 and so on.
        signals: the signals at which the run ends.
        resuming: what goes on with a run, for messages.

    Raises:
        ConfigError, ShapeError, DataError: where the config, the model and the data do not belong together.
        RunError: where the folder cannot be made, or is not empty.
    """
    make = _checked(config, signals or Signals())
    with opening.new(config.name, out, resuming) as folder:
        run = make(folder)
        run.begin()
        yield run


@contextlib.contextmanager
def resumed(
    config: TrainingConfig,
    folder: RunFolder,
    signals: Signals | None = None,
    warn: Callable[[str], object] = lambda text: None,
    resuming: Resuming = command,
) -> Iterator[Run | None]:
    """Within the block the run in the folder is ready to go on where it was left; None if it is finished.

    Args:
        config: the run's config; only its name, paths and `[checkpoints]` may differ.
        folder: the folder of the run.
        signals: the signals at which the run ends.
        warn: called with a sentence on a damaged checkpoint, or on a change of the environment or the training rules.
        resuming: what goes on with a run, for messages.

    Raises:
        ConfigError: where the config is another.
        DataError: where the data is another.
        ModelFileError: where no checkpoint can be read.
        RunError: where it is no run folder, or another process trains in it.
    """
    if not folder.finished:
        with opening.existing(folder, resuming):
            if not folder.finished:  # once more under the lock: another process may have finished it meanwhile
                found = folder.newest_checkpoint(warn)
                changes.check_same_config(folder, config, found)
                run = _checked(config, signals or Signals(), warn)(folder)
                with threads.limited(folder.read_threads()):  # the process may have been given more than then
                    for said in run.go_on(found):
                        warn(said)
                    yield run
                return
    changes.check_same_config(folder, config, None)
    with contextlib.suppress(RunError, OSError), opening.existing(folder):  # it may be read-only
        checkpoint.clear(folder.path)  # the process may have been killed before it could
    yield None


def unfinished(config: TrainingConfig, out: Path | None = None) -> RunFolder | None:
    """The folder of the run of this config to go on with, finished or not; None if a new one is to be begun.

    Args:
        config: the config.
        out: the only folder to look at; without one it is the latest run of the config's name.
    """
    if out is not None:
        folder = RunFolder(out)
        return folder if folder.begun else None
    latest = RunFolder.latest(config.name)
    if latest is not None and latest.finished and changes.config_changes(latest, config):
        return None  # it was another training
    return latest


def _checked(
    config: TrainingConfig, signals: Signals, warn: Callable[[str], object] = lambda text: None
) -> Callable[[RunFolder], Run]:
    """What makes the run of a config in a folder; all checks come first, so that an error leaves no folder."""
    found = config.read_data()
    splits, trainer = config.build(found=found)
    trainer.check(splits.train, splits.validation, test=splits.test)
    names = {"classes": splits.train.classes, "feature_names": splits.train.feature_names}
    model_file.check_can_be_saved(trainer.model, **names)
    if config.members == 1:
        return lambda folder: Run(folder, config, splits, trainer, signals)
    return lambda folder: EnsembleRun(folder, config, splits, trainer, signals, found, warn)
