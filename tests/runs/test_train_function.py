"""`nnlite.train`: the same run as the command's, for scripts and notebooks."""

import csv
import json
import signal
import subprocess
import sys

import numpy as np
import pytest

import nnlite
from nnlite import ConfigError, DataError, RunError
from nnlite.cli import command_line as cli
from nnlite.runs.folder import RunFolder
from tests.conftest import ROOT

IRIS = ROOT / "configs/iris.toml"
FLOWERS = {
    "data": {"source": "iris"},
    "model": {"layers": [{"type": "Standardize"}, {"type": "Dense", "units": 3}, {"type": "SoftmaxCrossEntropy"}]},
    "training": {"epochs": 3},
}

pytestmark = pytest.mark.usefixtures("without_pictures")


def same_run(one, other):
    """Whether two run folders hold the same, but for what the clock says."""
    files = [sorted(file.relative_to(each) for file in each.rglob("*") if file.is_file()) for each in (one, other)]
    assert files[0] == files[1]
    for file in files[0]:
        if file.name == "history.csv":
            rows = [[row[:-1] for row in csv.reader((each / file).read_text().splitlines())] for each in (one, other)]
            assert rows[0] == rows[1]
        elif file.name not in ("environment.json", "report.html"):  # a report names seconds
            assert (one / file).read_bytes() == (other / file).read_bytes(), file
    return True


def test_a_config_file_is_trained_to_the_bits_of_the_command(here, capsys):
    words = ["training.epochs=4", "model.layers[1].units=12", "early_stopping.patience=2", "schedule=none"]
    assert cli.main(["train", str(IRIS), *words, "--out", "by-command"]) == 0
    capsys.readouterr()
    changes = {"training.epochs": np.int64(4), "model.layers[1].units": 12}
    run = nnlite.train(IRIS, changes, early_stopping__patience=2, schedule=None, out="in-python")
    assert same_run(here / "by-command", here / "in-python")
    assert capsys.readouterr() == ("", "")

    assert run.figures == json.loads((here / "in-python/metrics.json").read_text())
    assert run.figures["test"]["accuracy"] > 0.3 and run.figures["validation"]["loss"] > 0
    assert len(run.history) == 4 and run.histories == (run.history,)
    assert run.history["validation_loss"] == RunFolder(run.folder).read_history()["validation_loss"]
    flower = [[5.1, 3.5, 1.4, 0.2]]
    assert run.predictor.predict(flower) == nnlite.load("by-command").predict(flower)
    assert run.name == "iris" and str(run.folder) == "in-python"
    assert run.config["training"]["epochs"] == 4 and run.config["seed"] == 0


def test_a_dict_is_a_config_and_stays_as_it_is(here):
    before = json.dumps(FLOWERS)
    run = nnlite.train(FLOWERS, training__epochs=5, seed=7)
    assert json.dumps(FLOWERS) == before
    assert len(run.history) == 5 and run.config["seed"] == 7
    assert str(run.folder) == "runs/run"  # it says no name
    assert str(nnlite.train(FLOWERS).folder) == "runs/run-2"
    assert str(nnlite.train(FLOWERS, name="flowers").folder) == "runs/flowers"

    nnlite.train(run.config, out="again")
    assert (here / "again/model.safetensors").read_bytes() == (here / "runs/run/model.safetensors").read_bytes()


def test_an_ensemble_has_a_history_for_each_member(here):
    assert cli.main(["train", str(IRIS), "training.epochs=3", "training.members=2", "--out", "by-command"]) == 0
    run = nnlite.train(IRIS, {"training.members": 2, "training.epochs": 3}, out="in-python")
    assert same_run(here / "by-command", here / "in-python")
    assert [len(history) for history in run.histories] == [3, 3]
    assert run.histories[0]["training_loss"] != run.histories[1]["training_loss"]
    assert "2 networks, 3, 3 epochs" in repr(run)


