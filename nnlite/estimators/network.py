"""What both estimators share: networks made from the arguments, trained as an ensemble, and asked for predictions."""

from collections.abc import Callable, Sequence
from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from nnlite import threads
from nnlite.config.recipe import batch_size_for
from nnlite.core.clean_copy import clean_copy
from nnlite.core.ensemble import Ensemble
from nnlite.core.loss import Loss
from nnlite.core.predictor import Predictor
from nnlite.core.sequential import Sequential
from nnlite.data.dataset import Dataset
from nnlite.data.split import split
from nnlite.data.table_reader import TableReader
from nnlite.errors import DataError
from nnlite.estimators import architecture, arguments, rows
from nnlite.estimators.callbacks import CallbackSupportMixin, Reporting, with_callbacks
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.saving import model_file
from nnlite.schedules.schedule import Schedule
from nnlite.tables import Table, TableEncoder
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.history import History
from nnlite.training.trainer import Trainer
from nnlite.types import Array

Parts: TypeAlias = Sequence[tuple[Dataset, Dataset | None]]
"""The training rows of each member, and its validation rows if it has any."""

LEAST_ROWS_TO_VALIDATE = 50
"""Of fewer rows none is kept from training: too few would be left, and too few say when to stop."""


class Network(CallbackSupportMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """The part of an estimator that knows neither classes nor numbers: rows, members, training, and what is kept.

    A subclass has the arguments, which are those of `NNClassifier` or `NNRegressor`, and says what the targets are.
    """

    _trainers: list[Trainer]
    _said: dict[str, str]  # the optimizer and the schedule of the last fit, in words

    # What a subclass says.

    def _targets(self, y: Any, *, reset: bool) -> Array:
        """(rows,) or (rows, targets): what the loss takes; on `reset` the classes are learnt from y."""
        raise NotImplementedError

    def _weighted(self, targets: Array, weight: Array | None) -> Array | None:
        """The weights of the rows, if need be multiplied by what the arguments say of the targets."""
        return weight

    def _class_names(self) -> tuple[Any, ...] | None:
        raise NotImplementedError

    def _default_loss(self) -> str:
        raise NotImplementedError

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Self:
        """An estimator that predicts what this one of scikit-learn predicts, to the last digits; nothing is trained.

        Args:
            fitted: a fitted `MLPClassifier`, for `NNRegressor` an `MLPRegressor`, or a fitted `Pipeline` that ends in
                one, after `StandardScaler`, `SimpleImputer`, `OneHotEncoder`, `OrdinalEncoder`, and
                `ColumnTransformer` or `Pipeline` of these.

        Raises:
            ConfigError: when it is something else, or has a step that cannot be expressed; it names the step.
            NotFittedError: when it is not fitted.
        """
        from nnlite.estimators.conversion import converted  # here: few need it, and it imports more of scikit-learn

        return converted(cls, fitted)

    # Fitting.

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Trains the networks on these rows.

        Args:
            X: (rows, columns), an array of numbers or a data frame; NaN where a value is missing.
            y: (rows,) or (rows, targets), the targets.
            sample_weight: (rows,), the weight of each row; 0 leaves it out.
            X_val, y_val: rows to validate on after each epoch, the same for all members; if None each member is
                validated on rows of its own, drawn from X.
            sample_weight_val: (rows,), the weights of those.

        Returns:
            The estimator.
        """
        arguments.check(self)
        again = self.warm_start and hasattr(self, "model_")
        if not again:  # a fit that fails is not to leave the answers of another
            for name in ("model_", "predictor_"):
                if hasattr(self, name):
                    delattr(self, name)
        if again:
            arguments.check_unchanged(self, self._made_with)
        table = rows.as_rows(self, X, reset=not again)
        targets = self._targets(y, reset=not again)
        _check_lengths(table, targets)
        weight = self._weighted(targets, _weights(sample_weight, table))
        if not again:
            self._learn_columns(table if weight is None else table.rows(np.flatnonzero(weight)))
            self._begin_anew()
        x, targets, weight = rows.repeated(self.table_.encoder.encode(table), targets, weight)
        data = self._dataset(x, targets, weight)
        if X_val is None and (y_val is not None or sample_weight_val is not None):
            raise ValueError("y_val or sample_weight_val came without X_val; expected X_val and y_val, or neither")
        given = None if X_val is None else self._validation(X_val, y_val, sample_weight_val)
        parts = [self._parted(data, member) if given is None else (data, given) for member in range(self.ensemble)]
        if not again or not self._trainers:
            earlier = self._members() if again else []
            self._trainers = [self._trainer(member, train, earlier) for member, (train, _) in enumerate(parts)]
        counts = [len(train) for train, _ in parts]
        self._follow_arguments(counts, validated=any(validation is not None for _, validation in parts))
        self._train(parts, Reporting.of(self, X, y))
        self._keep(parts, given, going_on=self.warm_start)
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        """One epoch over these rows; the first call fixes the columns, and the preprocessing learns from its rows."""
        arguments.check(self)
        first = not hasattr(self, "model_")
        if not first:
            arguments.check_unchanged(self, self._made_with)
        table = rows.as_rows(self, X, reset=first)
        targets = self._targets(y, reset=False)
        _check_lengths(table, targets)
        weight = self._weighted(targets, _weights(sample_weight, table))
        if first:
            self._learn_columns(table)
            self._begin_anew()
        data = self._dataset(self.table_.encoder.encode(table), targets, weight)
        if not self._trainers:
            earlier = [] if first else self._members()
            self._trainers = [self._trainer(member, data, earlier) for member in range(self.ensemble)]
        self._follow_arguments([len(data)] * self.ensemble, validated=False)
        for trainer in self._trainers:
            trainer.schedule, trainer.epochs = None, 1
        parts: list[tuple[Dataset, Dataset | None]] = [(data, None)] * self.ensemble
        self._train(parts, None)  # scikit-learn's callbacks are those of fit
        self._keep(parts, None, going_on=True)
        return self

    def _begin_anew(self) -> None:
        """Forgets what an earlier fit left to go on with."""
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1024))
        self._trainers, self._said = [], {}
        self._made_with = arguments.as_made(self)

    def _learn_columns(self, table: Table) -> None:
        guesses = rows.kinds_of(table, self.categorical_features)
        if all(guess.kind == "ignore" for guess in guesses.values()):
            raise ValueError("no column of X is left to learn from: the warning before says why each is left out")
        encoder = TableEncoder.fit(table, guesses=guesses)
        target = "target"
        while target in table.names:
            target += " "
        self.table_ = TableReader(encoder, target)

    def _dataset(self, x: Array, y: Array, weight: Array | None) -> Dataset:
        return Dataset(x, y, weight, self._class_names(), self.table_.encoder.names, self.table_)

    def _validation(self, X: Any, y: Any, weight: Any) -> Dataset:
        if y is None:
            raise ValueError("X_val came without y_val; expected both, or neither")
        try:
            table = rows.as_rows(self, X, reset=False)
            targets = self._targets(y, reset=False)
        except ValueError as error:
            raise ValueError(f"X_val and y_val: {error}") from None
        _check_lengths(table, targets, "X_val")
        return self._dataset(self.table_.encoder.encode(table), targets, _weights(weight, table))

    def _parted(self, data: Dataset, member: int) -> tuple[Dataset, Dataset | None]:
        """The training and the validation rows of a member; None where there are too few rows to validate on."""
        if not self.early_stopping or not self.validation_fraction or len(data) < LEAST_ROWS_TO_VALIDATE:
            return data, None
        fraction, classes = self.validation_fraction, data.classes
        if classes is not None and data.y.ndim == 1:  # a row of each class at least
            fraction = max(fraction, len(classes) / len(data))
        try:
            parts = split(data, 0.0, fraction, self._seed, member=member)
        except DataError:  # as many classes as half of the rows
            return data, None
        return parts.train, parts.validation

    def _trainer(self, member: int, data: Dataset, earlier: Sequence[Sequential]) -> Trainer:
        """The trainer of a member; `_follow_arguments` gives it the rest of the arguments."""
        model = clean_copy(earlier[member]) if earlier else self._model(member, data)
        return Trainer(model, self._optimizer(), seed=self._seed + member)

    def _model(self, member: int, data: Dataset) -> Sequential:
        layers = architecture.layers(self, data, self._loss())
        return Sequential(layers).build(data.x.shape[1:], self._seed + member, self.dtype)

    def _loss(self) -> Loss:
        """The loss that the arguments say, for the targets at hand."""
        given = self.loss
        if self.layers and isinstance(last := self.layers[-1], Loss):
            if given is not None:
                raise ValueError(f"the layers end in {last!r}, and loss is {given!r}; expected one loss")
            given = last
        loss: Loss = architecture.fresh(self._default_loss() if given is None else given, "loss", Loss)
        if (loss.task == "regression") != is_regressor(self):
            other = "NNRegressor predicts numbers" if loss.task == "regression" else "NNClassifier predicts classes"
            raise ValueError(f"the loss {loss!r} is not for {type(self).__name__}: {other}")
        return loss

    def _batch_size(self, count: int) -> int:
        return batch_size_for(count) if self.batch_size == "auto" else int(self.batch_size)

    def _follow_arguments(self, counts: Sequence[int], *, validated: bool) -> None:
        """Gives the trainers the arguments as they are now: those of training may change from fit to fit.

        Args:
            counts: how many training rows each has.
            validated: whether there are validation rows.
        """
        said = {name: repr(getattr(self, name)) for name in ("optimizer", "schedule")}
        changed = {name for name, value in said.items() if self._said.get(name, value) != value}
        self._said = said
        for trainer, count in zip(self._trainers, counts, strict=True):
            trainer.epochs, trainer.batch_size = self.epochs, self._batch_size(count)
            trainer.clip_norm, trainer.average, trainer.callbacks = (
                self.clip_norm,
                self.average,
                tuple(self.callbacks),
            )
            trainer.max_seconds = None if self.max_seconds is None else self.max_seconds / self.ensemble
            if "optimizer" in changed:
                trainer.optimizer = self._optimizer()
            elif isinstance(self.optimizer, str):
                for name in ("learning_rate", "weight_decay"):
                    if hasattr(trainer.optimizer, name):
                        setattr(trainer.optimizer, name, getattr(self, name))
            if "schedule" in changed or trainer.schedule is None:
                trainer.schedule = architecture.fresh(self.schedule, "schedule", Schedule)
            if not (self.early_stopping and validated):
                trainer.early_stopping = None
            elif trainer.early_stopping is None or trainer.early_stopping.patience != self.patience:
                trainer.early_stopping = EarlyStopping(self.patience)

    def _optimizer(self) -> Optimizer | FullBatchOptimizer:
        made = architecture.optimizer(self.optimizer, self.learning_rate, self.weight_decay)
        if isinstance(made, FullBatchOptimizer) and self.layers is None and self.dropout:
            raise ValueError(
                f"optimizer is {made!r}, a method that wants the same loss at each evaluation, and dropout is "
                f"{self.dropout}; expected dropout=0"
            )
        return made

    def _train(self, parts: Parts, reporting: Reporting | None) -> None:
        """Trains the members, side by side where `n_jobs` says so and no callback follows them."""
        tasks = [(trainer, *part) for trainer, part in zip(self._trainers, parts, strict=True)]
        if reporting is not None or self.callbacks or self.n_jobs in (None, 1) or len(tasks) == 1:
            for task in tasks:
                own = () if reporting is None else (reporting.of_member(),)
                _fit(*task, callbacks=own, progress=bool(self.verbose))
            if reporting is not None:
                reporting.end()
        else:
            self._trainers = list(Parallel(n_jobs=self.n_jobs)(delayed(_fit)(*task) for task in tasks))

    def _keep(self, parts: Parts, given: Dataset | None, *, going_on: bool) -> None:
        """Sets what a fit leaves: the model and its figures; the trainers too if it may go on."""
        models = [clean_copy(trainer.model) for trainer in self._trainers]
        self.histories_ = [trainer.history for trainer in self._trainers]
        with threads.limited(1):  # as in `_outputs`
            temperature = self._temperature(models, parts, given)
        alone = len(models) == 1 and temperature == 1
        self.model_: Sequential | Ensemble = models[0] if alone else Ensemble(models, temperature)
        self.predictor_ = Predictor(self.model_)
        self.n_iter_ = max(map(len, self.histories_))
        if not going_on:
            self._trainers = []

    def _temperature(self, models: list[Sequential], parts: Parts, given: Dataset | None) -> float:
        return 1.0

    def _as_if_fitted(self, model: Sequential) -> dict[str, Any]:
        """The attributes that an estimator with this model alone has, for a callback that wants to predict."""
        learnt = {name: value for name, value in vars(self).items() if name.endswith("_") or name == "_multilabel"}
        return learnt | {"model_": model, "predictor_": Predictor(model)}

    def _members(self) -> list[Sequential]:
        return list(self.model_.members) if isinstance(self.model_, Ensemble) else [self.model_]

    # What a fit has left.

    @property
    def history_(self) -> History:
        """The figures of each epoch of the first member; `histories_` has those of all."""
        check_is_fitted(self)
        return self.histories_[0]

    @property
    def best_epoch_(self) -> int:
        """The epoch whose weights were kept, from 1; of an ensemble the mean of its members', rounded."""
        check_is_fitted(self)
        return round(float(np.mean([history.best_epoch or len(history) for history in self.histories_])))

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of each epoch; of an ensemble the mean over the members that made the epoch."""
        return self._curve("training_loss")

    @property
    def validation_loss_curve_(self) -> list[float]:
        """The validation loss of each epoch, as `loss_curve_`; empty where there were no validation rows."""
        return self._curve("validation_loss")

    def _curve(self, column: str) -> list[float]:
        check_is_fitted(self)
        found = [history[column] for history in self.histories_ if column in history.columns]
        longest = max(map(len, found), default=0)
        return [float(np.mean([each[at] for each in found if at < len(each)])) for at in range(longest)]

    def _outputs(self, X: Any, ask: Callable[[Predictor, Table], Array]) -> Array:
        check_is_fitted(self)
        table = rows.as_rows(self, X, reset=False)
        with threads.limited(1):  # another number changes the last bits, and in a worker of joblib it is another
            return ask(self.predictor_, table)

    def save(self, path: Any) -> None:
        """Writes the model, its preprocessing included, to one file, which `nnlite.load` reads.

        Args:
            path: the path of the file, usually ending in .safetensors.
        """
        check_is_fitted(self)
        model_file.save(self.model_, path)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __getstate__(self) -> dict[str, Any]:
        # Rows, trainers and optimizers stay behind: what predicts is small.
        state: dict[str, Any] = super().__getstate__()
        return state | ({"_trainers": []} if "_trainers" in state else {})

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.target_tags.multi_output = True
        return tags


def _fit(
    trainer: Trainer,
    train: Dataset,
    validation: Dataset | None,
    *,
    callbacks: Sequence[Any] = (),
    progress: bool = False,
) -> Trainer:
    trainer.fit(train, validation, callbacks=callbacks, progress=progress)
    return trainer


def _weights(sample_weight: Any, table: Table) -> Array | None:
    """(rows,), the weights as float64; raises `ValueError`."""
    if sample_weight is None:
        return None
    try:
        weight = np.asarray(sample_weight, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"sample_weight is {sample_weight!r}; expected a number for each row") from None
    if weight.ndim == 0:
        weight = np.full(len(table), float(weight))
    if weight.ndim != 1:
        raise ValueError(f"Sample weights must be 1D array or scalar, got {weight.ndim}D array.")
    if len(weight) != len(table):
        raise ValueError(f"sample_weight.shape == {weight.shape}, expected ({len(table)},)!")
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError("sample_weight has values that are negative, infinite or NaN; expected numbers from 0 on")
    if not weight.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight


def _check_lengths(table: Table, targets: Array, name: str = "X") -> None:
    if len(table) != len(targets):
        raise ValueError(f"{name} has {len(table)} rows, but y has {len(targets)}; expected a target for each row")
