"""The worst mistakes, as images."""

import numpy as np
import pytest

from nnlite import plots
from nnlite.errors import DataError


def words_of(picture):
    return [axes.get_title() for axes in picture.axes]


PROBABILITIES = np.array(
    [
        [0.9, 0.1, 0.0],  # right
        [0.6, 0.3, 0.1],  # wrong, 60 %
        [0.0, 0.98, 0.02],  # wrong, 98 %
        [0.2, 0.2, 0.6],  # wrong, 60 %, and less for the true class than the other
        [0.1, 0.2, 0.7],  # right
    ]
)
LABELS = np.array([0, 1, 2, 1, 2])


def test_the_surest_mistakes_come_first_with_their_classes():
    images = np.arange(5.0)[:, None, None] * np.array([[0.0, 1.0]])
    picture = plots.mistakes(images, LABELS, PROBABILITIES, ["a", "b", "c"], "run, test rows")
    assert words_of(picture) == [
        "true c\npredicted b, 98 %",
        "true b\npredicted c, 60 %",
        "true b\npredicted a, 60 %",
    ]
    shown = [np.asarray(axes.images[0].get_array()).tolist() for axes in picture.axes]
    assert shown == [[[0, 2 / 3]], [[0, 1]], [[0, 1 / 3]]]  # rows 2, 3 and 1, all on one scale
    assert picture.texts[0].get_text() == "run, test rows\n3 mistakes among 5 images"


def test_equal_mistakes_stand_in_the_order_of_their_rows_25_at_most():
    images = np.arange(40).reshape(40, 1, 1).repeat(2, axis=2)
    images[:, :, 1] = 40
    picture = plots.mistakes(images, np.ones(40, int), np.tile([1.0, 0.0], (40, 1)), ["no", "yes"])
    shown = [np.asarray(axes.images[0].get_array())[0, 0] * 40 for axes in picture.axes]
    assert shown == pytest.approx(list(range(25)))
    assert picture.texts[0].get_text() == "the 25 worst of 40 mistakes among 40 images"


def test_where_there_are_no_mistakes_the_picture_says_so(tmp_path):
    right = np.eye(2)[[0, 1]]
    picture = plots.mistakes(np.zeros((2, 3, 3)), np.array([0, 1]), right, ["a", "b"], "run")
    plots.save(picture, tmp_path / "a.png")
    assert not picture.axes and picture.texts[0].get_text() == "run\nno mistakes among 2 images"


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [
        ("uint8", (4, 4)),
        ("uint8", (3, 4, 4)),
        ("float32", (4, 4, 3)),
        ("float64", (1, 4, 4)),
        ("int16", (2, 4, 4)),
        ("bool", (1, 1)),
        ("float16", (600, 20)),
    ],
)
def test_images_of_any_kind_are_drawn_from_their_lowest_number_to_their_highest(dtype, shape, tmp_path):
    images = (np.random.default_rng(0).random((3, *shape)) * 2 * (200 if dtype == "uint8" else 1)).astype(dtype)
    before = images.copy()
    picture = plots.mistakes(images, np.array([0, 0, 1]), np.tile([0.2, 0.8], (3, 1)), ["a", "b"])
    plots.save(picture, tmp_path / "a.svg")
    assert len(picture.axes) == 2 and np.array_equal(images, before)
    pixels = np.array([axes.images[0].get_array() for axes in picture.axes])
    assert pixels.shape[3:] == ((3,) if 3 in shape else ()) and max(pixels.shape) <= 300
    assert (pixels.min(), pixels.max()) in {(0, 1), (0.5, 0.5)}


def test_what_is_no_image_is_refused():
    with pytest.raises(DataError, match=r"shape \(2, 64\); expected \(images, height, width\)"):
        plots.mistakes(np.zeros((2, 64)), np.array([0, 1]), np.eye(2), ["a", "b"])


@pytest.mark.parametrize(
    "name", ["W" * 50, "an uncommonly long name of a class", "two\nlines", "猫" * 30, "$a$ b", "7"]
)
def test_a_title_of_any_length_stays_over_its_image(name, tmp_path):
    picture = plots.mistakes(np.zeros((4, 2, 2)), np.zeros(4, int), np.tile([0, 1.0], (4, 1)), ["a", name], name)
    plots.save(picture, tmp_path / "a.png")  # a letter that the font lacks is no error
    widest = picture.get_size_inches()[0] * picture.dpi / 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *args, **kwargs: None)
        assert all(axes.title.get_window_extent().width < widest for axes in picture.axes)
    assert all(words.count("\n") == 1 and len(words) < 50 for words in words_of(picture))
    assert picture.axes[0].title.get_fontsize() == (8 if len(name) < 6 else pytest.approx(5.5, abs=2.4))


def test_an_image_without_a_prediction_is_no_mistake_and_is_counted():
    images, unknown = np.arange(5.0)[:, None, None] * np.ones((1, 2)), PROBABILITIES.copy()
    unknown[[0, 2]] = np.nan  # by `argmax` both would be class a, the first rightly so
    picture = plots.mistakes(images, LABELS, unknown, ["a", "b", "c"], "run")
    assert words_of(picture) == ["true b\npredicted c, 60 %", "true b\npredicted a, 60 %"]
    assert picture.texts[0].get_text() == "run\n2 mistakes among 5 images, and 2 without a prediction"
