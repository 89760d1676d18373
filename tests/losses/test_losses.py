"""Losses by hand calculation, beside scikit-learn, and at extreme values; their metrics over many batches."""

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from nnlite import (
    SGD,
    BinaryCrossEntropy,
    ConfigError,
    DataError,
    Dataset,
    Dense,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    NnliteError,
    ReLU,
    Sequential,
    ShapeError,
    Sigmoid,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
    evaluate,
    load,
    save,
)
from nnlite.losses.labels import one_hot
from nnlite.training.evaluation import Means

LOGITS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
# −log softmax of each row of LOGITS
COSTS = np.array([2.4076059644, 1.4076059644, 0.4076059644])

REGRESSION = [MeanSquaredError, MeanAbsoluteError, Huber]


def built(loss, output_shape):
    loss.build(output_shape)
    return loss


def fitted(loss, targets):
    """The loss, adapted to targets for one output, and the targets as it takes them."""
    loss = built(loss, (1,))
    encoded = loss.encode(targets, (1,))
    loss.adapt(encoded)
    return loss, encoded


# Cross-entropy: label smoothing and class weights


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
    with pytest.raises(ShapeError, match=r"class_weight has 2 weights, but the model has 3 outputs"):
        Sequential([Dense(3), SoftmaxCrossEntropy(class_weight=(1.0, 2.0))]).build((4,))
    for wrong in ((1.0, -1.0), (1.0, np.inf), "even", 3.0, {0: 1.0, 1: 2.0}):
        with pytest.raises(ConfigError, match=r'class_weight = .*: expected "balanced" or a list, each'):
            SoftmaxCrossEntropy(class_weight=wrong)
    for wrong in (-0.1, 1.0):
        with pytest.raises(ConfigError, match="label_smoothing"):
            SoftmaxCrossEntropy(label_smoothing=wrong)


# Binary cross-entropy


def test_binary_cross_entropy_by_hand():
    # log(1 + e⁻²) = 0.126928 for a yes, 2 more for a no
    loss = BinaryCrossEntropy()
    z = np.array([[2.0], [2.0]])
    assert loss.forward(z, np.array([[1.0], [0.0]])) == pytest.approx(0.1269280110 + 1, abs=1e-9)
    yes = 1 / (1 + np.exp(-2.0))
    assert np.allclose(loss.backward(), [[(yes - 1) / 2], [yes / 2]], rtol=1e-14)


