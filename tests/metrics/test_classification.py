"""Precision, recall, F1 and the confusion matrix are scikit-learn's, to the last bit."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, precision_recall_fscore_support

from nnlite.errors import DataError
from nnlite.metrics import is_right, likeliest, per_class


def scikit_learns(labels, predicted, classes):
    """What nnlite wrote down when scikit-learn counted."""
    indices = range(len(classes))
    figures = precision_recall_fscore_support(labels, predicted, labels=indices, zero_division=np.nan)
    names = ("class", "precision", "recall", "f1", "rows")
    *ratios, counts = figures
    rows = zip(classes, *(figure.tolist() for figure in ratios), counts.astype(int).tolist(), strict=True)
    return {
        "balanced_accuracy": float(balanced_accuracy_score(labels, predicted)),
        "classes": [dict(zip(names, row, strict=True)) for row in rows],
        "confusion": confusion_matrix(labels, predicted, labels=indices).tolist(),
    }


@pytest.mark.filterwarnings("ignore:y_pred contains classes", "ignore:A single label was found")
@pytest.mark.parametrize("classes", [2, 3, 10, 50])
def test_the_figures_of_each_class_are_scikit_learns(classes, rng):
    names = [f"class {index}" for index in range(classes)]
    for rows in (1, 2, 7, 100, 1000):
        for share in (0.0, 0.3, 1.0):  # of rows that are predicted rightly
            present = rng.choice(classes, size=rng.integers(1, classes + 1), replace=False)  # others are missing
            labels = rng.choice(present, size=rows)
            predicted = np.where(rng.random(rows) < share, labels, rng.integers(classes, size=rows))
            ours = per_class(labels, predicted, names)
            assert str(ours) == str(scikit_learns(labels, predicted, names))  # NaN is not NaN, but is written alike
            kinds = {type(figure) for row in ours["classes"] for name, figure in row.items() if name != "rows"}
            assert kinds == {str, float} and {type(row["rows"]) for row in ours["classes"]} == {int}


def test_the_figures_are_those_that_one_works_out_by_hand():
    found = per_class(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 2]), ["a", "b", "c", "d"])
    assert found["confusion"] == [[2, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    a, b, c, d = found["classes"]
    assert a == {"class": "a", "precision": 1.0, "recall": 2 / 3, "f1": 0.8, "rows": 3}
    assert b == {"class": "b", "precision": 0.5, "recall": 0.5, "f1": 0.5, "rows": 2}
    assert str(c) == str({"class": "c", "precision": 0.0, "recall": np.nan, "f1": 0.0, "rows": 0})  # never true
    assert str(d) == str({"class": "d", "precision": np.nan, "recall": np.nan, "f1": np.nan, "rows": 0})
    assert found["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_a_row_without_a_prediction_is_neither_right_nor_wrong():
    """NaN comes first in `argmax`: of four NaN rows with labels 0 0 0 1 three would be right."""
    assert np.isnan(is_right(np.full((4, 2), np.nan), np.array([0, 0, 0, 1]))).all()
    outputs = np.array([[1.0, np.inf], [-np.inf, 3.0], [-np.inf, -np.inf], [2, np.nan]])
    assert likeliest(outputs).tolist() == [-1, 1, -1, -1]


def test_a_row_without_a_prediction_is_missed_and_in_no_place_of_the_matrix():
    found = per_class(np.array([0, 0, 0, 1]), np.array([0, -1, 0, -1]), ["no", "yes"])
    assert found["confusion"] == [[2, 0], [0, 0]] and found["balanced_accuracy"] == 1 / 3
    assert [row["recall"] for row in found["classes"]] == [2 / 3, 0.0]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "uint64"])
def test_labels_may_be_of_any_whole_kind(dtype):
    labels, predicted = (np.arange(40) % 3 == 0).astype(dtype), np.arange(40) % 2
    theirs = scikit_learns(labels.astype(int), predicted, ["no", "yes"])
    assert str(per_class(labels, predicted, ["no", "yes"])) == str(theirs)


def test_the_figures_of_weighted_rows_are_scikit_learns_and_the_matrix_counts_rows(rng):
    labels, predicted = rng.integers(3, size=(2, 40))
    weights = rng.exponential(size=40) * (np.arange(40) % 5 > 0)
    found = per_class(labels, predicted, ["a", "b", "c"], weights)
    counted = per_class(labels, predicted, ["a", "b", "c"])
    theirs = precision_recall_fscore_support(labels, predicted, sample_weight=weights)
    for name, figures in zip(("precision", "recall", "f1"), theirs, strict=False):
        assert [row[name] for row in found["classes"]] == pytest.approx(figures.tolist())
    assert found["balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(labels, predicted, sample_weight=weights)
    )
    assert found["confusion"] == counted["confusion"]
    assert [row["rows"] for row in found["classes"]] == [row["rows"] for row in counted["classes"]]
    assert np.isnan(per_class(labels, predicted, ["a", "b", "c"], np.zeros(40))["balanced_accuracy"])


@pytest.mark.parametrize(
    ("labels", "predicted", "said"),
    [
        ([0, 2], [0, 1], r"the label in row 1 is 2; expected a class index from 0 to 1$"),
        ([0, 1], [5, 1], r"the prediction in row 0 is 5; expected a class index from 0 to 1, or -1 for none"),
        ([-1, 1], [0, 1], r"the label in row 0 is -1"),
        ([0, 1], [0, -2], r"the prediction in row 1 is -2"),
        ([0, np.nan], [0, 1], r"the label in row 1 is nan"),
        ([0, np.inf], [0, 1], r"the label in row 1 is inf"),
        ([0, 1], [0.0, 0.5], r"the prediction in row 1 is 0.5"),
        (["no", "yes"], [0, 1], r"the labels have shape \(2,\) and dtype <U3; expected a class index"),
        ([0, 1], [[0.9, 0.1], [0.2, 0.8]], r"the predictions have shape \(2, 2\) and dtype float64"),
        ([0, 1, 1], [0, 1], r"3 labels came, but 2 predictions"),
    ],
)
def test_labels_and_predictions_that_are_no_classes_are_named(labels, predicted, said):
    with pytest.raises(DataError, match=said):
        per_class(np.array(labels), np.array(predicted), ["no", "yes"])
