"""What the estimators promise where scikit-learn's networks fall short; each test shows both, so that it is real."""

import importlib.util
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.neural_network import _multilayer_perceptron as multilayer

from nnlite import SGD, BatchNorm, Dense, NNClassifier, NNRegressor, Predictor
from nnlite.estimators import validation_rows

QUICK = {"epochs": 20, "learning_rate": 0.01, "ensemble": 1, "random_state": 0}
MLP = {"max_iter": 20, "learning_rate_init": 0.01, "random_state": 0}


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def test_the_validation_loss_of_each_epoch(iris):
    ours = NNClassifier(**QUICK).fit(*iris)
    theirs = MLPClassifier(**MLP, early_stopping=True).fit(*iris)
    assert len(ours.validation_loss_curve_) == ours.n_iter_
    assert not [name for name in vars(theirs) if "validation" in name and "loss" in name and name.endswith("_")]


def test_validation_rows_of_ones_own(iris):
    X, y = iris
    NNClassifier(**QUICK).fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    with pytest.raises(TypeError, match="X_val"):
        MLPClassifier(**MLP).fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])


def test_each_class_has_its_share_of_the_validation_rows(iris, monkeypatch):
    X, y = iris
    rare = np.where(np.arange(150) % 15, y, 7)  # 10 rows of a fourth class
    ours, theirs = [], []

    def spied(part, keep, of):
        def split(*args, **kwargs):
            found = part(*args, **kwargs)
            keep.append(of(found))
            return found

        return split

    monkeypatch.setattr(
        validation_rows, "split", spied(validation_rows.split, ours, lambda found: found.validation.y == 3)
    )
    of_one_hot = spied(multilayer.train_test_split, theirs, lambda found: found[3][:, 3] == 1)
    monkeypatch.setattr(multilayer, "train_test_split", of_one_hot)
    for seed in range(8):
        NNClassifier(**(QUICK | {"random_state": seed, "epochs": 1})).fit(X, rare)
        MLPClassifier(early_stopping=True, validation_fraction=0.2, max_iter=1, random_state=seed).fit(X, rare)
    assert [found.sum() for found in ours] == [2] * 8
    assert len({int(found.sum()) for found in theirs}) > 1  # as chance has it


def test_a_warm_start_really_goes_on(iris):
    X, y = iris
    ours = [NNClassifier(**(QUICK | {"epochs": epochs}), warm_start=True).fit(X, y) for epochs in (10, 20)]
    ours[0].fit(X, y)
    assert (ours[0].predict_proba(X) == ours[1].predict_proba(X)).all()
    theirs = [MLPClassifier(**(MLP | {"max_iter": epochs}), warm_start=True).fit(X, y) for epochs in (10, 20)]
    theirs[0].fit(X, y)  # Adam and the order of rows begin anew
    assert not np.allclose(theirs[0].predict_proba(X), theirs[1].predict_proba(X), atol=1e-3)


def test_classes_have_weights():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 3))
    y = (X[:, 0] + rng.normal(size=1000) > 2.2).astype(int)  # 6 of 100
    ours = NNClassifier(**QUICK, class_weight="balanced").fit(X, y)
    assert balanced_accuracy_score(y, ours.predict(X)) > 0.8
    with pytest.raises(TypeError, match="class_weight"):
        MLPClassifier(**MLP, class_weight="balanced")
    assert balanced_accuracy_score(y, MLPClassifier(**MLP).fit(X, y).predict(X)) < 0.7


def test_targets_of_any_scale():
    X, y = load_diabetes(return_X_y=True)
    small = [kind.fit(X, y / 1e6).score(X, y / 1e6) for kind in (NNRegressor(**QUICK), MLPRegressor(**MLP))]
    large = [kind.fit(X, y * 1e6).score(X, y * 1e6) for kind in (NNRegressor(**QUICK), MLPRegressor(**MLP))]
    assert small[0] > 0.4 and large[0] > 0.4
    assert small[1] < 0 and large[1] < 0


def test_features_of_any_scale(iris):
    X, y = iris
    X = X * [1, 1e6, 1, 1e-6] + [0, 0, 1e4, 0]
    assert NNClassifier(**QUICK).fit(X, y).score(X, y) > 0.9
    assert MLPClassifier(**MLP).fit(X, y).score(X, y) < 0.7


def test_missing_values(iris):
    X, y = iris
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    assert NNClassifier(**QUICK).fit(X, y).score(X, y) > 0.8
    with pytest.raises(ValueError, match="NaN"):
        MLPClassifier(**MLP).fit(X, y)


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is not installed")
def test_a_raw_data_frame():
    import pandas as pd

    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "town": rng.choice(["Bern", "Oslo", None], 200),
            "age": np.where(rng.random(200) < 0.1, np.nan, rng.integers(18, 80, 200)),
            "born": pd.to_datetime("1990-01-01") + pd.to_timedelta(rng.integers(0, 9000, 200), unit="D"),
        }
    )
    y = np.where(frame["town"] == "Bern", "yes", "no")
    ours = NNClassifier(**QUICK).fit(frame, y)
    assert ours.score(frame, y) == 1 and ours.feature_names_in_.tolist() == ["town", "age", "born"]
    with pytest.raises((ValueError, TypeError)):
        MLPClassifier(**MLP).fit(frame, y)


def test_the_answer_for_a_row_is_the_same_alone_to_rounding(iris):
    X, y = iris
    for found in (NNClassifier(**QUICK).fit(X, y), MLPClassifier(**MLP).fit(X, y)):
        alone = np.concatenate([found.predict_proba(row[None]) for row in X])
        np.testing.assert_allclose(found.predict_proba(X), alone, rtol=1e-13)
    single = MLPClassifier(**MLP).fit(X.astype(np.float32), y)  # it predicts in float32 then
    assert single.predict_proba(X.astype(np.float32)).dtype == np.float32
    ours = NNClassifier(**QUICK).fit(X.astype(np.float32), y)
    assert ours.predict_proba(X.astype(np.float32)).dtype == np.float64


def test_several_networks_whose_mean_is_predicted(iris):
    X, y = iris
    ours = NNClassifier(**(QUICK | {"ensemble": NNClassifier().ensemble, "epochs": 2})).fit(X, y)
    members = [Predictor(model).predict_proba(X) for model in ours.model_.members]
    assert len(members) == 5
    np.testing.assert_allclose(ours.predict_proba(X), np.mean(members, axis=0))
    theirs = MLPClassifier(**MLP).fit(X, y)
    assert [weight.shape for weight in theirs.coefs_] == [(4, 100), (100, 3)]


def test_any_layer_loss_optimizer_and_schedule(iris):
    X, y = iris
    layers = [Dense(16), BatchNorm(), "SiLU", {"type": "Dropout", "rate": 0.1}]
    given = {
        "layers": layers,
        "loss": "SoftmaxCrossEntropy",
        "optimizer": SGD(0.1, momentum=0.9),
        "schedule": "Cosine",
    }
    assert NNClassifier(epochs=20, ensemble=1, random_state=0, **given).fit(X, y).score(X, y) > 0.9
    for other in ({"activation": "silu"}, {"solver": "rmsprop"}):
        with pytest.raises(ValueError, match=next(iter(other))):
            MLPClassifier(**MLP, **other).fit(X, y)
