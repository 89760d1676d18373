"""What is found at each threshold, beside scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from nnlite.metrics import ROCAUC, AveragePrecision
from nnlite.metrics.thresholds import at_thresholds, of_each_class


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("digits", [1, 12])  # with many equal probabilities, and without
def test_the_curves_are_those_of_scikit_learn(digits, weighted):
    rng = np.random.default_rng(0)
    has, p = rng.random(200) < 0.3, rng.random(200).round(digits)
    weight = rng.random(200) if weighted else None
    found = at_thresholds(p, has, weight)
    alarms, recall, thresholds = roc_curve(has, p, sample_weight=weight, drop_intermediate=False)
    assert np.array_equal(found.thresholds, thresholds[1:])  # scikit-learn's begins with infinity
    assert found.false_alarms == pytest.approx(alarms[1:], abs=1e-12)
    assert found.recall == pytest.approx(recall[1:], abs=1e-12)
    precision, recall, thresholds = precision_recall_curve(has, p, sample_weight=weight)
    assert found.precision[::-1] == pytest.approx(precision[:-1], abs=1e-12)  # its last point is (1, 0)
    assert found.recall[::-1] == pytest.approx(recall[:-1], abs=1e-12)
    assert found.area == pytest.approx(roc_auc_score(has, p, sample_weight=weight), abs=1e-12)
    assert found.average_precision == pytest.approx(average_precision_score(has, p, sample_weight=weight), abs=1e-12)


def test_the_areas_are_those_of_the_metrics():
    rng = np.random.default_rng(1)
    y, p = rng.integers(0, 3, 90), rng.dirichlet(np.ones(3), 90)
    found = dict(of_each_class(y, p))
    assert np.mean([each.area for each in found.values()]) == pytest.approx(ROCAUC()(p, y), abs=1e-12)
    assert np.mean([each.average_precision for each in found.values()]) == pytest.approx(AveragePrecision()(p, y))
    assert list(dict(of_each_class(y[y < 2], p[y < 2][:, :2]))) == [1]  # of two classes the second alone


def test_the_place_of_a_threshold_is_where_all_rows_from_it_on_are_taken():
    found = at_thresholds(np.array([0.2, 0.5, 0.7]), np.array([0, 1, 1]))
    assert [found.nearest(each) for each in (0.9, 0.7, 0.6, 0.5, 0.0)] == [-1, 0, 0, 1, 2]
    assert found.recall[found.nearest(0.5)] == 1 and found.share == pytest.approx(2 / 3)


def test_what_is_undefined_is_nan():
    found = at_thresholds(np.array([0.2, 0.5]), np.array([1, 1]))
    assert np.isnan(found.false_alarms).all() and np.isnan(found.area) and found.average_precision == 1
    assert not dict(of_each_class(np.array([0]), np.array([[np.nan, 0.5]])))
    assert dict(of_each_class(np.array([0, 1, 1]), np.array([[np.nan, 0.5], [0.4, 0.6], [0.1, 0.9]])))[1].share == 1
