"""Evaluation: the loss and its metrics as means over many batches."""

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnlite.core.ensemble import Ensemble
from nnlite.core.estimator_hint import estimator_hint
from nnlite.core.loss import Loss
from nnlite.core.predictor import Predictor
from nnlite.core.sequential import Sequential
from nnlite.core.state import State
from nnlite.data.batches import portions
from nnlite.data.dataset import Dataset
from nnlite.errors import ConfigError, DataError
from nnlite.metrics.metric import Metric
from nnlite.training import metric_checks
from nnlite.training.feed import Batch, Feed
from nnlite.training.whole_part import WholePart, metric_figures
from nnlite.types import Array

ROWS_BEFORE_COUNTING = 1024
"""Batches are collected up to this number of rows: on fewer, the calls cost more than the computation."""

ROWS_TO_PROBE = 16
"""Rows on which the names of the metrics are found."""


def evaluate(
    model: Sequential | Ensemble | Predictor, data: Any, *, metrics: Sequence[Metric] = ()
) -> dict[str, float]:
    """The loss and its metrics on some rows, by name; the model learns nothing from them.

    A figure that is undefined is NaN: of rows whose weights are all 0, or for which an output is NaN.

    A loss that compares the rows of a batch (`Loss.of_batch`) is a mean over the portions of rows that are computed
    at once: rows in another order give another figure.

    Rows count by their sample weights. In the loss of a classifier they count by their class weights too, and its
    targets are smoothed; where it has either, `log_loss` is the cross-entropy without them, which compares between
    models. It, the accuracy, and the metrics of a regression are always those of the plain targets.

    Args:
        model: a model that is built and ends in a loss, or an `Ensemble` of some, whose figures are those of its mean
            prediction; or what `load` gave.
        data: the rows and their targets, a `Dataset`; for a model of tables also a table that has the target, such as
            the path of a file or a data frame, and for one of images a folder of pictures by class, as
            `Predictor.dataset` takes them. In a callback also `fit.train` or `fit.validation`.
        metrics: figures beside those of the loss, such as `nnlite.metrics.F1()`.

    Raises:
        ConfigError: where the model is none; of a fitted `NNClassifier` its `predictor_` is one. Where a metric is
            not for the model.
        DataError, ShapeError: where model and data do not belong together.

    >>> import numpy as np
    >>> from nnlite import Dataset, Dense, Sequential, SoftmaxCrossEntropy, evaluate
    >>> model = Sequential([Dense(2, weight_init="ones"), SoftmaxCrossEntropy()]).build((3,))
    >>> figures = evaluate(model, Dataset(np.ones((4, 3)), np.array([0, 0, 0, 1])))
    >>> round(figures["loss"], 6), figures["accuracy"]
    (0.693147, 0.75)
    """
    if not isinstance(model, Sequential | Ensemble | Predictor):
        raise ConfigError(
            f"got a {type(model).__name__}, expected a Sequential, an Ensemble or a Predictor"
            f"{estimator_hint(model, 'predictor_')}"
        )
    if not isinstance(data, Dataset | Feed) and (isinstance(model, Predictor) or model.table is not None):
        data = (model if isinstance(model, Predictor) else Predictor(model)).dataset(data)
    if isinstance(model, Predictor):
        model = model.model
    if isinstance(model, Ensemble):
        return _evaluate_ensemble(model, data, metrics)
    if isinstance(data, Feed):
        if data.model is not model:
            raise DataError("the rows were prepared for another model; give evaluate the Dataset that they came from")
        return evaluate_feed(data, metrics=metrics_of(metrics, data))
    feed = Feed(model, data)
    feed.try_values()
    return evaluate_feed(feed, metrics=metrics_of(metrics, feed))


def compared_at_once(model: Sequential | Ensemble, rows: int) -> dict[str, int]:
    """How many rows, at most, an evaluation's loss compares with each other, as a figure beside it.

    Nothing where the loss is the mean of its rows' losses, for which it makes no difference (see `Loss.of_batch`).

    Args:
        model: the model.
        rows: how many rows are evaluated.
    """
    first = model.members[0] if isinstance(model, Ensemble) else model
    at_once = ROWS_BEFORE_COUNTING if isinstance(model, Ensemble) else first.rows_at_once
    return {"loss_of_rows_at_once": min(rows, at_once)} if first.network.criterion.of_batch else {}


def _evaluate_ensemble(ensemble: Ensemble, data: Dataset | Feed, metrics: Sequence[Metric]) -> dict[str, float]:
    """The figures of the members' mean prediction, by the loss of the first member."""
    if isinstance(data, Feed):
        raise DataError("the rows were prepared for another model; give evaluate the Dataset that they came from")
    first = ensemble.members[0]
    feed = Feed(first, data)
    feed.try_values()
    criterion, metrics = first.network.criterion, metrics_of(metrics, feed)
    means, kept = Means(criterion), []
    for rows in portions(len(feed), ROWS_BEFORE_COUNTING):
        predictions, targets = ensemble.predict(feed.x[rows]), feed.targets[rows]
        outputs = criterion.outputs_from(predictions)
        weight = None if feed.sample_weight is None else feed.sample_weight[rows]
        means.add(criterion.forward(outputs, targets, weight), outputs, targets, weight)
        if metrics:
            kept.append(predictions)
    figures = means.figures()
    if metrics:
        figures |= metric_figures(metrics, criterion, np.concatenate(kept), feed.targets, feed.sample_weight)
    return figures


