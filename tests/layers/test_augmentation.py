"""RandomShift and RandomFlip: where each pixel goes, that nothing is drawn in prediction, what is refused."""

import numpy as np
import pytest
from scipy import ndimage

from nnlite import (
    LBFGS,
    SGD,
    ConfigError,
    Conv2D,
    Dataset,
    Dense,
    Flatten,
    RandomFlip,
    RandomShift,
    Rescale,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
    Trainer,
)
from nnlite.testing.jacobians import forward_for_backward

LAYERS = [RandomShift, RandomFlip]


def built(layer, shape, seed=0, dtype="float64"):
    Sequential([layer]).build(shape, seed=seed, dtype=dtype)
    return layer


def test_a_shift_moves_whole_pictures_and_fills_with_zeros(rng):
    x = rng.uniform(1, 2, (200, 3, 5, 7))
    y = built(RandomShift(2), (3, 5, 7)).forward(x, training=True)
    moves = set()
    for before, after in zip(x, y, strict=True):
        found = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if (ndimage.shift(before, (0, down, right), order=0, prefilter=False) == after).all()
        ]
        assert len(found) == 1  # all channels alike
        moves |= set(found)
    assert len(moves) == 25  # each move both ways, and none


def test_a_shift_by_hand():
    layer = built(RandomShift(1), (1, 2, 3))
    x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    layer.rng = Draws([[2], [0]])  # the window stands one row lower and one column further left
    y = layer.forward(x, training=True)
    assert y.tolist() == [[[[0.0, 4.0, 5.0], [0.0, 0.0, 0.0]]]]
    assert layer.backward(x).tolist() == [[[[0.0, 0.0, 0.0], [2.0, 3.0, 0.0]]]]


class Draws:
    """A generator whose next numbers are known."""

    def __init__(self, numbers):
        self.numbers = np.array(numbers)

    def integers(self, *_, **__):
        return self.numbers


def test_a_flip_exchanges_left_and_right_in_half_of_the_pictures(rng):
    x = rng.uniform(1, 2, (1000, 2, 3, 4))
    y = built(RandomFlip(), (2, 3, 4)).forward(x, training=True)
    flipped = np.array([(after == np.flip(before, axis=2)).all() for before, after in zip(x, y, strict=True)])
    same = (x == y).all(axis=(1, 2, 3))
    assert (flipped ^ same).all()
    assert 450 < flipped.sum() < 550


@pytest.mark.parametrize("kind", LAYERS)
def test_nothing_is_drawn_or_changed_in_prediction_or_by_a_frozen_layer(kind, rng):
    layer, x = built(kind(), (1, 5, 5)), rng.normal(size=(4, 1, 5, 5))
    before = layer.rng.bit_generator.state
    assert (forward_for_backward(layer, x, training=False) == x).all() and (layer.backward(x) == x).all()
    assert layer.rng.bit_generator.state == before
    frozen = Sequential([kind(trainable=False)]).build((1, 5, 5), dtype="float64")
    assert (frozen.forward(x, training=True) == x).all()


@pytest.mark.parametrize("kind", LAYERS)
def test_frozen_after_training_it_has_the_gradient_of_a_prediction(kind, rng):
    layer, x = built(kind(), (1, 5, 5)), rng.normal(size=(4, 1, 5, 5))
    layer.forward(x, training=True)
    forward_for_backward(layer, x, training=False)
    assert (layer.backward(x) == x).all()


@pytest.mark.parametrize("kind", LAYERS)
def test_the_same_seed_changes_pictures_alike_in_float32_and_float64_and_anew_each_time(kind, rng):
    x = rng.normal(size=(50, 1, 6, 6)).astype(np.float32)
    single, double, other = (
        built(kind(), (1, 6, 6), seed, dtype) for seed, dtype in ((0, "float32"), (0, "float64"), (1, "float64"))
    )
    first = single.forward(x, training=True)
    assert first.dtype == np.float32
    assert (first == double.forward(x.astype(np.float64), training=True)).all()
    assert (first != other.forward(x.astype(np.float64), training=True)).any()
    assert (first != single.forward(x, training=True)).any()


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("shape", [(4,), (8, 8), (2, 3, 4, 5)])
def test_what_is_no_picture_is_refused(kind, shape):
    with pytest.raises(ShapeError, match=rf"{kind.__name__}\(\): takes images, shape \(channels, height, width\)"):
        Sequential([kind()]).build(shape)


@pytest.mark.parametrize("shape", [(1, 3, 8), (1, 8, 3)])
def test_a_shift_out_of_sight_is_refused(shape):
    with pytest.raises(ShapeError, match=r"its pixels, 3, could move an image .* expected less than"):
        Sequential([RandomShift(3)]).build(shape)
    Sequential([RandomShift(2)]).build(shape)


@pytest.mark.parametrize("pixels", [0, -1, 1.5])
def test_pixels_are_a_whole_number_of_at_least_1(pixels):
    with pytest.raises(ConfigError, match=r"RandomShift: pixels = .* expected an integer of at least 1"):
        RandomShift(pixels)


@pytest.mark.parametrize("kind", LAYERS)
def test_full_batch_optimizers_refuse_them(kind, rng):
    model = Sequential([Rescale(1.0), kind(), Flatten(), Dense(2), SoftmaxCrossEntropy()])
    data = Dataset(rng.normal(size=(20, 1, 4, 4)), np.arange(20) % 2)
    with pytest.raises(ConfigError, match=rf"model.layers\[1\] {kind.__name__}\(\) computes something else"):
        Trainer(model, LBFGS()).fit(data)


def test_only_the_training_rows_are_changed(rng):
    """Trained at a rate of 0, the figures of the validation rows stay the same from epoch to epoch."""
    data = Dataset(rng.normal(size=(40, 1, 6, 6)), np.arange(40) % 2)
    model = Sequential([RandomShift(2), RandomFlip(), Conv2D(2, 3), Flatten(), Dense(2), SoftmaxCrossEntropy()])
    history = Trainer(model, SGD(1e-30), epochs=3).fit(data, data)
    assert len(set(history["validation_loss"])) == 1
    assert len(set(history["training_loss"])) == 3


def test_pictures_with_the_batch_last_in_memory_are_served_alike(rng):
    """As Conv2D hands them on."""
    x = rng.normal(size=(6, 2, 4, 5))
    last = np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    for kind in LAYERS:
        first, second = (built(kind(), (2, 4, 5)).forward(each, training=True) for each in (x, last))
        assert (first == second).all()
