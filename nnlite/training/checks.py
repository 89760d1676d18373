"""Checks before a fit: all that can be wrong is said before the first step."""

from collections.abc import Iterable, Sequence

import numpy as np

from nnlite.core.sequential import Sequential
from nnlite.core.tree import walk
from nnlite.errors import ConfigError, DataError
from nnlite.layers import Columns, Standardize
from nnlite.metrics.metric import Metric
from nnlite.metrics.monitor import monitored
from nnlite.optimizers import clipping
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.schedules.schedule import Schedule
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.evaluation import figure_names
from nnlite.training.feed import Feed, Feeds
from nnlite.warning import warn


def check_settings_together(
    optimizer: Optimizer | FullBatchOptimizer,
    schedule: Schedule | None,
    clip_norm: float | None,
    clip_value: float | None,
    average: float | None,
    accumulate: int,
) -> None:
    """Raises `ConfigError` where two settings of a trainer exclude each other."""
    clipping.clip(clip_norm, clip_value)  # refuses both at once
    if not isinstance(optimizer, FullBatchOptimizer):
        return
    given: dict[str, object] = {
        "schedule": schedule,
        "clip_norm": clip_norm,
        "clip_value": clip_value,
        "average": average,
        "accumulate": accumulate if accumulate > 1 else None,
    }
    for option, value in given.items():
        if value is not None:
            raise ConfigError(
                f"{option} is for optimizers that step after every batch; a full-batch one ignores it: leave it out, "
                "or train with Adam, say"
            )


def warn_of_ignored_rates(optimizer: Optimizer | FullBatchOptimizer, model: Sequential) -> None:
    """Warns where a layer has a rate of its own, and the optimizer has no learning rate for it to multiply."""
    if not isinstance(optimizer, FullBatchOptimizer):
        return
    for path, layer, _ in walk(model.layers):
        if "rate" in layer._takes_factors and layer._factor("rate") != 1:
            warn(
                f"model.layers[{path}] {layer!r} has a rate of its own, which {optimizer!r} ignores: it has no "
                "learning rate, and chooses its steps by itself"
            )
            return


def about_large_features(model: Sequential, before: str) -> str:
    """Advice for a training that diverges, after the words `before`; "" where the model standardizes its rows."""
    for _, layer, _ in walk(model.layers):
        if isinstance(layer, Standardize) or (isinstance(layer, Columns) and layer.numbers != "none"):
            return ""
    return f"{before}a Standardize layer first if the features are large"


def check_codes(feed: Feed) -> None:
    """Raises `DataError` where no layer is told which columns of a table hold codes: they would count as numbers."""
    if feed.table is None or not any(feed.table.encoder.codes):
        return
    layers = [layer for _, layer, _ in walk(feed.model.layers)]
    is_told = any(getattr(layer, "codes", None) for layer in layers)
    of_users = any(not type(layer).__module__.startswith("nnlite.") for layer in layers)  # one may know them
    if is_told or of_users:
        return
    first = layers[0]
    what = f"{first!r} is not told" if isinstance(first, Columns) else f"the first layer, {first!r}, does not know"
    raise DataError(
        f"{what} which columns of the table hold codes of categories, so that they would count as numbers: begin the "
        "model with Columns(rows.table.encoder.codes), rows being the training rows"
    )


def check_weights(feeds: Feeds) -> None:
    """Raises `DataError` where all rows to train or to validate have weight 0, so that there is no loss."""
    for feed, part in zip(feeds, ("training", "validation"), strict=True):
        if feed is not None and feed.mean_weight == 0:
            raise DataError(
                f"the weights of all {len(feed)} {part} rows are 0, so that they have no loss; a row counts as its "
                "sample weight times its class weight: give some of them a weight above 0, or leave such rows out"
            )


def check_monitored(
    schedule: Schedule | None, stopping: EarlyStopping | None, feeds: Feeds, metrics: Sequence[Metric]
) -> None:
    """Raises `ConfigError` where the schedule or early stopping looks at a figure that is not recorded."""
    for section, watcher in (("schedule", schedule), ("early_stopping", stopping)):
        if watcher is not None and watcher.monitor is not None:
            try:
                monitored(watcher.monitor, _columns(feeds, metrics))
            except ConfigError as error:
                raise ConfigError(f"{section}.{error}") from None


def _columns(feeds: Feeds, metrics: Sequence[Metric]) -> Iterable[str]:
    """The columns with figures that the history of a fit with these feeds has."""
    training, validation = feeds
    parts = ("training",) if validation is None else ("training", "validation")
    with np.errstate(all="ignore"):  # the names alone matter, and the model may have adapted to nothing yet
        names = [*figure_names(training), *(metric.name for metric in metrics)]
    return [f"{part}_{name}" for name in names for part in parts]


def check_something_to_train(feed: Feed) -> None:
    """Raises `ConfigError` where no parameter is trained, so that a fit would do nothing."""
    if not feed.model.parameters.values.size:
        raise ConfigError(
            "no parameter is trained, so a fit would change nothing: set a layer free (trainable = true), or "
            "give the model one with parameters, such as Dense"
        )


def check_steps(feed: Feed, batch_size: int, schedule: Schedule | None, epochs: int, steps: int) -> None:
    """Raises `ConfigError` or `DataError` where a step would fail: on a batch of one row, or with this schedule."""
    if batch_size == 1 or len(feed) == 1:
        feed.try_one_row()
    if schedule is not None:
        try:
            schedule.check(epochs, steps)
        except ConfigError as error:
            raise ConfigError(f"schedule.{error}") from None
