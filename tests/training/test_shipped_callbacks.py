"""The shipped callbacks: why they end a fit, what they write, and how they go on after an interruption."""

import copy
import csv
import json
import math

import numpy as np
import pytest

import nnlite
from nnlite import (
    SGD,
    Callback,
    ConfigError,
    Dataset,
    Dense,
    FigureLog,
    LayerSnapshots,
    PredictionSnapshots,
    ReLU,
    Residual,
    RunError,
    Sequential,
    SoftmaxCrossEntropy,
    Standardize,
    StopAtNaN,
    StopAtPlateau,
    StopAtTarget,
    TensorBoard,
    Trainer,
)
from nnlite.metrics import F1
from nnlite.testing import CheckError, check_callback

SHIPPED = [
    StopAtTarget(0.8),
    StopAtTarget(0.5, "training_loss"),
    StopAtTarget(1.0, "validation_rmse"),  # which only a regression has
    StopAtPlateau("validation_loss", 2),
    StopAtNaN(),
    FigureLog(),
    FigureLog("figures.csv"),
    PredictionSnapshots(2),
    LayerSnapshots(2),
    TensorBoard(),
]

DATA = Dataset(np.linspace(-1, 1, 24).reshape(12, 2), np.arange(12) // 6)


class Figures(Callback):
    """Adds these values of a figure, one after each epoch."""

    def __init__(self, values=None):
        self.values = values

    def after_epoch(self, fit, row):
        row["own"] = float(self.values[len(fit.history) - 1])


def own(values):
    found = Figures()
    found.values = values  # a constructor takes finite numbers alone
    return found


def trained(*callbacks, epochs=8, validation=None, **more):
    trainer = Trainer(
        Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(0.5), epochs=epochs, callbacks=callbacks, **more
    )
    trainer.fit(DATA, validation, progress=False)
    return trainer


@pytest.mark.parametrize("callback", SHIPPED, ids=repr)
def test_every_shipped_callback_keeps_the_contract(callback):
    if isinstance(callback, TensorBoard):
        pytest.importorskip("tensorboard")
    check_callback(callback)


def test_no_shipped_callback_is_left_out():
    assert {type(callback).__name__ for callback in SHIPPED} == set(nnlite.callbacks.__all__)


def test_a_callback_may_look_at_a_metric():
    check_callback(StopAtTarget(0.9, "validation_f1_macro"), metrics=[F1("macro")])
    with pytest.raises(CheckError, match=r"a fit with it is refused: .* no figure 'validation_f1_macro'"):
        check_callback(StopAtTarget(0.9, "validation_f1_macro"))


def test_it_ends_where_a_figure_reaches_a_target_in_the_direction_of_the_figure():
    trainer = trained(StopAtTarget(0.9), validation=DATA)
    accuracies = trainer.history["validation_accuracy"]
    assert accuracies[-1] >= 0.9 and all(each < 0.9 for each in accuracies[:-1])
    assert f"validation accuracy {accuracies[-1]:.4g} reaches the target 0.9" in trainer.ended_early
    whole = trained().history["training_loss"]
    losses = trained(StopAtTarget(whole[4], "training_loss")).history["training_loss"]
    assert losses == whole[:5]
    assert len(trained(own([5, 4, 3, 2, 1, 1, 1, 1]), StopAtTarget(2, "own")).history) == 4


def test_a_figure_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(
        ConfigError, match=r"an epoch has no figure 'validation_accuracy'; did you mean 'training_acc"
    ):
        trained(StopAtTarget(1.0))
    with pytest.raises(ConfigError, match=r"no figure 'own'.* are there if it comes before this one"):
        trained(StopAtPlateau("own"), own([1] * 8))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_it_ends_at_what_is_no_number(value):
    assert len(trained(own([1, value] + [1] * 6), StopAtNaN()).history) == 2
    assert len(trained(own([1, value] + [1] * 6), StopAtNaN("training_loss")).history) == 8


def test_a_plateau_is_counted_in_epochs_without_a_better_value():
    values = [3.0, 2.0, 2.0, 1.95, 2.5, 2.5, 2.5, 2.5]
    assert len(trained(own(values), StopAtPlateau("own", 3)).history) == 7
    assert len(trained(own(values), StopAtPlateau("own", 3, min_delta=0.1)).history) == 5
    assert len(trained(own(values), StopAtPlateau("own", 3, rising=True)).history) == 4
    trainer = trained(own(values), StopAtPlateau("own", 3, rising=True))
    assert trainer.ended_early == "stopped after epoch 4: own has not risen for 3 epochs"


def test_a_second_fit_has_its_patience_anew():
    trainer = trained(own([1] * 20), StopAtPlateau("own", 3), epochs=4)
    assert len(trainer.history) == 4
    trainer.fit(DATA, progress=False)
    assert len(trainer.history) == 7


@pytest.mark.parametrize("column", ["training_own", "own"])
def test_a_second_fit_with_the_same_rows_goes_on_with_the_best_value(column):
    class Falling(Figures):
        def after_epoch(self, fit, row):
            row[column] = float(self.values[len(fit.history) - 1])

    figures = Falling()
    figures.values = [1, 2, 2, 2, 0.5, 2, 2, 2, 2, 2]
    trainer = trained(figures, StopAtPlateau(column, 3), epochs=3)
    assert trainer.ended_early == ""
    trainer.fit(DATA, progress=False)  # two epochs were waited for
    assert len(trainer.history) == 4
    assert trainer.ended_early.endswith("has not fallen for 3 epochs")
    trainer.fit(DATA, progress=False)  # patience was used up, and 0.5 is better than the 1 of the first fit
    assert len(trainer.history) == 7 and trainer.ended_early == ""
    trainer.fit(DATA, progress=False)
    assert len(trainer.history) == 8


@pytest.mark.parametrize("monitor", ["training_loss", "validation_loss", "training_own", "own"])
def test_a_second_fit_with_other_rows_forgets_the_best_value_as_early_stopping_does(monitor):
    """The first rows are easily learnt; of the second ones, half have a wrong class, so no loss is as low."""

    class Loss(Callback):
        def after_epoch(self, fit, row):
            row["training_own"] = row["own"] = row["training_loss"]

    noisy = Dataset(DATA.x, np.array([0, 1] * 6))
    trainer = trained(Loss(), StopAtPlateau(monitor, 2), epochs=5, validation=DATA)
    best = min(trainer.history[monitor])
    trainer.fit(noisy, noisy, progress=False)
    assert min(trainer.history[monitor][5:]) > best
    assert len(trainer.history) == 10 and trainer.ended_early == ""
    again = copy.deepcopy(trainer)
    trainer.fit(DATA, DATA, progress=False)  # other rows than those before, though known from earlier
    assert len(trainer.history) == 15
    other = Trainer(again.model, SGD(0.5), epochs=5, callbacks=again.callbacks)
    other.fit(noisy, noisy, progress=False)  # in another trainer too
    assert len(other.history) == 5


def test_a_second_fit_that_was_left_in_its_first_epoch_compares_as_if_it_had_not_been():
    def made():
        return Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(1e-9), epochs=3, batch_size=4)

    def fitted(trainer, plateau, rows, *more):
        trainer.fit(rows, callbacks=[plateau, *more], progress=False)
        return len(trainer.history), plateau.state.values

    class Leaves(Callback):
        def after_step(self, fit):
            if fit.step == 2 and len(fit.history) == 3:
                self.left = copy.deepcopy(self.trainer.state)

    other = Dataset(DATA.x[::-1], DATA.y)
    for rows in (DATA, other):
        trainer, plateau, leaves = made(), StopAtPlateau("training_accuracy", 5), Leaves()
        leaves.trainer = trainer
        fitted(trainer, plateau, DATA)
        want = fitted(trainer, plateau, rows, leaves)
        going_on = made()
        going_on.state = leaves.left
        assert fitted(going_on, StopAtPlateau("training_accuracy", 5), rows) == want


