"""How a figure is written: laid out once, and warnings that are heard."""

import warnings

import pytest
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from nnlite import plots
from tests.helpers.histories import history_of


def test_a_warning_that_is_not_about_a_users_names_is_not_swallowed(tmp_path):
    class Picture(Figure):
        def savefig(self, *args, **kwargs):
            warnings.warn("something else", stacklevel=1)

    with pytest.warns(UserWarning, match="something else"):
        plots.save(Picture(), tmp_path / "a.svg")


def test_a_picture_is_laid_out_once_for_all_its_files(tmp_path, monkeypatch):
    calls = []
    execute = ConstrainedLayoutEngine.execute
    monkeypatch.setattr(ConstrainedLayoutEngine, "execute", lambda *args: [calls.append(1), execute(*args)])
    picture = plots.curves({"run": history_of({"training_loss": 0.5}, {"training_loss": 0.4})})
    before = picture.axes[0].get_position().bounds
    plots.save(picture, tmp_path / "a.svg")
    places = [axes.get_position().bounds for axes in picture.axes]
    plots.save(picture, tmp_path / "a.png")
    assert len(calls) == 1
    assert places[0] != before and [axes.get_position().bounds for axes in picture.axes] == places
