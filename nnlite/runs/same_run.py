"""A run goes on with the config, the plug-ins and the rows that it was begun with, or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnlite import data
from nnlite.config import training_config as config
from nnlite.config.training_config import TrainingConfig
from nnlite.data.npz import is_path
from nnlite.errors import ConfigError, DataError, RunError
from nnlite.runs import environment
from nnlite.runs import folder as run_folder
from nnlite.runs.differences import differences
from nnlite.saving import checkpoint
from nnlite.signature import fields

# What may differ: neither where files lie (their rows and code are compared), nor when checkpoints are written, nor a
# name changes a weight.
_PATHS = {
    f"data.{field.name}"
    for source in (data.SOURCES | data.PARTED_SOURCES).values()
    for field in fields(source)
    if is_path(field.annotation)
}
_MAY_DIFFER = ("name", "plugins", "checkpoints", *_PATHS)


def check_same_config(folder: Path, settings: TrainingConfig, found: checkpoint.Checkpoint | None) -> None:
    """Raises `ConfigError`, with what was changed, unless the run in the folder has this config and its plug-ins.

    Args:
        folder: of the run.
        settings: the config to go on with.
        found: its newest checkpoint. Without one the run's config file tells what it was to train.
    """
    if changes := config_changes(folder, settings, found):
        lines = "".join(f"\n  {change}" for change in changes)
        raise ConfigError(
            f"the run in {folder} has another config, so it cannot go on with this one:{lines}\nresume it with its "
            "own, or begin a new run without --resume"
        )


def config_changes(folder: Path, settings: TrainingConfig, found: checkpoint.Checkpoint | None = None) -> list[str]:
    """In what a config differs from that of the run in the folder, a line for each difference that matters."""
    before = found.header["config"] if found else config.load(folder / run_folder.CONFIG).document
    lines = differences(_plain(before), _plain(settings.document), leaving_out=_MAY_DIFFER)
    return lines + _code_changes(folder, settings)


def _code_changes(folder: Path, settings: TrainingConfig) -> list[str]:
    """A line if the plug-ins hold other code than that which the run was begun with; of older runs nobody knows."""
    described = recorded_environment(folder) if (folder / run_folder.ENVIRONMENT).exists() else {}
    if described.get("plugins_sha256", now := environment.plugins_hash(settings)) == now:
        return []
    return ["plugins: their code is another; put the files back as they were to go on"]


def check_same_data(folder: Path, now: Mapping[str, Any]) -> list[str]:
    """Raises `DataError` unless rows and names are those that the run was begun with; `now` is today's environment.

    Returns:
        In what else the environment has changed, which may change the last bits of the weights.
    """
    before = recorded_environment(folder)
    if changes := environment.data_changes(before, now):
        lines = "".join(f"\n  {change}" for change in changes)
        raise DataError(f"the data differs from that of the run in {folder}:{lines}")
    return environment.changes(before, now)


def recorded_environment(folder: Path) -> dict[str, Any]:
    """What was written down when the run was begun; raises `RunError`."""
    path = folder / run_folder.ENVIRONMENT
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        described = None
    if not isinstance(described, dict):
        raise RunError(f"{path} is damaged: expected what was written when the run was begun")
    return described


def _plain(document: Mapping[str, Any]) -> Any:
    """The document as it comes back from JSON: with lists for tuples, and without keys that have no value."""
    return _without_nothing(json.loads(json.dumps(document)))


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value
