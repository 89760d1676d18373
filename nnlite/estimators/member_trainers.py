"""The trainers of the members are made from an estimator's arguments, follow those that change, and are run."""

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.utils.parallel import Parallel, delayed

from nnlite.config.recipe import batch_size_for
from nnlite.core.loss import Loss
from nnlite.core.sequential import Sequential
from nnlite.data.dataset import Dataset
from nnlite.estimators import architecture
from nnlite.estimators.callbacks import Reporting
from nnlite.estimators.validation_rows import Parts
from nnlite.metrics.metric import Metric
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.schedules.schedule import Schedule
from nnlite.training.callbacks import Callback
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.progress_bar import ProgressBar, possible
from nnlite.training.progress_lines import MOST_LINES, ProgressLines
from nnlite.training.trainer import Trainer


def new_model(estimator: Any, data: Dataset, loss: Loss, seed: int) -> Sequential:
    """A network that nothing was trained on, built.

    Args:
        estimator: it has the arguments.
        data: the training rows.
        loss: ends the network.
        seed: the seed of its weights.
    """
    layers = architecture.layers(estimator, data, loss)
    return Sequential(layers).build(data.x.shape[1:], seed, estimator.dtype)


def new_trainer(estimator: Any, model: Sequential, seed: int) -> Trainer:
    """A trainer of this model; `follow_arguments` gives it the arguments but the optimizer."""
    return Trainer(model, _optimizer(estimator), seed=seed)


def follow_arguments(
    estimator: Any, trainers: Sequence[Trainer], counts: Sequence[int], before: Mapping[str, str], *, validated: bool
) -> dict[str, str]:
    """Gives the trainers the arguments as they are now: those of training may change from fit to fit.

    Args:
        estimator: it has the arguments.
        trainers: one for each member.
        counts: how many training rows each has.
        before: what this function returned in the last fit; empty in the first.
        validated: whether there are validation rows.

    Returns:
        The optimizer and the schedule in words, by which the next fit sees whether they are others.
    """
    said = {name: repr(getattr(estimator, name)) for name in ("optimizer", "schedule")}
    changed = {name for name, value in said.items() if before.get(name, value) != value}
    for trainer, count in zip(trainers, counts, strict=True):
        trainer.epochs = estimator.epochs
        trainer.batch_size = batch_size_for(count) if estimator.batch_size == "auto" else int(estimator.batch_size)
        trainer.clip_norm, trainer.average = estimator.clip_norm, estimator.average
        trainer.callbacks = tuple(estimator.callbacks)
        trainer.metrics = tuple(architecture.fresh(each, "metric", Metric) for each in estimator.metrics)
        trainer.max_seconds = None if estimator.max_seconds is None else estimator.max_seconds / estimator.ensemble
        if "optimizer" in changed:
            trainer.optimizer = _optimizer(estimator)
        elif isinstance(estimator.optimizer, str):
            for name in ("learning_rate", "weight_decay"):
                if hasattr(trainer.optimizer, name):
                    setattr(trainer.optimizer, name, getattr(estimator, name))
        if "schedule" in changed or trainer.schedule is None:
            trainer.schedule = architecture.fresh(estimator.schedule, "schedule", Schedule)
        if not (estimator.early_stopping and validated):
            trainer.early_stopping = None
        elif trainer.early_stopping is None or trainer.early_stopping.patience != estimator.patience:
            trainer.early_stopping = EarlyStopping(estimator.patience)
    return said


def _optimizer(estimator: Any) -> Optimizer | FullBatchOptimizer:
    made = architecture.optimizer(estimator.optimizer, estimator.learning_rate, estimator.weight_decay)
    if isinstance(made, FullBatchOptimizer) and estimator.layers is None and estimator.dropout:
        raise ValueError(
            f"optimizer is {made!r}, a method that wants the same loss at each evaluation, and dropout is "
            f"{estimator.dropout}; expected dropout=0"
        )
    return made


def train(estimator: Any, trainers: Sequence[Trainer], parts: Parts, reporting: Reporting | None) -> list[Trainer]:
    """Trains the members, side by side where `n_jobs` says so and no callback follows them.

    Args:
        estimator: it has the arguments.
        trainers: one for each member.
        parts: the rows of each.
        reporting: what tells scikit-learn's callbacks of it, if there are any.

    Returns:
        The trainers afterwards: copies, where other processes trained them.
    """
    tasks = [(trainer, *part) for trainer, part in zip(trainers, parts, strict=True)]
    if reporting is None and not estimator.callbacks and estimator.n_jobs not in (None, 1) and len(tasks) > 1:
        shown = _shown(estimator, len(tasks), side_by_side=True)
        return list(
            Parallel(n_jobs=estimator.n_jobs)(
                delayed(_fit)(*task, own) for task, own in zip(tasks, shown, strict=True)
            )
        )
    for task, own in zip(tasks, _shown(estimator, len(tasks), side_by_side=False), strict=True):
        _fit(*task, own if reporting is None else (*own, reporting.of_member()))
    if reporting is not None:
        reporting.end()
    return list(trainers)


def _shown(estimator: Any, members: int, *, side_by_side: bool) -> list[tuple[Callback, ...]]:
    """For each member what shows its progress: a bar, or lines where it cannot be drawn, or bars would mix."""
    if not estimator.verbose:
        return [()] * members
    if possible() and not side_by_side:
        return [(ProgressBar(),) for _ in range(members)]
    names = ["" if members == 1 else f"member {member} of {members}, " for member in range(1, members + 1)]
    return [(ProgressLines(MOST_LINES // members, name),) for name in names]


def _fit(trainer: Trainer, train: Dataset, validation: Dataset | None, callbacks: Sequence[Callback] = ()) -> Trainer:
    trainer.fit(train, validation, callbacks=callbacks, progress=False)
    return trainer
