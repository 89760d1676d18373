"""The linear model beside a network, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnlite.metrics.linear import linear_classifier, linear_regression


def logistic(x, y, weights=None):
    model = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-12, solver="newton-cg", max_iter=1000))
    return model.fit(x, y, **({} if weights is None else {"logisticregression__sample_weight": weights}))


@pytest.mark.parametrize(
    "load", [load_iris, load_wine, load_breast_cancer, pytest.param(load_digits, marks=pytest.mark.slow)]
)
def test_the_classifier_is_scikit_learns(load):
    x, y = load(return_X_y=True)
    train = np.arange(len(x)) % 3 > 0
    classes = len(np.unique(y))
    found = linear_classifier(x[train], y[train], classes).predict(x[~train])
    expected = logistic(x[train], y[train]).predict_proba(x[~train])
    assert found == pytest.approx(expected, abs=1e-6)
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()


def test_weights_count_as_scikit_learns(rng):
    x, y = load_wine(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    weights = rng.integers(0, 3, len(x))
    model = LogisticRegression(tol=1e-12, solver="newton-cg", max_iter=1000).fit(x, y, sample_weight=weights)
    assert linear_classifier(x, y, 3, weights).predict(x) == pytest.approx(model.predict_proba(x), abs=1e-6)
    t = x @ rng.normal(size=(13, 2)) + rng.normal(size=(len(x), 2))
    ridge = Ridge().fit(x, t, sample_weight=weights)
    assert linear_regression(x, t, weights).predict(x) == pytest.approx(ridge.predict(x), abs=1e-9)


def test_the_regression_is_scikit_learns():
    x, y = load_diabetes(return_X_y=True, scaled=False)
    found = linear_regression(x[100:], y[100:, None]).predict(x[:100])[:, 0]
    assert found == pytest.approx(
        make_pipeline(StandardScaler(), Ridge()).fit(x[100:], y[100:]).predict(x[:100]), rel=1e-9
    )


def test_constant_columns_equal_columns_and_classes_without_rows_do_no_harm(rng):
    x = rng.normal(size=(40, 2))
    x = np.column_stack([x, x[:, 0], np.full(40, 1e9)])
    y = (x[:, 0] > 0).astype(int)
    found = linear_classifier(x, y, 3).predict(x)
    assert (found.argmax(axis=1) == y).mean() > 0.95 and found[:, 2].max() < 0.05
    assert np.isfinite(linear_regression(x, x[:, :1]).predict(x)).all()
    alone = linear_classifier(np.ones((4, 1)), np.array([0, 0, 0, 1]), 2).predict(np.ones((1, 1)))
    assert alone[0] == pytest.approx([0.75, 0.25], abs=1e-6)
