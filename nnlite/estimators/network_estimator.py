"""What both estimators share: networks made from the arguments, trained as an ensemble, and asked for predictions."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from nnlite import threads
from nnlite.core.clean_copy import clean_copy
from nnlite.core.loss import Loss
from nnlite.core.predictor import Predictor
from nnlite.core.sequential import Sequential
from nnlite.data.dataset import Dataset
from nnlite.data.table_reader import TableReader
from nnlite.estimators import architecture, arguments, member_trainers, rows
from nnlite.estimators.callbacks import CallbackSupportMixin, Reporting, with_callbacks
from nnlite.estimators.called import checks_its_call
from nnlite.estimators.column_kinds import kinds_of
from nnlite.estimators.fitted_networks import FittedNetworks
from nnlite.estimators.sample_weights import sample_weights
from nnlite.estimators.unchanged_on_failure import unchanged_on_failure
from nnlite.estimators.validation_rows import Parts, parted, warn_of_another_scale
from nnlite.tables import Table, TableEncoder
from nnlite.training.trainer import Trainer
from nnlite.types import Array


class NetworkEstimator(FittedNetworks, CallbackSupportMixin, BaseEstimator):  # type: ignore[misc] # no types
    """The part of an estimator that knows neither classes nor numbers: how rows and arguments become a training.

    A subclass has the arguments, which are those of `NNClassifier` or `NNRegressor`, and says what the targets are.
    """

    _trainers: list[Trainer]
    _said: dict[str, str]  # the optimizer and the schedule of the last fit, in words

    # What a subclass says.

    def _targets(self, y: Any, *, reset: bool) -> Array:
        """(rows,) or (rows, targets): what the loss takes; on `reset` the classes are learnt from y."""
        raise NotImplementedError

    def _weighted(self, targets: Array, weight: Array | None, *, reset: bool) -> Array | None:
        """The weights of the rows in the loss, of training and of validation rows alike.

        Args:
            targets: the targets of the rows.
            weight: (rows,), their sample weights; None for equal ones.
            reset: whether what there is to learn of the targets is learnt from these.
        """
        return weight

    def _warn_of_weights(self, targets: Array, weight: Array) -> None:
        """Warns where the sample weights leave out what the user may want to be learnt."""

    def _check_validated(self, validated: bool) -> None:
        """Raises `ValueError` where the arguments need validation rows, and there are none."""

    def _class_names(self) -> tuple[Any, ...] | None:
        raise NotImplementedError

    def _default_loss(self) -> str:
        raise NotImplementedError

    @classmethod
    @checks_its_call
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
    @checks_its_call
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
            X: (rows, columns), an array of numbers, of texts, or of objects with texts and times among them, or a
                data frame; NaN where a value is missing.
            y: (rows,) or (rows, targets), the targets.
            sample_weight: (rows,), the weight of each row; 0 leaves it out.
            X_val, y_val: rows to validate on after each epoch, the same for all members; if None each member is
                validated on rows of its own, drawn from X.
            sample_weight_val: (rows,), the weights of those.

        Returns:
            The estimator.
        """
        with unchanged_on_failure(self):
            return self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)

    def _fit(self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any, sample_weight_val: Any) -> Self:
        arguments.check(self)
        again = self.warm_start and hasattr(self, "model_")
        if again:
            arguments.check_unchanged(self, self._made_with)
        table, targets, weight = self._read(X, y, sample_weight, new_columns=not again, new_targets=not again)
        if not again:
            if weight is not None:
                self._warn_of_weights(targets, weight)
            counted = table if weight is None else table.rows(np.flatnonzero(weight))
            self._learn_columns(counted, typed=not isinstance(X, Table))
            self._begin_anew()
        x, targets, weight = rows.repeated(self.table_.encode(table), targets, weight)
        data = self._dataset(x, targets, self._weighted(targets, weight, reset=not again))
        if X_val is None and (y_val is not None or sample_weight_val is not None):
            raise ValueError("y_val or sample_weight_val came without X_val; expected X_val and y_val, or neither")
        given = None if X_val is None else self._validation(X_val, y_val, sample_weight_val)
        members = range(self.ensemble)
        parts = [parted(self, data, self._seed, member) if given is None else (data, given) for member in members]
        self._check_validated(any(validation is not None for _, validation in parts))
        self._prepare_trainers(parts, going_on=again)
        self._trainers = member_trainers.train(self, self._trainers, parts, Reporting.of(self, X, y))
        self._keep(parts, given, going_on=self.warm_start)
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        """One epoch over these rows; the first call fixes the columns, and the preprocessing learns from its rows.

        The caller keeps what was fitted where this fails.
        """
        arguments.check(self)
        self._check_validated(False)
        first = not hasattr(self, "model_")
        if not first:
            arguments.check_unchanged(self, self._made_with)
        table, targets, weight = self._read(X, y, sample_weight, new_columns=first)
        if first:
            self._learn_columns(table, typed=not isinstance(X, Table))
            self._begin_anew()
        data = self._dataset(self.table_.encode(table), targets, self._weighted(targets, weight, reset=first))
        parts: list[tuple[Dataset, Dataset | None]] = [(data, None)] * self.ensemble
        self._prepare_trainers(parts, going_on=not first)
        for trainer in self._trainers:
            trainer.schedule, trainer.epochs = None, 1
        # scikit-learn's callbacks are those of fit
        self._trainers = member_trainers.train(self, self._trainers, parts, None)
        self._keep(parts, None, going_on=True)
        return self

    def _read(
        self, X: Any, y: Any, sample_weight: Any, *, new_columns: bool = False, new_targets: bool = False
    ) -> tuple[Table, Array, Array | None]:
        """The rows, their targets and their weights, checked.

        Args:
            X, y, sample_weight: as in `fit`.
            new_columns, new_targets: whether the names of the columns, or the classes, are learnt from these.
        """
        table = rows.as_rows(self, X, reset=new_columns)
        targets = self._targets(y, reset=new_targets)
        if len(table) != len(targets):
            raise ValueError(f"X has {len(table)} rows, but y has {len(targets)}; expected a target for each row")
        return table, targets, sample_weights(sample_weight, len(table))

    def _begin_anew(self) -> None:
        """Forgets what an earlier fit left to go on with."""
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1024))
        self._trainers, self._said = [], {}
        self._made_with = arguments.as_made(self)

    def _learn_columns(self, table: Table, *, typed: bool) -> None:
        guesses = kinds_of(table, self.categorical_features, typed=typed)
        if all(guess.kind == "ignore" for guess in guesses.values()):
            raise ValueError("no column of X is left to learn from: the warning before says why each is left out")
        self.table_ = TableReader(TableEncoder.fit(table, guesses=guesses), rows.target_name(table.names))

    def _dataset(self, x: Array, y: Array, weight: Array | None) -> Dataset:
        return Dataset(x, y, weight, self._class_names(), self.table_.encoder.names, self.table_)

    def _validation(self, X: Any, y: Any, weight: Any) -> Dataset:
        if y is None:
            raise ValueError("X_val came without y_val; expected both, or neither")
        try:
            table, targets, weight = self._read(X, y, weight)
        except ValueError as error:
            raise ValueError(f"X_val and y_val: {error}") from None
        encoded = self.table_.encode(table)
        warn_of_another_scale(self.table_.encoder, encoded)
        return self._dataset(encoded, targets, self._weighted(targets, weight, reset=False))

    def _prepare_trainers(self, parts: Parts, *, going_on: bool) -> None:
        """Makes the trainers where there are none, of the networks at hand or of new ones, and tells the arguments.

        Args:
            parts: the rows of each member.
            going_on: whether the networks of an earlier training go on.
        """
        if not self._trainers:
            if going_on:
                models = [clean_copy(model) for model in self._members()]
            else:
                models = [
                    member_trainers.new_model(self, train, self._loss(), self._seed + member)
                    for member, (train, _) in enumerate(parts)
                ]
            self._trainers = [
                member_trainers.new_trainer(self, model, self._seed + member) for member, model in enumerate(models)
            ]
        else:  # a training that fails leaves the trainers as they were
            self._trainers = [trainer.copy_without_callbacks() for trainer in self._trainers]
        self._said = member_trainers.follow_arguments(
            self,
            self._trainers,
            [len(train) for train, _ in parts],
            self._said,
            validated=any(validation is not None for _, validation in parts),
        )

    def _loss(self) -> Loss:
        return architecture.loss(self, self._default_loss())

    def _keep(self, parts: Parts, given: Dataset | None, *, going_on: bool) -> None:
        """Sets what a fit leaves: the networks and their figures; the trainers too if it may go on."""
        models = [clean_copy(trainer.model) for trainer in self._trainers]
        with threads.limited(1):  # as in a prediction
            temperature = self._temperature(models, parts, given)
        self._set_networks(models, [trainer.history for trainer in self._trainers], temperature)
        if not going_on:
            self._trainers = []

    def _temperature(self, models: list[Sequential], parts: Parts, given: Dataset | None) -> float:
        return 1.0

    def _as_if_fitted(self, model: Sequential) -> dict[str, Any]:
        """The attributes that an estimator with this model alone has, for a callback that wants to predict."""
        learnt = {name: value for name, value in vars(self).items() if name.endswith("_") or name == "_multilabel"}
        return learnt | {"model_": model, "predictor_": Predictor(model)}

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
