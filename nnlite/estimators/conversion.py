"""A fitted multilayer perceptron of scikit-learn, with the pipeline before it, becomes a fitted estimator."""

from typing import Any, TypeVar

import numpy as np
from sklearn import neural_network
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from nnlite.core.layer import Layer
from nnlite.core.predictor import Predictor
from nnlite.core.sequential import Sequential
from nnlite.data.table_reader import TableReader
from nnlite.errors import ConfigError
from nnlite.estimators import arguments
from nnlite.estimators.features import Cell, Feature
from nnlite.estimators.folding import Folded, folded
from nnlite.estimators.rows import target_name
from nnlite.estimators.transformers import through
from nnlite.layers import Dense
from nnlite.plugins.registry import shipped
from nnlite.training.history import History

Estimator = TypeVar("Estimator")

_ACTIVATIONS = {"identity": None, "logistic": "Sigmoid", "tanh": "Tanh", "relu": "ReLU"}
_LOSSES = {"softmax": "SoftmaxCrossEntropy", "logistic": "BinaryCrossEntropy", "identity": "MeanSquaredError"}


def converted(cls: type[Estimator], fitted: Any) -> Estimator:
    """A fitted estimator that predicts what the one of scikit-learn predicts.

    Args:
        cls: `NNClassifier` or `NNRegressor`.
        fitted: a fitted `MLPClassifier` or `MLPRegressor`, or a fitted `Pipeline` that ends in one.

    Raises:
        ConfigError: where it is something else, or a step before it cannot be expressed; it names the step.
        NotFittedError: where it is not fitted.
    """
    *before, mlp = _steps(fitted)
    estimator: Any = cls()
    wanted = "MLPClassifier" if is_classifier(estimator) else "MLPRegressor"
    if isinstance(mlp, type):
        raise ConfigError(f"{cls.__name__}.from_sklearn got the class {mlp.__name__}, expected a fitted {wanted}")
    if type(mlp) is not getattr(neural_network, wanted):
        hint = "; its best_estimator_ may be one" if hasattr(mlp, "best_estimator_") else ""
        raise ConfigError(
            f"{cls.__name__}.from_sklearn got {type(mlp).__name__}, expected a fitted {wanted}, or a Pipeline that "
            f"ends in one{hint}"
        )
    check_is_fitted(mlp)
    loss, hidden = _loss(mlp), [len(bias) for bias in mlp.intercepts_[:-1]]
    first = [*before, mlp][0]
    given = getattr(first, "feature_names_in_", None)
    names = [str(place) for place in range(first.n_features_in_)] if given is None else list(map(str, given))
    features: list[Feature] = [Cell(name) for name in names]
    for step in before:
        features = through(step, features)
    parts = folded(features, names, mlp.coefs_[0], mlp.intercepts_[0], named=given is not None)
    _set_arguments(estimator, mlp, hidden, loss)
    estimator.table_ = TableReader(parts.encoder, target_name(names))
    estimator.n_features_in_ = len(names)
    if given is not None:
        estimator.feature_names_in_ = np.array(given, object)
    if is_classifier(estimator):
        estimator.classes_ = mlp.classes_
        estimator._multilabel = loss == "BinaryCrossEntropy" and mlp.n_outputs_ > 1
    estimator.model_ = _model(parts, mlp, loss, estimator._class_names(), estimator.table_)
    estimator.predictor_ = Predictor(estimator.model_)
    estimator.histories_, estimator.n_iter_ = [History()], mlp.n_iter_
    estimator._trainers, estimator._said, estimator._seed = [], {}, 0
    estimator._made_with = arguments.as_made(estimator)
    found: Estimator = estimator
    return found


def _steps(fitted: Any) -> list[Any]:
    """The steps of a pipeline, and of one that ends it, without those that do nothing."""
    if not isinstance(fitted, Pipeline):
        return [fitted]
    *before, (_, last) = fitted.steps
    return [*(step for _, step in before if step not in (None, "passthrough")), *_steps(last)]


def _loss(mlp: Any) -> str:
    """The name of the loss; raises `ConfigError` where the network is none that can be expressed."""
    if mlp.activation not in _ACTIVATIONS:
        raise ConfigError(f"{type(mlp).__name__}(activation={mlp.activation!r}) cannot be converted")
    if mlp.out_activation_ not in _LOSSES:
        raise ConfigError(
            f"{type(mlp).__name__}(loss={mlp.loss!r}) cannot be converted: its outputs go through "
            f"{mlp.out_activation_!r}"
        )
    if is_classifier(mlp) and len(mlp.classes_) < 2 and mlp.n_outputs_ == 1:
        raise ConfigError(
            f"{type(mlp).__name__} knows a single class, {mlp.classes_.tolist()[0]!r}; expected two or more"
        )
    return _LOSSES[mlp.out_activation_]


def _set_arguments(estimator: Any, mlp: Any, hidden: list[int], loss: str) -> None:
    """The arguments with which the estimator would train such a network."""
    activation = _ACTIVATIONS[mlp.activation]
    if activation is None or not hidden:
        estimator.set_params(layers=[{"type": "Dense", "units": units} for units in hidden])
    else:
        estimator.set_params(hidden=tuple(hidden), activation=activation, dropout=0.0)
    estimator.set_params(loss=loss, periodic=False, ensemble=1, dtype="float64")


def _model(parts: Folded, mlp: Any, loss: str, classes: tuple[Any, ...] | None, table: TableReader) -> Sequential:
    dense = [Dense(len(bias)) for bias in mlp.intercepts_]
    layers: list[Layer] = [parts.columns]
    for each in dense:
        layers.append(each)
        if each is not dense[-1] and (activation := _ACTIVATIONS[mlp.activation]):
            layers.append(shipped().make({"type": activation}))
    model = Sequential([*layers, shipped().make({"type": loss})])
    model.build((len(parts.encoder.codes),), dtype="float64")
    weights = [parts.weight, *mlp.coefs_[1:]]
    biases = [parts.bias, *mlp.intercepts_[1:]]
    for each, weight, bias in zip(dense, weights, biases, strict=True):
        each.weight.value, each.bias.value = weight, bias
    for name, value in parts.statistics.items():
        parts.columns.statistics[name] = value
    model.classes, model.feature_names, model.table, model.adapted = classes, parts.encoder.names, table, True
    if classes is not None and model.criterion is not None:
        model.criterion.name_classes(classes)
    return model
