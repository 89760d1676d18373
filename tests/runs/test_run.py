"""A training run from the command line, and what it leaves behind."""

import csv
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite import files
from nnlite.cli import command_line as cli
from nnlite.metrics import classification as metrics
from nnlite.runs import opening, results
from nnlite.runs.folder import RunFolder
from nnlite.text import rounded
from tests.conftest import ROOT

CONFIG = str(ROOT / "configs/iris.toml")
FEW = ["training.epochs=3"]


def test_a_run_leaves_everything_to_know_it_by(here, capsys):
    assert cli.main(["train", CONFIG, *FEW]) == 0
    folder = here / "runs/iris"
    assert sorted(file.name for file in folder.iterdir()) == [
        "config.toml",
        "confusion.svg",
        "environment.json",
        "findings.json",
        "history.csv",
        "loss.png",
        "loss.svg",
        "metrics.json",
        "model.safetensors",
        "report.html",
        "weights.csv",
    ]
    out = capsys.readouterr().out
    assert "Dense" in out and "\naccuracy " in out and "runs/iris" in out

    with open(folder / "history.csv") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == (
        "epoch training_loss training_accuracy validation_loss validation_accuracy learning_rate seconds".split()
    )
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]

    written = json.loads((folder / "metrics.json").read_text())
    test = written["test"]
    assert re.search(rf"^accuracy +{test['accuracy']:.4f} ", out, re.MULTILINE)
    confusion = np.array(test["confusion"])
    assert confusion.sum() == 30 and np.trace(confusion) / 30 == pytest.approx(test["accuracy"])
    assert written["validation"] == {
        name: pytest.approx(float(rows[-1][f"validation_{name}"])) for name in ("loss", "accuracy")
    }
    assert written["best_epoch"] == 1 + int(np.argmin([float(row["validation_loss"]) for row in rows]))

    assert [row["class"] for row in test["classes"]] == ["setosa", "versicolor", "virginica"]
    recall = np.diag(confusion) / confusion.sum(axis=1)
    assert [row["recall"] for row in test["classes"]] == pytest.approx(recall.tolist())

    environment = json.loads((folder / "environment.json").read_text())
    assert environment["seed"] == 0 and len(environment["data_sha256"]) == 64 and environment["packages"]["numpy"]
    assert environment["threads"] == 1


def test_the_saved_model_gives_the_reported_figures(here, capsys):
    cli.main(["train", CONFIG, *FEW])
    settings = nnlite.config.training_config.load("runs/iris/config.toml")
    test = settings.load_data().test
    predictor = nnlite.load("runs/iris/model.safetensors")
    right = (predictor.predict(test.x) == np.array(test.classes)[test.y]).mean()
    assert right == json.loads((here / "runs/iris/metrics.json").read_text())["test"]["accuracy"]
    assert predictor.feature_names[0] == "sepal length (cm)"


@pytest.mark.slow
def test_the_same_config_and_seed_give_the_same_bytes_in_two_processes_and_from_the_resolved_config(here):
    assert cli.main(["train", CONFIG, *FEW, "--out", "a"]) == 0
    command = [sys.executable, str(ROOT / "train.py"), CONFIG, *FEW, "--out", "b"]
    subprocess.run(command, check=True, capture_output=True)
    assert cli.main(["train", "a/config.toml", "--out", "c"]) == 0
    seconds_aside = [
        [line.rpartition(",")[0] for line in (here / out / "history.csv").read_text().splitlines()] for out in "abc"
    ]
    assert seconds_aside[0] == seconds_aside[1] == seconds_aside[2]
    for name in ("model.safetensors", "metrics.json", "confusion.svg"):
        first, second, third = ((here / out / name).read_bytes() for out in "abc")
        assert first == second
        assert name == "confusion.svg" or first == third  # the title has the config's name


@pytest.mark.usefixtures("without_pictures")
def test_a_run_is_never_overwritten(here, capsys):
    for _ in range(3):
        assert cli.main(["train", CONFIG, "training.epochs=1"]) == 0
    assert sorted(folder.name for folder in (here / "runs").iterdir()) == ["iris", "iris-2", "iris-3"]
    assert cli.main(["train", CONFIG, "--out", "runs/iris"]) == 4
    assert "not empty" in capsys.readouterr().err


