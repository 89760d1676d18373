"""A trainer's metrics are of whole parts, stand in its history, and can be monitored; without any nothing is paid."""

import copy
import sys

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from nnlite import (
    LBFGS,
    SGD,
    Callback,
    ConfigError,
    Dataset,
    Dense,
    Dropout,
    EarlyStopping,
    Ensemble,
    MeanSquaredError,
    Metric,
    ReduceOnPlateau,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Trainer,
    evaluate,
)
from nnlite.losses import BinaryCrossEntropy
from nnlite.metrics import F1, MAE, RMSE, ROCAUC, LogLoss, MedianAbsoluteError, TopK
from nnlite.training import metric_checks

ROWS = 2500


@pytest.fixture
def data(rng):
    x = rng.normal(size=(ROWS, 4))
    y = (x @ rng.normal(size=(4, 3)) + rng.normal(size=(ROWS, 3))).argmax(axis=1)
    return Dataset(x, y, rng.exponential(size=ROWS)), Dataset(x[:700], y[:700])


def trainer(*metrics, loss=None, optimizer=None, **how):
    model = Sequential([Dense(6), ReLU(), Dense(3), loss or SoftmaxCrossEntropy()])
    return Trainer(model, optimizer or SGD(0.1), epochs=how.pop("epochs", 3), metrics=metrics, **how)


class Noting(Metric):
    """Notes what it is given; a figure that falls as `values` say, or the number of calls."""

    tasks, rising = ("classification", "regression", "multi-label"), False
    given = []  # noqa: RUF012
    values = None

    def compute(self, predictions, targets, weights):
        self.given.append((predictions, targets, weights))
        return float(len(self.given) if self.values is None else self.values[len(self.given) - 1])


@pytest.fixture
def noting():
    class Fresh(Noting):
        given = []  # noqa: RUF012

    return Fresh()


def test_validation_figures_are_those_of_all_rows_at_once(data):
    train, validation = data
    made = trainer(F1(), ROCAUC())
    made.model.build((4,), dtype="float64")  # in float32 some of the probabilities would be equal
    history = made.fit(train, validation)
    p = made.model.predict(validation.x)
    assert history["validation_f1_macro"][-1] == f1_score(validation.y, p.argmax(axis=1), average="macro")
    assert history["validation_roc_auc"][-1] == pytest.approx(roc_auc_score(validation.y, p, multi_class="ovr"))
    assert list(history.rows[0])[1:9] == [
        f"{part}_{name}"
        for part in ("training", "validation")
        for name in ("loss", "accuracy", "f1_macro", "roc_auc")
    ]


class Outputs(Callback):
    """Keeps the outputs of every step."""

    def __init__(self):
        self.outputs = []

    def after_step(self, fit):
        self.outputs.append(fit.model.network.outputs.copy())


