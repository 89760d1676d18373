"""Arguments that are wrong, or would have no effect, are refused by fit, which names them; all others are taken."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

import nnlite
from nnlite import (
    SGD,
    Columns,
    Dense,
    Embeddings,
    NNClassifier,
    NNRegressor,
    ReLU,
    Rescale,
    SiLU,
    SoftmaxCrossEntropy,
)
from nnlite.config.recipe import EPOCHS, MEMBERS, PATIENCE, recipe
from nnlite.estimators import arguments
from nnlite.signature import fields

QUICK = {"epochs": 2, "learning_rate": 0.01, "ensemble": 1, "random_state": 0}


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ({"layers": [Dense]}, "class Dense"),
        ({"layers": ["Dens"]}, "Dense"),
        ({"loss": "Hinge"}, "Hinge"),
        ({"optimizer": "Adm"}, "Adam"),
        ({"activation": 3}, "activation|layer"),
        ({"class_weight": {9: 2}}, "9"),
        ({"class_weight": "balance"}, "balanced"),
        ({"calibrate": "yes"}, "calibrate"),
        ({"categorical_features": [7]}, "7"),
        ({"categorical_features": ["age"]}, "age"),
        ({"loss": "SoftmaxCrossEntropy", "layers": ["ReLU", SoftmaxCrossEntropy()]}, "one loss"),
        ({"epochs": 0}, "epochs"),
        ({"ensemble": 0}, "ensemble"),
        ({"numbers": "log"}, "quantile"),
        ({"dtype": "float16"}, "float32"),
        ({"optimizer": "LBFGS"}, "dropout=0"),
        ({"validation_fraction": 1.5}, "validation_fraction"),
        ({"hidden": (0,)}, "hidden"),
        ({"hidden": "32"}, "hidden"),
        ({"clip_norm": -1.0}, "clip_norm"),
        ({"average": 2.0}, "average"),
        ({"max_seconds": 0}, "max_seconds"),
        ({"callbacks": None}, "callbacks"),
        ({"hidden": (8.5,)}, "hidden"),
        ({"early_stopping": "no"}, "early_stopping"),
        ({"embedding": -1}, "embedding"),
        ({"optimizer": SGD(0.1), "learning_rate": 123.0}, "ignored"),
        ({"layers": [Dense(3)], "hidden": (99,)}, "ignored"),
        ({"layers": Dense(3)}, "list of layers"),
        ({"layers": "Dense"}, "list of layers"),
        ({"layers": [{"type": "Dense", "unit": 8}]}, "did you mean 'units'"),
        ({"layers": [{"units": 8}]}, "without a type"),
        ({"layers": [{"type": "Dense"}]}, "lacks 'units'"),
        ({"layers": [Dense(3), nnlite.MeanSquaredError()]}, "NNRegressor"),
    ],
)
def test_a_wrong_argument_is_refused_in_fit_by_name(said, part, iris):
    with pytest.raises(ValueError, match=part):
        NNClassifier(**(QUICK | said)).fit(*iris)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"activation": None}, "a name, or a layer"),
        ({"optimizer": None}, "a name"),
        ({"dropout": "a"}, "at least 0 and below 1"),
        ({"dropout": True}, "at least 0 and below 1"),
        ({"dropout": 1.0}, "at least 0 and below 1"),
        ({"learning_rate": 0}, "a number above 0"),
        ({"learning_rate": float("nan")}, "a number above 0"),
        ({"learning_rate": float("inf")}, "a number above 0"),
        ({"weight_decay": -1.0}, "a number from 0 on"),
        ({"weight_decay": None}, "a number from 0 on"),
        ({"epochs": 2.5}, "a whole number from 1 on"),
        ({"epochs": True}, "a whole number from 1 on"),
        ({"batch_size": "all"}, '"auto"'),
        ({"patience": 0}, "a whole number from 1 on"),
        ({"calibrate": 1}, "True, False"),
        ({"one_hot": -1}, "a whole number from 0 on"),
        ({"periodic": 1}, "True or False"),
        ({"n_jobs": 0}, "a whole number of processes"),
        ({"n_jobs": 1.5}, "a whole number of processes"),
        ({"n_jobs": "all"}, "a whole number of processes"),
        ({"callbacks": "a"}, "a list of callbacks"),
        ({"dtype": np.float32}, '"float32" or "float64"'),
        ({"warm_start": "yes"}, "True or False"),
        ({"random_state": -1}, "RandomState"),
        ({"random_state": "a"}, "RandomState"),
        ({"verbose": "x"}, "0, or 1 to show progress"),
        ({"verbose": -1}, "0, or 1 to show progress"),
        ({"categorical_features": 3}, "a list of columns"),
        ({"categorical_features": {"a": 1}}, "a list of columns"),
    ],
)
def test_what_came_and_what_was_expected_is_said(said, expected, iris):
    with pytest.raises(ValueError, match=rf"{next(iter(said))} is .*; expected .*{expected}"):
        NNClassifier(**(QUICK | said)).fit(*iris)


@pytest.mark.parametrize(
    "said",
    [
        {"hidden": np.int64(8)},
        {"hidden": np.array([8, 8])},
        {"hidden": []},
        {"dropout": np.float32(0.1)},
        {"learning_rate": np.float32(0.1), "weight_decay": 0},
        {"epochs": np.int64(2), "patience": np.int64(2), "ensemble": np.int64(1)},
        {"clip_norm": np.float32(1), "average": np.float32(0.9), "max_seconds": 60},
        {"validation_fraction": np.float32(0.3)},
        {"early_stopping": np.True_, "periodic": np.False_},
        {"random_state": np.random.RandomState(0)},
        {"verbose": True},
        {"n_jobs": -1},
        {"callbacks": []},
        {"one_hot": 0},
        {"class_weight": np.array([1, 2, 3])},
    ],
)
def test_numbers_of_numpy_and_extremes_are_taken(said, iris):
    assert NNClassifier(**(QUICK | said)).fit(*iris).predict_proba(iris[0]).shape == (150, 3)


def test_each_argument_is_checked():
    elsewhere = {"loss", "schedule", "numbers", "categorical_features", "class_weight"}
    for kind in (NNClassifier, NNRegressor):
        assert {field.name for field in fields(kind)} - elsewhere <= set(arguments._EXPECTED)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([Dense(3)], {"hidden": (99,)}),
        ([Dense(3)], {"activation": "SiLU"}),
        ([Dense(3)], {"activation": SiLU()}),
        ([Dense(3)], {"dropout": 0.5}),
        ([], {"dropout": 0.0}),
        ([Rescale(0.1), Dense(3)], {"numbers": "robust"}),
        ([Rescale(0.1), Dense(3)], {"periodic": False}),
        ([Rescale(0.1), Dense(3)], {"one_hot": 3}),
        (["Standardize", Dense(3)], {"embedding": 3}),
    ],
)
def test_an_argument_without_effect_is_refused_with_what_to_do(layers, said, iris):
    name = next(iter(said))
    with pytest.raises(ValueError, match=rf"{name} is .* since .*layers .* leave {name} at its default"):
        NNClassifier(**QUICK, layers=layers, **said).fit(*iris)


def test_layers_may_stand_beside_the_defaults_and_what_prepares_the_rows(iris):
    NNClassifier(**QUICK, layers=[Dense(8), ReLU()], hidden=[64], numbers="robust", periodic=False).fit(*iris)
    found = NNClassifier(**QUICK, hidden=(3,), activation="Tanh", dropout=0.0).fit(*iris)
    found.set_params(layers=[Dense(3)], hidden=(64,), activation="ReLU", dropout=0.2).fit(*iris)
    grid = [{"hidden": [(8,)], "dropout": [0.0, 0.1]}, {"layers": [[Dense(8), ReLU()]], "numbers": ["robust"]}]
    assert (
        len(GridSearchCV(NNClassifier(**QUICK), grid, cv=2, error_score="raise").fit(*iris).cv_results_["params"])
        == 3
    )


@pytest.mark.parametrize("kind", [NNClassifier, NNRegressor])
def test_the_defaults_are_those_of_the_recipe_of_configs(kind):
    task = "classification" if kind is NNClassifier else "regression"
    found = recipe(1000, task, ["number", "category"], test_fraction=0.0).document
    estimator, layers = kind(), {layer["type"]: layer for layer in reversed(found["model"]["layers"])}
    assert estimator.ensemble == found["training"]["members"] == MEMBERS
    assert estimator.epochs == found["training"]["epochs"] == EPOCHS
    assert estimator.patience == found["early_stopping"]["patience"] == PATIENCE and estimator.early_stopping
    assert estimator.validation_fraction == found["data"]["validation_fraction"]
    assert estimator.hidden == (layers["Dense"]["units"],) and estimator.dropout == layers["Dropout"]["rate"]
    names = ("learning_rate", "weight_decay")
    said = {name: getattr(estimator, name) for name in names}
    assert {"type": estimator.optimizer, **said} == found["optimizer"] and estimator.schedule is None
    assert estimator.activation in layers and estimator.periodic and "PeriodicEmbedding" in layers
    columns = {field.name: field.default for field in fields(Columns)} | layers["Columns"]
    assert (estimator.numbers, estimator.one_hot) == (columns["numbers"], columns["one_hot"])
    vectors = {field.name: field.default for field in fields(Embeddings)} | layers["Embeddings"]
    assert estimator.embedding == vectors["size"]
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 1))  # 3,200 training rows
    batch = recipe(4000, task, ["number"], test_fraction=0.0).document["training"]["batch_size"]
    found = kind(epochs=1, ensemble=1, warm_start=True).fit(X, np.arange(4000) % 2)
    assert found._trainers[0].batch_size == batch == 128
    found = kind(epochs=1, ensemble=1, warm_start=True).fit(X[:3000], np.arange(3000) % 2)
    batch = recipe(3000, task, ["number"], test_fraction=0.0).document["training"]["batch_size"]
    assert found._trainers[0].batch_size == batch == 64


class Own(NNRegressor):
    """A subclass of the user's."""


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda x: NNClassifier().fit(x, [0, 1], nonsense=1),
            "NNClassifier.fit: got an unexpected keyword argument 'nonsense'; "
            "it takes X, y, sample_weight, X_val, y_val, sample_weight_val",
        ),
        (lambda x: NNRegressor().fit(x), "NNRegressor.fit: missing a required argument: 'y'; it takes X, y, sample_"),
        (lambda x: Own().fit(), "Own.fit: missing a required argument: 'X'; it takes X, y, sample_weight"),
        (lambda x: NNClassifier().fit(x, x, x, x, x, x, x), "NNClassifier.fit: too many positional arguments; it"),
        (lambda x: Own().partial_fit(x, x, 1, 2), "Own.partial_fit: too many positional arguments; it takes X, y, "),
        (
            lambda x: NNClassifier().partial_fit(x, [0, 1], classes=[0, 1], label=1),
            "NNClassifier.partial_fit: got an unexpected keyword argument 'label'; it takes X, y, classes, sample_",
        ),
        (lambda x: NNClassifier().save(), "NNClassifier.save: missing a required argument: 'path'; it takes path"),
        (lambda x: Own.from_sklearn(), "Own.from_sklearn: missing a required argument: 'fitted'; it takes fitted"),
    ],
)
def test_a_call_with_wrong_arguments_names_the_users_class_and_what_it_takes(call, said):
    with pytest.raises(TypeError) as error:
        call([[0.0], [1.0]])
    assert str(error.value).startswith(said)