@pytest.fixture
def customers(here):
    rng = np.random.default_rng(0)
    with open("customers.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["age", "town", "paid"])
        for _ in range(120):
            age, town = int(rng.integers(18, 80)), str(rng.choice(["Bern", "Oslo"]))
            writer.writerow([age, town, "no" if age < 40 and town == "Oslo" else "yes"])
    return "customers.csv"


def test_a_data_file_is_trained_by_the_recipe(here, customers):
    words = ["--target", "paid", "training.epochs=2", "data.kinds.age=category"]
    assert cli.main(["train", customers, *words, "--out", "by-command"]) == 0
    run = nnlite.train(customers, {"data.kinds": {"age": "category"}}, target="paid", training__epochs=2)
    assert same_run(here / "by-command", run.folder)
    assert str(run.folder) == "runs/customers"
    same = nnlite.train(here / customers, {'data.kinds."age"': "category"}, data__target="paid", training__epochs=2)
    assert same_run(run.folder, same.folder)


def test_paths_in_changes_and_dicts_are_relative_to_the_working_folder(here):
    (here / "rows").mkdir()
    rng = np.random.default_rng(0)
    np.savez(here / "rows/flowers.npz", x=rng.random((60, 4)), y=np.arange(60) % 3)
    expected = str((here / "rows/flowers.npz").resolve())
    data = {"source": "npz", "path": here.joinpath("rows").relative_to(here) / "flowers.npz"}
    for run in (
        nnlite.train(FLOWERS | {"data": data}),
        nnlite.train(IRIS, data=data, training__epochs=1),
        nnlite.train(IRIS, {"data.source": "npz", "data.path": "rows/flowers.npz", "training.epochs": 1}),
    ):
        assert run.config["data"]["path"] == expected
    assert cli.main(["train", str(IRIS), 'data={source="npz",path="rows/flowers.npz"}', "training.epochs=1"]) == 0


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda: nnlite.train(3), ConfigError, "a config came as 3, int: expected the path of a TOML file"),
        (lambda: nnlite.train("no.toml"), ConfigError, "the config file no.toml cannot be read"),
        (lambda: nnlite.train("no.csv", target="y"), DataError, "no.csv cannot be read"),
        (lambda: nnlite.train("no.csv"), ConfigError, "there is no target: name the column of no.csv to predict"),
        (lambda: nnlite.train(IRIS, target="y"), ConfigError, "target goes with a data file"),
        (lambda: nnlite.train(FLOWERS, target="y"), ConfigError, "target goes with a data file; a dict"),
        (lambda: nnlite.train(FLOWERS, epochs=3), ConfigError, "the config: epochs: there is no such key"),
        (lambda: nnlite.train(FLOWERS, {"a..b": 3}), ConfigError, "the key 'a..b' is none of a config"),
        (lambda: nnlite.train(FLOWERS, {3: 3}), ConfigError, "the key 3 of a change is none"),
        (lambda: nnlite.train({3: 3}), ConfigError, "the config: the top has the key 3: expected text"),
        (lambda: nnlite.train(IRIS, training__epochs=0), ConfigError, r"iris.toml: training.epochs = 0: expected"),
        (lambda: nnlite.train(IRIS, training__epochs="3"), ConfigError, r'training.epochs = "3": expected'),
        (
            lambda: nnlite.train(IRIS, model__layers__9__units=3),
            ConfigError,
            r"iris.toml: the change of model__layers__9__units names item 9 of a list with 5 items",
        ),
        (
            lambda: nnlite.train(FLOWERS, {"model.layers": [nnlite.Dense(3)]}),
            ConfigError,
            r"model.layers\[0\] = Dense\(3\), Dense: expected numbers, texts, lists and dicts",
        ),
        (lambda: nnlite.train("."), ConfigError, r"^\. is a folder: expected a config, a TOML file, or a data file$"),
        (lambda: nnlite.train(".", resume=True), RunError, "is not a run folder"),
    ],
)
def test_mistakes_are_errors_of_python_and_leave_nothing(wrong, error, said, here, capsys):
    with pytest.raises(error, match=said):
        wrong()
    assert not list(here.iterdir()) and capsys.readouterr() == ("", "")


def test_a_run_is_never_overwritten(here):
    run = nnlite.train(FLOWERS, out="mine")
    with pytest.raises(RunError, match="the run folder mine is not empty"):
        nnlite.train(FLOWERS, out="mine")
    with pytest.raises(ConfigError, match=r"mine is a folder.*; nnlite.train\('mine', resume=True\) goes on"):
        nnlite.train(run.folder)


def test_undefined_figures_are_a_warning_of_a_run_that_is_there(here, monkeypatch):
    monkeypatch.setattr(nnlite.runs.results, "undefined", lambda figures, metrics: "undefined: test r2")
    with pytest.warns(UserWarning, match="undefined: test r2"):
        run = nnlite.train(FLOWERS)
    assert RunFolder(run.folder).finished


