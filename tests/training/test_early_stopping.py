"""Early stopping, averaged weights and the time budget: which weights a fit leaves, and when it ends."""

import numpy as np
import pytest

from nnlite import (
    LBFGS,
    SGD,
    BatchNorm,
    Callback,
    ConfigError,
    Cosine,
    Dataset,
    Dense,
    DivergenceError,
    EarlyStopping,
    ExponentialDecay,
    Layer,
    OneCycle,
    ReduceOnPlateau,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    StepDecay,
    Trainer,
    clock,
    evaluate,
)
from nnlite.core import snapshot
from nnlite.optimizers.averaging import Average
from nnlite.schedules.schedule import Moment
from nnlite.training import history
from tests.helpers.callbacks import On


class Count(Layer):
    """Leaves its input as it is, and counts its training steps in its state."""

    def build(self, input_shape, rng):
        self.add_statistic("steps", (1,))
        return input_shape

    def forward(self, x, *, training=False):
        if training:
            self.statistics["steps"] = self.statistics["steps"] + 1
        return x

    def backward(self, dy):
        return dy


def noisy(seed):
    """Rows whose labels are wrong in many places: learning them by heart makes validation worse."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, 6))
    labels = np.where(rng.random(60) < 0.3, rng.integers(0, 2, 60), x[:, 0] > 0).astype(int)
    return Dataset(x, labels, classes=("no", "yes"))


TRAIN, VALIDATION = noisy(0), noisy(1)


def trainer(**given):
    model = Sequential([Standardize(), Count(), Dense(32), ReLU(), Dense(2), SoftmaxCrossEntropy()])
    settings = {"epochs": 40, "batch_size": 10} | given
    return Trainer(model, SGD(0.1, momentum=0.9), **settings)


def weights_after(epochs, **given):
    plain = trainer(epochs=epochs, **given)
    plain.fit(TRAIN, VALIDATION)
    return plain.model.parameters.values


def test_the_best_weights_and_statistics_are_restored_and_not_the_last_ones():
    fitted = trainer(early_stopping=EarlyStopping(5))
    losses = fitted.fit(TRAIN, VALIDATION)["validation_loss"]
    best = int(np.argmin(losses)) + 1
    assert len(losses) == best + 5 < 40 and losses[-1] > losses[best - 1]
    assert fitted.history.best_epoch == fitted.early_stopping.best_epoch == best
    assert evaluate(fitted.model, VALIDATION)["loss"] == losses[best - 1]
    assert (fitted.model.parameters.values == weights_after(best)).all()
    assert fitted.model.layers[1].statistics["steps"] == 6 * best
    assert fitted.ended_early == (
        f"stopped after epoch {best + 5}: validation loss has not fallen for 5 epochs; weights of epoch {best}"
    )


def test_the_best_weights_are_restored_also_after_all_epochs():
    fitted = trainer(epochs=12, early_stopping=EarlyStopping(100))
    losses = fitted.fit(TRAIN, VALIDATION)["validation_loss"]
    assert len(losses) == 12 and losses[-1] > min(losses) == evaluate(fitted.model, VALIDATION)["loss"]
    assert fitted.ended_early == ""


def test_running_figures_of_the_best_epoch_come_back_with_its_weights():
    def normalized(epochs, **given):
        layers = [Dense(32), BatchNorm(), ReLU(), Dense(2), SoftmaxCrossEntropy()]
        fitted = Trainer(Sequential(layers), SGD(0.1, momentum=0.9), epochs=epochs, batch_size=10, **given)
        fitted.fit(TRAIN, VALIDATION)
        return fitted, snapshot.take(fitted.model)

    for average in (None, 0.9):
        fitted, kept = normalized(40, early_stopping=EarlyStopping(6), average=average)
        assert evaluate(fitted.model, VALIDATION)["loss"] == min(fitted.history["validation_loss"])
        assert len(fitted.history) == fitted.history.best_epoch + 6
        _, expected = normalized(fitted.history.best_epoch, average=average)
        assert kept.keys() == expected.keys() >= {"1.mean", "1.variance"}
        assert all((kept[path] == expected[path]).all() for path in kept)


def test_the_running_figures_beside_averaged_weights_are_the_last_steps():
    def normalized(average):
        layers = [Dense(8), BatchNorm(), Dense(2), SoftmaxCrossEntropy()]
        fitted = Trainer(Sequential(layers), SGD(0.1), epochs=3, batch_size=10, average=average)
        fitted.fit(TRAIN)
        return snapshot.take(fitted.model)

    plain, averaged = normalized(None), normalized(0.9)
    assert (plain["1.mean"] == averaged["1.mean"]).all() and (plain["1.variance"] == averaged["1.variance"]).all()
    assert not (plain["0.weight"] == averaged["0.weight"]).all()


@pytest.mark.parametrize("error", [KeyboardInterrupt, DivergenceError])
def test_the_best_weights_are_restored_also_after_an_interruption(error):
    def interrupt(step, of):
        if len(fitted.history) == 11 and step == 3:
            raise error

    fitted = trainer(early_stopping=EarlyStopping(100))
    with pytest.raises(error):
        fitted.fit(TRAIN, VALIDATION, callbacks=[On(step=interrupt)])
    assert evaluate(fitted.model, VALIDATION)["loss"] == min(fitted.history["validation_loss"])


def test_without_early_stopping_the_weights_are_the_last_epochs():
    fitted = trainer(epochs=12)
    losses = fitted.fit(TRAIN, VALIDATION)["validation_loss"]
    assert evaluate(fitted.model, VALIDATION)["loss"] == losses[-1] > min(losses)


@pytest.mark.parametrize(
    ("monitor", "validation", "looks_at", "best_of"),
    [
        (None, VALIDATION, "validation_loss", np.argmin),
        (None, None, "training_loss", np.argmin),
        ("training_loss", VALIDATION, "training_loss", np.argmin),
        ("validation_accuracy", VALIDATION, "validation_accuracy", np.argmax),
    ],
)
def test_it_looks_at_the_figure_that_it_is_told_and_knows_whether_it_falls(monitor, validation, looks_at, best_of):
    fitted = trainer(early_stopping=EarlyStopping(3, monitor))
    figures = fitted.fit(TRAIN, validation)[looks_at]
    best = int(best_of(figures)) + 1  # the first of several
    assert fitted.history.best_epoch == best
    assert (fitted.model.parameters.values == weights_after(best)).all()
    assert len(figures) == min(best + 3, 40)


@pytest.mark.parametrize(
    ("column", "falls"),
    [
        ("validation_loss", True),
        ("training_mae", True),
        ("validation_rmse", True),
        ("validation_r2", False),
        ("training_accuracy", False),
    ],
)
def test_losses_and_errors_fall_and_what_is_right_rises(column, falls):
    assert history.falls(column) == falls
    assert history.improves(0.4, 0.5, falls) == falls
    assert history.improves(0.6, 0.5, falls) != falls
    assert not history.improves(0.5, 0.5, falls)
    assert not history.improves(np.nan, 0.5, falls) and history.improves(0.5, np.nan, falls)


def test_a_figure_that_is_never_a_number_leaves_the_last_weights():
    stopping = EarlyStopping(2)
    for epoch in (1, 2):
        assert not stopping.over
        stopping.after_epoch({"epoch": epoch, "training_loss": np.nan}, trainer().model)
    assert stopping.over and stopping.kept == {} and stopping.best_epoch is None


@pytest.mark.parametrize(
    ("monitor", "validation", "said"),
    [
        ("validation_acuracy", VALIDATION, "did you mean 'validation_accuracy'"),
        ("validation_loss", None, r"is recorded. Valid: training_loss, training_accuracy$"),
        ("seconds", VALIDATION, r"Valid: training_loss, validation_loss, training_accuracy, validation_accuracy$"),
    ],
)
def test_a_figure_that_is_not_recorded_is_told_before_the_first_step(monitor, validation, said):
    steps = []
    for watcher in ({"early_stopping": EarlyStopping(5, monitor)}, {"schedule": ReduceOnPlateau(monitor=monitor)}):
        with pytest.raises(ConfigError, match=said):
            trainer(**watcher).fit(TRAIN, validation, callbacks=[On(step=lambda *step: steps.append(step))])
    assert not steps


@pytest.mark.parametrize(
    "given",
    [
        {"early_stopping": EarlyStopping(100)},
        {"early_stopping": EarlyStopping(6)},
        {"average": 0.9},
        {"average": 0.9, "early_stopping": EarlyStopping(100)},
        {"schedule": StepDecay(3), "clip_norm": 0.1, "average": 0.5},
    ],
    ids=str,
)
def test_fits_in_parts_are_one_fit(given):
    """They go on from the last step's weights, whatever is left in the model; patience goes on too."""
    at_once, in_parts = trainer(epochs=20, **given), trainer(**given)
    at_once.fit(TRAIN, VALIDATION)
    for epochs in (5, 3, 12):
        in_parts.epochs = epochs
        in_parts.fit(TRAIN, VALIDATION)
    assert in_parts.model.parameters.values.tobytes() == at_once.model.parameters.values.tobytes()
    for column in ("training_loss", "validation_loss", "learning_rate"):
        assert in_parts.history[column] == at_once.history[column]
    assert in_parts.ended_early == at_once.ended_early


