"""A prediction is that of its own rows, whatever is predicted between any two lines of it."""

import sys

import numpy as np
import pytest

import nnlite as nn
from nnlite import Dense, Layer, ReLU, Residual, Sequential, SoftmaxCrossEntropy
from nnlite.testing import CheckError, check_layer
from nnlite.testing.interruptions import Lines


class Doubled(Layer):
    """A right layer, which the wrong ones below are made of."""

    def forward(self, x, *, training=False):
        if training or self.passes_gradient:
            self.x = x
        return 2 * x

    def backward(self, dy):
        return 2 * dy


class ReadsItsOutputBack(Doubled):
    def forward(self, x, *, training=False):
        self.y = 2 * x
        return self.y


class ReadsItsRowsBack(Doubled):
    def forward(self, x, *, training=False):
        self.rows = x
        doubled = self.rows + x
        return doubled


class ReadsBackWhereItPassesTheGradient(Doubled):
    def forward(self, x, *, training=False):
        y = 2 * x
        if training or self.passes_gradient:
            self.y = y
            y = self.y
        return y


class HasAHelper(Doubled):
    def forward(self, x, *, training=False):
        self.factor = len(x) + 0.5
        return self.doubled(x)

    def doubled(self, x):
        return x * (self.factor / (len(x) + 0.5) * 2)


class Around(Layer):
    """A right container."""

    def __init__(self, inner: Layer):
        self.inner = inner

    def build(self, input_shape, rng):
        return self.inner.build(input_shape, rng)

    def adapt(self, x):
        self.inner.adapt(x)

    def initialize(self, x):
        self.inner.initialize(x)

    def forward(self, x, *, training=False):
        return self.inner.forward(x, training=training and self.inner.trainable)

    def backward(self, dy):
        return self.inner.backward(dy)


def test_a_right_layer_passes():
    assert check_layer(Doubled(), (4,)) < 1e-8


@pytest.mark.parametrize(
    ("layer", "line", "why"),
    [
        (ReadsItsOutputBack(), "return self.y", r"which reads self.y, .*: it has shape \(5, 4\), expected \(3, 4\)"),
        (ReadsItsRowsBack(), "doubled = self.rows + x", "which reads self.rows, .*it raises ValueError"),
        (ReadsBackWhereItPassesTheGradient(), "y = self.y", "which reads self.y"),
        (HasAHelper(), "return x *", r"which reads self.factor, .* at index \(0, 0\) it is .*, expected "),
        (Around(ReadsItsOutputBack()), "return self.y", "which reads self.y"),
        (Residual([ReadsItsOutputBack()]), "return self.y", "which reads self.y"),
    ],
    ids=repr,
)
def test_a_wrong_layer_is_told_the_line_and_what_to_do(layer, line, why):
    with pytest.raises(CheckError, match=why) as caught:
        check_layer(layer, (4,))
    said = str(caught.value)
    number = int(said.partition("before line ")[2].split()[0])
    with open(__file__, encoding="utf-8") as file:
        assert line in file.read().splitlines()[number - 1]
    assert f"`{line}" in said and __file__ in said
    assert "Compute the output from local variables" in said and "training or self.passes_gradient" in said


def test_whoever_traced_before_traces_again():
    seen = []

    def tracer(frame, event, argument):
        seen.append(event)

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        with pytest.raises(CheckError):
            check_layer(ReadsItsOutputBack(), (4,))
        after = sys.gettrace()
    finally:
        sys.settrace(before)
    assert after is tracer and seen


MODELS = {
    "classes": [Dense(6), ReLU(), Residual([Dense(6), nn.Tanh()]), Dense(3), SoftmaxCrossEntropy()],
    "labels": [nn.Standardize(), Dense(4), nn.BatchNorm(), nn.PReLU(), Dense(2), nn.BinaryCrossEntropy()],
    "numbers": [nn.Rescale(2.0), Dense(4), nn.LayerNorm(), nn.GELU(), Dense(1), nn.MeanSquaredError()],
}


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS.keys())
def test_a_models_prediction_may_be_interrupted_at_any_line(layers):
    model = Sequential([type(part)(**nn.signature.configuration(part)) for part in layers]).build((4,))
    rng = np.random.default_rng(0)
    mine, others = rng.normal(size=(3, 4)), rng.normal(size=(7, 4))
    predictor = nn.Predictor(model)
    for predict in (model.predict, predictor.predict):
        alone = predict(mine)
        lines = Lines(lambda predict=predict: predict(others))
        assert (lines.run(lambda predict=predict: predict(mine)) == alone).all()
        assert lines.passed > 30
