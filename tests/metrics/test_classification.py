"""Precision, recall, F1 and the confusion matrix are scikit-learn's, to the last bit."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from nnlite.metrics import per_class


def scikit_learns(labels, predicted, classes):
    """What nnlite wrote down when scikit-learn counted."""
    indices = range(len(classes))
    figures = precision_recall_fscore_support(labels, predicted, labels=indices, zero_division=0.0)
    names = ("class", "precision", "recall", "f1", "rows")
    rows = zip(classes, *(figure.tolist() for figure in figures), strict=True)
    return {
        "classes": [dict(zip(names, row, strict=True)) for row in rows],
        "confusion": confusion_matrix(labels, predicted, labels=indices).tolist(),
    }


@pytest.mark.parametrize("classes", [2, 3, 10, 50])
def test_the_figures_of_each_class_are_scikit_learns(classes, rng):
    names = [f"class {index}" for index in range(classes)]
    for rows in (1, 2, 7, 100, 1000):
        for share in (0.0, 0.3, 1.0):  # of rows that are predicted rightly
            present = rng.choice(classes, size=rng.integers(1, classes + 1), replace=False)  # others are missing
            labels = rng.choice(present, size=rows)
            predicted = np.where(rng.random(rows) < share, labels, rng.integers(classes, size=rows))
            ours = per_class(labels, predicted, names)
            assert ours == scikit_learns(labels, predicted, names)
            kinds = {type(figure) for row in ours["classes"] for name, figure in row.items() if name != "rows"}
            assert kinds == {str, float} and {type(row["rows"]) for row in ours["classes"]} == {int}


def test_the_figures_are_those_that_one_works_out_by_hand():
    found = per_class(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 2]), ["a", "b", "c", "d"])
    assert found["confusion"] == [[2, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    a, b, c, d = found["classes"]
    assert a == {"class": "a", "precision": 1.0, "recall": 2 / 3, "f1": 0.8, "rows": 3}
    assert b == {"class": "b", "precision": 0.5, "recall": 0.5, "f1": 0.5, "rows": 2}
    assert c == {"class": "c", "precision": 0.0, "recall": 0.0, "f1": 0.0, "rows": 0}  # predicted, never true
    assert d == {"class": "d", "precision": 0.0, "recall": 0.0, "f1": 0.0, "rows": 0}  # neither


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "uint64"])
def test_labels_may_be_of_any_whole_kind(dtype):
    labels, predicted = (np.arange(40) % 3 == 0).astype(dtype), np.arange(40) % 2
    assert per_class(labels, predicted, ["no", "yes"]) == scikit_learns(labels.astype(int), predicted, ["no", "yes"])
