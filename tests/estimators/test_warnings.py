"""Warnings of the estimators point at the user's line, and say what is odd about rows, columns and targets."""

import importlib.util
import warnings

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from nnlite import NNClassifier, NNRegressor

QUICK = {"epochs": 2, "ensemble": 1, "random_state": 0}

X = np.random.default_rng(0).normal(size=(60, 2))
y = np.arange(60) % 2


def of_constant():
    NNRegressor(**QUICK).fit(X, np.ones(60))


def of_labels_alike():
    NNClassifier(**QUICK).fit(X, ["Yes", "no", "yes "] * 20)


def of_labels_alike_in_a_stream():
    NNClassifier(**QUICK).partial_fit(X, ["Yes", "no", "yes "] * 20, classes=["Yes", "no", "yes "])


def of_a_column_of_labels():
    NNClassifier(**QUICK).fit(X, y[:, None])


def of_sample_weights():
    NNClassifier(**QUICK).fit(X, y, sample_weight=y)


def of_a_class_that_weighs_nothing():
    NNClassifier(**QUICK, class_weight={0: 0, 1: 1}).fit(X, y)


def of_a_constant_in_a_pipeline():
    make_pipeline(MinMaxScaler(), NNRegressor(**QUICK)).fit(X, np.ones(60))


def of_a_constant_in_a_search():
    GridSearchCV(NNRegressor(**QUICK), {"epochs": [1]}, cv=2).fit(X, np.ones(60))


def of_columns_left_out():
    import pandas as pd

    NNClassifier(**QUICK).fit(pd.DataFrame({"a": X[:, 0], "b": [f"text {row}" for row in range(60)]}), y)


@pytest.mark.parametrize(
    "call",
    [
        of_constant,
        of_labels_alike,
        of_labels_alike_in_a_stream,
        of_a_column_of_labels,
        of_sample_weights,
        of_a_class_that_weighs_nothing,
        of_a_constant_in_a_pipeline,
        of_a_constant_in_a_search,
        pytest.param(
            of_columns_left_out,
            marks=pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is not installed"),
        ),
    ],
)
def test_a_warning_points_at_the_line_that_called(call):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        call()
    assert said and {each.filename for each in said} == {__file__}
    first = call.__code__.co_firstlineno
    assert all(first < each.lineno < first + 6 for each in said)


@pytest.mark.parametrize("kind", [NNClassifier, NNRegressor])
def test_predictions_far_outside_of_the_training_rows_are_said(kind):
    found = kind(**QUICK).fit(X, y)
    with pytest.warns(UserWarning, match="1 row has a '0' far outside of the training rows"):
        found.predict([[1000.0, 0.0], [0.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.predict(X * 1.5)


def test_categories_that_no_training_row_had_are_said():
    towns = np.array([["Bern"], ["Oslo"]] * 30, object)
    pd = pytest.importorskip("pandas")
    found = NNClassifier(**QUICK).fit(pd.DataFrame(towns, columns=["town"]), y)
    with pytest.warns(UserWarning, match="'town' has a text that no training row had, in 1 row: 'Rome'"):
        found.predict(pd.DataFrame({"town": ["Rome", "Bern"]}))
