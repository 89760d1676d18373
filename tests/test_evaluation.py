"""Figures over many batches are those of all rows at once."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from nnlite import Dataset, Dense, NnliteError, Sequential, SoftmaxCrossEntropy, evaluate
from nnlite.evaluation import Means


@pytest.fixture
def model():
    return Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,), dtype="float64")


@pytest.fixture
def data(rng):
    return Dataset(rng.normal(size=(2500, 4)), rng.integers(0, 3, 2500), sample_weight=rng.exponential(size=2500))


def at_once(model, data):
    outputs = model.forward(data.x)
    return {
        "loss": SoftmaxCrossEntropy().forward(outputs, data.y, data.sample_weight),
        "accuracy": accuracy_score(data.y, outputs.argmax(axis=1), sample_weight=data.sample_weight),
    }


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("batch_size", [7, 100, 1024, 2500])
def test_the_means_over_batches_are_those_of_all_rows(model, data, batch_size, weighted):
    data = data if weighted else Dataset(data.x, data.y)
    means = Means(model.criterion)
    for start in range(0, len(data), batch_size):
        batch = data.rows(slice(start, start + batch_size))
        loss = model.loss(batch.x, batch.y, batch.sample_weight)
        means.add(loss, model.outputs, batch.y, batch.sample_weight)
    assert means.figures() == pytest.approx(at_once(model, data), rel=1e-12)


def test_an_evaluation_of_many_rows_is_that_of_all_at_once(model, data):
    assert evaluate(model, data) == pytest.approx(at_once(model, data), rel=1e-12)


def test_rows_that_all_weigh_nothing_give_figures_of_0(model, data):
    assert evaluate(model, Dataset(data.x, data.y, sample_weight=np.zeros(2500))) == {"loss": 0.0, "accuracy": 0.0}


def test_a_model_that_is_not_built_is_told_so(data):
    with pytest.raises(NnliteError, match="the model is not built; call model"):
        evaluate(Sequential([Dense(3), SoftmaxCrossEntropy()]), data)
