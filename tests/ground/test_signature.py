"""What a constructor's signature makes of its arguments."""

import numpy as np
import pytest

from nnlite import (
    SGD,
    ConfigError,
    Conv2D,
    Dense,
    Dropout,
    Layer,
    MaxPool2D,
    MeanAbsoluteError,
    MeanSquaredError,
    Rescale,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
)
from nnlite.annotations import convert
from nnlite.signature import fields
from nnlite.training.resume import model_state, restore_model


class Newcomer(Layer):
    """Its arguments have no annotations."""

    def __init__(self, units=3, slope=0.5, sizes=(1, 2), inner=None):
        self.units = units
        self.slope = slope
        self.sizes = sizes
        self.inner = inner

    def forward(self, x, *, training=False):
        return x

    def backward(self, dy):
        return dy


def test_an_integer_default_takes_integers_as_they_are_and_other_numbers_too():
    units, slope, *_ = fields(Newcomer)
    for value in (5, 2.5):
        assert repr(convert(value, units.annotation)) == repr(value)
    assert repr(convert(5, slope.annotation)) == "5.0"
    with pytest.raises(ConfigError, match="Newcomer: units = '3': expected a number"):
        Newcomer("3")


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (SGD(np.float64(0.1)), "SGD(learning_rate=0.1)"),
        (SGD(1, np.float32(0.5), np.bool_(True)), "SGD(learning_rate=1.0, momentum=0.5, nesterov=True)"),
        (Dense(np.int64(3), trainable=np.bool_(False)), "Dense(3, trainable=False)"),
        (Dropout(rate=np.float64(0.2)), "Dropout(rate=0.2)"),
        (Newcomer(np.int64(4)), "Newcomer(units=4)"),
        (Newcomer(2.5, 1), "Newcomer(units=2.5, slope=1.0)"),
    ],
    ids=repr,
)
def test_numbers_are_stored_as_plain_pythons(made, shown):
    assert repr(made) == shown


def test_lists_and_layers_are_stored_as_they_are():
    class Block(Newcomer):
        def __init__(self, sizes: list[int], inner: Layer):
            super().__init__(sizes=sizes, inner=inner)

    sizes, inner = [1, 2], Dense(3)
    made = Block(sizes, inner)
    assert made.sizes is sizes and made.inner is inner and made.children == (inner,)


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda pair: Conv2D(2, pair), "kernel_size"),
        (lambda pair: Conv2D(2, 1, padding=pair), "padding"),
        (lambda pair: MaxPool2D(2, stride=pair), "stride"),
        (lambda pair: SoftmaxCrossEntropy(class_weight=pair), "class_weight"),
    ],
)
def test_a_sequence_of_numbers_is_stored_as_a_tuple(make, argument):
    given = [np.int64(3), 1]
    made = make(given)
    given[0] = 7
    assert type(getattr(made, argument)) is tuple and getattr(made, argument) == (3, 1)
    assert repr(made) == repr(make((3, 1)))


def test_the_state_of_a_convolution_fits_one_whose_size_came_as_a_list():
    one, other = (Sequential([Conv2D(2, size), MaxPool2D(size)]).build((1, 9, 9)) for size in ((3, 1), [3, 1]))
    restore_model(model_state(one), other)
    assert (one.layers[0].weight.value == other.layers[0].weight.value).all()


def test_a_constructor_may_take_more_than_the_one_it_calls():
    class Named(Rescale):
        def __init__(self, scale: str = "half"):
            super().__init__({"half": 0.5}[scale])

    assert Named("half").scale == 0.5
    with pytest.raises(ConfigError, match="Named: scale = 2: expected a string"):
        Named(2)


def test_any_number_of_further_arguments_arrives():
    class Many(Newcomer):
        def __init__(self, units=3, *more, **named):
            super().__init__(units)
            self.more, self.named = more, named

    made = Many(1, 2, 3, four=4, trainable=False)
    assert (made.units, made.more, made.named, made.trainable) == (1, (2, 3), {"four": 4}, False)


@pytest.mark.parametrize("kind", [MeanSquaredError, MeanAbsoluteError])
def test_an_argument_that_a_loss_does_not_know_is_refused(kind):
    with pytest.raises(TypeError, match=f"{kind.__name__}: got an unexpected keyword argument 'class_weight'"):
        kind(class_weight="balanced")
    with pytest.raises(TypeError, match=f"{kind.__name__}: too many positional arguments"):
        kind(3)


@pytest.mark.parametrize("optimizer", ["adam", SGD, None])
def test_a_trainer_takes_an_optimizer_object_alone(optimizer):
    with pytest.raises(ConfigError, match="expected an Optimizer or a FullBatchOptimizer"):
        Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), optimizer)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Dense(0), "Dense: units = 0: expected an integer of at least 1"),
        (lambda: Dense("3"), "Dense: units = '3': expected an integer of at least 1"),
        (lambda: Dense(True), "Dense: units = True: expected an integer"),
        (lambda: Dropout(1.0), "Dropout: rate = 1.0: expected a number of at least 0 and below 1"),
        (lambda: Dropout(float("nan")), "rate = nan: expected a number .*, and finite"),
        (lambda: Dense(3, weight_init="he_norml"), "did you mean 'he_normal'"),
    ],
)
def test_an_argument_out_of_range_is_refused_at_once(make, text):
    with pytest.raises(ConfigError, match=text):
        make()


def test_numpy_numbers_serve_as_arguments():
    assert Dense(np.int64(3)).units == 3
    assert Dropout(np.float64(0.5)).rate == 0.5
