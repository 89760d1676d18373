"""Softmax cross-entropy: the worked example that this project started from, label smoothing and class weights."""

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from nnlite import (
    SGD,
    BinaryCrossEntropy,
    ConfigError,
    Dataset,
    Dense,
    EarlyStopping,
    ReLU,
    Sequential,
    ShapeError,
    SoftmaxCrossEntropy,
    Trainer,
    evaluate,
    load,
    save,
)
from nnlite.data import from_arrays
from nnlite.losses.labels import one_hot

LOGITS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
ONE_HOT = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


@pytest.mark.parametrize("targets", [ONE_HOT, np.array([1, 0])], ids=["one-hot", "labels"])
def test_cross_entropy_gradient_of_the_worked_example(targets):
    loss = SoftmaxCrossEntropy()
    loss.forward(LOGITS, targets)
    of_the_sum = [[0.09003057, -0.75527153, 0.66524096], [-0.90996943, 0.24472847, 0.66524096]]
    assert np.allclose(loss.backward() * 2, of_the_sum, rtol=0, atol=5e-9)  # ours is of the mean of two rows


def test_cross_entropy_value_by_hand():
    # −log softmax: log(e⁻¹ + 1 + e) = 1.407606 for the middle logit, log(1 + e + e²) = 2.407606 for the first
    loss = SoftmaxCrossEntropy()
    assert loss.forward(LOGITS, np.array([1, 0])) == pytest.approx((1.4076059644 + 2.4076059644) / 2, abs=1e-9)
    assert loss.weight == 2
    weighted = loss.forward(LOGITS, np.array([1, 0]), np.array([3.0, 1.0]))
    assert weighted == pytest.approx((3 * 1.4076059644 + 2.4076059644) / 4, abs=1e-9)


def test_the_loss_takes_rows_of_logits_only():
    with pytest.raises(ShapeError, match=r"takes rows of logits, but the model's output has shape \(2, 3\)"):
        SoftmaxCrossEntropy().encode([0, 1], (2, 3))


def test_labels_keep_their_numbers_in_a_batch_that_lacks_a_class():
    assert SoftmaxCrossEntropy().encode([0, 2, 2], (3,)).tolist() == [0, 2, 2]


def test_rows_far_apart_do_not_disturb_each_other():
    loss = SoftmaxCrossEntropy()
    logits = np.array([[1e4, 0.0], [-1e4, -1e4]])
    assert loss.forward(logits, np.array([1, 0])) == pytest.approx((1e4 + np.log(2)) / 2, rel=1e-12)
    assert np.allclose(loss.backward() * 2, [[1, -1], [-0.5, 0.5]])


def test_integer_logits_give_loss_and_gradient_in_float64():
    loss, floating = SoftmaxCrossEntropy(), SoftmaxCrossEntropy()
    assert loss.forward(LOGITS.astype(np.int64), np.array([1, 0])) == floating.forward(LOGITS, np.array([1, 0]))
    gradient = loss.backward()
    assert gradient.dtype == np.float64
    assert (gradient == floating.backward()).all()


@pytest.mark.parametrize("weights", [None, np.array([1.0, 3.0])], ids=["plain", "weighted"])
@pytest.mark.parametrize("targets", [np.array([0, 1]), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])], ids=["i", "p"])
def test_a_class_that_is_ruled_out_by_a_logit_of_minus_infinity_costs_nothing(targets, weights):
    loss = SoftmaxCrossEntropy()
    value = loss.forward(np.array([[2.0, 2.0, -np.inf], [5.0, 5.0, -np.inf]]), targets, weights)
    assert abs(value - np.log(2)) < 1e-15
    shares = np.array([[0.5], [0.5]] if weights is None else [[0.25], [0.75]])
    assert np.allclose(loss.backward(), shares * [[-0.5, 0.5, 0.0], [0.5, -0.5, 0.0]], rtol=0, atol=1e-15)


# −log softmax of each row of LOGITS
COSTS = np.array([2.4076059644, 1.4076059644, 0.4076059644])


def built(loss, output_shape):
    loss.build(output_shape)
    return loss


# Label smoothing and class weights


def test_label_smoothing_by_hand():
    # target (0.1/3, 0.9 + 0.1/3, 0.1/3): 0.9·1.407606 + 0.1·(2.407606 + 1.407606 + 0.407606)/3
    loss = SoftmaxCrossEntropy(label_smoothing=0.1)
    assert loss.forward(LOGITS[:1], np.array([1])) == pytest.approx(0.9 * COSTS[1] + 0.1 * COSTS.mean(), abs=1e-9)
    smoothed = loss.backward()[0]
    softmax = np.exp(-COSTS)
    assert np.allclose(smoothed, softmax - [0.1 / 3, 0.9 + 0.1 / 3, 0.1 / 3], rtol=0, atol=1e-9)


