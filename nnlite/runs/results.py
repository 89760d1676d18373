"""The results of a finished run: its figures, its pictures and its report."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlite import files, seeding, threads
from nnlite.config.training_config import TrainingConfig
from nnlite.data import Splits
from nnlite.metrics.metric import Metric
from nnlite.runs import findings, reporting
from nnlite.runs.against_baseline import figures_of
from nnlite.runs.folder import RunFolder
from nnlite.runs.outlying import outlying
from nnlite.runs.spared import spared
from nnlite.runs.trained import Trained
from nnlite.training.evaluation import compared_at_once, evaluate
from nnlite.training.trainer import Trainer
from nnlite.types import Array

# JSON text, which stays as it is whatever brackets it holds, or else a list of numbers.
_TEXT_OR_NUMBERS = re.compile(r'("(?:[^"\\]|\\.)*")|\[([-+\d.e,\s]+)\]')


def of_member(trainer: Trainer, splits: Splits) -> dict[str, Any]:
    """What is said of one network: its figures on its validation rows, its best epoch, why it ended early."""
    figures: dict[str, Any] = {}
    if splits.validation is not None:
        with threads.limited(trainer.thread_count), np.errstate(over="ignore", invalid="ignore"):
            figures["validation"] = evaluate(trainer.model, splits.validation, metrics=trainer.metrics)
            loss = figures["validation"]["loss"]
            if rows := outlying(trainer.model, splits.validation, loss, trainer.history):
                figures["validation"]["outlying_rows"] = rows
            figures["validation"] |= compared_at_once(trainer.model, len(splits.validation))
    figures["best_epoch"] = trainer.history.best_epoch
    if trainer.ended_early:
        figures["ended_early"] = trainer.ended_early
    return figures


def of_members(figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is said of an ensemble: the mean of the members' validation figures, and what is said of each member."""
    validations = [each["validation"] for each in figures if "validation" in each]
    names = [name for name, figure in (validations[0] if validations else {}).items() if isinstance(figure, float)]
    means: dict[str, Any] = {name: float(np.mean([_number(each[name]) for each in validations])) for name in names}
    means |= {name: each[name] for each in validations for name in ("loss_of_rows_at_once",) if name in each}
    return ({"validation": means} if means else {}) | {"members": list(figures)}


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)  # null in a file


def write(
    folder: RunFolder, config: TrainingConfig, splits: Splits, trained: Trained, beside: Mapping[str, Any]
) -> dict[str, Any]:
    """Writes the pictures, the report, the findings and then the metrics of a finished run; returns `metrics.json`'s.

    Args:
        folder: where they are written.
        config: the run's config.
        splits: its rows.
        trained: its model, or ensemble.
        beside: what `metrics.json` says beside the figures of the test rows.
    """
    model, splits = trained.model, reporting.ordered(splits, trained)
    with (
        threads.limited(trained.thread_count),  # the figures' last digits are the run's too
        np.errstate(over="ignore", invalid="ignore"),  # what overflows is undefined, which is said
    ):
        predicted = np.empty(0) if splits.test is None else model.predict(splits.test.x)
        figures = _of_test(config, trained, splits, predicted) | dict(beside)
        found = findings.found(model, trained.histories.values(), trained.settings, splits, figures.get("test", {}))
    if config.pictures:
        with spared(f"{folder} has no report, or not all pictures", f", and nnlite report {folder} tries again"):
            reporting.write(folder, config, splits, trained, json.loads(as_json(figures)), predicted, found.findings)
    files.write(folder.findings, as_json(findings.document(found)))
    files.write(folder.metrics, as_json(figures))
    return figures


def _of_test(config: TrainingConfig, trained: Trained, splits: Splits, predicted: Array) -> dict[str, Any]:
    """The figures of the test rows, in full; nothing without test rows."""
    if (test := splits.test) is None:
        return {}
    model, train, rng = trained.model, splits.train, seeding.generator(config.seed, "bootstrap")
    figures = figures_of(model, test, predicted, train.y, rng, train.sample_weight, trained.metrics)
    if without := int((~np.isfinite(predicted.reshape(len(test), -1)).all(axis=1)).sum()):
        figures["rows_without_prediction"] = without
    if rows := outlying(model, test, figures["loss"], next(iter(trained.histories.values()))):
        figures["outlying_rows"] = rows
    return {"test": figures}


def undefined(figures: dict[str, Any], metrics: Sequence[Metric] = ()) -> str:
    """In words, which main figures of the test and validation rows are undefined, and why; "" if none is.

    Args:
        figures: the figures of each part.
        metrics: the metrics among them, which say what they need.
    """
    needs = {metric.name: f" (it needs {metric.needs})" for metric in metrics if metric.needs}
    found = [
        f"{part} {name}{needs.get(name, '')}"
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
