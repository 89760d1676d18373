"""The results of a run are its figures and pictures; its history is read again for pictures of several runs."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from nnlite import plots, threads
from nnlite.config import toml
from nnlite.config.training_config import TrainingConfig
from nnlite.data import Splits
from nnlite.errors import ConfigError, DataError, RunError
from nnlite.metrics import classification as metrics
from nnlite.metrics.monitor import monitored
from nnlite.runs.folder import CONFIG, HISTORY, METRICS
from nnlite.saving import files
from nnlite.training.evaluation import evaluate
from nnlite.training.history import History
from nnlite.training.trainer import Trainer
from nnlite.types import Array

# JSON text, which stays as it is whatever brackets it holds, or else a list of numbers.
_TEXT_OR_NUMBERS = re.compile(r'("(?:[^"\\]|\\.)*")|\[([-+\d.e,\s]+)\]')


def write(folder: Path, settings: TrainingConfig, splits: Splits, trainer: Trainer) -> dict[str, Any]:
    """The pictures and figures of a finished run, those in `metrics.json` last; returns what it says."""
    with threads.limited(trainer.thread_count):  # the figures' last digits are the run's too
        predicted = np.empty(0) if splits.test is None else trainer.model.predict(splits.test.x)
        figures = _figures(trainer, splits, predicted)
    plots.save(picture := plots.curves({settings.name: trainer.history}), folder / "loss.svg")
    plots.save(picture, folder / "loss.png")
    title = f"{settings.name}, test rows"
    if (filters := plots.filters(trainer.model, settings.name)) is not None:
        plots.save(filters, folder / "filters.svg")
    if splits.test is not None and "confusion" in figures["test"]:
        matrix, classes = np.array(figures["test"]["confusion"]), splits.train.classes or ()
        plots.save(plots.confusion(matrix, classes, title), folder / "confusion.svg")
        if (shape := plots.image_shape(trainer.model)) is not None:
            images = splits.test.x.reshape(-1, *shape)
            plots.save(plots.mistakes(images, splits.test.y, predicted, classes, title), folder / "mistakes.svg")
    if splits.test is not None and trainer.model.network.criterion.task == "regression":
        plots.save(plots.predictions(splits.test.y, predicted, title), folder / "predictions.svg")
    files.write(folder / METRICS, as_json(figures))
    return figures


def _figures(trainer: Trainer, splits: Splits, predicted: Array) -> dict[str, Any]:
    """The final figures on each part of the data; on the test part in full."""
    figures: dict[str, Any] = {}
    if splits.test is not None:
        figures["test"] = evaluate(trainer.model, splits.test)
        if splits.test.classes is not None and splits.test.y.ndim == 1:
            found = predicted.argmax(axis=1)
            figures["test"] |= metrics.per_class(splits.test.y, found, splits.test.classes)
    if splits.validation is not None:
        figures["validation"] = evaluate(trainer.model, splits.validation)
    figures["best_epoch"] = trainer.history.best_epoch
    if trainer.ended_early:
        figures["ended_early"] = trainer.ended_early
    return figures


def read_history(run: Path) -> History:
    """The history in a run folder; raises `RunError`."""
    path = run / HISTORY
    try:
        history = History.from_csv(path.read_text(encoding="utf-8"))
        history.monitor = _monitor(run, history)
        return history
    except OSError as error:
        if isinstance(error, FileNotFoundError) and (run / CONFIG).exists():
            raise RunError(f"{run} has no history: no epoch of the run is over yet") from None
        raise RunError(f"{run} is not a run folder: {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RunError(f"{path}: the file is not UTF-8 text, so not a history") from None
    except DataError as error:
        raise RunError(f"{path}: {error}") from None


def _monitor(run: Path, history: History) -> str | None:
    """What early stopping looked at, if the run's config names a figure."""
    try:
        monitor = toml.parse((run / CONFIG).read_bytes()).get("early_stopping", {}).get("monitor")
        return None if monitor is None else monitored(monitor, history.columns)
    except (OSError, ConfigError, AttributeError):
        return None  # the curves can be drawn without


def as_json(document: Any) -> str:
    """The document as JSON that people can read too: a row of numbers on one line."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _TEXT_OR_NUMBERS.sub(lambda found: found[1] or f"[{' '.join(found[2].split())}]", text) + "\n"