@pytest.mark.parametrize("name", ["figures.jsonl", "figures.csv", "logs/new/figures.csv"])
def test_a_log_has_each_epochs_figures(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    log = FigureLog(name)
    trainer = trained(own([1, math.nan, 3]), log, epochs=3)
    lines = (tmp_path / name).read_text().splitlines()
    if name.endswith(".jsonl"):
        found = [json.loads(line) for line in lines]
        assert [row["own"] for row in found] == [1, None, 3]
        assert [row["training_loss"] for row in found] == trainer.history["training_loss"]
    else:
        assert (tmp_path / name).read_text() == trainer.history.to_csv()
    trainer.callbacks[0].values = [1] * 9
    trainer.fit(DATA, progress=False)  # the file begins with the epochs of the first fit
    assert len((tmp_path / name).read_text().splitlines()) == len(lines) + 3


def test_a_table_begins_anew_when_a_figure_comes_later(tmp_path, monkeypatch):
    class Late(Callback):
        def after_epoch(self, fit, row):
            if len(fit.history) > 1:
                row["late"] = 5.0

    monkeypatch.chdir(tmp_path)
    trained(Late(), FigureLog("f.csv"), epochs=3)
    rows = list(csv.DictReader((tmp_path / "f.csv").read_text().splitlines()))
    assert [row["late"] for row in rows] == ["", "5.0", "5.0"]


def test_a_figure_of_any_name_keeps_its_column(tmp_path, monkeypatch):
    class Odd(Callback):
        def after_epoch(self, fit, row):
            row['a, "b"'] = 5.0

    monkeypatch.chdir(tmp_path)
    trainer = trained(Odd(), FigureLog("f.csv"), epochs=3)
    assert (tmp_path / "f.csv").read_text() == trainer.history.to_csv()


def test_what_cannot_be_written_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"path is 'log.txt'; expected one that ends in .jsonl or in .csv"):
        FigureLog("log.txt")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(RunError, match=r"cannot write folder\.csv"):
        trained(FigureLog("folder.csv"))
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"the folder file cannot be made"):
        trained(FigureLog("file/figures.csv"))
    with pytest.raises(RunError, match=r"the folder file cannot be made"):
        trained(PredictionSnapshots(1, path="file"))


