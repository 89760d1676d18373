"""A run folder: the files that a run leaves there, and all that reads them."""

import contextlib
import csv
import glob
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.config import toml, training_config
from nnlite.config.training_config import TrainingConfig
from nnlite.errors import ConfigError, DataError, ModelFileError, RunError
from nnlite.metrics.monitor import monitored
from nnlite.runs import weight_hashes
from nnlite.saving import checkpoint
from nnlite.training.history import History

_MOST_THREADS = 64  # that a config can ask for

RUNS = Path("runs")
"""Where run folders are made for which the user names no place."""


class RunFolder:
    """The folder of one run.

    Args:
        path: the folder, such as runs/digits; it need not exist.

    Attributes:
        config: the file with the run's config; it is the first to be written.
        environment: the file that describes what the weights depend on beside the config.
        history: the file with a row for each epoch.
        weights: the file with a hash of the weights after each epoch.
        model: the model file.
        findings: the file with what is likely wrong.
        metrics: the file with the final figures; it is the last to be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.toml"
        self.environment = path / "environment.json"
        self.history = path / "history.csv"
        self.weights = path / "weights.csv"
        self.model = path / "model.safetensors"
        self.findings = path / "findings.json"
        self.metrics = path / "metrics.json"

    def __str__(self) -> str:
        return str(self.path)

    @property
    def begun(self) -> bool:
        """Whether a run was begun in this folder."""
        return self.config.is_file()

    @property
    def finished(self) -> bool:
        """Whether the run in this folder is over."""
        return self.metrics.is_file()

    @property
    def worth_keeping(self) -> bool:
        """Whether there is something from which a run that was left can go on, or its end."""
        first = self.member(0)  # of an ensemble
        return any(each.finished or checkpoint.paths(each.path) for each in (self, first))

    def member(self, index: int) -> "RunFolder":
        """The folder within it of one member of an ensemble, counted from 0; it is written as that of a run."""
        return RunFolder(self.path / f"member-{index + 1}")

    def check_begun(self) -> None:
        """Raises `RunError` where no run was begun in this folder."""
        if not self.begun:
            raise RunError(f"{self} is not a run folder: it has no {self.config.name}")

    def read_config(self) -> TrainingConfig:
        """The config that the run was begun with; raises `ConfigError`."""
        return training_config.load(self.config)

    def read_environment(self) -> dict[str, Any]:
        """What was written down when the run was begun; raises `RunError`."""
        try:
            described = json.loads(self.environment.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunError(f"{self.environment} cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError):
            described = None
        if not isinstance(described, dict):
            raise RunError(f"{self.environment} is damaged: expected what was written when the run was begun")
        return described

    def read_metrics(self) -> dict[str, Any]:
        """The final figures, as `metrics.json` says them; raises `RunError`."""
        try:
            figures = json.loads(self.metrics.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunError(f"{self.metrics} cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError) as error:
            raise RunError(f"{self.metrics} cannot be read: {error}") from None
        parts = [figures, *map(figures.get, ("test", "validation"))] if isinstance(figures, dict) else [figures]
        if not all(part is None or isinstance(part, dict) for part in parts):
            raise RunError(f"{self.metrics} is damaged: expected the figures of each part of the rows")
        return dict(figures)

    def read_threads(self) -> int:
        """The most threads with which the run has the last bits that it was begun with; raises `RunError`.

        As many as it took then, or any number where that was not written down.
        """
        described = self.read_environment() if self.environment.exists() else {}
        threads = described.get("threads")
        return threads if type(threads) is int and threads > 0 else _MOST_THREADS

    def read_history(self) -> History:
        """The history of the run; raises `RunError`."""
        try:
            history = History.from_csv(self.history.read_text(encoding="utf-8"))
        except OSError as error:
            if isinstance(error, FileNotFoundError) and self.config.exists():
                raise RunError(f"{self} has no history: no epoch of the run is over yet") from None
            raise RunError(f"{self} is not a run folder: {self.history} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise RunError(f"{self.history}: the file is not UTF-8 text, so not a history") from None
        except DataError as error:
            raise RunError(f"{self.history}: {error}") from None
        # The curves can be drawn without what early stopping looked at.
        with contextlib.suppress(OSError, ConfigError, AttributeError):
            config = self.config if self.config.is_file() else self.path.parent / self.config.name  # of a member
            stopping = toml.parse(config.read_bytes()).get("early_stopping", {})
            history.min_delta, history.ties = stopping.get("min_delta", 0.0), stopping.get("ties", "first")
            if "monitor" in stopping:
                history.monitor = monitored(stopping["monitor"], history.columns)
            if toml.parse(config.read_bytes()).get("training", {}).get("metrics"):
                metrics = training_config.load(config).metrics
                history.metrics = tuple(metric.name for metric in metrics)
                history.rising += tuple(metric.name for metric in metrics if metric.rising)
        return history

    def read_histories(self) -> dict[str, History]:
        """The history by the folder's name; of an ensemble those of the members so far; raises `RunError`."""
        found: dict[str, History] = {}
        while (folder := self.member(len(found))).history.is_file():
            found[f"member {len(found) + 1}"] = folder.read_history()
        return found or {str(self): self.read_history()}

    def read_weight_hashes(self) -> list[str]:
        """The hashes of all epochs so far, from the CSV file or the newest checkpoint; raises an `NnliteError`."""
        written = self._written_hashes()
        found = None if self.finished else self.newest_checkpoint()
        kept: list[str] = [] if found is None else weight_hashes.from_array(found.state.arrays["hashes"])
        hashes = max(written, kept, key=len)  # a run that went on after a signal has newer ones in its checkpoint
        if not hashes:
            raise RunError(f"{self} has no weights of any epoch yet")
        return hashes

    def _written_hashes(self) -> list[str]:
        try:
            heading, *rows = csv.reader(io.StringIO(self.weights.read_text(encoding="ascii")))
        except FileNotFoundError:
            return []
        except (OSError, ValueError, csv.Error) as error:
            why = getattr(error, "strerror", None) or "it is not a table"
            raise RunError(f"{self.weights} cannot be read: {why}") from None
        hashes = [row[1] for row in rows if len(row) == 2 and re.fullmatch("[0-9a-f]{64}", row[1])]
        expected = [[str(epoch), each] for epoch, each in enumerate(hashes, start=1)]
        if heading != ["epoch", "sha256"] or rows != expected:
            raise RunError(f"{self.weights} is damaged: expected the columns epoch and sha256, a row for each epoch")
        return hashes

    def newest_checkpoint(self, warn: Callable[[str], object] = lambda text: None) -> checkpoint.Checkpoint | None:
        """The newest whole checkpoint of the run, as `checkpoint.newest` finds it; None if there is none.

        Raises `ModelFileError`, as that does, and where the checkpoint is not one that a run has written.
        """
        found = checkpoint.newest(self.path, warn)
        if found is not None:
            config, hashes = found.header.get("config"), found.state.arrays.get("hashes", np.empty(0))
            if not isinstance(config, dict) or hashes.dtype != np.uint8 or hashes.shape[1:] != (32,):
                raise ModelFileError(
                    f"{found.path}: the checkpoint is not that of a run: its config or hashes are missing"
                )
        return found

    @staticmethod
    def latest(name: str) -> "RunFolder | None":
        """The run of a config with this name to go on with: the latest unfinished one, or else the latest of all."""
        runs = []
        for path in RUNS.glob(f"{glob.escape(name)}*"):
            number = re.fullmatch(r"(?:-(\d{1,9}))?", path.name[len(name) :])
            folder = RunFolder(path)
            if number and folder.begun and folder._name() == name:
                runs.append((not folder.finished, int(number[1] or 1), path))
        return RunFolder(max(runs)[2]) if runs else None

    def _name(self) -> str | None:
        """The name of the run's config; None where that cannot be read."""
        try:
            name = toml.parse(self.config.read_bytes()).get("name")
        except (OSError, ConfigError):
            return None
        return name if isinstance(name, str) else None