def test_after_the_end_of_its_patience_another_fit_has_patience_again():
    fitted = trainer(early_stopping=EarlyStopping(4))
    fitted.fit(TRAIN, VALIDATION)
    before, best = len(fitted.history), fitted.history.best_epoch
    losses = fitted.fit(TRAIN, VALIDATION)["validation_loss"]
    assert len(losses) - before == 4 and fitted.history.best_epoch == best
    assert losses[before:] == trainer(epochs=before + 4).fit(TRAIN, VALIDATION)["validation_loss"][before:]
    assert evaluate(fitted.model, VALIDATION)["loss"] == min(losses)


def test_weights_that_somebody_has_set_are_those_that_a_fit_goes_on_from():
    fitted = trainer(epochs=3, early_stopping=EarlyStopping(100), average=0.9)
    fitted.fit(TRAIN, VALIDATION)
    fitted.model.parameters.values[:] = 0
    seen = []
    fitted.fit(TRAIN, callbacks=[On(step=lambda step, of: seen.append(np.abs(fitted.model.parameters.values).max()))])
    assert seen[0] < 0.1

    fitted.model.parameters.values[:] = 0
    fitted.optimizer.learning_rate, fitted.early_stopping = 1e-30, None
    fitted.fit(TRAIN)
    assert np.abs(fitted.model.parameters.values).max() < 1e-20  # the average of what was before is gone too


