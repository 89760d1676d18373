"""The rows of a whole part are kept until the last one is there, for the metrics that need all of them at once."""

from collections.abc import Sequence

import numpy as np

from nnlite.core.loss import Loss
from nnlite.core.state import State
from nnlite.errors import ShapeError
from nnlite.metrics.metric import Metric
from nnlite.types import Array


class WholePart:
    """The raw outputs, targets and weights of the rows of a part so far.

    They take the memory of an array of that shape in the model's dtype, and four times as much while the figures are
    computed: for 60,000 rows of 10 classes 2.4 MB and then 10. Nothing is kept for a model without metrics.

    Args:
        criterion: the loss, which makes predictions of outputs.
        metrics: the metrics to compute at the end.
    """

    def __init__(self, criterion: Loss, metrics: Sequence[Metric]) -> None:
        self._criterion, self._metrics = criterion, metrics
        self._kept: list[tuple[Array, Array, Array | None]] = []

    def add(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Adds rows: their raw outputs, encoded targets and sample weights."""
        self._kept.append((outputs, targets, weights))

    def figures(self) -> dict[str, float]:
        """The metrics of all rows that were added, by name."""
        outputs, targets, weights = self._joined()
        predictions = self._criterion.predict(outputs.astype(np.float64))
        return metric_figures(self._metrics, self._criterion, predictions, targets, weights)

    def _joined(self) -> tuple[Array, Array, Array | None]:
        outputs, targets, weights = zip(*self._kept, strict=True)
        joined = None if weights[0] is None else np.concatenate(weights)
        return np.concatenate(outputs), np.concatenate(targets), joined

    @property
    def state(self) -> State:
        """The rows so far."""
        if not self._kept:
            return State()
        names = ("outputs", "targets", "weights")
        parts = zip(names, self._joined(), strict=True)
        return State(arrays={name: part for name, part in parts if part is not None})

    @state.setter
    def state(self, state: State) -> None:
        arrays = state.arrays
        self._kept = [(arrays["outputs"], arrays["targets"], arrays.get("weights"))] if arrays else []


def metric_figures(
    metrics: Sequence[Metric], criterion: Loss, predictions: Array, targets: Array, weights: Array | None
) -> dict[str, float]:
    """The value of each metric by its name.

    Args:
        metrics: the metrics.
        criterion: the loss of the model that has made the predictions.
        predictions: (rows, …), as its `predict` gives them.
        targets: (rows, …), as its `encode` gives them.
        weights: (rows,), the sample weights; None for equal ones.
    """
    predictions = np.array(predictions, np.float64)
    targets = plain_targets(criterion, predictions, targets)
    for array in (predictions, targets):
        array.flags.writeable = False  # one metric could change what the next one is given
    return {metric.name: metric(predictions, targets, weights) for metric in metrics}


def plain_targets(criterion: Loss, predictions: Array, targets: Array) -> Array:
    """The targets as metrics take them: class indices, 0 or 1 for each label, or numbers like the predictions.

    Of targets that are probabilities the likeliest class counts, and a label applies above a half, as in accuracy.
    """
    if criterion.task == "multi-label":
        return (targets > 0.5).astype(np.intp)
    if criterion.task == "regression":
        if targets.size != predictions.size:
            raise ShapeError(
                f"{criterion!r}.predict gives predictions of shape {predictions.shape} for targets of shape "
                f"{targets.shape}, which no metric can compare"
            )
        return np.array(targets, np.float64).reshape(predictions.shape)
    if targets.ndim == 1:
        return targets.astype(np.intp)
    return (targets[:, 0] > 0.5).astype(np.intp) if targets.shape[1] == 1 else targets.argmax(axis=1)
