"""Conv2D, the poolings and Reshape: hand calculations, SciPy, ties, shapes that cannot work, and all in parts."""

import itertools

import numpy as np
import pytest
from scipy.signal import correlate2d

from nnlite import (
    SGD,
    AveragePool2D,
    BatchNorm,
    ConfigError,
    Conv2D,
    Dataset,
    Dense,
    Flatten,
    GlobalAveragePool2D,
    MaxPool2D,
    ReLU,
    Reshape,
    Residual,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
    Trainer,
)
from nnlite.core import initializers
from nnlite.layers import convolution
from nnlite.layers.windows import batch_last


def built(layer, shape, dtype="float64"):
    Sequential([layer]).build(shape, dtype=dtype)
    return layer


def correlated(x, weight, stride, padding, dilation, groups):
    """The same by SciPy: each filter on each of its channels, the sum over these."""
    (vertical, horizontal), (down, right) = padding, dilation
    x = np.pad(x, ((0, 0), (0, 0), (vertical, vertical), (horizontal, horizontal)))
    filters, inputs, height, width = weight.shape
    wide = np.zeros((filters, inputs, down * (height - 1) + 1, right * (width - 1) + 1))
    wide[..., ::down, ::right] = weight
    per_group = filters // groups
    return np.array(
        [
            [
                sum(
                    correlate2d(example[f // per_group * inputs + c], wide[f, c], mode="valid") for c in range(inputs)
                )[:: stride[0], :: stride[1]]
                for f in range(filters)
            ]
            for example in x
        ]
    )


SETTINGS = [
    *itertools.product(((1, 1), (3, 3), (2, 4)), ((1, 1), (2, 3), (5, 4)), ((0, 0), (1, 2)), ((1, 1), (2, 1)), (1, 2))
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation", "groups"), SETTINGS)
def test_a_convolution_is_scipys_correlation(rng, kernel, stride, padding, dilation, groups):
    layer = Conv2D(4, kernel, stride=stride, padding=padding, dilation=dilation, groups=groups)
    built(layer, (2, 6, 9)).bias.value = rng.normal(size=4)
    x = rng.normal(size=(2, 2, 6, 9))
    expected = correlated(x, layer.weight.value, stride, padding, dilation, groups)
    found = layer.forward(x)
    assert found.shape == expected.shape
    assert np.abs(found - expected - layer.bias.value.reshape(4, 1, 1)).max() < 1e-13


def test_a_filter_is_not_flipped():
    layer = built(Conv2D(1, (1, 3), use_bias=False), (1, 1, 4))
    layer.weight.value = np.array([1.0, 10.0, 100.0]).reshape(1, 1, 1, 3)
    assert layer.forward(np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 1, 1, 4)).ravel().tolist() == [321.0, 432.0]


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, (2, 5)])
@pytest.mark.parametrize("dilation", [1, 2, (1, 3)])
def test_same_padding_keeps_the_size(kernel, dilation):
    assert Sequential([Conv2D(3, kernel, padding="same", dilation=dilation)]).build((2, 5, 7)).output_shape == (
        3,
        5,
        7,
    )


def test_of_an_odd_padding_the_last_end_gets_more():
    layer = built(Conv2D(1, (1, 2), padding="same", weight_init="ones"), (1, 1, 3))
    assert layer.forward(np.array([1.0, 2.0, 3.0]).reshape(1, 1, 1, 3)).ravel().tolist() == [3.0, 5.0, 3.0]


@pytest.mark.parametrize("small", [0, 30, 1_000_000], ids="small products {}".format)
@pytest.mark.parametrize("columns", [1, 40, 1_048_576], ids="columns {}".format)
def test_the_parts_that_it_is_worked_out_in_change_nothing(monkeypatch, rng, small, columns):
    x, found = rng.normal(size=(3, 2, 7, 5)), []
    for limits in ((1_000_000, 1_048_576), (small, columns)):
        monkeypatch.setattr(convolution, "SMALL_PRODUCT", limits[0])
        monkeypatch.setattr(convolution, "COLUMNS", limits[1])
        layer = built(Conv2D(4, 3, stride=(1, 2), padding=1, groups=2), (2, 7, 5))
        y = layer.forward(x, training=True)
        dx = layer.backward(np.cos(np.arange(y.size)).reshape(y.shape))
        found.append((y, dx, layer.weight.grad, layer.bias.grad))
    for whole, in_parts in zip(*found, strict=True):
        assert np.allclose(in_parts, whole, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("layer", "batch"),
    [(Conv2D(8, 3), 500), (Conv2D(8, 3, groups=2), 200), (Conv2D(4, 3, groups=4), 200)],
    ids=repr,
)
def test_many_examples_are_worked_out_in_small_parts(layer, batch):
    built(layer, (4, 20, 20), "float32")
    x = layer.windows.pad(np.zeros((batch, 4, 20, 20), np.float32))
    parts = list(layer._parts(batch))
    assert len(parts) > 2 and [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]
    assert (parts[0].start, parts[-1].stop) == (0, 18)
    assert all(layer._columns(x, part).size <= convolution.COLUMNS or part.stop - part.start == 1 for part in parts)