class CtrlC(nnlite.Callback):
    def after_epoch(self, fit, row):
        if fit.epoch == 2:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def ctrl_c(monkeypatch):
    """Lets Ctrl-C come after the second epoch of the next run."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with monkeypatch.context() as patch:
        train = nnlite.runs.run.Run.train
        patch.setattr(nnlite.runs.run.Run, "train", lambda run, callbacks: train(run, [*callbacks, CtrlC()]))
        yield patch
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("how", ["config", "folder", "out"])
def test_ctrl_c_leaves_a_run_that_goes_on_to_the_same_bits(members, how, here, ctrl_c):
    config = {**FLOWERS, "name": "flowers", "training": {"epochs": 5, "members": members}}
    with pytest.raises(KeyboardInterrupt, match="interrupted") as raised:
        nnlite.train(config)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert raised.value.__notes__ == ["to go on: nnlite.train('runs/flowers', resume=True)"]
    assert not RunFolder(here / "runs/flowers").finished
    ctrl_c.undo()

    with pytest.raises(RunError, match=r"unfinished run: nnlite.train\('runs/flowers', resume=True\) goes on"):
        nnlite.train(config, out="runs/flowers")
    run = {
        "config": lambda: nnlite.train(config, resume=True),
        "folder": lambda: nnlite.train("runs/flowers", resume=True),
        "out": lambda: nnlite.train(config, out="runs/flowers", resume=True),
    }[how]()
    assert str(run.folder) == "runs/flowers" and len(run.history) == 5
    whole = nnlite.train(config, out="whole")
    assert same_run(run.folder, whole.folder)

    read = nnlite.train("runs/flowers", resume=True)  # it is finished
    assert read.figures == whole.figures and sorted(file.name for file in (here / "runs").iterdir()) == ["flowers"]


def test_resume_begins_a_run_where_there_is_none(here):
    assert str(nnlite.train(FLOWERS, resume=True).folder) == "runs/run"
    run = nnlite.train(FLOWERS, out="mine", resume=True)
    with pytest.raises(ConfigError, match="goes on in its own folder"):
        nnlite.train(run.folder, out="other", resume=True)


def test_what_is_shown_says_name_figures_and_folder(here):
    run = nnlite.train(FLOWERS, name="roses & lilies")
    shown = repr(run).splitlines()
    assert shown[0] == "roses & lilies: 3 epochs" and shown[-1] == "runs/roses & lilies"
    assert shown[2].startswith(f"test accuracy {run.figures['test']['accuracy']:.4f} (95 % interval ")
    html = run._repr_html_()
    assert html.startswith("<strong>roses &amp; lilies</strong><br>3 epochs<br>test loss ")
    assert "<br><code>runs/roses &amp; lilies</code><br><img " in html
    untested = nnlite.train(FLOWERS, name="untested", data__test_fraction=0)
    assert repr(untested).splitlines()[1].startswith("validation loss ")


def test_a_bar_is_shown_where_one_can_be_and_nothing_else(here, monkeypatch, capsys):
    monkeypatch.setattr("nnlite.training.progress_bar.possible", lambda: True)
    nnlite.train(FLOWERS, progress=False)
    assert capsys.readouterr() == ("", "")
    nnlite.train(FLOWERS)
    out, err = capsys.readouterr()
    assert out == "" and "epoch 3/3 validation loss" in err


def test_handlers_of_the_program_stay(here, monkeypatch):
    came = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    try:
        monkeypatch.setattr(CtrlC, "after_epoch", lambda self, fit, row: signal.raise_signal(signal.SIGTERM))
        train = nnlite.runs.run.Run.train
        monkeypatch.setattr(nnlite.runs.run.Run, "train", lambda run, callbacks: train(run, [CtrlC()]))
        assert len(nnlite.train(FLOWERS).history) == 3 and came == [signal.SIGTERM] * 3
    finally:
        signal.signal(signal.SIGTERM, before)


def test_it_is_there_without_what_it_needs_being_imported():
    code = (
        "import sys, nnlite; assert 'train' in nnlite.__all__\n"
        "assert not {'nnlite.runs', 'nnlite.config', 'matplotlib', 'sklearn'} & set(sys.modules)\n"
        "from nnlite import train; assert train is nnlite.train and callable(train)\n"
        "assert not {'matplotlib', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
