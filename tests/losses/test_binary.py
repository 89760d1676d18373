"""Binary cross-entropy: one label, or several."""

import numpy as np
import pytest

from nnlite import (
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
    Standardize,
    evaluate,
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


def test_accuracy_of_several_labels_is_the_mean_over_labels():
    model = Sequential([Standardize(), BinaryCrossEntropy()]).build((2,), dtype="float64")
    x = np.array([[1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]])
    figures = evaluate(model, Dataset(x, np.array([[1, 0], [1, 0], [1, 1]])))
    assert figures["accuracy"] == pytest.approx(3 / 6)
    weighted = evaluate(model, Dataset(x, np.array([[1, 0], [1, 0], [1, 1]]), sample_weight=[2.0, 1.0, 1.0]))
    assert weighted["accuracy"] == pytest.approx((2 * 1 + 0.5 + 0) / 4)
