"""Early stopping: when a fit ends, and which weights it leaves."""

import warnings

import numpy as np
import pytest

from nnlite import (
    SGD,
    BatchNorm,
    ConfigError,
    Cosine,
    Dataset,
    Dense,
    DivergenceError,
    EarlyStopping,
    History,
    Metric,
    ReduceOnPlateau,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    StepDecay,
    StopAtPlateau,
    Trainer,
    evaluate,
)
from nnlite.core import snapshot
from nnlite.metrics import monitor
from tests.helpers.callbacks import On
from tests.helpers.noisy import TRAIN, VALIDATION, noisy, trainer, weights_after


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
    assert monitor.falls(column) == falls
    assert monitor.improves(0.4, 0.5, falls) == falls
    assert monitor.improves(0.6, 0.5, falls) != falls
    assert not monitor.improves(0.5, 0.5, falls)
    assert not monitor.improves(np.nan, 0.5, falls) and monitor.improves(0.5, np.nan, falls)
    for undefined in (np.nan, np.inf, -np.inf):
        assert not monitor.improves(undefined, 0.5, falls) and not monitor.improves(undefined, np.nan, falls)


def test_a_figure_that_is_never_a_number_leaves_the_last_weights():
    stopping = EarlyStopping(2)
    for epoch in (1, 2):
        assert not stopping.over
        stopping.after_epoch({"epoch": epoch, "training_loss": np.nan}, trainer().model)
    assert stopping.over and stopping.kept == {} and stopping.best_epoch is None
    assert stopping.verdict() == "training loss was NaN or infinite in all 2 epochs so far"


class Given(Metric):
    """Gives these figures, two an epoch: of the training rows and of the validation rows."""

    tasks, rising = ("classification",), True

    def compute(self, predictions, targets, weights):
        return self.left.pop(0)


GIVEN = "validation_given"


def giving(figures, rising=True):
    metric = Given()
    metric.left, metric.rising = [figure for figure in figures for _ in range(2)], rising
    return metric


@pytest.mark.parametrize("undefined", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rising", [True, False])
def test_an_epoch_whose_figure_is_undefined_is_no_improvement_and_is_told_once(undefined, rising):
    figures = [undefined, 0.5, undefined, 0.5, undefined, 0.5, 0.5]
    fitted = trainer(metrics=[giving(figures, rising)], early_stopping=EarlyStopping(5, GIVEN))
    with pytest.warns(UserWarning) as told:
        fitted.fit(TRAIN, VALIDATION)
    said = f"{GIVEN} is {undefined} in epoch 1: to early stopping, which monitors it, such an epoch is no improvement"
    assert [str(warning.message) for warning in told] == [said]
    assert len(fitted.history) == 7 and fitted.history.best_epoch == fitted.early_stopping.best_epoch == 2
    assert (fitted.model.parameters.values == weights_after(2)).all()


@pytest.mark.parametrize("undefined", [np.nan, np.inf])
def test_a_figure_that_is_never_defined_is_the_reason_for_the_end(undefined):
    early, plateau = EarlyStopping(3, GIVEN), StopAtPlateau(GIVEN, patience=3)
    for given in ({"early_stopping": early}, {"callbacks": [plateau]}):
        fitted = trainer(metrics=[giving([undefined] * 9)], **given)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted.fit(TRAIN, VALIDATION)
        said = "stopped after epoch 3: validation given was NaN or infinite in all 3 epochs so far"
        assert fitted.ended_early == said and fitted.history.best_epoch in (None, 3)


def test_a_schedule_that_monitors_such_a_figure_is_told_and_no_other():
    for schedule in (ReduceOnPlateau(monitor=GIVEN, patience=1), Cosine()):
        fitted = trainer(metrics=[giving([np.nan] * 9)], schedule=schedule, epochs=4)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            fitted.fit(TRAIN, VALIDATION)
        assert len(told) == (schedule.monitor is not None)
        assert all("is nan in epoch 1: to the schedule, which monitors it" in str(each.message) for each in told)


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


def told(stopping, figures, column="validation_accuracy"):
    """The best epoch and the last one of a fit with these figures, one for each epoch."""
    model = Sequential([Dense(2), SoftmaxCrossEntropy()]).build((2,))
    for epoch, figure in enumerate(figures, 1):
        model.parameters.values[:] = epoch
        stopping.after_epoch({"epoch": epoch, "training_loss": 1.0, column: figure}, model)
        if stopping.over:
            break
    assert (stopping.kept["0.weight"] == stopping.best_epoch).all()
    return stopping.best_epoch, epoch


def test_of_equal_epochs_the_first_or_the_last_is_kept():
    """Patience runs from the first: a figure that stands still is no better."""
    figures = [0.5, 0.7, 0.6, 0.7, 0.7, 0.6, 0.6]
    assert told(EarlyStopping(4, "validation_accuracy"), figures) == (2, 6)
    assert told(EarlyStopping(4, "validation_accuracy", ties="last"), figures) == (5, 6)


def test_an_improvement_has_to_be_greater_than_min_delta():
    figures = [1.0, 0.95, 0.91, 0.85, 0.84, 0.83]
    assert told(EarlyStopping(3, min_delta=0.1), figures, "validation_loss") == (4, 6)
    assert told(EarlyStopping(2, min_delta=0.1), figures, "validation_loss") == (1, 3)
    assert told(EarlyStopping(2), figures, "validation_loss") == (6, 6)
    rising = EarlyStopping(2, "validation_accuracy", min_delta=0.1)
    assert told(rising, [0.5, 0.55, 0.65, 0.7]) == (3, 4)


@pytest.mark.parametrize("given", [{"ties": "last"}, {"min_delta": 0.3}, {"min_delta": 0.3, "ties": "last"}])
def test_the_history_names_the_epoch_that_was_kept(given):
    fitted = trainer(epochs=30, early_stopping=EarlyStopping(30, "validation_accuracy", **given))
    fitted.fit(TRAIN, VALIDATION)
    plain = History.from_csv(fitted.history.to_csv())
    plain.monitor = "validation_accuracy"
    assert fitted.history.best_epoch == fitted.early_stopping.best_epoch != plain.best_epoch
    again = History()
    again.state = fitted.history.state
    assert again.best_epoch == fitted.history.best_epoch