def test_another_decay_begins_another_average():
    fitted = trainer(epochs=2, average=0.9)
    fitted.fit(TRAIN)
    fitted.average = 0.0
    fitted.fit(TRAIN)
    assert (fitted.model.parameters.values == weights_after(4)).all()


def test_figures_of_validation_rows_are_not_compared_with_those_of_training_rows():
    fitted = trainer(epochs=15, early_stopping=EarlyStopping(100))
    fitted.fit(TRAIN, VALIDATION)
    best_on_validation = min(fitted.history["validation_loss"])
    losses = fitted.fit(TRAIN)["training_loss"][15:]
    assert fitted.early_stopping.best.figure == min(losses) < best_on_validation
    assert fitted.early_stopping.best_epoch == 16 + int(np.argmin(losses)) == fitted.history.best_epoch
    fitted.epochs = 1
    fitted.fit(TRAIN, VALIDATION)
    assert fitted.early_stopping.best_epoch == 31


@pytest.mark.parametrize("average", [None, 0.9])
def test_after_a_divergence_the_next_fit_goes_on_from_the_best_weights(average):
    fitted, seen = trainer(epochs=3, early_stopping=EarlyStopping(100), average=average), []
    fitted.fit(TRAIN, VALIDATION)
    fitted.optimizer = SGD(1e38)
    with pytest.raises(DivergenceError):
        fitted.fit(TRAIN, VALIDATION)
    best = fitted.model.parameters.values.copy()
    assert evaluate(fitted.model, VALIDATION)["loss"] == min(fitted.history["validation_loss"])
    fitted.optimizer = SGD(1e-30)
    fitted.fit(TRAIN, VALIDATION, callbacks=[On(step=lambda *_: seen.append(fitted.model.parameters.values.copy()))])
    assert len(fitted.history) == 6 and (np.array(seen) == best).all()


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