def test_a_run_that_fails_is_as_if_it_had_never_been(here):
    with pytest.raises(RuntimeError), opening.new("digits") as folder:
        (folder.path / "half.csv").write_text("epoch")
        raise RuntimeError
    assert list(here.iterdir()) == []

    (here / "mine").mkdir()
    with pytest.raises(RuntimeError), opening.new("digits", here / "mine") as folder:
        (folder.path / "half.csv").write_text("epoch")
        raise RuntimeError
    assert list(here.iterdir()) == [here / "mine"] and not any((here / "mine").iterdir())


def test_the_names_of_new_folders_are_synced(here, monkeypatch):
    synced = []
    sync = files.sync_folder
    monkeypatch.setattr(files, "sync_folder", lambda folder: synced.append(sync(folder) or folder.resolve()))
    with opening.new("digits") as folder:
        pass
    with opening.new("digits", here / "a/b"):
        pass
    assert folder.path == Path("runs/digits")
    assert synced == [here / "runs", here, here / "a", here]

    def broken(folder):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(files, "sync_folder", broken)
    with pytest.raises(nnlite.RunError, match="folder c cannot be written: Input/output error"):
        opening.new("digits", Path("c")).__enter__()
    assert not Path("c").exists()


def test_a_second_ctrl_c_does_not_stop_the_clean_up(here, monkeypatch):
    unlink = Path.unlink

    def interrupted(path):
        signal.raise_signal(signal.SIGINT)
        unlink(path)

    monkeypatch.setattr(Path, "unlink", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt, match="the first"), opening.new("digits") as folder:
            (folder.path / "half.csv").write_text("epoch")
            raise KeyboardInterrupt("the first")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert list(here.iterdir()) == []


def test_the_figures_of_each_class_stand_under_its_own_name():
    figures = metrics.per_class(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), ["z", "a"])
    assert [(row["class"], row["rows"]) for row in figures["classes"]] == [("z", 3), ("a", 1)]
    assert [(row["precision"], row["recall"]) for row in figures["classes"]] == [(1, pytest.approx(2 / 3)), (0.5, 1)]
    assert figures["confusion"] == [[2, 1], [0, 1]]


def test_elsewhere_than_on_a_terminal_every_epoch_is_a_line(here, capsys):
    cli.main(["train", CONFIG, *FEW])
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("epoch ")]
    assert len(lines) == 3
    assert lines[1].startswith("epoch 2/3  validation loss ") and " training " in lines[1]


