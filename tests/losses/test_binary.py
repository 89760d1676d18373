"""Binary cross-entropy: one label, or several."""

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_class_weight

from nnlite import (
    LBFGS,
    BinaryCrossEntropy,
    ConfigError,
    DataError,
    Dataset,
    Dense,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
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


@pytest.mark.parametrize("weights", [(0.5, 3.0), {"yes": 3, "no": 0.5}, {0: 0.5, 1: 3.0}, "balanced"], ids=repr)
@pytest.mark.parametrize("kind", [SoftmaxCrossEntropy, BinaryCrossEntropy])
def test_class_weights_are_scikit_learns_whichever_way_they_are_given(kind, weights, rng, tmp_path):
    x, y = rng.normal(size=(60, 3)), (np.arange(60) % 5 == 0).astype(int)
    names = ("no", "yes") if isinstance(weights, dict) and "no" in weights else None
    data = Dataset(x, y, sample_weight=rng.exponential(size=60), classes=names)
    model = Sequential([Dense(2 if kind is SoftmaxCrossEntropy else 1), kind(class_weight=weights)])
    Trainer(model.build((3,), dtype="float64"), LBFGS(), epochs=5).fit(data)
    of_classes = compute_class_weight("balanced", classes=np.arange(2), y=y) if weights == "balanced" else [0.5, 3.0]
    total = data.sample_weight * np.array(of_classes)[y]
    save(model, tmp_path / "model.safetensors", classes=names)
    for each in (model, load(tmp_path / "model.safetensors").model):
        found, probabilities = evaluate(each, data), each.predict(x)[:, 1]
        assert found["loss"] == pytest.approx(log_loss(y, probabilities, sample_weight=total), rel=1e-9)
        assert found["log_loss"] == pytest.approx(
            log_loss(y, probabilities, sample_weight=data.sample_weight), rel=1e-9
        )


@pytest.mark.parametrize("kind", [SoftmaxCrossEntropy, BinaryCrossEntropy])
def test_names_of_class_weights_that_are_no_classes_or_lack_one_are_refused(kind):
    data = Dataset(np.ones((4, 3)), np.array([0, 1, 0, 1]), classes=("ham", "spam"))
    for weights, said in (
        ({"ham": 1, "spamm": 2}, "class_weight has 'spamm', which is no class; did you mean 'spam'"),
        ({"no": 1, "yes": 2}, "class_weight has 'no', which is no class. Valid: ham, spam"),
        ({"ham": 1}, "class_weight lacks 'spam': give every class a weight"),
        ({"ham": 1, "spam": 2, "eggs": 3}, "class_weight has 'eggs', which is no class"),
    ):
        model = Sequential([Dense(2 if kind is SoftmaxCrossEntropy else 1), kind(class_weight=weights)])
        with pytest.raises(ConfigError, match=said):
            Trainer(model, LBFGS(), epochs=5).fit(data)


def test_several_labels_have_no_class_weights():
    with pytest.raises(ShapeError, match="class_weight is for two classes, but the model has 3 outputs"):
        Sequential([Dense(3), BinaryCrossEntropy(class_weight=(1, 2))]).build((4,))


def test_the_weights_of_a_soft_target_are_the_mean_of_both(rng):
    """By hand: a row of 0.25 counts 0.75 · 1 + 0.25 · 5 = 2."""
    loss = BinaryCrossEntropy(class_weight=(1, 5))
    loss.build((1,))
    assert loss.weights(np.array([[0.25], [1.0]])).tolist() == [2, 5]
    loss.forward(rng.normal(size=(2, 1)), np.array([[0.25], [1.0]]))
    assert loss.weight == 7


def test_outputs_that_are_nan_have_no_accuracy():
    model = Sequential([Standardize(), BinaryCrossEntropy()]).build((1,), dtype="float64")
    model.forward(np.array([[0.0]]))
    figures = model.criterion.row_figures(np.array([[np.nan], [-1.0]]), np.array([[0.0], [0.0]]))
    assert str(figures["accuracy"].tolist()) == "[nan, 1.0]"


def test_accuracy_of_several_labels_is_the_mean_over_labels():
    model = Sequential([Standardize(), BinaryCrossEntropy()]).build((2,), dtype="float64")
    x = np.array([[1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]])
    figures = evaluate(model, Dataset(x, np.array([[1, 0], [1, 0], [1, 1]])))
    assert figures["accuracy"] == pytest.approx(3 / 6)
    weighted = evaluate(model, Dataset(x, np.array([[1, 0], [1, 0], [1, 1]]), sample_weight=[2.0, 1.0, 1.0]))
    assert weighted["accuracy"] == pytest.approx((2 * 1 + 0.5 + 0) / 4)
