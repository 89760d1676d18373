"""Calibration, against scikit-learn's bins and scores."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from nnlite.metrics import Brier
from nnlite.metrics.calibration import reliability


def random_probabilities(rng, rows, classes):
    p = rng.dirichlet(np.ones(classes), rows)
    return p, np.array([rng.choice(classes, p=each) for each in p])


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("bins", [1, 5, 10, 15])
def test_the_bins_are_scikit_learns(classes, bins, rng):
    p, labels = random_probabilities(rng, 300, classes)
    p[:4] = np.eye(classes)[np.arange(4) % classes]  # at the edges
    p[4:8] = [0.6, 0.4] + [0.0] * (classes - 2)
    found = reliability(p, labels, bins=bins)
    right, sure = p.argmax(axis=1) == labels, p.max(axis=1)
    accuracy, confidence = calibration_curve(right, sure, n_bins=bins)
    filled = found.rows > 0
    assert found.accuracy[filled] == pytest.approx(accuracy, abs=1e-12)
    assert found.confidence[filled] == pytest.approx(confidence, abs=1e-12)
    assert np.isnan(found.accuracy[~filled]).all() and found.rows.sum() == 300
    ece = np.abs(accuracy - confidence) @ found.rows[filled] / 300
    assert found.ece == pytest.approx(ece, abs=1e-12)


def test_a_weight_of_two_counts_as_the_row_twice_and_none_as_no_row(rng):
    p, labels = random_probabilities(rng, 80, 3)
    weights = rng.integers(0, 4, 80)
    weighed, repeated = reliability(p, labels, weights), reliability(p.repeat(weights, 0), labels.repeat(weights))
    assert weighed.ece == pytest.approx(repeated.ece, abs=1e-12)
    assert weighed.share == pytest.approx(repeated.share, abs=1e-12)
    assert weighed.rows.sum() == (weights > 0).sum()


def test_a_row_without_prediction_is_left_out(rng):
    p, labels = random_probabilities(rng, 20, 2)
    p[3] = np.nan
    kept = np.delete(np.arange(20), 3)
    assert reliability(p, labels).ece == reliability(p[kept], labels[kept]).ece
    nothing = reliability(np.full((2, 2), np.nan), np.array([0, 1]))
    assert nothing.ece == 0 and not nothing.rows.any()


@pytest.mark.parametrize("classes", [2, 5])
def test_the_brier_score_is_scikit_learns(classes, rng):
    p, labels = random_probabilities(rng, 100, classes)
    theirs = brier_score_loss(labels, p, scale_by_half=classes == 2, labels=range(classes))
    assert Brier()(p, labels) == pytest.approx(theirs, abs=1e-12)
