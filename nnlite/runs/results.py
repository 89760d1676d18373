"""The results of a finished run: its metrics and its figures."""

import json
import math
import re
from typing import Any

import numpy as np

from nnlite import plots, seeding, threads
from nnlite.config.training_config import TrainingConfig
from nnlite.data import Splits
from nnlite.data.naming import in_order
from nnlite.metrics import baseline
from nnlite.metrics import classification as metrics
from nnlite.runs.folder import RunFolder
from nnlite.runs.outlying import outlying
from nnlite.saving import files
from nnlite.training.evaluation import evaluate
from nnlite.training.trainer import Trainer
from nnlite.types import Array

# JSON text, which stays as it is whatever brackets it holds, or else a list of numbers.
_TEXT_OR_NUMBERS = re.compile(r'("(?:[^"\\]|\\.)*")|\[([-+\d.e,\s]+)\]')


def write(folder: RunFolder, config: TrainingConfig, splits: Splits, trainer: Trainer) -> dict[str, Any]:
    """Writes the figures and then the metrics of a finished run; returns what `metrics.json` says."""
    names = trainer.model.classes, trainer.model.feature_names
    validation, test = (None if part is None else in_order(part, *names) for part in (splits.validation, splits.test))
    splits = Splits(in_order(splits.train, *names), validation, test)
    with (
        threads.limited(trainer.thread_count),  # the figures' last digits are the run's too
        np.errstate(over="ignore", invalid="ignore"),  # what overflows is undefined, which is said
    ):
        predicted = np.empty(0) if splits.test is None else trainer.model.predict(splits.test.x)
        figures = _figures(config, trainer, splits, predicted)
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


def _figures(config: TrainingConfig, trainer: Trainer, splits: Splits, predicted: Array) -> dict[str, Any]:
    """The final figures on each part of the data; on the test part in full."""
    figures: dict[str, Any] = {}
    if (test := splits.test) is not None:
        train, weights = splits.train, (splits.train.sample_weight, test.sample_weight)
        figures["test"] = evaluate(trainer.model, test)
        if test.classes is not None and test.y.ndim == 1:
            found = metrics.likeliest(predicted)
            figures["test"] |= metrics.per_class(test.y, found, test.classes, test.sample_weight)
            figures["test"] |= baseline.of_classes(found, train.y, test.y, test.classes, *weights)
        elif trainer.model.network.criterion.task == "regression":
            rng = seeding.generator(config.seed, "bootstrap")
            figures["test"] |= baseline.of_numbers(predicted, train.y, test.y, rng, *weights)
        if "baseline" in figures["test"] and (said := baseline.verdict(figures["test"])):
            figures["test"]["verdict"] = said
        if without := int((~np.isfinite(predicted.reshape(len(test), -1)).all(axis=1)).sum()):
            figures["test"]["rows_without_prediction"] = without
    if splits.validation is not None:
        figures["validation"] = evaluate(trainer.model, splits.validation)
    for name, part in (("test", splits.test), ("validation", splits.validation)):
        if part is not None and (rows := outlying(trainer.model, part, figures[name]["loss"], trainer.history)):
            figures[name]["outlying_rows"] = rows
    figures["best_epoch"] = trainer.history.best_epoch
    if trainer.ended_early:
        figures["ended_early"] = trainer.ended_early
    return figures


def undefined(figures: dict[str, Any]) -> str:
    """In words, which main figures of the test and validation rows are undefined, and why; "" if none is."""
    found = [
        f"{part} {name}"
        for part in ("test", "validation")
        for name, figure in figures.get(part, {}).items()
        if isinstance(figure, float) and not math.isfinite(figure)
    ]
    if not found:
        return ""
    without = figures.get("test", {}).get("rows_without_prediction")
    why = f"; the model has no finite output for {without} of the test rows" if without else ""
    return f"undefined, and null in metrics.json: {', '.join(found)}{why}"


def as_json(document: Any) -> str:
    """The document as JSON that people can read too: a row of numbers on one line; null for NaN and infinity."""
    text = json.dumps(_with_null(document), indent=2, ensure_ascii=False, allow_nan=False)
    return _TEXT_OR_NUMBERS.sub(lambda found: found[1] or f"[{' '.join(found[2].split())}]", text) + "\n"


def _with_null(value: Any) -> Any:
    """A copy with None for the numbers that JSON does not have."""
    if isinstance(value, dict):
        return {name: _with_null(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_null(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