def test_snapshots_have_the_predictions_of_the_same_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trainer = trained(PredictionSnapshots(every=3, rows=5), epochs=6)
    assert sorted(file.name for file in (tmp_path / "predictions").iterdir()) == ["epoch-0003.npz", "epoch-0006.npz"]
    with np.load(tmp_path / "predictions" / "epoch-0006.npz") as found:
        assert (found["predictions"] == trainer.model.predict(DATA.x[:5])).all()
        assert (found["targets"] == DATA.y[:5]).all()
    content = (tmp_path / "predictions" / "epoch-0006.npz").read_bytes()
    trained(PredictionSnapshots(every=3, rows=5), epochs=6)
    assert (tmp_path / "predictions" / "epoch-0006.npz").read_bytes() == content  # the same bytes


def test_layer_snapshots_are_the_quantiles_of_what_each_layer_gives_and_of_its_weights():
    snapshots = LayerSnapshots(every=4, rows=5)
    model = Sequential([Standardize(), Dense(3), ReLU(), Residual([Dense(3)]), Dense(2), SoftmaxCrossEntropy()])
    Trainer(model, SGD(0.5), epochs=8, callbacks=[snapshots]).fit(DATA, progress=False)
    assert snapshots.epochs == [1, 4, 8]
    assert list(snapshots.activations) == ["1 Dense", "2 ReLU", "3 Residual", "4 Dense"]
    assert list(snapshots.weights) == ["1 Dense", "3 Residual", "4 Dense"]
    levels, logits = (0.05, 0.25, 0.5, 0.75, 0.95), model.forward(DATA.x[:5])
    assert snapshots.activations["4 Dense"][-1] == np.quantile(logits.astype(float), levels).tolist()
    weight = model.layers[3].children[0].weight.value
    assert snapshots.weights["3 Residual"][-1] == np.quantile(weight.astype(float), levels).tolist()
    assert {len(each) for each in (*snapshots.activations.values(), *snapshots.weights.values())} == {3}


