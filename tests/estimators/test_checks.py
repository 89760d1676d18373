"""Every check that scikit-learn has for an estimator is passed, with the defaults and with many other arguments."""

import unittest
import warnings

import pytest
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

from nnlite import BatchNorm, Dense, NNClassifier, NNRegressor, ReLU

QUICK = {"epochs": 60, "learning_rate": 0.01, "ensemble": 1}

CLASSIFIERS = {
    "members": {"ensemble": 3},
    "lbfgs": {"optimizer": "LBFGS", "dropout": 0},
    "batch norm": {"layers": [Dense(16), BatchNorm(), ReLU()]},
    "quantile": {"numbers": "quantile"},
    "robust": {"numbers": "robust", "periodic": False},
    "float64": {"dtype": "float64"},
    "no early stopping": {"early_stopping": False},
    "balanced": {"class_weight": "balanced"},
    "averaged": {"average": 0.9},
    "arrays alone": {"categorical_features": None, "batch_size": 16},
    "schedule": {"schedule": "Cosine", "clip_norm": 1.0, "epochs": 120},
    "calibrated": {"calibrate": False},
}
REGRESSORS = {
    "members": {"ensemble": 3},
    "lbfgs": {"optimizer": "LBFGS", "dropout": 0},
    "batch norm": {"layers": [Dense(16), BatchNorm(), ReLU()]},
    "quantile": {"numbers": "quantile"},
    "huber": {"loss": "Huber"},
    "averaged": {"early_stopping": False, "average": 0.9},
    "float64": {"dtype": "float64"},
}


def check(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_estimator(estimator)


@pytest.mark.parametrize("kind", [NNClassifier, pytest.param(NNRegressor, marks=pytest.mark.slow)])
def test_all_checks_of_scikit_learn(kind):
    check(kind(**QUICK))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [NNClassifier, NNRegressor])
def test_all_checks_with_the_defaults(kind):
    check(kind())


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_all_checks_of_a_classifier_with_other_arguments(name):
    check(NNClassifier(**(QUICK | CLASSIFIERS[name])))


@pytest.mark.slow
@pytest.mark.parametrize("name", REGRESSORS)
def test_all_checks_of_a_regressor_with_other_arguments(name):
    check(NNRegressor(**(QUICK | REGRESSORS[name])))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [NNClassifier, NNRegressor])
def test_all_checks_with_a_warm_start_but_one_that_wants_a_second_fit_to_forget_the_first(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = 0
        for estimator, one in estimator_checks_generator(kind(**QUICK, warm_start=True)):
            if one.func.__name__ != "check_supervised_y_2d":
                try:
                    one(estimator)
                except unittest.SkipTest:
                    continue
                done += 1
    assert done > 50