def test_several_labels_are_averaged_over_rows_and_labels():
    z, t = np.array([[2.0, -1.0], [0.0, 3.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    each = -t * np.log(1 / (1 + np.exp(-z))) - (1 - t) * np.log(1 / (1 + np.exp(z)))
    loss = BinaryCrossEntropy()
    assert loss.forward(z, t) == pytest.approx(each.mean(), rel=1e-14)
    assert loss.weight == 2
    assert loss.forward(z, t, np.array([1.0, 3.0])) == pytest.approx(each.mean(axis=1) @ [0.25, 0.75], rel=1e-14)


@pytest.mark.parametrize("weights", [None, np.array([1.0, 1.0])])
@pytest.mark.parametrize(
    ("z", "t", "cost"),
    [
        (1e4, 1, 0),
        (1e4, 0, 1e4),
        (-1e4, 0, 0),
        (-1e4, 1, 1e4),
        (np.inf, 1, 0),
        (-np.inf, 0, 0),
        (40.0, 1, np.exp(-40)),
    ],
)
def test_extreme_logits_cost_what_they_cost(z, t, cost, weights):
    loss = BinaryCrossEntropy()
    targets = np.array([[float(t)], [float(t)]])
    assert loss.forward(np.array([[z], [z]]), targets, weights) == pytest.approx(cost, rel=1e-15, abs=1e-300)
    gradient = loss.backward()
    slope = np.exp(-abs(z)) if cost < 1 else 1.0
    assert np.allclose(gradient * 2, slope * (1 if t == 0 else -1), rtol=1e-15, atol=0)


def test_an_answer_ruled_out_by_infinity_that_is_right_costs_infinitely_much():
    assert BinaryCrossEntropy().forward(np.array([[-np.inf]]), np.array([[1.0]])) == np.inf


def test_binary_predictions_are_of_both_classes_and_of_several_labels_each():
    z = np.array([[0.0], [3.0], [-800.0]])
    assert np.allclose(BinaryCrossEntropy().predict(z)[:, 1], [0.5, 0.9525741268, 0])
    assert np.allclose(BinaryCrossEntropy().predict(z).sum(axis=1), 1)
    assert np.allclose(BinaryCrossEntropy().predict(np.array([[0.0, 3.0]])), [[0.5, 0.9525741268]])
    assert BinaryCrossEntropy().predict(z.astype(np.float32)).dtype == np.float32


def test_targets_of_one_output_do_not_broadcast():
    for loss in (BinaryCrossEntropy(), MeanSquaredError(), MeanAbsoluteError(), Huber()):
        assert loss.encode(np.array([1, 0, 1]), (1,)).shape == (3, 1)
        assert loss.encode(np.array([[1], [0], [1]]), (1,)).shape == (3, 1)
        with pytest.raises(ShapeError, match=r"targets of shape \(3,\) do not belong to outputs of shape \(3, 1\)"):
            loss.forward(np.zeros((3, 1)), np.array([1.0, 0.0, 1.0]))
        with pytest.raises(ShapeError, match=r"the targets have shape \(3,\), but the model"):
            loss.encode(np.array([1.0, 0.0, 1.0]), (3,))


def test_targets_that_are_no_yes_or_no_are_refused():
    for targets, text in (([0, 2], "target 2 in row 1"), ([0.5, np.nan], "target nan in row 1"), (["a", "b"], "<U1")):
        with pytest.raises(DataError, match=text):
            BinaryCrossEntropy().encode(targets, (1,))
    with pytest.raises(ShapeError, match=r"SoftmaxCrossEntropy is the loss for more"):
        BinaryCrossEntropy().encode([0, 1, 2], (3,))
    with pytest.raises(ShapeError, match="takes rows of logits"):
        Sequential([Standardize(), BinaryCrossEntropy()]).build((2, 3))
    with pytest.raises(ConfigError, match="contains the sigmoid already"):
        Sequential([Dense(1), Sigmoid(), BinaryCrossEntropy()])


def test_accuracy_of_several_labels_is_the_mean_over_labels():
    model = Sequential([Standardize(), BinaryCrossEntropy()]).build((2,), dtype="float64")
    x = np.array([[1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]])
    figures = evaluate(model, Dataset(x, np.array([[1, 0], [1, 0], [1, 1]])))
    assert figures["accuracy"] == pytest.approx(3 / 6)
    weighted = evaluate(model, Dataset(x, np.array([[1, 0], [1, 0], [1, 1]]), sample_weight=[2.0, 1.0, 1.0]))
    assert weighted["accuracy"] == pytest.approx((2 * 1 + 0.5 + 0) / 4)


# Regression


def test_regression_losses_by_hand():
    d, zero = np.array([[0.5], [-2.0], [3.0]]), np.zeros((3, 1))
    for loss, value, slopes in (
        (MeanSquaredError(), (0.25 + 4 + 9) / 3, [1, -4, 6]),
        (MeanAbsoluteError(), 5.5 / 3, [1, -1, 1]),
        (Huber(), (0.125 + 1.5 + 2.5) / 3, [0.5, -1, 1]),
        (Huber(delta=2.5), (0.125 + 2 + 2.5 * (3 - 1.25)) / 3, [0.5, -2, 2.5]),
    ):
        assert loss.forward(d, zero) == pytest.approx(value, rel=1e-15)
        assert np.allclose(loss.backward() * 3, np.array(slopes)[:, None], rtol=1e-15)
    assert MeanAbsoluteError().forward(zero, zero) == 0


@pytest.mark.parametrize("kind", REGRESSION)
def test_the_model_computes_in_the_targets_deviations_and_predicts_in_their_units(kind):
    targets = np.array([10.0, 30.0, 50.0, 70.0])  # mean 40, deviation √500
    loss, encoded = fitted(kind(), targets)
    assert (loss.statistics["mean"].tolist(), loss.statistics["scale"].tolist()) == ([40.0], [500**0.5])
    perfect = (encoded - 40) / 500**0.5
    assert loss.forward(perfect, encoded) == 0
    predicted = loss.predict(perfect.astype(np.float32))
    assert predicted.shape == (4,) and predicted.dtype == np.float64
    assert np.allclose(predicted, targets, rtol=1e-6)
    assert np.allclose(loss.predict(np.array([[0.0], [1.0]])), [40, 40 + 500**0.5], rtol=1e-15)


def test_several_outputs_are_standardized_each_by_its_own_and_a_constant_one_by_1(rng):
    targets = np.stack([rng.normal(size=50), 1e6 + 1e3 * rng.normal(size=50), np.full(50, 0.1)], axis=1)
    loss = built(MeanSquaredError(), (3,))
    loss.adapt(loss.encode(targets, (3,)))
    assert np.allclose(loss.statistics["scale"], [*targets.std(axis=0)[:2], 1.0], rtol=1e-12)
    assert loss.predict(np.zeros((5, 3))).shape == (5, 3)
    assert loss.predict(np.zeros((0, 3))).shape == (0, 3) and built(Huber(), (1,)).predict(
        np.zeros((0, 1))
    ).shape == (0,)


def regression_model(outputs=1, loss=MeanSquaredError):
    return Sequential([Dense(outputs), loss()]).build((3,), dtype="float64")


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("mean", "spread"), [(0.0, 1.0), (1e6, 1e-3), (-1e6, 1e3), (0.0, 1e-8)])
def test_the_figures_of_a_regression_are_scikit_learns_over_many_batches(rng, mean, spread, weighted, outputs):
    rows = 2500
    x = rng.normal(size=(rows, 3))
    y = mean + spread * (x @ rng.normal(size=(3, outputs)) + rng.normal(size=(rows, outputs)))
    weights = rng.exponential(size=rows) if weighted else None
    data = Dataset(x, y[:, 0] if outputs == 1 else y, sample_weight=weights)
    model = regression_model(outputs)
    model.adapt(x, data.y)
    predicted = model.predict(x)
    theirs = {"sample_weight": weights}
    expected = {
        "r2": r2_score(data.y, predicted, **theirs),
        "mae": mean_absolute_error(data.y, predicted, **theirs),
        "rmse": np.sqrt(mean_squared_error(data.y, predicted, multioutput="raw_values", **theirs)).mean(),
    }
    for batch_size in (7, 600, 2500):
        means = Means(model.criterion)
        for start in range(0, rows, batch_size):
            batch = data.rows(slice(start, start + batch_size))
            loss = model.loss(batch.x, batch.y, batch.sample_weight)
            means.add(loss, model.outputs, model.criterion.encode(batch.y, (outputs,)), batch.sample_weight)
        found = means.figures()
        # At 1e6 ± 1e-3 the numbers themselves have 7 digits of their deviation.
        assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-6 if mean > 0 else 1e-10)
        assert found == pytest.approx(evaluate(model, data), rel=1e-12)


def test_r2_of_targets_that_are_all_alike_is_1_for_perfect_predictions_and_else_0():
    train = np.array([1.0, 2.0, 3.0])
    loss, _ = fitted(MeanSquaredError(), train)
    model = Sequential([Standardize(), loss]).build((1,), dtype="float64")
    loss.adapt(train[:, None])
    at_mean, off = np.zeros((4, 1)), np.full((4, 1), 0.5)
    assert evaluate(model, Dataset(at_mean, np.full(4, 2.0)))["r2"] == 1 == r2_score([2.0] * 4, [2.0] * 4)
    assert evaluate(model, Dataset(off, np.full(4, 2.0)))["r2"] == 0 == r2_score([2.0] * 4, [2.5] * 4)
    assert evaluate(model, Dataset(off, np.full(4, 0.1)))["r2"] == 0  # whatever rounding leaves of the variance


def test_rows_that_all_weigh_nothing_give_figures_of_0():
    data = Dataset(np.ones((4, 3)), np.arange(4.0), sample_weight=np.zeros(4))
    assert set(evaluate(regression_model(), data).values()) == {0.0}


@pytest.mark.parametrize("kind", REGRESSION)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_targets_far_from_0_and_close_together_are_learnt(kind, dtype, rng):
    x = rng.normal(size=(300, 3))
    y = 1e6 + 1e-3 * (x @ np.array([1.0, -2.0, 0.5]))
    model = Sequential([Dense(1), kind()]).build((3,), dtype=dtype)
    history = Trainer(model, SGD(0.05, momentum=0.5), epochs=60).fit(Dataset(x, y))
    figures = evaluate(model, Dataset(x, y))
    assert figures["r2"] > 0.99 and history["training_r2"][-1] > 0.98
    assert np.abs(model.predict(x) - y).max() < 1e-3


def test_extreme_outputs_give_finite_losses_and_gradients():
    outputs, targets = np.array([[1e4], [-1e4], [1e30], [-1e38]]), np.zeros((4, 1))
    for loss in (MeanSquaredError(), MeanAbsoluteError(), Huber()):
        for dtype in (np.float32, np.float64):
            assert np.isfinite(loss.forward(outputs.astype(dtype), targets))
            gradient = loss.backward()
            assert np.isfinite(gradient).all() and gradient.dtype == dtype
    assert Huber().forward(np.array([[1e300]]), np.zeros((1, 1))) == 1e300


def test_a_regression_that_has_not_seen_its_targets_is_not_trained():
    model = regression_model()
    with pytest.raises(NnliteError, match=r"the loss from their targets: call model.adapt\(x, targets\), or Trainer"):
        model.loss(np.ones((2, 3)), [1.0, 2.0], training=True)
    with pytest.raises(NnliteError, match=r"MeanSquaredError\(\) learns from the training targets: call model.adapt"):
        model.adapt(np.ones((2, 3)))
    model.adapt(np.ones((2, 3)), [1.0, 2.0])
    model.loss(np.ones((2, 3)), [1.0, 2.0], training=True)
    assert model.criterion.statistics["mean"].tolist() == [1.5]


def test_targets_that_are_no_numbers_are_refused():
    for targets, text in ((["a", "b"], "dtype <U1; expected numbers"), ([1.0, np.inf], "the target in row 1 is inf")):
        with pytest.raises(DataError, match=text):
            MeanSquaredError().encode(targets, (1,))
    with pytest.raises(
        ShapeError, match=r"shape \(2, 3\), but the model's output has shape \(2,\): expected \(rows, 2\)"
    ):
        MeanSquaredError().encode(np.zeros((2, 3)), (2,))
    with pytest.raises(ShapeError, match=r"so the last layer needs an output for each target"):
        MeanSquaredError().encode(np.zeros((2, 3)), (1,))
    loss = built(MeanSquaredError(), (1,))
    with pytest.raises(DataError, match="a target is so large that its variance"):
        loss.adapt(np.array([[1e300], [-1e300]]))


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
