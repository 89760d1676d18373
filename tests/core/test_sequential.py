"""Sequential and its parameter vector."""

import copy
import math
import pickle

import numpy as np
import pytest

from nnlite import (
    SGD,
    ConfigError,
    DataError,
    Dense,
    Dropout,
    Flatten,
    Layer,
    NnliteError,
    ReLU,
    Rescale,
    Residual,
    Sequential,
    ShapeError,
    Sigmoid,
    Softmax,
    SoftmaxCrossEntropy,
    Standardize,
    limits,
)
from nnlite.core import cost
from nnlite.core.chain import Chain


def small(**kwargs):
    return Sequential([Dense(5, **kwargs), ReLU(), Dense(3), SoftmaxCrossEntropy()])


X, LABELS = np.arange(12.0).reshape(3, 4) / 10, np.array([0, 1, 2])


def test_the_parameters_lie_in_one_vector_weights_first():
    model = small().build((4,))
    assert list(model.parameters.paths) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert model.parameters.values.size == 4 * 5 + 5 + 5 * 3 + 3
    assert model.parameters.decayed == 4 * 5 + 5 * 3
    for parameter in model.parameters:
        assert np.shares_memory(parameter.value, model.parameters.values)
        assert np.shares_memory(parameter.grad, model.parameters.grads)


def test_frozen_parameters_are_outside_the_trained_vector():
    model = small(trainable=False).build((4,))
    assert model.parameters.values.size == 5 * 3 + 3
    assert not np.shares_memory(model.layers[0].weight.value, model.parameters.values)


