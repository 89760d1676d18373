"""A temperature has the lowest log loss on held-out rows, changes no answer, and comes back from the model file."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

import nnlite
from nnlite import BinaryCrossEntropy, Dense, Ensemble, MeanSquaredError, Predictor, Sequential, SoftmaxCrossEntropy
from nnlite.core.double_precision import DoublePrecision
from nnlite.errors import ConfigError, DataError
from nnlite.training.calibration import temperature


def too_certain(rows, classes, rng, by=3.0):
    """Probabilities whose log odds are `by` times the true ones, and labels drawn from the true ones."""
    z = rng.normal(size=(rows, classes))
    true = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    labels = (true.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1)
    certain = np.exp(by * z) / np.exp(by * z).sum(axis=1, keepdims=True)
    return certain, labels


def tempered(p, t):
    q = p ** (1 / t)
    return q / q.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("by", [3.0, 0.4])
def test_it_is_where_a_search_of_scikit_learns_log_loss_finds_the_lowest(by, rng):
    p, labels = too_certain(4000, 3, rng, by)
    found = temperature(p, labels)
    grid = found * np.array([0.9, 0.99, 1.0, 1.01, 1.1])
    losses = [log_loss(labels, tempered(p, t)) for t in grid]
    assert np.argmin(losses) == 2
    assert found == pytest.approx(by, rel=0.1)  # what the probabilities were spoilt by
    assert losses[2] < log_loss(labels, p)


def test_a_weight_is_as_good_as_copies(rng):
    p, labels = too_certain(200, 3, rng)
    weight = rng.integers(0, 4, 200)
    rows = np.repeat(np.arange(200), weight)
    assert temperature(p, labels, weight) == pytest.approx(temperature(p[rows], labels[rows]), rel=1e-9)


def test_labels_are_questions_of_their_own(rng):
    p, labels = too_certain(3000, 2, rng)
    apart = temperature(p, labels)
    together = temperature(p[:, 1:], labels[:, None])
    assert together == pytest.approx(apart, rel=1e-9)


def test_no_rows_are_refused():
    with pytest.raises(DataError, match="no rows"):
        temperature(np.empty((0, 2)), np.empty(0, int))
    with pytest.raises(DataError, match="weight"):
        temperature(np.full((3, 2), 0.5), np.zeros(3, int), np.zeros(3))


@pytest.mark.parametrize(("loss", "units"), [(SoftmaxCrossEntropy, 3), (BinaryCrossEntropy, 1)])
def test_an_ensemble_divides_the_log_odds_of_its_mean(loss, units, rng, tmp_path):
    x = rng.normal(size=(50, 4)) * 3
    models = [Sequential([Dense(units), loss()]).build((4,), seed) for seed in range(3)]
    plain, warm = Ensemble(models), Ensemble(models, 2.5)
    expected = tempered(plain.predict(x), 2.5)
    np.testing.assert_allclose(warm.predict(x), expected, rtol=1e-12)
    assert (warm.predict(x).argmax(axis=1) == plain.predict(x).argmax(axis=1)).all()
    nnlite.save(warm, tmp_path / "m.safetensors")
    again = nnlite.load(tmp_path / "m.safetensors")
    assert again.model.temperature == 2.5
    assert (again.predict_proba(x) == Predictor(warm).predict_proba(x)).all()


def test_a_single_model_with_a_temperature_comes_back_too(rng, tmp_path):
    model = Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,))
    nnlite.save(Ensemble([model], 0.5), tmp_path / "m.safetensors")
    again = nnlite.load(tmp_path / "m.safetensors")
    assert again.model.temperature == 0.5
    x = rng.normal(size=(5, 4))
    np.testing.assert_allclose(again.predict_proba(x), tempered(Predictor(model).predict_proba(x), 0.5), rtol=1e-12)


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.inf, np.nan])
def test_an_impossible_temperature_is_refused(wrong):
    model = Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,))
    with pytest.raises(ConfigError, match="temperature"):
        Ensemble([model], wrong)


def test_numbers_have_no_temperature():
    model = Sequential([Dense(1), MeanSquaredError()]).build((4,))
    with pytest.raises(ConfigError, match="no probabilities"):
        Ensemble([model], 2.0)


def test_the_answer_for_a_row_does_not_depend_on_its_neighbours(rng):
    model = Sequential([Dense(64), nnlite.SiLU(), Dense(64), nnlite.SiLU(), Dense(3), SoftmaxCrossEntropy()])
    predictor = Predictor(model.build((30,)))
    x = rng.normal(size=(257, 30))
    together = predictor.predict_proba(x)
    alone = np.concatenate([predictor.predict_proba(row[None]) for row in x])
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    np.testing.assert_allclose(together, model.predict(x), rtol=1e-5)
    order = rng.permutation(257)
    np.testing.assert_allclose(predictor.predict_proba(x[order]), together[order], rtol=1e-12)


def test_a_double_follows_what_the_model_learns_and_what_is_frozen(rng):
    layers = [nnlite.Standardize(), Dense(5), nnlite.BatchNorm(), nnlite.Residual([Dense(5)]), Dense(2)]
    model = Sequential([*layers, SoftmaxCrossEntropy()]).build((3,))
    data = nnlite.Dataset(rng.normal(size=(40, 3)) * 5 + 2, rng.integers(0, 2, 40))
    double = DoublePrecision(model)
    for freeze in (None, 1, 3):
        if freeze is not None:
            model.layers[freeze].trainable = False
        nnlite.Trainer(model, nnlite.SGD(0.1), epochs=2).fit(data)
        np.testing.assert_allclose(double.predict(data.x), model.predict(data.x), rtol=2e-5)
    whole = Sequential([Dense(2), SoftmaxCrossEntropy()]).build((3,), dtype="float64")
    assert DoublePrecision(whole).model is whole
