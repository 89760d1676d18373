"""The losses of regression, their standardized targets and their figures."""

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from nnlite import (
    SGD,
    DataError,
    Dataset,
    Dense,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    NnliteError,
    Sequential,
    ShapeError,
    Standardize,
    Trainer,
    evaluate,
)
from nnlite.training.evaluation import Means

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


def test_rows_that_all_weigh_nothing_have_no_figures():
    data = Dataset(np.ones((4, 3)), np.arange(4.0), sample_weight=np.zeros(4))
    assert np.isnan(list(evaluate(regression_model(), data).values())).all()


@pytest.mark.parametrize("targets", [np.arange(4.0), np.ones(4)], ids=["different", "alike"])
def test_outputs_that_are_nan_have_no_figures(targets):
    model = regression_model()
    model.parameters.values[:] = np.nan
    assert np.isnan(list(evaluate(model, Dataset(np.ones((4, 3)), targets)).values())).all()


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
