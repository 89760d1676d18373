"""Class weights and sample weights count in validation as in training; classes of no weight are said."""

import warnings

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from nnlite import NNClassifier
from nnlite.estimators import class_weights

QUICK = {"ensemble": 1, "epochs": 6, "random_state": 0, "learning_rate": 0.01}


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(300, 3))
    rare = (X[:, 0] + rng.normal(size=300) > 1.3).astype(int)
    return X, np.column_stack([rare, X[:, 1] > 0]).astype(int)


def log_losses(Y, p):
    """(rows,), of each row the mean over its labels."""
    return -(Y * np.log(p) + (1 - Y) * np.log(1 - p)).mean(axis=1)


TWO_LABELS = [{0: 1, 1: 9}, {0: 2, 1: 1}]


@pytest.mark.parametrize("given", [TWO_LABELS, "balanced"])
def test_validation_rows_of_ones_own_have_the_weights_of_their_labels(rows, given):
    X, Y = rows
    found = NNClassifier(**QUICK, class_weight=given).fit(X[:200], Y[:200], X_val=X[200:], y_val=Y[200:])
    if given == "balanced":  # by the training rows
        given = [{value: 200 / (2 * (label == value).sum()) for value in (0, 1)} for label in Y[:200].T]
    weight = compute_sample_weight(given, Y[200:])
    losses = log_losses(Y[200:], found.predict_proba(X[200:]))
    best = found.validation_loss_curve_[found.best_epoch_ - 1]
    assert best == pytest.approx(np.average(losses, weights=weight), rel=1e-5)
    assert best != pytest.approx(losses.mean(), rel=1e-3)


@pytest.mark.parametrize("given", [{0: 1, 1: 9}, [1, 9], "balanced"])
def test_validation_rows_of_ones_own_have_the_weights_of_their_classes(rows, given):
    X, y = rows[0], rows[1][:, 0]
    found = NNClassifier(**QUICK, class_weight=given).fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    if given == "balanced":
        given = [200 / (2 * (y[:200] == value).sum()) for value in (0, 1)]
    p = found.predict_proba(X[200:])[np.arange(100), y[200:]]
    best = found.validation_loss_curve_[found.best_epoch_ - 1]
    weight = np.array([given[0], given[1]])[y[200:]]
    assert best == pytest.approx(np.average(-np.log(p), weights=weight), rel=1e-5)


def test_balanced_weights_of_labels_count_a_row_of_weight_two_twice_and_one_of_weight_zero_never(rows, rng):
    X, Y = rows
    weight = rng.integers(0, 3, 300)
    again = np.repeat(np.arange(300), weight)
    first = NNClassifier(**QUICK, class_weight="balanced").fit(X, Y, weight)
    second = NNClassifier(**QUICK, class_weight="balanced").fit(X[again], Y[again])
    assert (first.predict_proba(X) == second.predict_proba(X)).all()


def test_weights_of_labels_are_those_of_scikit_learn(rows):
    Y = np.column_stack([rows[1], np.zeros(300, int)])  # a label that no row has, too
    for given in ("balanced", [*TWO_LABELS, {0: 3, 1: 1}]):
        of_each = class_weights.of_labels(given, Y)
        np.testing.assert_allclose(class_weights.of_rows(of_each, Y), compute_sample_weight(given, Y))


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({0: 1, 1: 2}, "a list with a dict for each"),
        ([{0: 1}], "1 dicts for 2 labels"),
        ([{0: 1}, {2: 1}], "has 2; a label is 0 or 1"),
        ([{0: 1}, {1: -1}], "weight -1"),
        ("even", "balanced"),
    ],
)
def test_wrong_weights_of_labels_are_refused(rows, given, part):
    with pytest.raises(ValueError, match=part):
        NNClassifier(**QUICK, class_weight=given).fit(*rows)


@pytest.mark.parametrize(
    "given", [3, ["a", 2], [1, -2], [1, np.nan], {0: -1}, {1: "much"}, [True, 1], {0: np.inf}, [1, None]]
)
def test_wrong_weights_of_classes_are_refused(rows, given):
    with pytest.raises(ValueError, match=r"class_weight is .*expected"):
        NNClassifier(**QUICK, class_weight=given).fit(rows[0], rows[1][:, 0])


def test_a_class_all_rows_of_which_have_weight_zero_is_said_by_name(rows):
    X, names = rows[0], np.array(["no", "yes"])[rows[1][:, 1]]
    with pytest.warns(UserWarning, match="0 for all rows of the class 'yes', so that it is not learnt"):
        found = NNClassifier(**QUICK).fit(X, names, (names == "no").astype(float))
    assert set(found.predict(X)) == {"no"} and found.classes_.tolist() == ["no", "yes"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NNClassifier(**QUICK).fit(X, names, np.arange(300) % 2)