def evaluate_feed(
    feed: Feed,
    shown: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
    before_portion: Callable[[], None] | None = None,
    metrics: Sequence[Metric] = (),
) -> dict[str, float]:
    """Evaluates a feed, whose rows are checked already, a portion of rows at a time.

    Args:
        feed: the rows to evaluate.
        shown: makes a context within which the model has the weights to evaluate, such as their average; by
            default they are those that it has.
        before_portion: called before each portion, when the model has its own weights.
        metrics: the metrics to compute beside the figures of the loss, checked.
    """
    network = feed.model.network
    means = Means(network.criterion, metrics)
    for x, targets, weight in feed.batches(feed.model.rows_at_once):
        if before_portion is not None:
            before_portion()
        with shown():
            loss = network.loss(x, targets, weight)
        means.add(loss, network.outputs, targets, weight)
    return means.figures()


def figure_names(feed: Feed) -> list[str]:
    """The names of the figures that an evaluation gives, found on a few rows."""
    network = feed.model.network
    means = Means(network.criterion)
    x, targets, weight = next(feed.batches(ROWS_TO_PROBE))
    means.add(network.loss(x, targets, weight), network.outputs, targets, weight)
    return list(means.figures())


def metrics_of(metrics: Sequence[Metric], feed: Feed) -> tuple[Metric, ...]:
    """The metrics that the loss does not report by itself; raises `ConfigError` where one is not for the model."""
    if not len(metric_checks.checked(metrics)):
        return ()
    metric_checks.check_memory(feed.model, len(feed))
    with np.errstate(all="ignore"):
        return metric_checks.check_for(metrics, feed.model, figure_names(feed))


class Means:
    """Weighted means of the loss and its metrics over batches: Σ(figure × weight) / Σweight.

    The loss's own metrics come from the means of its `row_figures` at the end.

    Args:
        criterion: the loss.
        metrics: the metrics beside those, which see all rows at the end.
    """

    def __init__(self, criterion: Loss, metrics: Sequence[Metric] = ()) -> None:
        self._criterion = criterion
        self._whole = WholePart(criterion, metrics) if metrics else None
        self._loss = self._loss_weight = self._figures_weight = 0.0
        self._sums: dict[str, Any] = {}
        self._waiting: list[tuple[Array, Array, Array | None]] = []
        self._rows = 0

    @property
    def state(self) -> State:
        """The sums so far, and the batches that are not counted yet."""
        sums = {"loss": self._loss, "loss_weight": self._loss_weight, "figures_weight": self._figures_weight}
        arrays = {f"sum/{name}": np.asarray(total) for name, total in self._sums.items()}
        if self._waiting:
            names = ("outputs", "targets", "weights")
            arrays |= {name: part for name, part in zip(names, self._joined(), strict=True) if part is not None}
        if self._whole is not None:
            arrays |= {f"whole/{name}": part for name, part in self._whole.state.arrays.items()}
        return State({name: float(total) for name, total in sums.items()}, arrays)

    @state.setter
    def state(self, state: State) -> None:
        sums, arrays = state.values, state.arrays
        self._loss, self._loss_weight, self._figures_weight = (
            sums["loss"],
            sums["loss_weight"],
            sums["figures_weight"],
        )
        self._sums = {name: total[()] for name, total in state.arrays_of("sum").items()}
        self._waiting, self._rows = [], 0
        if "outputs" in arrays:
            self._waiting = [(arrays["outputs"], arrays["targets"], arrays.get("weights"))]
            self._rows = len(arrays["outputs"])
        if self._whole is not None:
            self._whole.state = State(arrays=state.arrays_of("whole"))

    def add(self, loss: float, outputs: Array, targets: Array, sample_weight: Array | None) -> None:
        """Adds a batch, whose loss the criterion has just computed."""
        weight = self._criterion.weight
        self._loss += loss * weight
        self._loss_weight += weight
        self._waiting.append((outputs, targets, sample_weight))
        self._rows += len(outputs)
        if self._rows >= ROWS_BEFORE_COUNTING:
            self._count_figures()

    def _count_figures(self) -> None:
        if not self._waiting:
            return
        outputs, targets, weights = self._joined()
        weights = None if weights is None else weights.astype(np.float64)
        self._figures_weight += float(len(outputs)) if weights is None else float(weights.sum())
        # A figure that the earlier rows lack, since an older nnlite counted them, has no sum.
        before = math.nan if self._sums else 0.0
        for name, figures in self._criterion.row_figures(outputs, targets).items():  # (rows,) or (rows, figures)
            total = np.add.reduce(figures, dtype=np.float64) if weights is None else weights @ figures
            self._sums[name] = self._sums.get(name, before) + total
        self._waiting, self._rows = [], 0
        if self._whole is not None:
            self._whole.add(outputs, targets, weights)

    def _joined(self) -> Batch:
        """The batches that are not counted yet, as one batch."""
        outputs, targets, weights = zip(*self._waiting, strict=True)
        joined = None if weights[0] is None else np.concatenate(weights)
        return np.concatenate(outputs), np.concatenate(targets), joined

    def figures(self) -> dict[str, float]:
        """The loss and its metrics, by name; NaN where no row has any weight, since then there is no mean."""
        self._count_figures()
        weight = self._figures_weight
        metrics = self._criterion.metrics({name: total / (weight or 1.0) for name, total in self._sums.items()})
        found = {"loss": self.loss} | {name: figure if weight else math.nan for name, figure in metrics.items()}
        return found if self._whole is None else found | self._whole.figures()

    @property
    def loss(self) -> float:
        """The mean loss so far; NaN where no row has any weight."""
        return self._loss / self._loss_weight if self._loss_weight else math.nan
