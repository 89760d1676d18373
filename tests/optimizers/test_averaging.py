"""Averaged weights: the mean over a fit's steps, and where a model has it."""

import numpy as np
import pytest

from nnlite import SGD, Dense, EarlyStopping, Sequential, evaluate
from nnlite.optimizers.averaging import Average
from tests.helpers.callbacks import On
from tests.helpers.noisy import TRAIN, VALIDATION, trainer, weights_after


def test_another_decay_begins_another_average():
    fitted = trainer(epochs=2, average=0.9)
    fitted.fit(TRAIN)
    fitted.average = 0.0
    fitted.fit(TRAIN)
    assert (fitted.model.parameters.values == weights_after(4)).all()


def test_after_an_interruption_the_next_fit_goes_on_from_the_average_that_was_left():
    fitted = trainer(epochs=2, average=0.9)
    fitted.fit(TRAIN)
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(TRAIN, callbacks=[On(step=interrupted)])
    average = fitted.model.parameters.values.copy()
    assert np.isfinite(average).all()
    seen = []
    fitted.optimizer = SGD(1e-30)
    fitted.fit(TRAIN, callbacks=[On(step=lambda *_: seen.append(fitted.model.parameters.values.copy()))])
    assert (seen[0] == average).all()


def interrupted(step, of):
    if step == 3:
        raise KeyboardInterrupt


def test_an_average_is_the_mean_in_which_every_step_counts_less_than_the_next(rng):
    path, decay = rng.normal(size=(200, 3)), 0.99
    parameters = Sequential([Dense(3, use_bias=False)]).build((1,), dtype="float64").parameters
    average = Average(decay)
    for done, values in enumerate(path, start=1):
        parameters.values[:] = values
        average.add(parameters)
        mean = np.average(path[:done], axis=0, weights=decay ** np.arange(done - 1, -1, -1))
        assert np.abs(average.values - mean).max() <= 1e-12
    assert (parameters.values == path[-1]).all()


def test_what_goes_on_being_trained_keeps_its_average_while_another_layer_is_frozen():
    model = Sequential([Dense(1, use_bias=False), Dense(1, use_bias=False)]).build((1,), dtype="float64")
    average = Average(0.5)
    for value, trainable in ((1.0, True), (4.0, False), (10.0, True)):
        model.layers[0].trainable = trainable
        model.follow_freezing()
        model.parameters.values[:] = value
        average.add(model.parameters)
    average.put_into(model.parameters)
    # The second layer: (0.25·1 + 0.5·4 + 10)/1.75. The first has its last value, 10, as its new beginning.
    assert [layer.weight.value.item() for layer in model.layers] == pytest.approx([10, 7])


def test_a_fit_leaves_the_average_and_validates_with_it():
    values = []
    averaged, plain = trainer(epochs=4, average=0.8), trainer(epochs=4)
    figures = averaged.fit(TRAIN, VALIDATION)
    plain.fit(
        TRAIN, VALIDATION, callbacks=[On(step=lambda *_: values.append(plain.model.parameters.values.astype(float)))]
    )
    weights = 0.8 ** np.arange(len(values) - 1, -1, -1)
    expected = np.average(values, axis=0, weights=weights)
    assert np.allclose(averaged.model.parameters.values, expected, rtol=0, atol=1e-6)
    assert figures["validation_loss"][-1] == evaluate(averaged.model, VALIDATION)["loss"]
    assert figures["training_loss"] == plain.history["training_loss"]  # the steps are the same
    assert figures["validation_loss"][-1] != plain.history["validation_loss"][-1]


def test_the_best_weights_are_the_average_of_the_best_epoch():
    fitted = trainer(average=0.9, early_stopping=EarlyStopping(5))
    losses = fitted.fit(TRAIN, VALIDATION)["validation_loss"]
    assert evaluate(fitted.model, VALIDATION)["loss"] == min(losses) < losses[-1]
    assert (fitted.model.parameters.values == weights_after(fitted.history.best_epoch, average=0.9)).all()


def test_in_callbacks_the_model_has_the_last_steps_weights():
    seen, plain = [], trainer(epochs=2)
    averaged = trainer(epochs=2, average=0.9)
    averaged.fit(
        TRAIN, VALIDATION, callbacks=[On(epoch=lambda row: seen.append(averaged.model.parameters.values.copy()))]
    )
    plain.fit(TRAIN)
    assert (seen[-1] == plain.model.parameters.values).all()


def test_the_average_follows_a_layer_that_is_frozen_and_set_free():
    fitted = trainer(epochs=6, average=0.5)
    dense = fitted.model.layers[2]

    def freeze(row):
        dense.trainable = row["epoch"] not in (2, 3)
        if row["epoch"] == 2:
            fitted.frozen_at = dense.weight.value.copy()
        if row["epoch"] == 3:
            assert (dense.weight.value == fitted.frozen_at).all()

    fitted.fit(TRAIN, VALIDATION, callbacks=[On(epoch=freeze)])
    assert np.isfinite(fitted.history["validation_loss"]).all()
    assert not (dense.weight.value == fitted.frozen_at).all()