def test_training_rows_count_as_they_were_predicted_in_the_steps(data, noting):
    train, _ = data
    watching = Outputs()
    made = trainer(noting, epochs=2)
    made.model = Sequential([Dense(6), Dropout(0.3), Dense(3), SoftmaxCrossEntropy()])
    made.fit(train, callbacks=[watching])
    assert len(noting.given) == 2
    second = np.concatenate(watching.outputs[len(watching.outputs) // 2 :])
    predictions, targets, weights = noting.given[1]
    assert np.array_equal(predictions, made.model.network.criterion.predict(second.astype(np.float64)))
    assert predictions.shape == (ROWS, 3) and predictions.dtype == weights.dtype == np.float64
    assert sorted(targets) == sorted(train.y) and targets.dtype.kind == "i"
    assert np.sort(weights) == pytest.approx(np.sort(train.sample_weight))


@pytest.mark.parametrize(
    ("loss", "units", "y", "shape"),
    [
        (BinaryCrossEntropy(), 1, [0, 1, 1, 0], (4,)),
        (BinaryCrossEntropy(), 2, [[0, 1], [1, 1], [0.6, 0], [0, 0.2]], (4, 2)),
        (SoftmaxCrossEntropy(), 2, [[0.9, 0.1], [0.2, 0.8], [0, 1], [1, 0]], (4,)),
        (MeanSquaredError(), 1, [1.0, 2, 3, 4], (4,)),
        (MeanSquaredError(), 2, [[1.0, 2], [2, 3], [3, 4], [5, 6]], (4, 2)),
    ],
    ids=["two classes", "labels", "soft targets", "a number", "two numbers"],
)
def test_targets_and_predictions_have_the_shapes_that_the_contract_says(loss, units, y, shape, noting):
    model = Sequential([Dense(units), loss])
    evaluate(model.build((2,)), Dataset(np.eye(4)[:, :2], np.array(y)), metrics=[noting])
    ((predictions, targets, weights),) = noting.given
    assert targets.shape == shape and weights is None
    assert predictions.shape == (shape if loss.task != "classification" else (4, 2))
    if loss.task == "regression":
        assert targets.tolist() == y
    else:
        soft = loss.task == "classification" and np.ndim(y) == 2
        expected = np.argmax(y, axis=1) if soft else np.array(y)
        assert targets.tolist() == (expected > 0.5).astype(int).tolist()


class Rising(Noting):
    rising = True


@pytest.mark.parametrize(("kind", "best"), [(Noting, 2), (Rising, 3)])
def test_the_metric_says_whether_a_higher_figure_is_better(data, kind, best):
    class Mine(kind):
        given = []  # noqa: RUF012
        values = (0.5, 0.1, 0.9, 0.4, 0.4, 0.4)

    stopping = EarlyStopping(3, "validation_mine")
    plateau = ReduceOnPlateau(patience=0, factor=0.5, monitor="validation_mine")
    made = trainer(OnlyValidation(Mine()), epochs=6, early_stopping=stopping, schedule=plateau)
    history = made.fit(*data)
    assert history["validation_mine"][:4] == [0.5, 0.1, 0.9, 0.4]
    assert made.early_stopping.best_epoch == history.best_epoch == best
    assert len(history) == best + 3
    rates = {Noting: [0.1, 0.1, 0.1, 0.05, 0.025], Rising: [0.1, 0.1, 0.05, 0.05, 0.025]}[kind]
    assert history["learning_rate"][:5] == pytest.approx(rates)
    assert history.metrics == ("mine",) and ("mine" in history.rising) is kind.rising


def test_a_metric_falls_even_if_others_of_its_name_rise(data):
    """R² rises, but this one is of a classifier, and its own."""

    class Mine(Noting):
        name, given, values = "r2", [], (0.5, 0.1, 0.9)

    made = trainer(Mine(), early_stopping=EarlyStopping(monitor="training_r2"))
    history = made.fit(data[0])
    assert history.best_epoch == made.early_stopping.best_epoch == 2


class OnlyValidation(Metric):
    """Asks another metric for the figures of the validation rows, of which there are 700."""

    tasks, rising = ("classification",), False

    def __init__(self, inner=None):
        self.inner = inner
        self.rising = inner.rising

    @property
    def name(self):
        return "mine"

    def compute(self, predictions, targets, weights):
        return self.inner.compute(predictions, targets, weights) if len(targets) == 700 else 0.0


def test_what_a_loss_reports_is_not_reported_twice(rng):
    x = rng.normal(size=(50, 2))
    numbers = Sequential([Dense(1), MeanSquaredError()])
    history = Trainer(numbers, SGD(0.1), epochs=1, metrics=[MAE(), RMSE(), MedianAbsoluteError()]).fit(
        Dataset(x, x[:, 0])
    )
    assert [name for name in history.columns if name.startswith("training_")] == [
        f"training_{name}" for name in ("loss", "r2", "mae", "rmse", "median_absolute_error")
    ]
    for loss in (SoftmaxCrossEntropy(label_smoothing=0.1), SoftmaxCrossEntropy()):
        model = Sequential([Dense(3), loss]).build((2,))
        found = evaluate(model, Dataset(x, np.arange(50) % 3), metrics=[LogLoss()])
        assert list(found) == ["loss", "accuracy", "log_loss"]
        if not loss.label_smoothing:
            assert found["log_loss"] == pytest.approx(found["loss"])


class Accuracy(Noting):
    pass


class Loss(Noting):
    pass


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ([MAE()], r"MAE\(\) is not for this model, since SoftmaxCrossEntropy\(\) predicts the probabilities of class"
                  r"es: .* take one of F1, .*TopK"),
        ([F1("binary")], "is for two classes, but there are 3 classes"),
        ([TopK(3)], "there are 3 classes, so that every row is right"),
        ([F1(), F1()], r"the metrics F1\(\) and F1\(\) have one name, 'f1_macro'"),
        ([Accuracy()], "has the name 'accuracy', by which SoftmaxCrossEntropy"),
        ([Loss()], "name is 'loss'; expected"),
    ],
    ids=["task", "classes", "k", "one name", "a name of the loss", "a name that is taken"],
)  # fmt: skip
def test_a_wrong_metric_is_refused_before_the_first_step(data, metrics, said):
    made = trainer(*metrics)
    with pytest.raises(ConfigError, match=said):
        made.fit(*data)
    assert not len(made.history)
    with pytest.raises(ConfigError, match=said):
        evaluate(Sequential([Dense(3), SoftmaxCrossEntropy()]).build((4,)), data[1], metrics=metrics)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (F1(), r"expected a list of metrics, even of one: \[F1\(\)\]"),
        ([F1], r"the class F1, expected an object: write F1\(\)"),
        (["F1"], r"the text 'F1', expected an object: write nnlite.metrics.F1\(\)"),
        ([3], "expected objects of classes derived from nnlite.Metric"),
    ],
)
def test_what_is_no_list_of_metrics_is_refused_with_the_remedy(data, given, said):
    made = trainer()
    made.metrics = given
    with pytest.raises(ConfigError, match=said):
        made.fit(*data)


