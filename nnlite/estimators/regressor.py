"""NNRegressor is a scikit-learn estimator: it learns a number, or several, for each row."""

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array

from nnlite.estimators.called import checks_its_call
from nnlite.estimators.network_estimator import NetworkEstimator
from nnlite.estimators.unchanged_on_failure import unchanged_on_failure
from nnlite.types import Array
from nnlite.warning import warn


class NNRegressor(RegressorMixin, NetworkEstimator):  # type: ignore[misc] # the mixin has no types
    """Neural networks that learn numbers from an array or a data frame, as a scikit-learn estimator.

    It takes data frames as `NNClassifier` does, with the same recipe by default. The targets stay in their own units:
    the loss standardizes them, so that salaries and masses of atoms are learnt alike.

    Args:
        hidden: the units of each hidden layer; a number for a single one.
        activation: what follows each hidden layer: a name such as "ReLU" or "SiLU", or a layer.
        dropout: the part of a hidden layer's outputs that is dropped in training; 0 for none.
        layers: the hidden layers instead of the three arguments above: layer objects, names, or dicts such as
            {"type": "Dense", "units": 64}; a loss may end them. The preprocessing goes before them, unless they begin
            with a preprocessing layer of their own, and the layer of the outputs behind them. Arguments that have no
            effect beside them are refused: the three above, and beside preprocessing of their own the four of it.
        loss: a name, a dict or an object; None for MeanSquaredError.
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
        metrics: figures that stand in `history_` beside those of the loss: names such as
            "MedianAbsoluteError", dicts with a type, or objects; `nnlite.metrics` has them.
        dtype: what training computes in, "float32" or "float64"; predictions are computed in float64.
        warm_start: whether another `fit` goes on from where the last one ended: weights, optimizer, schedule and
            random numbers. A fit of 20 epochs and another of 20 are then one of 40 to the bit. A pickle has the
            weights alone: after reading one a fit goes on from them, and the optimizer begins anew.
        random_state: a number for the same result in every fit, None, or a `numpy.random.RandomState`.
        verbose: 1, or more, shows progress on standard error: a bar on a terminal and in a notebook, lines elsewhere.

    Raises:
        ValueError: by `fit`, when rows, targets or arguments cannot be used.

    Attributes:
        n_features_in_, feature_names_in_: the columns of X, as in scikit-learn.
        n_iter_: the epochs of the member that made most of them.
        best_epoch_: the epoch whose weights were kept; of an ensemble the rounded mean.
        histories_: the `History` of each member; `history_` is that of the first.
        loss_curve_, validation_loss_curve_: the losses of each epoch, the mean of the members; one that ended earlier
            counts with its last.
        model_: the `Sequential`, or the `Ensemble`.
        table_: the `TableReader`: what each column is, and what is made of it.
        predictor_: a `Predictor`, as `nnlite.load` gives one for a file of `save`.

    >>> from sklearn.datasets import load_diabetes
    >>> from nnlite import NNRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = NNRegressor(ensemble=1, epochs=30, random_state=0).fit(X, y)
    >>> regressor.score(X, y) > 0.4, regressor.predict(X[:2]).shape
    (True, (2,))
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
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains for one epoch on these rows, and nothing is validated; further calls go on from there.

        The first call fixes the columns, their categories and scales, and the scale of the targets, so its rows
        should be many.

        Args:
            X: (rows, columns), an array or a data frame.
            y: (rows,) or (rows, targets), numbers.
            sample_weight: (rows,), the weight of each row.

        Returns:
            The estimator.
        """
        with unchanged_on_failure(self):
            return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Array:
        """The number for each row in the units of the targets, (rows,), or several, (rows, targets)."""
        return self._outputs(X, lambda predictor, table: predictor.predict(table))

    # What `NetworkEstimator` asks.

    def _targets(self, y: Any, *, reset: bool) -> Array:
        if y is None:
            raise ValueError("This NNRegressor estimator requires y to be passed, but the target y is None.")
        raw = np.asarray(y)
        if raw.dtype.kind in "mM":
            raise ValueError(
                f"y has dtype {raw.dtype}; expected numbers: of times make days, of spans make hours, say"
            )
        try:
            found: Array = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        except ValueError as error:
            if "convert string" not in str(error):
                raise
            raise ValueError(
                f"y has texts, as {str(raw.ravel()[0])!r}; expected numbers (NNClassifier learns classes): {error}"
            ) from None
        if (reset or not hasattr(self, "model_")) and (found == found[0]).all():
            warn("y is the same in every row, so that there is nothing to learn")
        return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found

    def _class_names(self) -> None:
        return None

    def _default_loss(self) -> str:
        return "MeanSquaredError"