def test_a_frozen_layer_keeps_its_parameters_and_the_ones_around_it_learn():
    model = Sequential([Dense(4), Dense(4, trainable=False), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    before = [layer.weight.value.copy() for layer in model.layers]
    model.loss(X, LABELS, training=True)
    model.backward()
    SGD(0.1, momentum=0.9, weight_decay=0.1).step(model.parameters)
    changed = [not np.array_equal(old, layer.weight.value) for old, layer in zip(before, model.layers, strict=True)]
    assert changed == [True, False, True]


def test_a_layer_frozen_after_the_build_keeps_its_values_until_it_is_set_free():
    model, optimizer = Sequential([Dense(4), Dense(3), SoftmaxCrossEntropy()]).build((4,)), SGD(0.1, weight_decay=0.1)
    for trainable in (False, True):
        model.layers[0].trainable = trainable
        before = [layer.weight.value.copy() for layer in model.layers]
        model.loss(X, LABELS, training=True)
        model.backward()
        optimizer.step(model.parameters)
        moved = [(layer.weight.value != old).any() for layer, old in zip(model.layers, before, strict=True)]
        assert moved == [trainable, True]


def test_a_frozen_layer_freezes_those_inside_it():
    class Branch(Layer):
        def __init__(self, inner: Layer):
            self.inner = inner

        def build(self, input_shape, rng):
            self.chain = Chain([self.inner])
            return self.chain.build(input_shape, [rng], "inner")[-1]

        def forward(self, x, *, training=False):
            return self.chain.forward(x, training=training)

        def backward(self, dy):
            return self.chain.backward(dy)

    for trainable, trained in ((True, 4 * 5 + 5), (False, 0)):
        model = Sequential([Branch(Dense(5), trainable=trainable)]).build((4,))
        assert list(model.parameters.paths) == ["0.0.weight", "0.0.bias"]
        assert model.parameters.values.size == trained


def test_a_frozen_dropout_runs_as_in_prediction():
    model = Sequential([Dense(50), Dropout(0.9, trainable=False)]).build((4,))
    assert (model.forward(X, training=True) == model.forward(X)).all()


def test_a_dropout_frozen_after_the_build_drops_nothing_from_the_first_step_on():
    model = Sequential([Dense(50), Dropout(0.9), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    model.layers[1].trainable = False
    assert model.loss(X, LABELS, training=True) == model.loss(X, LABELS)


def test_assigning_a_gradient_copies_into_the_vector_and_checks_the_shape():
    model = small().build((4,))
    weight = model.layers[0].weight
    weight.grad = np.ones((4, 5))
    assert model.parameters.grads[:20].sum() == 20
    weight.value = np.full((4, 5), 2.0)
    assert model.parameters.values[:20].sum() == 40
    with pytest.raises(ShapeError, match=r"weight.grad has shape \(4, 5\), but was given an array of shape \(5,\)"):
        weight.grad = np.ones(5)
    with pytest.raises(ShapeError, match=r"shape \(\)"):
        weight.value = 1.0


def test_no_gradient_of_the_models_input_is_computed():
    """The layers before the first trained one are preprocessing; the first one leaves its input's gradient out."""

    class Forbidden(Rescale):
        def backward(self, dy):
            raise AssertionError("nobody needs this")

    class First(Dense):
        def backward(self, dy):
            raise AssertionError("nobody needs the gradient of the model's input")

    model = Sequential([Forbidden(2.0), First(5), ReLU(), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    model.loss(X, LABELS, training=True)
    model.backward()
    assert model.layers[1].weight.grad.any()


def test_preprocessing_takes_raw_rows_and_the_rest_computes_in_the_models_dtype():
    seen = []

    class RawSpy(Rescale):
        def forward(self, x, *, training=False):
            seen.append(x.dtype)
            return super().forward(x, training=training)

    class Spy(ReLU):
        def forward(self, x, *, training=False):
            seen.append(x.dtype)
            return super().forward(x, training=training)

    model = Sequential([RawSpy(0.5), Spy(), Dense(5), Spy(), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    model.loss(X, LABELS, training=True)
    model.backward()
    assert seen == [np.float64, np.float32, np.float32]
    assert model.outputs.dtype == np.float32
    assert model.predict(X).dtype == np.float32


def test_integers_keep_their_digits_until_standardize_has_seen_them():
    x = np.arange(1_700_000_000 - 2, 1_700_000_000 + 3)[:, None]  # float32 has steps of 128 there
    model = Sequential([Standardize()]).build((1,))
    model.adapt(x)
    assert np.allclose(model.forward(x)[:, 0], np.arange(-2, 3) / np.sqrt(2))


def test_dropout_takes_what_the_model_computes_in():
    y = Sequential([Dropout(0.3)]).build((100,)).forward(np.ones((1, 100), np.int64), training=True)
    assert np.unique(y).tolist() == [0, np.float32(1 / 0.7)]  # an integer would be cut to 1


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, np.float16, np.float64])
def test_rows_of_any_dtype_give_what_the_same_numbers_give(dtype):
    model = Sequential([Sigmoid(), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    x = (np.arange(12).reshape(3, 4) % 2).astype(dtype)
    assert (model.predict(x) == model.predict(x.astype(np.float32))).all()


def test_a_layer_that_learns_from_the_rows_must_have_done_so_before_training():
    model = Sequential([Standardize(), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    with pytest.raises(NnliteError, match=r"call model.adapt\(x, targets\), or Trainer.fit"):
        model.loss(X, LABELS, training=True)
    model.adapt(X)
    model.loss(X, LABELS, training=True)


def test_a_model_built_anew_learns_from_the_rows_anew():
    model = Sequential([Standardize(), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    model.adapt(X)
    assert model.adapted and not model.build((4,)).adapted
    with pytest.raises(NnliteError, match=r"call model.adapt\(x, targets\), or Trainer.fit"):
        model.loss(X, LABELS, training=True)


def test_a_loss_that_breaks_the_contract_is_told_so():
    class NoWeight(SoftmaxCrossEntropy):
        def forward(self, outputs, targets, sample_weight=None):
            super().forward(outputs, targets)
            self.weight = 0.0
            return np.float32(1.5)

    class Wide(SoftmaxCrossEntropy):
        def backward(self):
            return super().backward().astype(np.float64)

    model = Sequential([Dense(3), NoWeight()]).build((4,))
    with pytest.raises(NnliteError, match=r"must set self\.weight"):
        model.loss(X, LABELS)
    model = Sequential([Dense(3), Wide()]).build((4,))
    model.loss(X, LABELS, training=True)
    with pytest.raises(ShapeError, match=r"backward gives float64 \(3, 3\) where it should give float32 \(3, 3\)"):
        model.backward()


class WideForward(ReLU):
    def forward(self, x, *, training=False):
        return super().forward(x, training=training) * np.ones(5)


class WideBackward(ReLU):
    def backward(self, dy):
        return super().backward(dy) * np.ones(5)


class NarrowForward(ReLU):
    def forward(self, x, *, training=False):
        return super().forward(x, training=training)[:, :4]


class FlatBackward(ReLU):
    def backward(self, dy):
        return super().backward(dy).sum(axis=0)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (WideForward, r"WideForward\(\)\.forward gives float64 \(3, 5\) where it should give float32 \(3, 5\)"),
        (WideBackward, r"WideBackward\(\)\.backward gives float64 \(3, 5\) where it should give float32 \(3, 5\)"),
        (NarrowForward, r"NarrowForward\(\)\.forward gives float32 \(3, 4\) where it should give float32 \(3, 5\)"),
        (FlatBackward, r"FlatBackward\(\)\.backward gives float32 \(5,\) where it should give float32 \(3, 5\)"),
    ],
)
def test_the_first_training_step_names_a_layer_that_breaks_the_contract(layer, text):
    model = Sequential([Dense(5), layer(), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    with pytest.raises(ShapeError, match=text):
        model.loss(X, LABELS, training=True)
        model.backward()


def test_targets_and_rows_that_do_not_belong_together_are_refused():
    model = small().build((4,))
    with pytest.raises(ShapeError, match="targets of shape"):
        model.loss(X, LABELS[:2])
    for targets in (LABELS[:, None], np.eye(4)[LABELS]):
        with pytest.raises(DataError, match=r"expected class indices, integers of shape \(rows,\)"):
            model.loss(X, targets)
    with pytest.raises(DataError, match="x is a list, expected a NumPy array"):
        model.predict(X.tolist())


def test_backward_belongs_right_after_a_training_loss():
    model = small().build((4,))
    for between in (
        lambda: model.predict(X),
        lambda: model.forward(X),
        lambda: model.loss(X, LABELS),
        lambda: model.backward(),
    ):
        model.loss(X, LABELS, training=True)
        between()
        with pytest.raises(NnliteError, match="right after loss"):
            model.backward()


def test_the_same_seed_draws_the_same_model_and_another_seed_another():
    values = [small().build((4,), seed=seed).parameters.values for seed in (0, 0, 1)]
    assert (values[0] == values[1]).all()
    assert not (values[0] == values[2]).any() or (values[0] == values[2]).mean() < 0.3  # biases are 0


def test_float32_starts_from_the_float64_values_rounded():
    narrow, wide = (small().build((4,), dtype=dtype).parameters.values for dtype in ("float32", "float64"))
    assert (narrow == wide.astype(np.float32)).all()


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_lays_out_vectors_of_its_own(copied):
    model = small().build((4,))
    twin = copied(model)
    assert (twin.predict(X) == model.predict(X)).all()
    twin.parameters.values[:] = 0
    assert not twin.layers[0].weight.value.any()
    assert model.layers[0].weight.value.any()
    twin.loss(X, LABELS * 0, training=True)
    twin.backward()
    SGD(0.1).step(twin.parameters)
    assert twin.layers[2].bias.value.any()


class Drawn(Dense):
    """Its weight's initializer is a function that cannot be pickled."""

    def build(self, input_shape, rng):
        shape = super().build(input_shape, rng)
        self.gain = self.add_parameter("gain", (1,), lambda rng, shape, *fans: np.full(shape, 2.0))
        return shape


def test_a_model_that_drew_from_a_function_of_the_users_can_be_pickled():
    model = Sequential([Drawn(3), SoftmaxCrossEntropy()]).build((4,))
    twin = pickled(model)
    assert twin.layers[0].gain.value == 2
    assert (twin.predict(X) == model.predict(X)).all()


def test_an_unbuilt_model_can_be_copied_and_says_it_is_not_built():
    twin = copy.deepcopy(small())
    with pytest.raises(NnliteError, match="not built"):
        twin.predict(X)


def test_a_layer_stands_in_one_model_once():
    layer = Dense(3)
    with pytest.raises(ConfigError, match=r"layers\[1\].*already stands earlier in this one"):
        Sequential([layer, layer])
    layer = Dense(3)
    Sequential([layer])
    with pytest.raises(ConfigError, match="already stands in another model"):
        Sequential([layer])


def test_a_loss_ends_one_model():
    loss = SoftmaxCrossEntropy()
    Sequential([Dense(3), loss])
    with pytest.raises(
        ConfigError, match=r"layers\[1\]: this SoftmaxCrossEntropy\(\) already stands in another model"
    ):
        Sequential([Dense(3), loss])


def test_layers_of_a_model_that_could_not_be_made_are_free_for_another():
    taken, layer, loss = Dense(3), Dense(3), SoftmaxCrossEntropy()
    Sequential([taken])
    for wrong in ([layer, taken, loss], [layer, "ReLU", loss], [layer, layer, loss]):
        with pytest.raises(ConfigError):
            Sequential(wrong)
    Sequential([layer, loss]).build((4,))


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        ([], "at least one layer"),
        ([SoftmaxCrossEntropy()], "at least one layer"),
        ([Dense(3), SoftmaxCrossEntropy(), Dense(3)], r"layers\[1\] is the loss .* can only be the last"),
        (
            [Dense(3), Softmax(), SoftmaxCrossEntropy()],
            r"layers\[1\] is Softmax\(\), but the loss .* after it contains the softmax already: leave the layer out",
        ),
        ([Dense, ReLU()], r"layers\[0\] is <class .*; expected a layer object"),
    ],
)
def test_wrong_lists_of_layers_are_refused(layers, text):
    with pytest.raises(ConfigError, match=text):
        Sequential(layers)


def test_training_without_a_loss_is_an_error():
    model = Sequential([Dense(3)]).build((4,))
    with pytest.raises(ConfigError, match="no loss"):
        model.loss(X, LABELS)


def test_rows_of_the_wrong_width_are_refused():
    with pytest.raises(ShapeError, match=r"has shape \(3, 4\), expected \(rows, 7\)"):
        small().build((7,)).predict(X)


def test_no_rows_give_no_predictions():
    assert small().build((4,)).predict(X[:0]).shape == (0, 3)


def test_prediction_in_parts_is_prediction_at_once(rng):
    model = small().build((4,), dtype="float64")
    x = rng.normal(size=(2500, 4))
    assert np.allclose(model.predict(x), model.criterion.predict(model.forward(x)), rtol=1e-14)


def test_a_build_that_forgets_its_shape_is_told_so():
    class Forgetful(ReLU):
        def build(self, input_shape, rng):
            pass

    with pytest.raises(ShapeError, match=r"Forgetful.build must return the output's shape .* it returned None"):
        Sequential([Forgetful()]).build((4,))


def test_a_parameter_too_large_is_told_so():
    with pytest.raises(ShapeError, match=r"layers\[0\] Dense\(10+\): its 5[0,]+ numbers cannot be made: .* GB"):
        Sequential([Dense(10**30)]).build((4,))
    with pytest.MonkeyPatch.context() as patch:  # as on systems that do not tell how much memory there is
        patch.setattr(limits, "memory", lambda: math.inf)
        with pytest.raises(ShapeError, match=r"layers\[0\] Dense\(10+\): parameter 'weight' .* cannot be made"):
            Sequential([Dense(10**30)]).build((4,))


def test_of_a_model_that_is_too_large_the_largest_layer_is_named(monkeypatch):
    monkeypatch.setattr(cost, "_ALWAYS_THERE", 0)
    monkeypatch.setattr(limits, "memory", lambda: 16 * 50)
    Sequential([Dense(4), Dense(6)]).build((4,))  # 20 + 30 numbers
    with pytest.raises(ShapeError, match=r"model.layers\[1\].layers\[0\] Dense\(5\): its 25 numbers cannot be made"):
        Sequential([Dense(4), Residual([Dense(5), Dense(4)]), Dense(1)]).build((4,))


def test_a_parameter_name_is_declared_once():
    class Twice(ReLU):
        def build(self, input_shape, rng):
            self.add_parameter("a", (1,), "zeros")
            self.add_parameter("a", (1,), "zeros")

    with pytest.raises(ConfigError, match="declares the parameter 'a' twice"):
        Sequential([Twice()]).build((4,))


def test_summary_names_every_layer_its_shape_and_its_parameters():
    lines = small(trainable=False).build((4,)).summary().splitlines()
    assert lines[0].split() == ["layer", "output", "shape", "parameters"]
    assert lines[3].split() == ["0", "Dense(5,", "trainable=False)", "5", "25"]
    assert lines[5].split() == ["2", "Dense(3)", "3", "18"]
    assert lines[-1] == "43 parameters, 18 trained, float32"


def test_every_layer_takes_trainable_also_one_that_never_heard_of_it():
    class Newcomer(Layer):
        def __init__(self, size: int = 2):
            self.size = size

        def forward(self, x, *, training=False):
            return x

        def backward(self, dy):
            return dy

    assert repr(Newcomer(3, trainable=False)) == "Newcomer(size=3, trainable=False)"
    assert Newcomer().trainable
    with pytest.raises(ConfigError, match="trainable = 3: expected true or false"):
        Newcomer(trainable=3)


def test_a_constructor_that_freezes_its_layer_is_heard_unless_the_caller_says_otherwise():
    class Fixed(Dense):
        def __init__(self, units: int = 3):
            super().__init__(units)
            self.trainable = False

    assert not Fixed().trainable and not Fixed(trainable=False).trainable
    assert Fixed(trainable=True).trainable


def test_the_gradient_ends_at_the_first_layer_that_is_not_frozen():
    class Forbidden(Dense):
        def backward(self, dy):
            raise AssertionError("nobody needs the gradient of a frozen layer's input")

        def backward_parameters(self, dy):
            raise AssertionError("a frozen layer's gradient is not needed where nothing before it is trained")

    model = Sequential([Forbidden(5, trainable=False), ReLU(), Dense(3), SoftmaxCrossEntropy()]).build((4,))
    model.loss(X, LABELS, training=True)
    model.backward()
    assert model.layers[2].weight.grad.any()


@pytest.mark.parametrize(("rows", "dtype"), [("float16", "float32"), ("float32", "float64"), ("float16", "float64")])
def test_preprocessing_has_the_models_digits_where_the_rows_have_fewer(rows, dtype):
    x = np.random.default_rng(0).normal(3, 2, size=(20, 2)).astype(rows)
    model = Sequential([Standardize(), Flatten()]).build((2,), dtype=dtype)
    model.adapt(x)
    wide = x.astype(np.float64)
    expected = ((wide - wide.mean(axis=0)) / wide.std(axis=0)).astype(dtype)
    assert np.allclose(model.forward(x), expected, rtol=4 * np.finfo(dtype).eps, atol=0)


def test_preprocessing_of_a_wrong_shape_is_refused():
    class Sums(Layer):
        takes_raw_rows = True

        def forward(self, x, *, training=False):
            return x.sum(axis=1, keepdims=True)

        def backward(self, dy):
            return dy

    with pytest.raises(ShapeError, match=r"gives shape \(5, 1\), expected \(5, 3\)"):
        Sequential([Sums(), Dense(2)]).build((3,)).forward(np.ones((5, 3)))


def test_sample_weights_are_checked_by_the_models_loss():
    model = Sequential([Dense(2), SoftmaxCrossEntropy()]).build((3,))
    x, labels = np.ones((2, 3)), np.array([0, 1])
    for wrong in ([1.0], [1.0, -1.0], [[1.0], [1.0]], [1.0, np.nan]):
        with pytest.raises(DataError, match="sample_weight has shape"):
            model.loss(x, labels, wrong)
    assert model.loss(x, labels, [1, 0]) == model.loss(x[:1], labels[:1])
