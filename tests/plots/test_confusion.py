"""The confusion matrix, with names of any length."""

import numpy as np
import pytest
from matplotlib.path import Path
from sklearn.metrics import precision_score, recall_score

from nnlite import plots
from nnlite.plots.figure import DPI
from nnlite.plots.style import INK


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
    assert [label.get_text() for label in axes.get_yticklabels()] == ["short", "x" * 19 + "…", "precision"]


def words_of(picture):
    return [text.get_text() for text in picture.axes[0].texts]


def test_the_colour_is_the_share_of_the_true_class_however_rare_it_is():
    picture = plots.confusion([[950, 0], [36, 12]], ["no", "yes"], "run")
    (image,) = picture.axes[0].images
    shares = image.get_array()
    assert shares.filled(-1).tolist() == [[1.0, -1.0], [0.75, -1.0]]  # a cell without rows has no colour
    (frame,) = picture.axes[0].patches  # of the cell with less than half of its class
    assert frame.get_path().get_extents().bounds == (0.5, 0.5, 1, 1)
    assert words_of(picture)[:6] == ["950", "100 %", "36", "75 %", "12", "25 %"]
    assert picture.get_suptitle() == "run\naccuracy 0.964 (95 %: 0.950 to 0.974), 998 rows"


def test_recall_and_precision_stand_at_the_margins():
    matrix = np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]])
    beside = words_of(plots.confusion(matrix, ["a", "b", "c"]))[6:]
    assert beside == ["75 %", "100 %", "100 %", "67 %", "–", "–"]  # of each class its recall, then its precision
    true, found = [0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1]
    assert recall_score(true, found, average=None).tolist() == [0.75, 1]
    assert precision_score(true, found, average=None) == pytest.approx([1, 2 / 3])


@pytest.mark.parametrize(("classes", "words"), [(10, 4 * 10), (11, 3 * 11), (25, 3 * 25), (26, 0)])
def test_of_more_classes_the_cells_hold_less(classes, words):
    picture = plots.confusion(7 * np.eye(classes, dtype=int), list(range(classes)))
    assert len(words_of(picture)) == words and len(picture.axes) == (2 if classes > 25 else 1)
    assert max(picture.get_size_inches()) < 14


def test_an_accuracy_that_the_matrix_does_not_have_is_given():
    picture = plots.confusion(np.eye(2, dtype=int), ["a", "b"], accuracy=0.5, interval=(0.1, 0.9))
    assert picture.get_suptitle() == "accuracy 0.500 (95 %: 0.100 to 0.900), 2 rows"
    none = plots.confusion(np.zeros((2, 2), dtype=int), ["a", "b"])
    assert none.get_suptitle() == "accuracy undefined, 0 rows"


def test_the_words_of_a_cell_with_little_stand_on_the_page_whose_colour_they_can_be_read_on():
    picture = plots.confusion([[9, 1, 5], [3, 3, 4], [0, 7, 6]], ["a", "b", "c"])
    (axes,) = picture.axes
    picture.set_dpi(DPI)
    plots.as_png(picture)  # computes the layout
    words = [text for text in axes.texts if text.get_color() == INK]
    assert {text.get_text() for text in words} > {"1", "5", "3", "4", "33 %"}
    assert len(axes.patches) == 6
    for frame in axes.patches:
        outer, inner = (Path(part).get_extents(axes.transData) for part in np.split(frame.get_path().vertices, 2))
        for box in (text.get_window_extent() for text in words):
            assert not box.overlaps(outer) or (inner.contains(*box.min) and inner.contains(*box.max))