def test_class_weights_are_sample_weights():
    # class 0 weighs 1, class 2 weighs 3: (1·2.407606 + 3·0.407606) / (1 + 3)
    loss = SoftmaxCrossEntropy(class_weight=(1.0, 2.0, 3.0))
    assert loss.forward(LOGITS, np.array([0, 2])) == pytest.approx((COSTS[0] + 3 * COSTS[2]) / 4, abs=1e-9)
    assert loss.weight == 4
    gradient = loss.backward()
    plain = SoftmaxCrossEntropy()
    assert plain.forward(LOGITS, np.array([0, 2]), np.array([1.0, 3.0])) == loss.forward(LOGITS, np.array([0, 2]))
    assert (gradient == plain.backward()).all()
    assert loss.forward(LOGITS, np.array([0, 2]), np.array([6.0, 1.0])) == pytest.approx(
        (6 * COSTS[0] + 3 * COSTS[2]) / 9, abs=1e-9
    )


def test_with_label_smoothing_class_weights_differ_from_pytorchs():
    """PyTorch weighs each term of the sum over the classes, and divides by Σ of the true classes' weights.

    ours: Σ wᵧ·(0.9·L + 0.1·mean) / Σ wᵧ; PyTorch: (Σ 0.9·wᵧ·L + 0.1/3·Σₖ wₖ·Lₖ) / Σ wᵧ, recorded as 0.9243.
    """
    weights, labels = np.array([1.0, 2.0, 3.0]), np.array([0, 2])
    loss = SoftmaxCrossEntropy(label_smoothing=0.1, class_weight=(1.0, 2.0, 3.0))
    ours = loss.forward(LOGITS, labels)
    smoothed = 0.9 * COSTS[labels] + 0.1 * COSTS.mean()
    assert ours == pytest.approx(weights[labels] @ smoothed / 4, abs=1e-9)
    assert round(ours, 4) == 0.9576
    pytorchs = (0.9 * weights[labels] @ COSTS[labels] + 2 * 0.1 / 3 * weights @ COSTS) / 4
    assert round(pytorchs, 4) == 0.9243


@pytest.mark.parametrize("counts", [(50, 30, 20), (97, 2, 1), (1, 1, 1)])
def test_balanced_class_weights_are_scikit_learns(counts, rng):
    labels = rng.permutation(np.repeat([0, 1, 2], counts))
    loss = built(SoftmaxCrossEntropy(class_weight="balanced"), (3,))
    loss.adapt(loss.encode(labels, (3,)))
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert np.allclose(loss.statistics["class_weight"], expected, rtol=1e-15)
    of_probabilities = built(SoftmaxCrossEntropy(class_weight="balanced"), (3,))
    of_probabilities.adapt(np.eye(3)[labels])
    assert np.allclose(of_probabilities.statistics["class_weight"], expected, rtol=1e-15)
    outputs = rng.normal(size=(sum(counts), 3))
    plain = SoftmaxCrossEntropy().forward(outputs, labels, compute_sample_weight("balanced", labels))
    assert loss.forward(outputs, labels) == pytest.approx(plain, rel=1e-14)


@pytest.mark.parametrize("classes", [3, 1024, 1025])
def test_one_hot_columns(classes):
    labels = np.array([2, 0, classes - 1])
    assert (one_hot(labels, classes) == np.eye(classes)[labels].T).all()


def test_class_weights_may_be_what_scikit_learn_computed(tmp_path):
    weights = compute_class_weight("balanced", classes=np.arange(2), y=[0, 0, 0, 1])
    model = Sequential([Dense(2), SoftmaxCrossEntropy(class_weight=tuple(weights))]).build((3,))
    save(model, tmp_path / "model.safetensors")
    assert load(tmp_path / "model.safetensors").model.criterion.class_weight == (4 / 6, 2.0)


def test_a_class_without_training_rows_weighs_1_and_the_others_as_if_it_were_not_there():
    loss = built(SoftmaxCrossEntropy(class_weight="balanced"), (3,))
    loss.adapt(np.array([0, 0, 0, 2]))
    assert loss.statistics["class_weight"].tolist() == [4 / 6, 1, 2]


def test_class_weights_count_in_evaluation_but_not_in_accuracy():
    data = Dataset(LOGITS, np.array([0, 2]))
    model = Sequential([Dense(3), SoftmaxCrossEntropy(class_weight=(1.0, 2.0, 3.0))]).build((3,), dtype="float64")
    model.layers[0].weight.value = np.eye(3)
    figures = evaluate(model, data)
    assert figures["loss"] == pytest.approx((COSTS[0] + 3 * COSTS[2]) / 4, abs=1e-9)
    assert figures["accuracy"] == 0.5