def test_labels_have_no_binary_f1_and_no_top_k(rng):
    model = Sequential([Dense(2), BinaryCrossEntropy()]).build((3,))
    rows = Dataset(rng.normal(size=(9, 3)), rng.integers(0, 2, (9, 2)))
    with pytest.raises(ConfigError, match="is for two classes, but there are 2 labels"):
        evaluate(model, rows, metrics=[F1("binary")])
    with pytest.raises(ConfigError, match=r"predicts the probability of each label: .* take one of F1, ROCAUC"):
        evaluate(model, rows, metrics=[TopK(1)])


def calls_of_each_step(made, train):
    """How many functions of Python and C each step calls, from the second on."""

    class Counting(Callback):
        def __init__(self):
            self.counts, self.now = [], 0

        def after_step(self, fit):
            self.counts.append(self.now)
            self.now = 0

    counting = Counting()

    def count(frame, event, argument):
        counting.now += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        made.fit(train, callbacks=[counting], progress=False)
    finally:
        sys.setprofile(None)
    return counting.counts[1:]


def test_a_step_calls_no_more_than_without_metrics():
    """They are kept for each 1,024 rows, not for each step; and of a model without metrics nothing is kept."""
    rng = np.random.default_rng(0)
    train = Dataset(rng.normal(size=(320, 4)), np.arange(320) % 3)
    plain, asked = (calls_of_each_step(trainer(*metrics, epochs=1), train) for metrics in ((), (F1(), ROCAUC())))
    assert plain == asked and len(plain) == 9
    made = trainer()
    made.fit(train, callbacks=[LookAtMeans()])


class LookAtMeans(Callback):
    def after_step(self, fit):
        assert fit.means._whole is None and not any(name.startswith("whole") for name in fit.means.state.arrays)


class Interrupt(Callback):
    """Keeps the trainer's state at a step, and raises KeyboardInterrupt there."""

    def __init__(self, trainer, step):
        self.trainer, self.left = trainer, step

    def after_step(self, fit):
        self.left -= 1
        if not self.left:
            self.kept = self.trainer.state
            raise KeyboardInterrupt


@pytest.mark.parametrize("step", [1, 40, 79, 100])
@pytest.mark.parametrize("average", [None, 0.9])
def test_a_fit_goes_on_in_the_middle_of_an_epoch_to_the_same_figures(data, step, average):
    """An epoch has 79 steps of 32 rows; after 32 of them the first portion of rows is kept."""
    made = [
        trainer(F1(), ROCAUC(), average=average, early_stopping=EarlyStopping(2, "validation_roc_auc"))
        for _ in range(4)
    ]
    whole, first, second, later = made
    whole.fit(*data)
    stop = Interrupt(first, step)
    with pytest.raises(KeyboardInterrupt):
        first.fit(*data, callbacks=[stop])
    if step == 40:
        assert stop.kept.part("fit").part("means").arrays["whole/outputs"].shape == (1024, 3)
    second.state = stop.kept
    second.fit(*data)
    seconds = {"seconds": 0.0}
    assert [row | seconds for row in second.history.rows] == [row | seconds for row in whole.history.rows]
    assert np.array_equal(second.model.parameters.values, whole.model.parameters.values)
    assert second.history.metrics == ("f1_macro", "roc_auc") and second.history.best_epoch == whole.history.best_epoch
    assert second.history.rising == whole.history.rising
    later.state = whole.state
    assert later.history.metrics == whole.history.metrics


