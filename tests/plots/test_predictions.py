"""Predictions against what was true."""

import numpy as np
import pytest
from sklearn.metrics import r2_score, root_mean_squared_error

from nnlite import plots


def test_predictions_are_drawn_against_what_was_true():
    true, predicted = np.array([1.0, 2.0, 5.0]), np.array([1.5, 2.0, 4.0])
    axes, beside = plots.predictions(true, predicted, "run").axes
    diagonal, points = axes.lines
    assert (diagonal.get_xdata() == diagonal.get_ydata()).all()
    assert points.get_xdata().tolist() == [1, 2, 5] and points.get_ydata().tolist() == [1.5, 2, 4]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_xlim()) == ("true", "predicted", axes.get_ylim())
    assert beside.lines[1].get_xydata().tolist() == [[1.5, -0.5], [2, 0], [4, 1]]
    assert (beside.get_xlabel(), beside.get_ylabel()) == ("predicted", "true − predicted")
    many = plots.predictions(np.zeros((4, 9)), np.zeros((4, 9)), "run")
    assert len(many.axes) == 12 and many.get_suptitle() == "run\nthe first 6 of 9 outputs"
    several = plots.predictions(np.zeros((4, 2)), np.zeros((4, 2)))
    assert [axes.get_title()[:9] for axes in several.axes[::2]] == ["output 0:", "output 1:"]


def test_rows_without_a_finite_prediction_are_left_out_and_counted():
    true, predicted = np.array([1.0, 2.0, 5.0]), np.array([1.5, np.nan, 4.0])
    picture = plots.predictions(true, predicted, "run")
    assert picture.axes[0].lines[1].get_xdata().tolist() == [1, 5]
    assert picture.get_suptitle() == "run\nwithout 1 of 3 rows: no finite prediction\nR² 0.844, RMSE 0.7906, 2 rows"
    none = plots.predictions(true, np.full(3, np.inf), "run")
    assert none.get_suptitle() == "run\nwithout 3 of 3 rows: no finite prediction\n0 rows"


def test_the_title_has_the_figures_that_scikit_learn_has():
    rng = np.random.default_rng(0)
    true = rng.normal(size=50)
    predicted, weight = true + rng.normal(size=50), rng.random(50)
    r2, rmse = r2_score(true, predicted), root_mean_squared_error(true, predicted)
    assert plots.predictions(true, predicted).get_suptitle() == f"R² {r2:.3f}, RMSE {rmse:.4g}, 50 rows"
    weighed = [each(true, predicted, sample_weight=weight) for each in (r2_score, root_mean_squared_error)]
    said = plots.predictions(true, predicted, sample_weight=weight).get_suptitle()
    assert said == f"R² {weighed[0]:.3f}, RMSE {weighed[1]:.4g}, 50 rows"


@pytest.mark.parametrize("away", [1e6, -1e6])
@pytest.mark.parametrize("rows", [20, 5000])
def test_one_row_far_away_does_not_rule_the_axes_and_is_seen(rows, away):
    true = np.linspace(0, 1, rows)
    predicted = true.copy()
    predicted[3] = away
    against, beside = plots.predictions(true, predicted).axes
    assert max(np.abs([against.get_ylim(), beside.get_xlim()]).ravel()) < 2
    for axes in (against, beside):
        (edge,) = (line for line in axes.lines if line.get_marker() == "^")
        assert len(edge.get_xdata()) == 1
        assert [text.get_text() for text in axes.texts] == ["▲ 1 row beyond the axes"]
    assert plots.predictions(true, true).axes[0].get_xlim() == pytest.approx((-0.04, 1.04))


def test_of_many_rows_the_density_is_drawn_and_the_median_of_what_is_left_over():
    rng = np.random.default_rng(0)
    true = rng.random(2000)
    against, beside = plots.predictions(true, true - 0.25).axes
    (cells,) = against.collections
    assert cells.get_array().sum() == 2000
    (middle,) = (line for line in beside.lines if "median" in str(line.get_label()))
    assert middle.get_ydata() == pytest.approx([0.25] * 10)
    (alone,) = plots.residuals(true, true - 0.25, "run").axes
    assert alone.lines[-1].get_ydata() == pytest.approx([0.25] * 10)
