"""The filters of a model's first layer, and which rows are images."""

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
    assert picture.get_suptitle() == "shapes\n5 filters"
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
