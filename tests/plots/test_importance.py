"""The importance of columns."""

import pytest

from nnlite import plots


def test_the_most_important_columns_come_first_with_their_spread():
    picture = plots.importance(["a", "b", "c"], [0.1, 0.5, 0.01], [0.02, 0.1, 0.05], "log loss", "run")
    (axes,) = picture.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "a", "c"]
    assert [bar.get_width() for bar in axes.patches] == [0.5, 0.1, 0.01]
    (spread,) = axes.collections
    ends = [segment[:, 0].tolist() for segment in spread.get_segments()]
    assert ends == [pytest.approx(each) for each in ([0.4, 0.6], [0.08, 0.12], [-0.04, 0.06])]
    colours = [bar.get_facecolor()[:3] for bar in axes.patches]
    assert colours[0] == colours[1] != colours[2]  # that may be chance


def test_of_many_columns_twenty_are_shown():
    picture = plots.importance(range(30), range(30), [0] * 30, "RMSE")
    assert len(picture.axes[0].patches) == 20
    assert (
        picture.get_suptitle()
        == "rise of the RMSE where a column is shuffled, ± a standard deviation,\nthe first 20 of 30 columns"
    )