def test_on_a_terminal_there_is_a_bar(here, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    cli.main(["train", CONFIG, *FEW])
    err = capsys.readouterr().err
    assert "100%" in err and "epoch 3/3 validation loss " in err and "epoch 3/3  validation" not in err


def test_without_a_test_part_nothing_is_reported_on_it(here, capsys):
    assert cli.main(["train", CONFIG, *FEW, "data.test_fraction=0", "data.validation_fraction=0"]) == 0
    assert "test" not in json.loads((here / "runs/iris/metrics.json").read_text())
    assert "validation_loss" not in (here / "runs/iris/history.csv").read_text()
    assert "\naccuracy" not in capsys.readouterr().out


def test_json_has_rows_of_numbers_on_one_line_and_text_as_it_is():
    document = {
        "a": {"rows": [[1, -2.5e-7], [3, 4]]},
        "names": ["[ 1, 2 ]", '"[\n  1 ]\\', "[1,\n2]"],
        "none": [],
        "[ 3 ]": None,
    }
    text = results.as_json(document)
    assert json.loads(text) == document
    assert "[\n      [1, -2.5e-07],\n      [3, 4]\n    ]" in text


def test_early_stopping_from_a_config_saves_the_best_model_and_says_why_it_ended(here, capsys):
    changes = ["early_stopping.patience=4", "early_stopping.monitor=validation_accuracy", "training.epochs=100"]
    assert cli.main(["train", CONFIG, *changes]) == 0
    told = capsys.readouterr()
    history = RunFolder(here / "runs/iris").read_history()
    figures = json.loads((here / "runs/iris/metrics.json").read_text())
    best = 1 + int(np.argmax(history["validation_accuracy"]))
    assert figures["best_epoch"] == history.best_epoch == best == len(history) - 4
    assert figures["validation"]["loss"] == history["validation_loss"][best - 1] != history["validation_loss"][-1]
    said = f"stopped after epoch {best + 4}: validation accuracy has not risen for 4 epochs; weights of epoch {best}"
    assert said in told.out.replace("\n  ", " ") and figures["ended_early"] == said
    said = f"best epoch {best} (highest validation accuracy), its weights kept"
    assert said in (here / "runs/iris/loss.svg").read_text()


LBFGS = 'optimizer={type="LBFGS"}'


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([LBFGS, "schedule.type=Cosine"], "[schedule] schedule is for optimizers that step after every batch"),
        ([LBFGS, "training.average=0.9"], "[training] average is for optimizers that step after every batch"),
        ([LBFGS, "training.clip_norm=1"], "[training] clip_norm is for optimizers that step after every batch"),
        (["training.clip_norm=1", "training.clip_value=1"], "[training] clip_norm and clip_value are both given"),
        (["early_stopping.monitor=validation_los"], "early_stopping.monitor = 'validation_los': no such figure"),
        (
            ["schedule.type=ReduceOnPlateau", "schedule.monitor=validation_los"],
            "schedule.monitor = 'validation_los': no such figure is recorded; did you mean 'validation_loss'?",
        ),
    ],
)
def test_settings_that_exclude_each_other_are_told_before_there_is_a_folder(here, capsys, monkeypatch, changes, said):
    monkeypatch.setattr(opening, "new", lambda *_: pytest.fail("a folder was made"))
    assert cli.main(["train", CONFIG, *changes]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.usefixtures("without_pictures")
def test_the_rate_of_a_schedule_is_in_the_history_of_a_run(here):
    cli.main(["train", CONFIG, *FEW, "schedule.type=StepDecay", "schedule.every=1", "schedule.factor=0.5"])
    rates = RunFolder(Path("runs/iris")).read_history()["learning_rate"]
    assert [rate / rates[0] for rate in rates] == [1, 0.5, 0.25]


DIABETES = str(ROOT / "configs/diabetes.toml")


def test_a_regression_leaves_figures_and_pictures_of_its_own(here, capsys):
    assert cli.main(["train", DIABETES, *FEW]) == 0
    folder = here / "runs/diabetes"
    names = {file.name for file in folder.iterdir()}
    assert "predictions.svg" in names and "confusion.svg" not in names
    with open(folder / "history.csv") as file:
        rows = list(csv.DictReader(file))
    figures = ["loss", "r2", "mae", "rmse"]
    columns = [f"{part}_{figure}" for part in ("training", "validation") for figure in figures]
    assert list(rows[0]) == ["epoch", *columns, "learning_rate", "seconds"]
    test = json.loads((folder / "metrics.json").read_text())["test"]
    assert list(test)[:7] == [*figures, "r2_interval", "rmse_interval", "baseline"]
    captured = capsys.readouterr()
    for name in ("r2", "mae", "rmse"):
        assert re.search(rf"^{name} +{re.escape(rounded(test[name]))} ", captured.out, re.MULTILINE)
    assert " r2 " in captured.err
    part = nnlite.config.training_config.load(folder / "config.toml").load_data().test
    predicted = nnlite.load(folder / "model.safetensors").predict(part.x)
    assert predicted.shape == part.y.shape
    assert np.abs(predicted - part.y).mean() == pytest.approx(test["mae"], rel=1e-6)  # in float64
    with pytest.raises(nnlite.NnliteError, match="predicts numbers, which have no probabilities: use predict"):
        nnlite.load(folder / "model.safetensors").predict_proba(part.x)


@pytest.fixture
def own_arrays(here):
    """A config over arrays of ones own, given the task, the targets and the layers."""

    def write(task, y, layers):
        x = np.random.default_rng(0).normal(size=(len(y), 3))
        np.savez("own.npz", x=x, y=y)
        listed = "".join(f"  {layer},\n" for layer in layers)
        Path("own.toml").write_text(
            f'[data]\nsource = "npz"\npath = "own.npz"\ntask = "{task}"\n[model]\nlayers = [\n{listed}]\n'
        )
        return x

    return write


BINARY = '{ type = "BinaryCrossEntropy" }'


def test_a_binary_classifier_with_one_output_has_all_that_one_with_two_has(own_arrays, capsys):
    x = own_arrays("classification", np.repeat(["no", "yes"], 40), ['{ type = "Dense", units = 1 }', BINARY])
    assert cli.main(["train", "own.toml", "--out", "run"]) == 0
    figures = json.loads(Path("run/metrics.json").read_text())["test"]
    assert [row["class"] for row in figures["classes"]] == ["no", "yes"]
    confusion = np.array(figures["confusion"])
    assert Path("run/confusion.svg").exists() and np.trace(confusion) / confusion.sum() == figures["accuracy"]
    predictor = nnlite.load("run/model.safetensors")
    probabilities = predictor.predict_proba(x)
    assert probabilities.shape == (80, 2) and np.allclose(probabilities.sum(axis=1), 1)
    assert (predictor.predict(x) == np.where(probabilities[:, 1] > 0.5, "yes", "no")).all()
    assert cli.main(["train", "own.toml", "model.layers[0].units=2"]) == 2
    assert "the data has 2 classes, for which BinaryCrossEntropy() needs shape (1,)" in " ".join(
        capsys.readouterr().err.split()
    )


def test_several_labels_have_an_accuracy_and_no_confusion(own_arrays):
    y = np.random.default_rng(1).integers(0, 2, (80, 4))
    x = own_arrays("multi-label", y, ['{ type = "Dense", units = 4 }', BINARY])
    assert cli.main(["train", "own.toml", "--out", "run"]) == 0
    assert list(json.loads(Path("run/metrics.json").read_text())["test"]) == ["loss", "accuracy"]
    assert not Path("run/confusion.svg").exists()
    predictor = nnlite.load("run/model.safetensors")
    assert predictor.predict(x).shape == (80, 4)
    assert (predictor.predict(x) == (predictor.predict_proba(x) > 0.5)).all()


def test_several_numbers_are_predicted_in_their_own_units(own_arrays):
    y = np.array([5.0, 1e6]) + np.random.default_rng(1).normal(size=(80, 2))
    x = own_arrays("regression", y, ['{ type = "Dense", units = 2 }', '{ type = "Huber", delta = 1.5 }'])
    assert cli.main(["train", "own.toml", "--out", "run"]) == 0
    predictor = nnlite.load("run/model.safetensors")
    assert np.abs(predictor.predict(x).mean(axis=0) - [5, 1e6]).max() < 1
    assert predictor.model.criterion.delta == 1.5 and Path("run/predictions.svg").exists()


def test_a_loss_that_does_not_fit_the_data_is_told_before_there_is_a_folder(own_arrays, capsys):
    numbers, dense = np.arange(80.0), '{ type = "Dense", units = 1 }'
    for task, y, layers, text, code in (
        ("classification", np.arange(80) % 2, [dense, '{ type = "MeanSquaredError" }'], "the targets are classes", 3),
        ("regression", numbers, [dense, '{ type = "SoftmaxCrossEntropy" }'], "the targets have dtype float64", 3),
        ("regression", numbers, [dense, BINARY], "is not between 0 and 1", 3),
        ("regression", np.zeros((80, 3)), [dense, '{ type = "Huber" }'], "an output for each target", 2),
        ("multi-label", np.zeros((80, 3)), [dense, BINARY], "the targets have shape", 2),
    ):
        own_arrays(task, y, layers)
        assert cli.main(["train", "own.toml", "--out", "run"]) == code
        assert text in capsys.readouterr().err and not Path("run").exists()


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize("weight", ['"balanced"', "[1.0, 2.0, 0.5]"])
def test_class_weights_come_from_a_config_and_back(here, weight):
    assert cli.main(["train", CONFIG, *FEW, f"model.layers[4].class_weight={weight}", "--out", "a"]) == 0
    assert cli.main(["train", "a/config.toml", "--out", "b"]) == 0
    assert (here / "a/model.safetensors").read_bytes() == (here / "b/model.safetensors").read_bytes()
    predictor = nnlite.load("a/model.safetensors")
    assert np.isfinite(nnlite.evaluate(predictor.model, nnlite.data.SOURCES["iris"]())["loss"])
    if weight == '"balanced"':
        assert predictor.model.criterion.statistics["class_weight"] == pytest.approx([1, 1, 1], abs=0.05)
