"""The reliability diagram."""

import numpy as np
import pytest

from nnlite import plots
from nnlite.metrics.intervals import wilson


def test_each_bin_with_rows_is_a_point_with_its_interval_and_its_rows_below():
    nan = np.nan
    picture = plots.calibration([nan, 0.3, 0.7, 0.9], [nan, 0.5, 0.5, 1.0], [0, 10, 40, 50], title="run")
    above, below = picture.axes
    assert above.lines[1].get_xydata().tolist() == [[0.3, 0.5], [0.7, 0.5], [0.9, 1.0]]
    (bounds,) = above.collections
    assert bounds.get_segments()[0] == pytest.approx(np.array([[0.3, bound] for bound in wilson(5, 10)]))
    assert [bar.get_height() for bar in below.patches] == [0, 10, 40, 50]
    assert [bar.get_x() for bar in below.patches] == [0, 0.25, 0.5, 0.75]
    # (10 · 0.2 + 40 · 0.2 + 50 · 0.1) / 100
    assert picture.get_suptitle() == "run\nexpected calibration error 0.150, 100 rows"


def test_an_error_that_is_given_is_said_and_no_rows_are_no_error():
    assert "error 0.250" in plots.calibration([0.5], [0.5], [4], 0.25).get_suptitle()
    assert "error undefined, 0 rows" in plots.calibration([np.nan], [np.nan], [0]).get_suptitle()