def test_the_batch_stands_last_in_memory_from_layer_to_layer(rng):
    x = rng.normal(size=(8, 1, 12, 12)).astype(np.float32)
    layers = Conv2D(3, 3), BatchNorm(), ReLU(), MaxPool2D(2), Conv2D(4, 2, padding=1), AveragePool2D(2)
    model = Sequential([*layers, Flatten()]).build((1, 12, 12))
    for layer in model.layers[:-1]:
        x = layer.forward(x, training=True)
        assert np.shares_memory(batch_last(x), x)  # nothing to rearrange
    assert np.shares_memory(model.layers[-1].forward(x), x)


@pytest.mark.parametrize(
    "layer",
    [
        Conv2D(2, 2),
        MaxPool2D(2),
        AveragePool2D(2),
        GlobalAveragePool2D(),
        Residual([Conv2D(2, 1)]),
    ],
    ids=repr,
)
def test_no_rows_at_all_are_a_batch_too(layer):
    y = built(layer, (1, 4, 4)).forward(np.empty((0, 1, 4, 4)), training=True)
    assert len(y) == 0 and layer.backward(y).shape == (0, 1, 4, 4)


def fan_of(layer, shape):
    """What its initializer is told."""
    told = []

    def zeros(rng, shape, *fan):
        told.append(fan)
        return np.zeros(shape)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(initializers, "glorot_uniform", zeros)
        built(layer, shape)
    return told[0]


@pytest.mark.parametrize(
    ("filters", "kernel", "channels", "groups", "pytorchs"),
    [
        # of torch.nn.init._calculate_fan_in_and_fan_out for Conv2d's weight, 2.13.0
        (6, 5, 1, 1, (25, 150)),
        (16, 5, 6, 1, (150, 400)),
        (4, (3, 2), 3, 1, (18, 24)),
        (8, 1, 3, 1, (3, 8)),
        (6, 3, 4, 2, (18, 54)),
        (6, 3, 6, 6, (9, 54)),
    ],
)
def test_the_fan_is_pytorchs_but_for_the_outputs_of_groups(filters, kernel, channels, groups, pytorchs):
    """An input reaches the filters of its own group alone; PyTorch counts all of them."""
    fan_in, fan_out = fan_of(Conv2D(filters, kernel, groups=groups), (channels, 9, 9))
    assert (fan_in, fan_out * groups) == pytorchs


def test_the_spread_of_a_filters_start_is_the_papers():
    weight = built(Conv2D(300, 5, weight_init="he_normal"), (12, 9, 9)).weight
    assert weight.value.std() == pytest.approx(np.sqrt(2 / (12 * 25)), rel=0.02)


def test_the_bias_starts_as_it_is_told_and_is_not_decayed():
    layer = built(Conv2D(3, 2, bias_init="ones"), (1, 4, 4))
    assert layer.bias.value.tolist() == [1.0, 1.0, 1.0]
    assert layer.weight.decay and not layer.bias.decay


def test_max_pooling_gives_its_gradient_to_the_first_of_equals():
    layer = built(MaxPool2D(2), (1, 2, 4))
    x = np.array([[0.0, 7.0, 5.0, 5.0], [7.0, 7.0, 5.0, 5.0]]).reshape(1, 1, 2, 4)
    assert layer.forward(x, training=True).ravel().tolist() == [7.0, 5.0]
    dx = layer.backward(np.array([2.0, 3.0]).reshape(1, 1, 1, 2))
    assert dx.reshape(2, 4).tolist() == [[0, 2, 3, 0], [0, 0, 0, 0]]


def test_max_pooling_pads_with_less_than_any_number():
    layer = built(MaxPool2D(3, stride=1, padding=1), (1, 1, 3))
    x = np.array([-5.0, -3.0, -4.0]).reshape(1, 1, 1, 3)
    assert layer.forward(x, training=True).ravel().tolist() == [-3.0, -3.0, -3.0]
    assert layer.backward(np.ones((1, 1, 1, 3))).ravel().tolist() == [0.0, 3.0, 0.0]


def test_a_window_of_more_places_than_a_byte_can_count(rng):
    layer, x = built(MaxPool2D(17), (1, 17, 17)), np.zeros((1, 1, 17, 17))
    x[0, 0, 16, 16] = 1
    layer.forward(x, training=True)
    assert (layer.backward(np.ones((1, 1, 1, 1))) == x).all()


def test_average_pooling_counts_the_padding_or_not():
    x = np.array([2.0, 4.0]).reshape(1, 1, 1, 2)
    for counted, expected in ((True, [2 / 2, 4 / 2]), (False, [2.0, 4.0])):
        layer = built(AveragePool2D((1, 2), padding=(0, 1), count_include_pad=counted), (1, 1, 2))
        assert layer.forward(x).ravel().tolist() == expected


