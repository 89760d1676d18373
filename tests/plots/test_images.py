"""Pictures of image models: the first layer's filters, and the worst mistakes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnlite import (
    AveragePool2D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    LayerNorm,
    NnliteError,
    ReLU,
    Rescale,
    Reshape,
    Residual,
    Sequential,
    Standardize,
    plots,
)
from nnlite.cli import command_line as cli
from nnlite.errors import DataError
from tests.conftest import ROOT


class EverySecond(Layer):
    """A layer without parameters that leaves numbers out: what comes behind it is no longer the row."""

    def build(self, input_shape, rng):
        return (input_shape[0] // 2,)

    def forward(self, x, *, training=False):
        return x[:, ::2]

    def backward(self, dy):
        raise NotImplementedError


def with_weight(layers, input_shape, weight):
    """The built model, its first layer with parameters given these."""
    model = Sequential(layers).build(input_shape)
    next(iter(model.parameters)).value = weight
    return model


def drawn(picture):
    return np.asarray(picture.axes[0].images[0].get_array())


def colours_of(mosaic):
    """The colours in it but white and the frames' grey, each once, from left to right and downwards."""
    pixels = mosaic.reshape(-1, 3)
    own = [tuple(each) for each in pixels.round(3).tolist() if tuple(each) not in {(1, 1, 1), (0.6, 0.6, 0.6)}]
    return list(dict.fromkeys(own))


def words_of(picture):
    return [axes.get_title() for axes in picture.axes]


@pytest.mark.parametrize(
    ("layers", "input_shape", "expected"),
    [
        ([Conv2D(2, 3)], (1, 8, 8), (1, 8, 8)),
        ([Flatten(), Dense(2)], (8, 4), (8, 4)),
        ([Standardize(), Reshape((1, 8, 8)), Conv2D(2, 3)], (64,), (1, 8, 8)),
        ([Dropout(0.5), Rescale(0.1), Reshape((4, 4)), Flatten(), Dense(2)], (16,), (4, 4)),
        ([Flatten(), Reshape((1, 2, 8)), Conv2D(2, 2)], (4, 4), (4, 4)),
        ([Dense(2)], (64,), None),
        ([Dense(64), Reshape((1, 8, 8)), Conv2D(2, 3)], (64,), None),
        ([EverySecond(), Reshape((1, 4, 8)), Conv2D(2, 3)], (64,), None),
        ([Residual([Dense(64)]), Reshape((1, 8, 8)), Conv2D(2, 3)], (64,), None),
        ([Embedding(3, 1), Reshape((1, 4, 4)), Conv2D(2, 3)], (16,), None),
        ([Flatten(), Dense(2)], (2, 2, 2, 2), None),
    ],
)
def test_rows_are_images_by_their_own_shape_or_by_a_reshape_before_all_parameters(layers, input_shape, expected):
    assert plots.image_shape(Sequential(layers).build(input_shape)) == expected


def test_weights_above_zero_are_red_those_below_blue_and_zero_is_white():
    model = with_weight([Conv2D(1, (1, 3))], (1, 4, 4), [[[[2.0, 0.0, -2.0]]]])
    red, white, blue = colours_of(drawn(plots.filters(model)))
    assert red[0] > 0.3 and max(red[1:]) < 0.2 and blue[2] > 0.3 and max(blue[:2]) < 0.2
    assert min(white) > 0.95


def test_all_filters_have_one_scale_which_a_bar_shows():
    weight = np.array([1.0, -0.5, 0.25, 0.0, 0.5]).reshape(5, 1, 1, 1)
    picture = plots.filters(with_weight([Conv2D(5, 1)], (1, 4, 4), weight), "shapes")
    assert len(colours_of(drawn(picture))) == 5  # each another colour, in two rows: three, then two
    image, bar = picture.axes
    assert bar.get_ylim() == (-1, 1) and bar.get_ylabel() == "weight" and not image.axison
    assert picture.texts[0].get_text() == "shapes: 5 filters"
    assert (drawn(picture)[-20:, -20:] == 1).all()  # the place of a sixth is empty


