"""The results of a finished run: its metrics and its figures."""

import json
import re
from typing import Any

import numpy as np

from nnlite import plots, threads
from nnlite.config.training_config import TrainingConfig
from nnlite.data import Splits
from nnlite.metrics import classification as metrics
from nnlite.runs.folder import RunFolder
from nnlite.saving import files
from nnlite.training.evaluation import evaluate
from nnlite.training.trainer import Trainer
from nnlite.types import Array

# JSON text, which stays as it is whatever brackets it holds, or else a list of numbers.
_TEXT_OR_NUMBERS = re.compile(r'("(?:[^"\\]|\\.)*")|\[([-+\d.e,\s]+)\]')


def write(folder: RunFolder, config: TrainingConfig, splits: Splits, trainer: Trainer) -> dict[str, Any]:
    """Writes the figures and then the metrics of a finished run; returns what `metrics.json` says."""
    with threads.limited(trainer.thread_count):  # the figures' last digits are the run's too
        predicted = np.empty(0) if splits.test is None else trainer.model.predict(splits.test.x)
        figures = _figures(trainer, splits, predicted)
    if len(trainer.history):  # a callback may have stopped it before the first epoch
        plots.save(curves := plots.curves({config.name: trainer.history}), folder.path / "loss.svg")
        plots.save(curves, folder.path / "loss.png")
    title = f"{config.name}, test rows"
    if (filters := plots.filters(trainer.model, config.name)) is not None:
        plots.save(filters, folder.path / "filters.svg")
    if splits.test is not None and "confusion" in figures["test"]:
        matrix, classes = np.array(figures["test"]["confusion"]), splits.train.classes or ()
        plots.save(plots.confusion(matrix, classes, title), folder.path / "confusion.svg")
        if (shape := plots.image_shape(trainer.model)) is not None:
            images = splits.test.x.reshape(-1, *shape)
            plots.save(plots.mistakes(images, splits.test.y, predicted, classes, title), folder.path / "mistakes.svg")
    if splits.test is not None and trainer.model.network.criterion.task == "regression":
        plots.save(plots.predictions(splits.test.y, predicted, title), folder.path / "predictions.svg")
    files.write(folder.metrics, as_json(figures))
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


def as_json(document: Any) -> str:
    """The document as JSON that people can read too: a row of numbers on one line."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _TEXT_OR_NUMBERS.sub(lambda found: found[1] or f"[{' '.join(found[2].split())}]", text) + "\n"