def test_a_fit_goes_on_with_its_own_metrics_alone(data):
    first, other = trainer(F1()), trainer(ROCAUC())
    stop = Interrupt(first, 40)
    with pytest.raises(KeyboardInterrupt):
        first.fit(*data, callbacks=[stop])
    with pytest.raises(ConfigError, match=r"whose metrics is .*ROCAUC"):
        other.state = stop.kept


def test_a_state_from_before_there_were_metrics_is_that_of_a_trainer_without_any(data):
    first = trainer()
    stop = Interrupt(first, 40)
    with pytest.raises(KeyboardInterrupt):
        first.fit(*data, callbacks=[stop])
    old = copy.deepcopy(stop.kept)
    assert old.values["trainer"]["settings"].pop("metrics") == "()"
    with pytest.raises(ConfigError, match="whose metrics is"):
        trainer(F1()).state = old
    second, whole = trainer(), trainer()
    second.state = old
    assert second.fit(*data)["training_loss"] == whole.fit(*data)["training_loss"]


def test_lbfgs_computes_a_metric_once_an_iteration(data, noting):
    train, validation = data
    made = trainer(noting, F1(), optimizer=LBFGS(), epochs=4)
    history = made.fit(train, validation)
    assert len(noting.given) == 2 * len(history)
    p = made.model.predict(train.x)
    expected = f1_score(train.y, p.argmax(axis=1), average="macro", sample_weight=train.sample_weight)
    assert history["training_f1_macro"][-1] == pytest.approx(expected, rel=1e-6)


def test_the_averaged_weights_are_those_whose_validation_figures_stand_in_the_history(data):
    train, validation = data
    made = trainer(ROCAUC(), average=0.99)
    history = made.fit(train, validation)
    assert history["validation_roc_auc"][-1] == evaluate(made.model, validation, metrics=[ROCAUC()])["roc_auc"]


def test_an_ensemble_has_the_figures_of_its_mean_prediction(data):
    train, validation = data
    models = []
    for seed in range(3):
        made = trainer(seed=seed)
        made.fit(train)
        models.append(made.model)
    ensemble = Ensemble(models, temperature=1.5)
    found = evaluate(ensemble, validation, metrics=[ROCAUC(), F1(), LogLoss()])
    p = ensemble.predict(validation.x)
    assert found["f1_macro"] == f1_score(validation.y, p.argmax(axis=1), average="macro")
    assert found["roc_auc"] == pytest.approx(roc_auc_score(validation.y, p, multi_class="ovr"), abs=1e-12)
    assert found["log_loss"] == pytest.approx(found["loss"])


def test_outputs_that_would_take_half_of_the_memory_are_refused(data, monkeypatch):
    monkeypatch.setattr(metric_checks.limits, "memory", lambda: ROWS * 3 * 32 * 2 - 1)
    with pytest.raises(ConfigError, match="metrics need the outputs of all 2,500 rows of a part at once"):
        trainer(F1()).fit(*data)
    trainer().fit(data[0])
    monkeypatch.setattr(metric_checks.limits, "memory", lambda: ROWS * 3 * 32 * 2)
    trainer(F1(), epochs=1).fit(*data)


def test_one_metric_cannot_change_what_the_next_is_given(data):
    class Careless(Noting):
        def compute(self, predictions, targets, weights):
            predictions[:] = 0
            return 0.0

    with pytest.raises(ValueError, match="read-only"):
        trainer(Careless(), F1()).fit(*data)


def test_a_callback_cannot_add_a_figure_by_the_name_of_a_metric(data):
    class Adds(Callback):
        def after_epoch(self, fit, row):
            row["validation_f1_macro"] = 1.0

    with pytest.raises(ConfigError, match="changed 'validation_f1_macro'"):
        trainer(F1(), callbacks=[Adds()]).fit(*data)


def test_the_nearest_figure_is_named_where_the_monitored_one_is_not_recorded(data):
    with pytest.raises(ConfigError, match="did you mean 'validation_f1_macro'"):
        trainer(F1(), early_stopping=EarlyStopping(monitor="validation_f1_makro")).fit(*data)
