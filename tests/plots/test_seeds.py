"""Several seeds of the same training."""

import numpy as np
import pytest

from nnlite import plots
from tests.helpers.histories import history_of


def of(*losses):
    return history_of(*({"training_loss": 9.0, "validation_loss": loss} for loss in losses))


def test_the_line_is_the_mean_and_the_band_goes_from_the_lowest_to_the_highest():
    picture = plots.seeds({"plain": [of(1.0, 0.5), of(2.0, 0.7, 0.1)]}, "iris")
    (axes,) = picture.axes
    *each, mean = axes.lines
    assert [line.get_ydata().tolist() for line in each] == [[1.0, 0.5], [2.0, 0.7, 0.1]]
    assert mean.get_xydata().tolist() == [[1, 1.5], [2, 0.6]]  # the epochs that both have
    (band,) = axes.collections
    vertices = band.get_paths()[0].vertices
    assert {tuple(point) for point in vertices.tolist()} == {(1, 1), (1, 2), (2, 0.5), (2, 0.7)}
    last = [0.5, 0.1]
    assert [text.get_text() for text in axes.texts] == [f"{np.mean(last):.3g} ± {np.std(last, ddof=1):.2g}"]
    assert picture.get_suptitle() == "iris\nmean of 2 seeds, from the lowest to the highest"


def test_groups_lie_over_each_other_with_their_names():
    picture = plots.seeds({"one": [of(1.0)], "other": [of(0.5), of(0.7)]})
    assert [text.get_text() for text in picture.axes[0].texts] == ["other 0.6 ± 0.14", "one 1"]


@pytest.mark.parametrize("groups", [{"a": [of(1.0), of(float("nan"))]}, {"a": [history_of({"training_loss": 1.0})]}])
def test_a_history_without_figures_is_no_error(groups, tmp_path):
    plots.save(plots.seeds(groups), tmp_path / "a.svg")