def test_max_pooling_is_the_largest_of_every_window(rng):
    x = rng.integers(0, 4, (2, 3, 7, 8)).astype(np.float64)
    for kernel, stride in ((2, 2), (3, 2), ((2, 3), (1, 3))):
        (height, width), (down, right) = np.broadcast_to(kernel, 2), np.broadcast_to(stride, 2)
        y = built(MaxPool2D(kernel, stride=stride), (3, 7, 8)).forward(x)
        for r, q in np.ndindex(y.shape[2:]):
            window = x[:, :, r * down : r * down + height, q * right : q * right + width]
            assert (y[:, :, r, q] == window.max(axis=(2, 3))).all()


@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        (
            Conv2D(3, 5),
            (1, 4, 8),
            r"Conv2D\(3, 5\): its kernel covers 5×5, .* \(1, 4, 8\): .* smaller kernel_size, or",
        ),
        (
            Conv2D(3, 3, dilation=2, padding=1),
            (1, 2, 9),
            r"5×5 with dilation \(2, 2\), .* padding 4×11: .* kernel_size or dilation",
        ),
        (
            Conv2D(4, 1, groups=2),
            (3, 4, 4),
            r"2 groups must divide the 3 channels of .* and its 4 filters",
        ),
        (Conv2D(3, 1, groups=2), (4, 4, 4), r"2 groups must divide the 4 channels of .* and its 3 filters"),
        (Conv2D(3, 3, stride=2, padding="same"), (1, 4, 4), r'padding="same" goes with stride 1, not with 2'),
        (Conv2D(3, 3), (28, 28), r"takes images, .* shape \(28, 28\); put a Reshape\(\[1, 28, 28\]\) before it"),
        (Conv2D(3, 3), (784,), r"takes images, .* shape \(784,\); put a Reshape\(\[1, height, width\]\) before"),
        (MaxPool2D(3), (1, 2, 2), r"its kernel covers 3×3, but its input has shape \(1, 2, 2\)"),
        (MaxPool2D(3, padding=2), (1, 8, 8), r"its padding 2 is more than half of its kernel_size 3"),
        (AveragePool2D((4, 2), padding=(2, 2)), (1, 8, 8), r"its padding \(2, 2\) is more than half of"),
        (GlobalAveragePool2D(), (4,), r"takes images, shape \(channels, height, width\)"),
        (Reshape([2, 5]), (3, 4), r"shape \(3, 4\), 12 numbers, but shape \(2, 5\) has 10: expected as many"),
    ],
    ids=repr,
)
def test_a_shape_that_cannot_work_is_told_when_the_model_is_built(layer, shape, text):
    with pytest.raises(ShapeError, match=rf"model.layers\[0\] .*{text}"):
        Sequential([layer]).build(shape)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Conv2D(0, 3), "Conv2D: filters = 0: expected an integer of at least 1"),
        (lambda: Conv2D(3, (3, 0)), r"kernel_size = \(3, 0\): expected an integer of at least 1 or a list, each an "),
        (lambda: Conv2D(3, (3, 3, 3)), r"kernel_size = .*: expected .* or a list, each .* at least 1, 2 of them"),
        (lambda: Conv2D(3, 3, padding="full"), r"padding = 'full': expected \"same\" or an integer of at least 0"),
        (lambda: MaxPool2D(2, padding=-1), "padding = -1: expected an integer of at least 0"),
        (lambda: MaxPool2D(2, stride=0), "stride = 0: expected an integer of at least 1"),
        (lambda: Reshape(()), "expected a list, each an integer of at least 1, 1 to 64 of them"),
    ],
)
def test_an_argument_that_is_no_size_is_refused_at_once(make, text):
    with pytest.raises(ConfigError, match=text):
        make()


def test_lists_serve_as_pairs_as_in_a_config():
    assert built(Conv2D(2, [3, 1], stride=[2, 1]), (1, 7, 4)).weight.shape == (2, 1, 3, 1)


def test_a_model_of_pictures_learns_where_a_bar_lies(rng):
    """Horizontal or vertical, at any place: a filter finds it, wherever it is."""
    x = rng.normal(size=(240, 64)) * 0.1
    labels = np.arange(240) % 2
    for row, label in zip(x.reshape(-1, 8, 8), labels, strict=True):
        place = rng.integers(0, 8)
        (row if label else row.T)[place] += 1
    layers = Reshape([1, 8, 8]), Conv2D(4, 3, padding="same"), ReLU(), MaxPool2D(2), Conv2D(4, 3), ReLU()
    model = Sequential([*layers, GlobalAveragePool2D(), Flatten(), Dense(2), SoftmaxCrossEntropy()])
    history = Trainer(model, SGD(0.1, momentum=0.9), epochs=30, batch_size=16).fit(Dataset(x, labels))
    assert history["training_accuracy"][-1] > 0.95