def test_each_weight_stands_at_its_place():
    weight = np.random.default_rng(0).normal(size=(3, 2, 3)).round(1)  # a filter in each of three corners
    mosaic = drawn(plots.filters(with_weight([Conv2D(3, (2, 3))], (3, 9, 9), weight[:, None].repeat(3, axis=1))))
    height, width = mosaic.shape[0] // 2, mosaic.shape[1] // 2
    for index, filter in enumerate(weight):
        tile = mosaic[index // 2 * height :, index % 2 * width :][4 : height - 4, 4 : width - 4]  # without its frame
        side = (height - 8) // 2
        greys = 0.5 + filter / (2 * np.abs(weight).max())
        assert np.allclose(tile, greys.repeat(side, axis=0).repeat(side, axis=1)[..., None])
    assert (mosaic[height:, width:] == 1).all()


def test_three_channels_are_colours_and_grey_is_zero():
    weight = np.zeros((2, 3, 1, 1))
    weight[0, 0], weight[1] = 4.0, np.array([-4.0, 0.0, 2.0]).reshape(3, 1, 1)
    picture = plots.filters(with_weight([Conv2D(2, 1)], (3, 4, 4), weight))
    assert colours_of(drawn(picture)) == [(1, 0.5, 0.5), (0, 0.5, 0.75)]
    assert len(picture.axes) == 1  # no bar


def test_of_other_channels_the_mean_is_drawn():
    weight = np.array([[1.0, 2.0], [3.0, -6.0]]).reshape(2, 2, 1, 1)
    picture = plots.filters(with_weight([Conv2D(2, 1)], (2, 4, 4), weight))
    same = plots.filters(with_weight([Conv2D(2, 1)], (1, 4, 4), np.array([1.5, -1.5]).reshape(2, 1, 1, 1)))
    assert np.array_equal(drawn(picture), drawn(same))
    assert picture.axes[1].get_ylabel() == "mean weight of 2 channels"


@pytest.mark.parametrize("input_shape", [(2, 3), (1, 2, 3)])
def test_the_weights_of_a_dense_layer_are_laid_out_as_its_images(input_shape):
    kernels = np.arange(12.0).reshape(2, 1, 2, 3)
    dense = with_weight([Flatten(), Dense(2)], input_shape, kernels.reshape(2, 6).T)
    conv = with_weight([Conv2D(2, (2, 3))], (1, 2, 3), kernels)
    assert np.array_equal(drawn(plots.filters(dense)), drawn(plots.filters(conv)))


def test_a_last_axis_of_three_is_that_of_the_channels():
    weight = np.random.default_rng(0).normal(size=(2, 4, 5, 3))
    last = with_weight([Flatten(), Dense(2)], (4, 5, 3), weight.reshape(2, -1).T)
    first = with_weight([Flatten(), Dense(2)], (3, 4, 5), weight.transpose(0, 3, 1, 2).reshape(2, -1).T)
    assert np.array_equal(drawn(plots.filters(last)), drawn(plots.filters(first)))


def test_the_first_filters_may_stand_behind_other_layers_or_inside_one():
    behind = Sequential([AveragePool2D(2), ReLU(), Conv2D(2, 3)]).build((1, 8, 8))
    inside = Sequential([Reshape((1, 4, 4)), Residual([Conv2D(1, 3, padding="same")])]).build((16,))
    pooled = Sequential([AveragePool2D(2), Flatten(), Dense(2)]).build((1, 8, 8))
    assert [plots.filters(model).texts[0].get_text() for model in (behind, inside, pooled)] == [
        "2 filters",
        "1 filter",
        "2 filters",
    ]


@pytest.mark.parametrize(
    "model",
    [
        Sequential([Dense(2)]).build((64,)),
        Sequential([Dense(16), Reshape((1, 4, 4)), Conv2D(2, 3)]).build((64,)),
        Sequential([ReLU()]).build((1, 8, 8)),
        Sequential([Embedding(5, 4), Flatten(), Dense(3)]).build((10,)),
        Sequential([LayerNorm(), Reshape((1, 8, 8)), Conv2D(2, 3)]).build((64,)),
    ],
    ids=["features", "features first", "no weights", "codes", "features that are weighed first"],
)
def test_weights_that_are_no_images_are_not_drawn(model):
    assert plots.filters(model) is None


def test_a_model_that_is_not_built_has_no_filters_yet():
    with pytest.raises(NnliteError, match="not built"):
        plots.filters(Sequential([Conv2D(2, 3)]))


@pytest.mark.parametrize("units", [1, 2, 6, 20, 64, 100])
def test_many_filters_and_few_make_pictures_of_sensible_size(units):
    model = Sequential([Flatten(), Dense(units)]).build((28, 28))
    picture = plots.filters(model)
    width, height = picture.get_size_inches()
    assert 3 < width < 8 and 2 < height < 8
    said = picture.texts[0].get_text()
    assert said.startswith("the first 64 of 100") if units == 100 else said.startswith(f"{units} ")


@pytest.mark.parametrize("input_shape", [(1, 1, 1), (1, 3000), (500, 2), (3, 300, 300)])
def test_filters_of_odd_shapes_have_their_place(input_shape, tmp_path):
    picture = plots.filters(Sequential([Flatten(), Dense(10)]).build(input_shape))
    plots.save(picture, tmp_path / "a.svg")
    assert max(picture.get_size_inches()) < 9


def test_weights_that_are_all_zero_are_white():
    model = with_weight([Conv2D(2, 3)], (1, 8, 8), np.zeros((2, 1, 3, 3)))
    (only,) = colours_of(drawn(plots.filters(model)))
    assert min(only) > 0.95


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
    assert picture.axes[0].title.get_fontsize() == (8 if len(name) < 10 else pytest.approx(5.5, abs=2.4))


IMAGES = """
[data]
source = "digits"
test_fraction = 0.2

[model]
layers = [
  {type = "Reshape", shape = [1, 8, 8]}, {type = "Rescale", scale = 0.0625},
  {type = "Conv2D", filters = 6, kernel_size = 3}, {type = "ReLU"}, {type = "Flatten"},
  {type = "Dense", units = 10}, {type = "SoftmaxCrossEntropy"},
]

[optimizer]
type = "SGD"
learning_rate = 0.1

[training]
epochs = 1
batch_size = 32
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("images.toml").write_text(IMAGES)
    return tmp_path


def test_a_run_of_an_image_model_leaves_its_filters_and_mistakes_the_same_bytes_each_time(here):
    assert cli.main(["train", "images.toml"]) == 0
    subprocess.run([sys.executable, str(ROOT / "train.py"), "images.toml"], check=True, capture_output=True)
    for name in ("filters.svg", "mistakes.svg"):
        first, second = (Path("runs", run, name).read_bytes() for run in ("images", "images-2"))
        assert first == second and 5_000 < len(first) < 500_000


def test_without_a_test_part_there_are_no_mistakes_to_show(here):
    assert cli.main(["train", "images.toml", "data.test_fraction=0", "--out", "run"]) == 0
    assert Path("run/filters.svg").exists() and not Path("run/mistakes.svg").exists()


@pytest.mark.parametrize(
    ("task", "loss"), [("regression", "MeanSquaredError"), ("multi-label", "BinaryCrossEntropy")]
)
def test_a_regression_of_images_and_several_labels_have_filters_only(here, task, loss):
    rng = np.random.default_rng(0)
    np.savez("images.npz", x=rng.integers(0, 256, (60, 6, 6), np.uint8), y=rng.integers(0, 2, (60, 2)))
    Path("other.toml").write_text(
        f"""
[data]
source = "npz"
path = "images.npz"
task = "{task}"
test_fraction = 0.2

[model]
layers = [{{type = "Flatten"}}, {{type = "Dense", units = 2}}, {{type = "{loss}"}}]

[optimizer]
type = "SGD"
learning_rate = 0.01

[training]
epochs = 1
batch_size = 16
"""
    )
    assert cli.main(["train", "other.toml", "--out", "run"]) == 0
    assert Path("run/filters.svg").exists() and not Path("run/mistakes.svg").exists()
