"""A trained model is evaluated on rows of a user's, with the figures that a run gives for its test rows."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnlite import seeding, threads
from nnlite.core.predictor import Predictor
from nnlite.data.dataset import Dataset
from nnlite.metrics.metric import Metric
from nnlite.runs.against_baseline import figures_of
from nnlite.runs.folder import RunFolder
from nnlite.types import Array


def evaluated(
    predictor: Predictor,
    source: str | os.PathLike[str],
    model: str | os.PathLike[str],
    metrics: Sequence[Metric] = (),
) -> dict[str, Any]:
    """The figures on the rows of a file, or on a folder of pictures by class.

    Args:
        predictor: the model, which takes tables or images.
        source: the file or the folder.
        model: where the model comes from: a run folder knows the baseline, the most frequent class of its training
            rows or the mean of their targets.
        metrics: the metrics to compute beside those of the loss.

    Returns:
        loss and metrics with their intervals, of classes the figures of each; `rows`; `rows_without_target`, which
        are left out; and where it is known the `baseline`, with a `verdict` where the model is no better.

    Raises:
        DataError: where the rows cannot be used, or a label is none of the classes.
    """
    data, left_out = _rows(predictor, source)
    figures: dict[str, Any] = {"rows": len(data), "rows_without_target": left_out}
    if predictor.classes is not None:
        data._set(classes=tuple(predictor.classes.tolist()))  # the model's own, which a file has as texts
    answer = _answer_of(Path(model))
    training = _targets_of(answer, data)
    with threads.limited(1), np.errstate(over="ignore", invalid="ignore"):  # what overflows is undefined
        predicted, rng = predictor.model.predict(data.x), seeding.generator(0, "bootstrap")
        figures |= figures_of(predictor.model, data, predicted, training, rng, asked=metrics)
    if "r2" in figures and len(data) > 1 and (data.y == data.y[0]).all():
        figures |= {"r2": None, "r2_interval": None}  # there is nothing to explain
    if answer is None:
        figures.pop("baseline", None)
        figures.pop("verdict", None)
    return figures


def _targets_of(answer: Any, data: Dataset) -> Array:
    """Targets of one row, of which the baseline gives this answer; any at all where it is None."""
    if data.classes is not None and data.y.ndim == 1:
        return np.array([data.classes.index(answer) if answer in data.classes else 0])
    return np.zeros((1, *data.y.shape[1:])) if answer is None else np.asarray(answer, np.float64)[None]


def _rows(predictor: Predictor, source: str | os.PathLike[str]) -> tuple[Dataset, int]:
    """The rows that have a target, and how many have none."""
    if predictor.reader is None:
        return predictor.dataset(source), 0
    table = predictor.reader.read(source)
    data = predictor.dataset(table)
    return data, len(table) - len(data)


def trained_on(model: Path, source: str | os.PathLike[str]) -> bool:
    """Whether the run in this folder was trained on rows of this file."""
    folder = RunFolder(model)
    if not (model.is_dir() and folder.begun):
        return False
    path = folder.read_config().document["data"].get("path")
    return path is not None and os.path.exists(path) and os.path.samefile(path, source)


def _answer_of(model: Path) -> Any:
    """What the baseline of the run in this folder answers; None where it is not known."""
    folder = RunFolder(model)
    if not (model.is_dir() and folder.finished):
        return None
    try:
        return folder.read_metrics()["test"]["baseline"]["answer"]
    except (KeyError, TypeError):
        return None  # there were no test rows
