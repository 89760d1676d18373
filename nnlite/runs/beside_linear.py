"""The figures of a linear model on a run's rows: what its network has to be better than to be worth its trouble."""

from collections.abc import Sequence

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.data import Dataset
from nnlite.finite import all_finite
from nnlite.metrics import MAE, R2, RMSE, BalancedAccuracy, LogLoss
from nnlite.metrics.linear import MOST_PRODUCTS, linear_classifier, linear_regression
from nnlite.metrics.metric import Metric
from nnlite.types import Array


def figures_of_linear(
    model: Sequential, train: Dataset, rows: Dataset, asked: Sequence[Metric] = ()
) -> tuple[dict[str, float], str]:
    """Loss and metrics, by name, of a linear model that learns from the same rows, behind the same preprocessing.

    Args:
        model: the trained model; its preprocessing layers make the numbers that the linear model sees too.
        train: the rows to learn from.
        rows: the rows to evaluate.
        asked: the metrics to compute beside those of nnlite's own losses.

    Returns:
        The figures, which are empty where there is no linear model to compare with; and a sentence on what it is, or
        on why there is none.
    """
    criterion = model.criterion
    if criterion is None or criterion.task == "multi-label" or (rows.classes is not None and rows.y.ndim != 1):
        return {}, ""
    train = train.counted()
    outputs = len(rows.classes or ()) if criterion.task == "classification" else int(np.prod(rows.y.shape[1:]))
    width = int(np.prod(model.prepared_shape))
    products = len(train) * width * (outputs if criterion.task == "classification" else width)
    if products > MOST_PRODUCTS * (1 if criterion.task == "classification" else 100):
        return {}, "There is no linear model beside it: on so many rows and columns it would take long."
    whole = set(model.network.chain.layers[0].whole) if model.network.chain.layers else set()
    numbers = [place for place in range(width) if place not in whole]
    x, x_rows = (model.preprocess(part.x).reshape(len(part), width)[:, numbers] for part in (train, rows))
    if not numbers or not (all_finite(x) and all_finite(x_rows)):
        return {}, ""
    said = "The linear model learnt from the same training rows, behind the same preprocessing"
    without = ", but without the columns of many categories" if whole else ""
    metrics: list[Metric]
    if criterion.task == "classification":
        fitted = linear_classifier(x, train.y, outputs, train.sample_weight)
        predicted, metrics = fitted.predict(x_rows), [BalancedAccuracy(), LogLoss(), *asked]
        right: Array = predicted.argmax(axis=1) == rows.y
        figures = {"accuracy": float(np.average(right, weights=_weights(rows)))}
        kind = "logistic regression"
    else:
        fitted = linear_regression(x, train.y.reshape(len(train), -1).astype(np.float64), train.sample_weight)
        predicted, metrics = fitted.predict(x_rows).reshape(rows.y.shape), [R2(), MAE(), RMSE(), *asked]
        figures, kind = {}, "ridge regression"
    figures |= {metric.name: metric(predicted, rows.y, rows.sample_weight) for metric in metrics}
    return figures, f"{said}{without}: {kind}, its weights held as small as scikit-learn does by default."


def _weights(rows: Dataset) -> Array:
    weights = rows.sample_weight
    return np.ones(len(rows)) if weights is None or not weights.any() else weights
