"""The estimators work in scikit-learn's pipelines, searches, ensembles, routing and callbacks."""

import importlib.util
import pickle

import numpy as np
import pytest
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import BaggingClassifier, StackingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 # makes HalvingRandomSearchCV importable
from sklearn.inspection import DecisionBoundaryDisplay, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingRandomSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures

from nnlite import Dense, NNClassifier, NNRegressor, ReLU

QUICK = {"epochs": 8, "learning_rate": 0.02, "ensemble": 1, "random_state": 0, "patience": 8}


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def test_a_pipeline_hands_on_parameters_and_weights(iris):
    X, y = iris
    pipeline = make_pipeline(PolynomialFeatures(2), NNClassifier(**QUICK))
    pipeline.set_params(nnclassifier__hidden=(16,)).fit(X, y, nnclassifier__sample_weight=np.ones(150))
    assert pipeline.score(X, y) > 0.85 and pipeline[-1].model_.layers[2].units == 16


def test_columns_are_transformed_before_it(iris):
    X, y = iris
    columns = ColumnTransformer([("scaled", MinMaxScaler(), [0, 1])], remainder="passthrough")
    assert make_pipeline(columns, NNClassifier(**QUICK)).fit(X, y).score(X, y) > 0.85


@pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_a_grid_of_widths_rates_and_layers(iris, n_jobs):
    grid = [
        {"hidden": [(8,), (16, 8)], "learning_rate": [0.01, 0.03]},
        {"layers": [[Dense(8), ReLU()], [{"type": "Dense", "units": 8}, "SiLU"]]},
    ]
    search = GridSearchCV(NNClassifier(**QUICK), grid, cv=2, n_jobs=n_jobs).fit(*iris)
    assert len(search.cv_results_["params"]) == 6 and search.best_score_ > 0.8
    again = GridSearchCV(NNClassifier(**QUICK), grid, cv=2).fit(*iris)
    assert (again.cv_results_["mean_test_score"] == search.cv_results_["mean_test_score"]).all()


def test_a_halving_search_over_epochs(iris):
    search = HalvingRandomSearchCV(
        NNClassifier(**QUICK), {"hidden": [(4,), (8,), (16,), (32,)]}, resource="epochs", max_resources=8,
        min_resources=2, factor=2, cv=2, random_state=0, n_candidates=4,
    ).fit(*iris)  # fmt: skip
    assert search.best_params_["epochs"] == 8


def test_the_ensembles_and_calibration_of_scikit_learn(iris):
    X, y = iris
    for found in (
        CalibratedClassifierCV(NNClassifier(**QUICK), cv=2),
        StackingClassifier([("nn", NNClassifier(**QUICK)), ("lr", LogisticRegression(max_iter=1000))], cv=2),
        BaggingClassifier(NNClassifier(**QUICK), n_estimators=2, random_state=0),
    ):
        assert found.fit(X, y).score(X, y) > 0.85
    A, b = load_diabetes(return_X_y=True)
    logs = TransformedTargetRegressor(NNRegressor(**QUICK), func=np.log, inverse_func=np.exp)
    assert logs.fit(A, b).score(A, b) > 0.3


def test_permutation_importance_and_decision_boundaries(iris):
    import matplotlib as mpl

    mpl.use("Agg")
    X, y = iris
    found = NNClassifier(**QUICK).fit(X[:, 2:], y)
    importance = permutation_importance(found, X[:, 2:], y, n_repeats=2, random_state=0).importances_mean
    assert (importance > 0).all()
    display = DecisionBoundaryDisplay.from_estimator(found, X[:, 2:], response_method="predict", grid_resolution=10)
    assert display.response.shape == (10, 10)


def test_cross_validation_with_several_scores(iris):
    scores = cross_validate(NNClassifier(**QUICK), *iris, cv=2, scoring=("accuracy", "neg_log_loss", "roc_auc_ovr"))
    assert scores["test_accuracy"].mean() > 0.85 and scores["test_roc_auc_ovr"].mean() > 0.9


