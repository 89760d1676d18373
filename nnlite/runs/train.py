"""`nnlite.train`: trains what a config says, for scripts and notebooks, as the command `nnlite train` does."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnlite.config import own_table, training_config
from nnlite.config.overrides import Change, of_python, plain
from nnlite.config.training_config import TrainingConfig
from nnlite.errors import ConfigError
from nnlite.plugins import failing
from nnlite.runs import finished_run, results, start
from nnlite.runs.finished_run import FinishedRun
from nnlite.runs.folder import RunFolder
from nnlite.runs.signals import Signals
from nnlite.text import cut
from nnlite.training import progress_bar
from nnlite.warning import warn

_UNNAMED = "run"  # the name of a config that is a dict and says none


def train(
    config: str | os.PathLike[str] | Mapping[str, Any],
    changes: Mapping[str, Any] | None = None,
    /,
    *,
    target: str | int | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool = True,
    **keys: Any,
) -> FinishedRun:
    """Trains what a config says and writes a run folder, to the same bits as the command `nnlite train`.

    Ctrl-C ends training after the step that is being made: the folder then has a checkpoint, and `KeyboardInterrupt`
    is raised with a note that says how to go on.

    Args:
        config: the path of a TOML file; a dict of the same keys, in which paths are relative to the working folder;
            the path of a data file, whose config is then what `nnlite init` would write; or with `resume` a run
            folder.
        changes: new values of keys: {"training.epochs": 20, "model.layers[1].units": 32}. None unsets a key.
        target: the column of a data file to predict.
        out: the run folder, new or empty; by default runs/<name of the config>, or runs/<name>-2 and so on.
        resume: goes on with a run that was interrupted: the one in the run folder that `config` or `out` names, or
            else the latest of the config's name. One that is finished is read; where there is none, one is begun.
        progress: whether to show a progress bar on a terminal or in a notebook; elsewhere there is none.
        **keys: changes whose keys are names of Python, with two underscores for a dot: `training__epochs=20`,
            `model__layers__1__units=32`, `schedule=None`.

    Returns:
        The run: its `figures`, `histories`, `predictor`, `folder` and `config`.

    Raises:
        ConfigError: where the config or a change of it is wrong.
        DataError: where the data cannot be used.
        RunError: where the folder cannot be written, or is that of another run.
        DivergenceError: where the loss or a weight became infinite or NaN.
        PluginError: where the code of a plug-in fails; the error that it raised is its `__cause__`.
        KeyboardInterrupt: at Ctrl-C.

    >>> import nnlite, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     layers = [{"type": "Standardize"}, {"type": "Dense", "units": 3}, {"type": "SoftmaxCrossEntropy"}]
    ...     config = {"name": "flowers", "data": {"source": "iris"}, "model": {"layers": layers}}
    ...     run = nnlite.train(config, out=f"{folder}/flowers", training__epochs=5)
    >>> len(run.history), round(run.figures["test"]["accuracy"], 1)
    (5, 0.7)
    """
    read = [of_python(key, value) for key, value in {**(changes or {}), **keys}.items()]
    place = None if out is None else Path(out)
    with failing.told(), Signals() as signals:
        asked, folder = _asked(config, read, target, place, resume)
        with start.run_of(asked, folder, place, signals, _warn, _in_python) as run:
            if run is not None:
                run.train([progress_bar.ProgressBar()] if progress and progress_bar.possible() else [])
                folder, figures = run.folder, run.finish()
                if undefined := results.undefined(figures, run.trainer.metrics):
                    _warn(undefined)
    assert folder is not None  # no run was made only where the one in the folder is finished
    return finished_run.read(folder)


def _warn(said: str) -> None:
    warn(said)


def _in_python(folder: RunFolder) -> str:
    """The call that goes on with the run in the folder."""
    return f"nnlite.train({str(folder)!r}, resume=True)"


def _asked(
    config: str | os.PathLike[str] | Mapping[str, Any],
    changes: list[Change],
    target: str | int | None,
    out: Path | None,
    resume: bool,
) -> tuple[TrainingConfig, RunFolder | None]:
    """The config to train, and the folder of the run to go on with, if there is one."""
    if isinstance(config, Mapping):
        _check_no_target(target, "a dict")
        found = _of_dict(config, changes)
    elif not isinstance(config, str | os.PathLike):
        raise ConfigError(
            f"a config came as {cut(repr(config))}, {type(config).__name__}: expected the path of a TOML file or of "
            "a data file, or a dict of the keys of a config"
        )
    elif os.path.isdir(path := Path(config)):  # Path.is_dir() raises where a name is too long
        folder = RunFolder(path)
        if not resume:
            begun = f"; {_in_python(folder)} goes on with its run" if folder.begun else ""
            raise ConfigError(f"{path} is a folder: expected a config, a TOML file, or a data file{begun}")
        if out is not None:
            raise ConfigError(f"the run in {path} goes on in its own folder; out names that of a new run")
        _check_no_target(target, path)
        folder.check_begun()
        return training_config.load(folder.config, changes), folder
    elif own_table.is_data(path):
        found = _of_table(path, changes, target)
    else:
        _check_no_target(target, path)
        found = training_config.load(path, changes)
    return found, start.unfinished(found, out) if resume else None


def _check_no_target(target: str | int | None, config: object) -> None:
    if target is not None:
        raise ConfigError(f"target goes with a data file; {config} is a config, which says it in [data]")


def _of_dict(config: Mapping[str, Any], changes: list[Change]) -> TrainingConfig:
    try:
        return training_config.changed(plain(config), changes, Path.cwd() / f"{_UNNAMED}.toml")
    except ConfigError as error:
        raise ConfigError(f"the config: {error}") from None


def _of_table(path: Path, changes: list[Change], target: str | int | None) -> TrainingConfig:
    if target is None and not any(change.steps == ("data", "target") for change in changes):
        raise ConfigError(f"there is no target: name the column of {path} to predict; nnlite look {path} shows all")
    said = {} if target is None else {"target": str(target)}
    return own_table.own_table(path, said, changes).checked()
