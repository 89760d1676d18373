"""NNClassifier is a scikit-learn estimator: it learns which class, or which labels, a row has."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d

from nnlite.core.loss import Loss
from nnlite.core.sequential import Sequential
from nnlite.estimators import class_labels, class_weights
from nnlite.estimators.called import checks_its_call
from nnlite.estimators.held_out import temperature
from nnlite.estimators.network_estimator import NetworkEstimator
from nnlite.estimators.unchanged_on_failure import unchanged_on_failure
from nnlite.estimators.validation_rows import Parts
from nnlite.signature import configuration, copy_of
from nnlite.types import Array


class NNClassifier(ClassifierMixin, NetworkEstimator):  # type: ignore[misc] # the mixin has no types
    """Neural networks that learn classes from an array or a data frame, as a scikit-learn estimator.

    Data frames are taken as they are: texts and categories, dates, truth values, missing values. What is learnt of
    the columns comes from the rows of `fit`, and is part of the model. The defaults are a recipe that was put
    together on many public tables (`docs/accuracy.md`): five small networks whose mean is predicted, each stopped by
    validation rows of its own.

    Args:
        hidden: the units of each hidden layer; a number for a single one.
        activation: what follows each hidden layer: a name such as "ReLU" or "SiLU", or a layer.
        dropout: the part of a hidden layer's outputs that is dropped in training; 0 for none.
        layers: the hidden layers instead of the three arguments above: layer objects, names, or dicts such as
            {"type": "Dense", "units": 64}; a loss may end them. The preprocessing goes before them, unless they begin
            with a preprocessing layer of their own, and the layer of the outputs behind them. Arguments that have no
            effect beside them are refused: the three above, and beside preprocessing of their own the four of it.
        loss: a name, a dict or an object; None for SoftmaxCrossEntropy, or BinaryCrossEntropy of several labels.
        optimizer: a name, a dict or an object, which is copied; "LBFGS" wants `dropout=0`.
        learning_rate, weight_decay: of an optimizer that is given by its name, where it has them.
        schedule: what the learning rate is multiplied by as training goes on: a name, a dict or an object.
        epochs: the most epochs of a fit.
        batch_size: the rows of a step; "auto" for 32 to 256, more for more rows.
        early_stopping: whether a member ends after `patience` epochs without a lower validation loss; its best
            weights are kept. Below 50 rows none are kept from training, and all epochs are made.
        patience: see above.
        validation_fraction: the part of the rows that a member is validated on, each on others; classes have their
            share.
        class_weight: a weight for each class: a dict, a list in the order of `classes_`, or "balanced" by the
            training rows. Of several labels "balanced", or a list with a dict of the weights of 0 and 1 for each; a
            row has their product. Validation rows, those of `X_val` too, are weighted as in training.
        calibrate: whether the probabilities are divided by a temperature that is found on the validation rows; "auto"
            does so from 1,000 of them on. It changes no answer.
        categorical_features: "from_dtype" takes texts and pandas' or polars' categories for categories; a list of
            names or places, or a mask, says which columns are ones beside those.
        numbers: how numbers are scaled: "standard", "robust", "quantile" or "none"; see `Columns`.
        periodic: whether each number is made several that repeat, by `PeriodicEmbedding`.
        one_hot, embedding: categories of up to `one_hot` codes become columns of 0 and 1, others vectors of
            `embedding` numbers.
        ensemble: how many networks are trained, whose mean is predicted; 1 for a single one.
        n_jobs: how many members are trained at the same time, in processes, with the same result to the bit.
        clip_norm: the greatest norm of the gradients.
        average: the decay, such as 0.99, of a moving average of the weights.
        max_seconds: how long a fit may take; each member has its share.
        callbacks: of nnlite's, called in the training of each member; they keep members in this process.
        metrics: figures that stand in `history_` beside those of the loss: names such as "F1", dicts with a type, or
            objects; `nnlite.metrics` has them.
        dtype: what training computes in, "float32" or "float64"; predictions are computed in float64.
        warm_start: whether another `fit` goes on from where the last one ended: weights, optimizer, schedule and
            random numbers. A fit of 20 epochs and another of 20 are then one of 40 to the bit. A pickle has the
            weights alone: after reading one a fit goes on from them, and the optimizer begins anew.
        random_state: a number for the same result in every fit, None, or a `numpy.random.RandomState`.
        verbose: 1, or more, shows progress on standard error: a bar on a terminal and in a notebook, lines elsewhere.

    Raises:
        ValueError: by `fit`, when rows, targets or arguments cannot be used.

    Attributes:
        classes_: the classes in order; of several labels their numbers.
        n_features_in_, feature_names_in_: the columns of X, as in scikit-learn.
        n_iter_: the epochs of the member that made most of them.
        best_epoch_: the epoch whose weights were kept; of an ensemble the rounded mean.
        histories_: the `History` of each member; `history_` is that of the first.
        loss_curve_, validation_loss_curve_: the losses of each epoch, the mean of the members; one that ended earlier
            counts with its last.
        model_: the `Sequential`, or the `Ensemble`.
        table_: the `TableReader`: what each column is, and what is made of it.
        predictor_: a `Predictor`, as `nnlite.load` gives one for a file of `save`.

    >>> from sklearn.datasets import load_iris
    >>> from nnlite import NNClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = NNClassifier(ensemble=1, epochs=30, learning_rate=0.01, random_state=0).fit(X, y)
    >>> classifier.score(X, y) > 0.9, classifier.predict_proba(X[:2]).shape
    (True, (2, 3))
    """

    def __init__(
        self,
        hidden: Any = (64,),
        activation: Any = "ReLU",
        *,
        dropout: float = 0.2,
        layers: Any = None,
        loss: Any = None,
        optimizer: Any = "AdamW",
        learning_rate: float = 3e-3,
        weight_decay: float = 0.01,
        schedule: Any = None,
        epochs: int = 200,
        batch_size: Any = "auto",
        early_stopping: bool = True,
        patience: int = 20,
        validation_fraction: float = 0.2,
        class_weight: Any = None,
        calibrate: Any = "auto",
        categorical_features: Any = "from_dtype",
        numbers: str = "standard",
        periodic: bool = True,
        one_hot: int = 10,
        embedding: int = 8,
        ensemble: int = 5,
        n_jobs: int | None = None,
        clip_norm: float | None = None,
        average: float | None = None,
        max_seconds: float | None = None,
        callbacks: Any = (),
        metrics: Any = (),
        dtype: str = "float32",
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.layers = layers
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.epochs = epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.class_weight = class_weight
        self.calibrate = calibrate
        self.categorical_features = categorical_features
        self.numbers = numbers
        self.periodic = periodic
        self.one_hot = one_hot
        self.embedding = embedding
        self.ensemble = ensemble
        self.n_jobs = n_jobs
        self.clip_norm = clip_norm
        self.average = average
        self.max_seconds = max_seconds
        self.callbacks = callbacks
        self.metrics = metrics
        self.dtype = dtype
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @checks_its_call
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Trains for one epoch on these rows, and nothing is validated; further calls go on from there.

        The first call fixes the columns, their categories and scales, and the classes, so its rows should be many.

        Args:
            X: (rows, columns), an array or a data frame.
            y: (rows,), the classes, or (rows, labels) of 0 and 1.
            classes: all classes; needed in the first call only, and not for several labels.
            sample_weight: (rows,), the weight of each row.

        Returns:
            The estimator.
        """
        with unchanged_on_failure(self):
            self._check_or_learn(y, classes)
            return self._partial_fit(X, y, sample_weight)

    def _check_or_learn(self, y: Any, classes: Any) -> None:
        """Learns the classes of a stream from its first rows or from `classes`; later ones have to be the same."""
        if not hasattr(self, "model_"):
            if classes is None and type_of_target(y) != "multilabel-indicator":
                raise ValueError("classes must be passed on the first call to partial_fit: all that will ever come")
            self._learn_classes(y if classes is None else classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes={classes!r} are not those of the first call, {self.classes_!r}")

    def predict(self, X: Any) -> Array:
        """The likeliest class of each row, (rows,); of several labels 0 or 1 for each, (rows, labels)."""
        found = self.predict_proba(X)
        if self._multilabel:
            labels: Array = (found > 0.5).astype(np.intp)
            return labels
        best: Array = self.classes_[found.argmax(axis=1)]
        return best

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, (rows, classes), or of each label, (rows, labels)."""
        return self._outputs(X, lambda predictor, table: predictor.predict_proba(table))

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def decision_function(self, X: Any) -> Array:
        """The log odds of the second of two classes, (rows,), of each label, or the log probability of each class."""
        p = np.maximum(self.predict_proba(X), np.finfo(np.float64).tiny)
        if self._multilabel:
            odds: Array = np.log(p) - np.log(np.maximum(1 - p, np.finfo(np.float64).tiny))
            return odds
        logs: Array = np.log(p)
        return logs[:, 1] - logs[:, 0] if len(self.classes_) == 2 else logs

    # What `NetworkEstimator` asks.

    def _targets(self, y: Any, *, reset: bool) -> Array:
        if y is None:
            raise ValueError("This NNClassifier estimator requires y to be passed, but the target y is None.")
        if reset:
            self._learn_classes(y)
        given = np.asarray(y)
        if self._multilabel:
            if given.shape[1:] != self.classes_.shape or not np.isin(given, (0, 1)).all():
                raise ValueError(
                    f"y has shape {given.shape}; expected 0 or 1 for each of {len(self.classes_)} labels"
                )
            return given.astype(np.float64)
        given = column_or_1d(y)
        places: Array = np.minimum(np.searchsorted(self.classes_, given), len(self.classes_) - 1)
        if (unknown := self.classes_[places] != given).any():
            odd = given[unknown].tolist()[0]
            raise ValueError(f"y has {odd!r}, which is none of the classes {self.classes_.tolist()}")
        return places

    def _weighted(self, targets: Array, weight: Array | None, *, reset: bool) -> Array | None:
        if not self._multilabel or self.class_weight is None:
            return weight  # the loss of exclusive classes weighs them itself
        if reset:
            self._label_weights = class_weights.of_labels(self.class_weight, targets)
        of_rows = class_weights.of_rows(self._label_weights, targets)
        return of_rows if weight is None else weight * of_rows

    def _warn_of_weights(self, targets: Array, weight: Array) -> None:
        if not self._multilabel:
            class_labels.warn_of_weightless(targets, weight, self.classes_)

    def _learn_classes(self, y: Any) -> None:
        self.classes_, self._multilabel = class_labels.learn_classes(y)

    def _check_validated(self, validated: bool) -> None:
        if not validated and self.calibrate is not False and self.calibrate != "auto":
            raise ValueError(
                "calibrate=True, but there are no validation rows, as never in partial_fit: in fit pass X_val and "
                'y_val, let early_stopping be True, or give more rows; or set calibrate="auto"'
            )

    def _class_names(self) -> tuple[Any, ...]:
        return tuple(self.classes_.tolist())

    def _default_loss(self) -> str:
        return "BinaryCrossEntropy" if self._multilabel else "SoftmaxCrossEntropy"

    def _loss(self) -> Loss:
        loss = super()._loss()
        if self.class_weight is None or self._multilabel:
            return loss
        known = configuration(loss)
        if "class_weight" not in known:
            raise ValueError(f"class_weight is {self.class_weight!r}, but {loss!r} takes none")
        if known["class_weight"] is not None:
            raise ValueError(f"class_weight is {self.class_weight!r}, and the loss is {loss!r}; expected one of them")
        return copy_of(loss, class_weight=class_weights.of_classes(self.class_weight, self.classes_.tolist()))

    def _temperature(self, models: list[Sequential], parts: Parts, given: Any) -> float:
        return temperature(models, parts, given, calibrate=self.calibrate) if self.calibrate else 1.0

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
