"""Warnings of the estimators point at the user's line, and say what is odd about rows, columns and targets."""

import importlib.util
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from nnlite import SGD, DivergenceError, NNClassifier, NNRegressor

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


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler()])
def test_validation_rows_that_a_pipeline_did_not_scale_are_said(scaler):
    rows, targets = load_iris(return_X_y=True)
    pipeline = make_pipeline(scaler, NNClassifier(**QUICK))
    rest = {"nnclassifier__X_val": rows[1::2], "nnclassifier__y_val": targets[1::2]}
    with pytest.warns(UserWarning, match=r"X_val lies outside of the rows of X in '0' \(.*: is it scaled as X is\?"):
        pipeline.fit(rows[::2], targets[::2], **rest)
    scaled = scaler.fit_transform(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NNClassifier(**QUICK).fit(scaled[::2], targets[::2], X_val=scaled[1::2], y_val=targets[1::2])


def test_a_few_validation_rows_may_lie_outside_but_not_far():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NNClassifier(**QUICK).fit(X, y, X_val=X[:2] + 5, y_val=y[:2])
    with pytest.warns(UserWarning, match="X_val lies outside"):
        NNClassifier(**QUICK).fit(X, y, X_val=X[:2] + 50, y_val=y[:2])


def test_a_column_without_any_value_is_left_out_and_said():
    with pytest.warns(UserWarning, match="columns are left out: '2': no value at all"):
        found = NNClassifier(**QUICK).fit(np.column_stack([X, np.full(60, np.nan)]), y)
    assert found.predict(np.column_stack([X, np.arange(60.0)])).shape == (60,)


def test_numbers_that_diverge_are_not_told_to_be_standardized():
    with pytest.raises(DivergenceError, match=r"try a learning rate ten times smaller$"), np.errstate(all="ignore"):
        NNRegressor(**QUICK, optimizer=SGD(1e30)).fit(X, X[:, 0])


def test_messages_have_no_addresses_and_no_long_lists():
    for call in (
        lambda: NNClassifier(random_state=np.random.default_rng(0)).fit(X, y),
        lambda: NNClassifier(**QUICK).fit(X, y, sample_weight=["a"] * 60),
    ):
        with pytest.raises(ValueError, match="expected") as raised:
            call()
        assert "0x" not in str(raised.value) and len(str(raised.value)) < 200


def test_what_each_column_was_taken_for_is_printed():
    found = NNClassifier(**QUICK).fit(X, y)
    assert str(found.table_) == "0  number    numbers of float64\n1  number    numbers of float64"