def test_a_batch_of_classes_that_weigh_nothing_teaches_nothing():
    model = Sequential([Dense(2), SoftmaxCrossEntropy(class_weight=(0.0, 1.0))]).build((3,))
    assert model.loss(np.ones((2, 3)), [0, 0], training=True) == 0
    model.backward()
    assert not model.parameters.grads.any()


def test_class_weights_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"class_weight has 2 weights, but the model tells 3 classes apart"):
        Sequential([Dense(3), SoftmaxCrossEntropy(class_weight=(1.0, 2.0))]).build((4,))
    for wrong in ((1.0, -1.0), (1.0, np.inf), "even", 3.0, {0: 1.0, 1: -2.0}, {"a": np.nan}):
        with pytest.raises(ConfigError, match=r'class_weight = .*: expected "balanced" or a list, each'):
            SoftmaxCrossEntropy(class_weight=wrong)
    for wrong in (-0.1, 1.0):
        with pytest.raises(ConfigError, match="label_smoothing"):
            SoftmaxCrossEntropy(label_smoothing=wrong)


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy, BinaryCrossEntropy])
def test_an_output_that_is_no_row_of_logits_is_refused_when_the_model_is_built(loss):
    for shape in ((), (2, 3)):
        with pytest.raises(ShapeError, match=r"takes rows of logits, but .* shape \(.*; end the layers with a Dense"):
            Sequential([ReLU(), loss()]).build(shape)


def test_class_weights_of_which_none_counts_are_refused():
    with pytest.raises(ShapeError, match=r"class_weight is \(0.0, 0.0\); expected a weight above 0 for one class"):
        Sequential([Dense(2), SoftmaxCrossEntropy(class_weight=(0.0, 0.0))]).build((3,))


def test_class_weights_in_an_array_are_refused_with_what_to_do():
    with pytest.raises(ConfigError, match=r'expected "balanced" or a list, .*; an array\'s \.tolist\(\) gives such'):
        SoftmaxCrossEntropy(class_weight=np.array([1.0, 2.0]))


@pytest.mark.parametrize("arguments", [{"label_smoothing": 0.2}, {"class_weight": (1, 5, 0.5)}])
@pytest.mark.parametrize("as_shares", [False, True])
def test_the_log_loss_is_scikit_learns_where_the_loss_is_another_number(arguments, as_shares, rng):
    x, y, weight = rng.normal(size=(40, 4)), np.arange(40) % 3, rng.exponential(size=40)
    data = Dataset(x, np.eye(3)[y] if as_shares else y, sample_weight=weight)
    model = Sequential([Dense(3), SoftmaxCrossEntropy(**arguments)]).build((4,), dtype="float64")
    figures = evaluate(model, data)
    assert list(figures) == ["loss", "accuracy", "log_loss"]
    assert figures["log_loss"] == pytest.approx(log_loss(y, model.predict(x), sample_weight=weight), rel=1e-12)
    assert abs(figures["log_loss"] - figures["loss"]) > 0.01
    assert list(evaluate(Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,)), data)) == ["loss", "accuracy"]


def test_early_stopping_may_look_at_the_log_loss(rng):
    data = Dataset(rng.normal(size=(40, 4)), np.arange(40) % 3)
    model = Sequential([Dense(3), SoftmaxCrossEntropy(class_weight="balanced")])
    trainer = Trainer(model, SGD(0.1), epochs=3, early_stopping=EarlyStopping(monitor="validation_log_loss"))
    history = trainer.fit(data, data)
    assert history.best_epoch == 1 + int(np.argmin(history["validation_log_loss"]))
    assert trainer.early_stopping.best.falls


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (
            (1.0, 0.0),
            r"class_weight gives the class 1 less than a millionth of the largest weight, 1, so that .* learn it",
        ),
        ({"no": 1e30, "yes": 1.0}, r"gives the class 'yes' less than a millionth of the largest weight, 1e\+30"),
        ({"no": 0.0, "yes": 1.0}, "gives the class 'no' less"),
    ],
)
def test_a_class_that_is_not_learnt_for_its_weight_is_said(weights, said):
    model = Sequential([Dense(2), SoftmaxCrossEntropy(class_weight=weights)])
    data = from_arrays(np.arange(8.0)[:, None], ["no", "yes"] * 4)
    with pytest.warns(UserWarning, match=said):
        Trainer(model, SGD(0.1), epochs=1).fit(data)


@pytest.mark.parametrize("weights", [(1.0, 1e-6), (1e6, 1.0), {"no": 3.0, "yes": 1e-5}, "balanced"])
def test_weights_that_differ_less_draw_no_remark(weights):
    model = Sequential([Dense(2), SoftmaxCrossEntropy(class_weight=weights)])
    Trainer(model, SGD(0.1), epochs=1).fit(from_arrays(np.arange(8.0)[:, None], ["no", "yes"] * 4))  # warnings raise
