"""The regions in which a classifier says each class."""

import numpy as np
import pytest

from nnlite import plots
from nnlite.plots.style import COLOURS


def by_first(x):
    """Class b above 0.5 in the first feature, and surer of it the farther away."""
    p = 1 / (1 + np.exp(-20 * (x[:, 0].astype(float) - 0.5)))
    return np.column_stack([1 - p, p])


X = np.random.default_rng(0).random((60, 2)).astype("float32")
Y = (X[:, 0] > 0.6).astype(int)


def test_a_region_has_the_colour_of_what_the_model_says_there():
    (axes,) = plots.decision_boundary(by_first, X, Y, ["a", "b"], ["width", "height"], "run").axes
    (region,) = axes.images
    colours = region.get_array()[60, :, :3]
    low, high = axes.get_xlim()
    places = low + (np.arange(120) + 0.5) / 120 * (high - low)
    first, second = ([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in COLOURS[:2])
    assert np.allclose(colours[places < 0.5], first) and np.allclose(colours[places > 0.5], second)
    shade = region.get_array()[60, :, 3]
    assert shade[0] > shade[np.abs(places - 0.5).argmin()] < shade[-1]
    (line, *_) = axes.collections
    (path,) = line.get_paths()
    assert path.vertices[:, 0] == pytest.approx(0.5, abs=0.01)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("width", "height")


def test_rows_that_are_wrong_are_ringed():
    picture = plots.decision_boundary(by_first, X, Y, ["a", "b"], ["x", "y"])
    ringed = [line for line in picture.axes[0].lines if line.get_markeredgewidth() > 0]
    rows = np.concatenate([line.get_xdata() for line in ringed])
    assert sorted(rows) == sorted(X[(X[:, 0] > 0.5) & (X[:, 0] <= 0.6), 0])
    assert picture.get_suptitle() == f"{60 - len(rows)} rows right, {len(rows)} wrong (ringed)"


def test_other_features_are_held_at_their_medians(tmp_path):
    asked = []

    def predict(x):
        asked.append(x)
        return by_first(x[:, [2]])

    x = np.column_stack([X, X[:, ::-1]]).astype("float32")
    picture = plots.decision_boundary(predict, x, Y, ["a", "b"], list("abcd"), columns=(2, 1))
    assert asked[0].dtype == np.float32 and (asked[0][:, [0, 3]] == np.median(x[:, [0, 3]], axis=0)).all()
    assert "the other 2 features at their" in picture.get_suptitle()
    one = plots.decision_boundary(lambda x: np.tile([1.0, 0.0], (len(x), 1)), x, Y, ["a", "b"], list("abcd"))
    plots.save(one, tmp_path / "a.svg")  # a single region, without a line
    assert not one.axes[0].collections