def test_metadata_is_routed_to_fit(iris):
    X, y = iris
    with sklearn.config_context(enable_metadata_routing=True):
        found = NNClassifier(**QUICK).set_fit_request(sample_weight=True, X_val=True, y_val=True)
        pipeline = make_pipeline(MinMaxScaler(), found, transform_input=["X_val"])
        pipeline.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2], sample_weight=np.ones(75))
        assert len(pipeline[-1].validation_loss_curve_) == 8
        scores = cross_validate(
            NNClassifier(**QUICK).set_fit_request(sample_weight=True).set_score_request(sample_weight=False),
            X,
            y,
            cv=2,
            params={"sample_weight": np.ones(150)},
        )
    assert scores["test_score"].mean() > 0.8


def test_a_clone_and_a_pickle_of_a_pipeline(iris):
    X, y = iris
    pipeline = make_pipeline(MinMaxScaler(), NNClassifier(**QUICK)).fit(X, y)
    again = pickle.loads(pickle.dumps(sklearn.base.clone(pipeline).fit(X, y)))
    assert (again.predict_proba(X) == pipeline.predict_proba(X)).all()


def test_it_is_shown_in_a_notebook(iris):
    assert "NNClassifier" in NNClassifier(**QUICK)._repr_html_()
    assert repr(NNClassifier(epochs=8)) == "NNClassifier(epochs=8)"


# The callbacks of scikit-learn 1.9.

has_callbacks = importlib.util.find_spec("sklearn.callback") is not None


@pytest.mark.skipif(not has_callbacks, reason="scikit-learn before 1.9 has no callbacks")
def test_a_score_is_monitored_after_each_epoch_of_each_member(iris):
    from sklearn.callback import ScoringMonitor

    X, y = iris
    monitor = ScoringMonitor(scoring="accuracy")
    found = NNClassifier(**(QUICK | {"ensemble": 2})).set_callbacks(monitor).fit(X, y)
    scores = [row["accuracy"] for row in monitor.get_logs().data]
    assert len(scores) == 2 * found.n_iter_ == 16
    assert scores[7] > scores[0] and max(scores) > 0.8


@pytest.mark.skipif(not has_callbacks, reason="scikit-learn before 1.9 has no callbacks")
def test_a_callback_of_scikit_learn_may_end_the_training(iris):
    class Enough:
        def setup(self, estimator, context):
            self.epochs = 0

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if context.task_name == "epoch":
                self.epochs += 1
                assert fitted_estimator.predict(iris[0]).shape == (150,)
                return self.epochs == 3
            return False

    found = NNClassifier(**QUICK).set_callbacks(Enough()).fit(*iris)
    assert found.n_iter_ == 3


@pytest.mark.skipif(not has_callbacks, reason="scikit-learn before 1.9 has no callbacks")
def test_callbacks_of_scikit_learn_are_set_up_by_fit_alone_and_torn_down(iris):
    class Balance:
        open = 0

        def setup(self, estimator, context):
            self.open += 1

        def teardown(self, estimator, context):
            self.open -= 1

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            pass

    balance = Balance()
    found = NNClassifier(**QUICK).set_callbacks(balance).fit(*iris)
    assert balance.open == 0
    found.partial_fit(*iris)
    assert balance.open == 0


@pytest.mark.skipif(not has_callbacks, reason="scikit-learn before 1.9 has no callbacks")
def test_progress_is_shown_alone_and_in_a_search(iris):
    pytest.importorskip("rich", reason="rich, which draws it, is not installed")
    from sklearn.callback import ProgressBar

    NNClassifier(**QUICK).set_callbacks(ProgressBar()).fit(*iris)
    GridSearchCV(NNClassifier(**QUICK), {"hidden": [(4,), (8,)]}, cv=2).set_callbacks(ProgressBar()).fit(*iris)
