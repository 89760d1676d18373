"""Figures over many batches are those of all rows at once."""

import tracemalloc

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from nnlite import (
    SGD,
    Callback,
    Conv2D,
    DataError,
    Dataset,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    MaxPool2D,
    NnliteError,
    ReLU,
    Rescale,
    Residual,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    Trainer,
    evaluate,
)
from nnlite.training.evaluation import Means
from nnlite.training.feed import Feed


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


def test_rows_that_all_weigh_nothing_have_no_figures(model, data):
    figures = evaluate(model, Dataset(data.x, data.y, sample_weight=np.zeros(2500)))
    assert list(figures) == ["loss", "accuracy"] and np.isnan(list(figures.values())).all()


def test_a_figure_that_the_rows_counted_so_far_lack_is_nan_and_not_a_mean_of_the_others(data):
    model = Sequential([Dense(3), SoftmaxCrossEntropy(label_smoothing=0.1)]).build((4,))
    means, later = Means(model.criterion), Means(model.criterion)
    for each in (means, later):
        each.add(model.loss(data.x, data.y), model.outputs, data.y, None)
    state = means.state
    del state.arrays["sum/log_loss"]  # as a checkpoint of an older nnlite
    later.state = state
    later.add(model.loss(data.x, data.y), model.outputs, data.y, None)
    assert np.isnan(later.figures()["log_loss"])
    assert later.figures()["accuracy"] == means.figures()["accuracy"]


def test_a_model_that_is_not_built_is_told_so(data):
    with pytest.raises(NnliteError, match="the model is not built; call model"):
        evaluate(Sequential([Dense(3), SoftmaxCrossEntropy()]), data)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layers", "shape", "rows"),
    [
        ([Dense(10)], (784,), 1024),
        ([Dense(4096), ReLU(), Dense(8192)], (4,), 1024),
        ([Conv2D(6, 5), ReLU()], (1, 28, 28), 1024),
        ([Conv2D(32, 3, padding="same"), MaxPool2D(96)], (3, 96, 96), 2**23 // (32 * 96 * 96)),
        ([Residual([Conv2D(64, 1), Conv2D(3, 1)])], (3, 96, 96), 2**23 // (64 * 96 * 96)),
        ([GlobalAveragePool2D()], (3, 2048, 2048), 1),
    ],
    ids=repr,
)
def test_the_more_numbers_a_row_becomes_the_fewer_go_through_together(layers, shape, rows):
    assert Sequential(layers).build(shape).rows_at_once == rows


def test_large_pictures_are_evaluated_and_predicted_in_little_memory(rng):
    layers = Rescale(1 / 255), Conv2D(32, 3, padding="same"), ReLU(), GlobalAveragePool2D(), Flatten(), Dense(2)
    model = Sequential([*layers, SoftmaxCrossEntropy()]).build((3, 32, 32))
    data = Dataset(rng.integers(0, 256, (1024, 3, 32, 32), np.uint8), rng.integers(0, 2, 1024))
    for go_through in (lambda: evaluate(model, data), lambda: model.predict(data.x)):
        tracemalloc.start()
        go_through()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 160e6  # all 1,024 at once: 134 MB for the convolution, as much for the ReLU, and more


def test_the_rows_of_a_fit_are_evaluated_in_a_callback_without_changing_the_fit(blobs):
    class Evaluates(Callback):
        def after_step(self, fit):
            evaluate(fit.model, fit.train)

        def after_epoch(self, fit, row):
            figures = evaluate(fit.model, fit.validation)
            assert figures == {"loss": row["validation_loss"], "accuracy": row["validation_accuracy"]}
            seen.append(figures)

    def fitted(callbacks):
        model = Sequential([Standardize(), Dense(4), Dropout(0.5), Dense(3), SoftmaxCrossEntropy()])
        trainer = Trainer(model, SGD(0.1), epochs=3)
        trainer.fit(blobs, blobs, callbacks=callbacks)
        return trainer

    seen = []
    watched, plain = fitted([Evaluates()]), fitted([])
    assert len(seen) == 3 and seen[-1] == evaluate(watched.model, blobs)
    assert (watched.model.parameters.values == plain.model.parameters.values).all()


def test_the_rows_that_were_prepared_for_another_model_are_refused(blobs):
    one, other = (Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,)) for _ in range(2))
    with pytest.raises(DataError, match="the rows were prepared for another model; give evaluate the Dataset"):
        evaluate(other, Feed(one, blobs))