def test_layer_snapshots_of_an_interrupted_fit_go_on():
    class Keeps(Callback):
        def after_epoch(self, fit, row):
            if fit.epoch == 3:
                self.then = copy.deepcopy(snapshots.state)

    snapshots, keeps, again = LayerSnapshots(2), Keeps(), LayerSnapshots(2)
    trained(snapshots, keeps)
    again.state = keeps.then
    assert again.epochs == [1, 2] and again.activations["0 Dense"] == snapshots.activations["0 Dense"][:2]


def test_none_of_them_changes_the_training(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain = trained().model.parameters.values
    watched = trained(
        FigureLog(),
        PredictionSnapshots(2),
        LayerSnapshots(),
        StopAtNaN(),
        StopAtPlateau("training_loss", 50),
        StopAtTarget(2.0, "training_accuracy"),
    )
    assert (watched.model.parameters.values == plain).all()


class Keeps(Callback):
    """Keeps the state of a trainer after five epochs."""

    def after_epoch(self, fit, row):
        if len(fit.history) == 5:
            self.state_then = copy.deepcopy(self.trainer.state)


def test_an_interrupted_fit_goes_on_with_its_patience_and_its_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = [3.0, 2.0, 2.0, 1.95, 2.5, 2.5, 2.5, 2.5]

    def made(*more):
        callbacks = [own(values), StopAtPlateau("own", 3), FigureLog("figures.csv"), *more]
        return Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(0.5), epochs=8, callbacks=callbacks)

    keeping = Keeps()
    keeping.trainer = first = made(keeping)
    first.fit(DATA, progress=False)
    whole = (tmp_path / "figures.csv").read_text()
    assert len(whole.splitlines()) == 8
    other = made()
    other.model.build((2,))
    other.state = keeping.state_then
    other.fit(DATA, progress=False)
    again = (tmp_path / "figures.csv").read_text()

    def figures(text):
        return [
            {name: cell for name, cell in row.items() if name != "seconds"}
            for row in csv.DictReader(text.splitlines())
        ]

    assert figures(again) == figures(whole)
    assert other.ended_early == first.ended_early


def test_tensorboard_reads_the_figures(tmp_path, monkeypatch):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    monkeypatch.chdir(tmp_path)
    trainer = trained(own([3, 2, 1, 0]), TensorBoard(), epochs=4, validation=DATA)
    found = accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    found.Reload()
    assert {"loss/training", "loss/validation", "accuracy/validation", "learning_rate", "own"} <= set(
        found.Tags()["scalars"]
    )
    for tag, column in (("loss/validation", "validation_loss"), ("own", "own")):
        shown = [(event.step, event.value) for event in found.Scalars(tag)]
        assert shown == [(index + 1, pytest.approx(value)) for index, value in enumerate(trainer.history[column])]


def test_without_its_package_tensorboard_says_how_to_have_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorboard.summary.writer.event_file_writer", None)
    with pytest.raises(ConfigError, match=r"TensorBoard wants its package: pip install nnlite\[tensorboard\]"):
        trained(TensorBoard())


def test_each_is_public_and_says_what_it_is():
    for name in nnlite.callbacks.__all__:
        assert getattr(nnlite, name) is getattr(nnlite.callbacks, name) and name in nnlite.__all__
    assert repr(StopAtTarget(0.5)) == "StopAtTarget(0.5)"