def built_anew(fitted):
    fitted.model.build(TRAIN.x.shape[1:], seed=7)


def set_to_nought(fitted):
    fitted.model.parameters.values[:] = 0


def with_another_model(fitted):
    fitted.model = Sequential([Dense(7), BatchNorm(), Dense(2), SoftmaxCrossEntropy()])


@pytest.mark.parametrize("change", [built_anew, set_to_nought, with_another_model])
def test_the_best_of_a_model_that_is_no_more_is_forgotten(change):
    fitted = trainer(epochs=15, early_stopping=EarlyStopping(100))
    fitted.fit(TRAIN, VALIDATION)
    change(fitted)
    fitted.epochs, fitted.optimizer = 2, SGD(1e-6)  # no better than before
    losses = fitted.fit(TRAIN, VALIDATION)["validation_loss"]
    assert min(losses[15:]) > min(losses[:15])
    assert fitted.early_stopping.best_epoch == fitted.history.best_epoch == 16 + int(np.argmin(losses[15:]))
    assert evaluate(fitted.model, VALIDATION)["loss"] == min(losses[15:])


def test_figures_of_other_validation_rows_are_not_compared():
    fitted, other = trainer(epochs=15, early_stopping=EarlyStopping(100)), noisy(2)
    fitted.fit(TRAIN, VALIDATION)
    fitted.epochs = 3
    losses = fitted.fit(TRAIN, other)["validation_loss"]
    assert fitted.early_stopping.best_epoch == fitted.history.best_epoch == 16 + int(np.argmin(losses[15:]))
    before = fitted.early_stopping.best_epoch
    fitted.optimizer = SGD(1e-30)
    fitted.fit(TRAIN, Dataset(other.x.copy(), other.y.copy(), classes=other.classes))  # the same rows
    assert fitted.early_stopping.best_epoch == before


def test_a_plateau_does_not_compare_figures_of_other_rows_or_columns():
    fitted = trainer(epochs=2, schedule=ReduceOnPlateau(0.5, patience=0))
    fitted.schedule.after_epoch({"epoch": 1, "validation_loss": 1e-9, "training_loss": 1e-9})
    fitted.schedule.after_epoch({"epoch": 2, "training_loss": 1.0})
    assert fitted.schedule.memory["multiplier"] == 1
    assert fitted.schedule.memory["best"]["column"] == "training_loss"
    fitted.fit(TRAIN, VALIDATION)
    fitted.schedule.memory["best"]["figure"] = 1e-9
    multiplier = fitted.schedule.memory["multiplier"]
    fitted.epochs = 1
    fitted.fit(TRAIN, noisy(2))
    assert fitted.schedule.memory["multiplier"] == multiplier
    fitted.schedule.memory["best"]["figure"] = 1e-9
    fitted.fit(TRAIN, noisy(2))
    assert fitted.schedule.memory["multiplier"] == multiplier / 2


class WithCertainty(SoftmaxCrossEntropy):
    """Also says how certain the predictions are on the average."""

    rising = ("accuracy", "certainty")

    def row_figures(self, outputs, targets):
        return {**super().row_figures(outputs, targets), "certainty": self.predict(outputs).max(axis=1)}


def test_a_loss_says_which_of_its_metrics_rise():
    model = Sequential([Dense(2), WithCertainty()])
    given = {"monitor": "training_certainty"}
    fitted = Trainer(model, SGD(0.5), epochs=6, early_stopping=EarlyStopping(3, **given))
    fitted.schedule = ReduceOnPlateau(patience=0, **given)
    certainties = fitted.fit(TRAIN)["training_certainty"]
    assert np.argmax(certainties) != np.argmin(certainties)
    assert fitted.history.best_epoch == fitted.early_stopping.best_epoch == 1 + int(np.argmax(certainties))
    assert fitted.schedule.memory["best"]["figure"] == max(certainties)


def test_one_object_serves_many_trainers():
    stopping = EarlyStopping(3)
    first, second = (trainer(early_stopping=stopping) for _ in range(2))
    first.fit(TRAIN, VALIDATION)
    second.fit(TRAIN, VALIDATION)
    assert first.history["validation_loss"] == second.history["validation_loss"]
    assert stopping.kept == {}


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
