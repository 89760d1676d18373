"""The confusion matrix, with names of any length."""

import numpy as np
import pytest

from nnlite import plots


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_long_names_have_their_room_in_every_format(tmp_path, ending):
    short, long = (
        plots.confusion(np.eye(2, dtype=int), [name, "b"]) for name in ("a", "an uncommonly long name of a class")
    )
    for picture in (short, long):
        plots.save(picture, tmp_path / f"a.{ending}")
    assert long.axes[0].get_position().x0 > short.axes[0].get_position().x0 + 0.1


def test_a_long_class_name_leaves_the_matrix_its_place():
    axes = plots.confusion(np.eye(2), ["short", "x" * 50]).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["short", "x" * 19 + "…"]
