"""Predictions against what was true."""

import numpy as np

from nnlite import plots


def test_predictions_are_drawn_against_what_was_true():
    true, predicted = np.array([1.0, 2.0, 5.0]), np.array([1.5, 2.0, 4.0])
    axes = plots.predictions(true, predicted, "run").axes[0]
    diagonal, points = axes.lines
    assert (diagonal.get_xdata() == diagonal.get_ydata()).all()
    assert points.get_xdata().tolist() == [1, 2, 5] and points.get_ydata().tolist() == [1.5, 2, 4]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_xlim()) == ("true", "predicted", axes.get_ylim())
    many = plots.predictions(np.zeros((4, 9)), np.zeros((4, 9)), "run")
    assert len(many.axes) == 6 and many.get_suptitle() == "run, the first 6 of 9 outputs"
    several = plots.predictions(np.zeros((4, 2)), np.zeros((4, 2)))
    assert [axes.get_title() for axes in several.axes] == ["output 0", "output 1"]


def test_rows_without_a_finite_prediction_are_left_out_and_counted():
    true, predicted = np.array([1.0, 2.0, 5.0]), np.array([1.5, np.nan, 4.0])
    picture = plots.predictions(true, predicted, "run")
    assert picture.axes[0].lines[1].get_xdata().tolist() == [1, 5]
    assert picture.get_suptitle() == "run, without 1 of 3 rows: no finite prediction"
    none = plots.predictions(true, np.full(3, np.inf), "run")
    assert none.get_suptitle() == "run, without 3 of 3 rows: no finite prediction"
