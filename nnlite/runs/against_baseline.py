"""The figures of a model on rows, beside those of the baseline: the answer that looks at no feature."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.core.ensemble import Ensemble
from nnlite.core.sequential import Sequential
from nnlite.data.dataset import Dataset
from nnlite.data.split import Splits
from nnlite.metrics import baseline
from nnlite.metrics import classification as metrics
from nnlite.metrics.errors_of_numbers import R2
from nnlite.metrics.metric import Metric
from nnlite.training.evaluation import compared_at_once, evaluate
from nnlite.types import Array


def figures_of(
    model: Sequential | Ensemble,
    rows: Dataset,
    predicted: Array,
    training: Array,
    rng: np.random.Generator,
    training_weight: Array | None = None,
    asked: Sequence[Metric] = (),
) -> dict[str, Any]:
    """Loss and metrics of the model on these rows, with their intervals, and of classes the figures of each.

    Args:
        model: the model.
        rows: the rows, with their targets.
        predicted: (rows, …), the model's answers for them.
        training: (training rows, …), the targets of which the baseline is the majority or the mean.
        rng: draws the samples of the bootstrap, for the intervals of a regression.
        training_weight: (training rows,), how much each of them counts; if None all count the same.
        asked: the metrics to compute beside those of the loss.

    Returns:
        What `metrics.json` says of the test rows, by name; `baseline` among it, and a `verdict` where the model is no
        better. Of a model that gives several labels loss and metrics alone.
    """
    figures: dict[str, Any] = evaluate(model, rows, metrics=asked) | compared_at_once(model, len(rows))
    weights = training_weight, rows.sample_weight
    if rows.classes is not None and rows.y.ndim == 1:
        found = metrics.likeliest(predicted)
        figures |= metrics.per_class(rows.y, found, rows.classes, rows.sample_weight)
        figures |= baseline.of_classes(found, training, rows.y, rows.classes, *weights)
    elif model.criterion is not None and model.criterion.task == "regression":
        figures |= baseline.of_numbers(predicted, training, rows.y, rng, *weights)
    if "baseline" in figures and (said := baseline.verdict(figures)):
        figures["verdict"] = said
    return figures


def beside_curves(splits: Splits) -> dict[str, float]:
    """What the baseline reaches on the validation rows, or else the training rows, by the metric's column.

    Of classes that is the accuracy of the majority class, of numbers R², MAE and RMSE of the mean; {} of others.

    Args:
        splits: the rows, with their targets.
    """
    train, rows = splits.train, splits.validation or splits.train
    weights = train.sample_weight, rows.sample_weight
    if rows.classes is not None and rows.y.ndim == 1:
        figures = baseline.majority(train.y, rows.y, rows.classes, *weights)
    elif rows.classes is None:
        figures = baseline.mean(train.y, rows.y, *weights)
        answer = np.broadcast_to(np.asarray(figures["answer"]), rows.y.shape)
        figures["r2"] = R2()(answer, rows.y, rows.sample_weight)
    else:
        return {}
    return {name: figure for name, figure in figures.items() if name != "answer"}
