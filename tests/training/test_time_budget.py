"""A time budget ends a fit, with its schedule at the end."""

import numpy as np
import pytest

from nnlite import (
    LBFGS,
    SGD,
    Callback,
    ConfigError,
    Cosine,
    Dense,
    EarlyStopping,
    ExponentialDecay,
    OneCycle,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    StepDecay,
    Trainer,
    clock,
    evaluate,
)
from nnlite.schedules.schedule import Moment
from tests.helpers.callbacks import On
from tests.helpers.noisy import TRAIN, VALIDATION, trainer


class Clock:
    """A clock that moves by so many seconds with every step of a fit."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(clock, "seconds", lambda: self.now)

    def fit(self, fitted, seconds, **given):
        def tick(step, of):
            self.now += seconds

        fitted.fit(TRAIN, VALIDATION, callbacks=[On(step=tick, **given)])
        return fitted


def test_a_full_batch_method_is_stopped_early_too_but_takes_no_schedule(monkeypatch):
    def of(**given):
        layers = [Standardize(), Dense(32), ReLU(), Dense(2), SoftmaxCrossEntropy()]
        return Trainer(Sequential(layers), LBFGS(), epochs=60, **given)

    fitted = of(early_stopping=EarlyStopping(5))
    losses = fitted.fit(TRAIN, VALIDATION)["validation_loss"]
    best = int(np.argmin(losses)) + 1
    assert len(losses) == best + 5 < 60
    assert evaluate(fitted.model, VALIDATION)["loss"] == min(losses)
    assert fitted.ended_early.startswith(f"stopped after epoch {best + 5}: validation loss has not fallen for 5")

    fitted = Clock(monkeypatch).fit(of(max_seconds=3), 1.0)
    assert len(fitted.history) == 3 and "3 seconds are used up" in fitted.ended_early
    for option in ({"schedule": Cosine()}, {"clip_norm": 1.0}, {"clip_value": 1.0}, {"average": 0.9}):
        with pytest.raises(ConfigError, match=f"{next(iter(option))} is for optimizers that step after every batch"):
            of(**option).fit(TRAIN)


class Spy(SGD):
    """Writes down the rate of every step."""

    def step(self, parameters, learning_rate=None):
        self.rates = [*getattr(self, "rates", []), learning_rate]
        super().step(parameters, learning_rate)


def test_a_time_budget_ends_the_fit_with_the_schedule_at_its_end(monkeypatch):
    fitted = trainer(epochs=10, max_seconds=15, schedule=Cosine())  # 60 steps of 1 second each in 15 seconds
    fitted.optimizer = Spy(0.1)
    Clock(monkeypatch).fit(fitted, 1.0)
    rates = fitted.optimizer.rates
    assert len(rates) == 15
    assert rates == [0.1 * (1 + np.cos(np.pi * second / 15)) / 2 for second in range(15)]
    assert fitted.history["epoch"] == [1, 2, 3]  # the third of 3 steps
    assert fitted.history["learning_rate"][-1] == rates[-1] < 0.002
    assert fitted.ended_early == "stopped after epoch 3: 15 seconds are used up"
    assert "validation_loss" in fitted.history.rows[-1]


def test_a_moment_is_never_beyond_the_end(monkeypatch):
    late, moments = trainer(epochs=3, max_seconds=5), []

    class Late(Callback):
        """Looks at the second step of a fit after one of two epochs at several times."""

        def after_step(self, fit):
            if (fit.epoch, fit.step) == (0, 1):
                for time.now in (100.0, 102.5, 105.0, 1e6):
                    moments.append(fit.moment)
                fit.stop("all is seen")

    time = Clock(monkeypatch)
    late.epochs = 2
    late.fit(TRAIN, VALIDATION)
    late.epochs = 3
    late.fit(TRAIN, VALIDATION, callbacks=[Late()])
    assert moments[1] == Moment(0, 1, 3, 6, 2, 12, 0.5)
    assert [moment.elapsed("step") for moment in moments] == [(1, 18), (9, 18), (17, 18), (17, 18)]
    assert [moment.elapsed("epoch") for moment in moments] == [(0, 3), (1, 3), (2, 3), (2, 3)]
    assert [(moment.since_start("epoch"), moment.since_start("step")) for moment in moments] == [(2, 13)] * 4


@pytest.mark.parametrize("schedule", [StepDecay(2, 0.5), ExponentialDecay(0.5), StepDecay(3, 0.5, "step")], ids=repr)
def test_a_decay_counts_what_was_made_and_not_what_the_clock_stands_for(monkeypatch, schedule):
    fitted, plain = trainer(epochs=1000, max_seconds=24, schedule=schedule), trainer(epochs=4, schedule=schedule)
    Clock(monkeypatch).fit(fitted, 1.0)
    plain.fit(TRAIN, VALIDATION)
    assert fitted.history["learning_rate"] == plain.history["learning_rate"]


def test_with_time_to_spare_a_time_budget_changes_nothing(monkeypatch):
    in_time, plain = (trainer(epochs=3, schedule=OneCycle(), **given) for given in ({"max_seconds": 1000}, {}))
    Clock(monkeypatch).fit(in_time, 1.0)
    plain.fit(TRAIN, VALIDATION)
    assert in_time.history["learning_rate"] == plain.history["learning_rate"]
    assert (in_time.model.parameters.values == plain.model.parameters.values).all()
    assert in_time.ended_early == ""


def test_a_time_budget_is_each_fits_own_and_restores_the_best_weights(monkeypatch):
    clock, fitted = Clock(monkeypatch), trainer(max_seconds=6, early_stopping=EarlyStopping(100))
    for fits in (1, 2, 3):
        clock.fit(fitted, 1.0)  # 6 steps are an epoch
        assert len(fitted.history) == fits
    assert evaluate(fitted.model, VALIDATION)["loss"] == min(fitted.history["validation_loss"])


def test_a_fit_that_has_made_all_its_epochs_has_not_ended_early(monkeypatch):
    clock = Clock(monkeypatch)
    assert clock.fit(trainer(epochs=2, max_seconds=12), 1.0).ended_early == ""  # 6 steps are an epoch
    assert "seconds are used up" in clock.fit(trainer(epochs=2, max_seconds=11), 1.0).ended_early
    whole = trainer(early_stopping=EarlyStopping(5))
    whole.fit(TRAIN, VALIDATION)
    exact = trainer(epochs=len(whole.history), early_stopping=EarlyStopping(5))
    exact.fit(TRAIN, VALIDATION)
    assert whole.ended_early and exact.ended_early == ""


def test_a_fit_makes_a_step_however_little_time_it_has(monkeypatch):
    fitted = trainer(max_seconds=1e-9)
    Clock(monkeypatch).fit(fitted, 1.0)
    assert len(fitted.history) == 1
