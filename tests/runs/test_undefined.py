"""A figure that is undefined leaves a run as null, and is said; so is a model that is no better than a constant."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from nnlite import SGD, Dataset, Dense, Sequential, SoftmaxCrossEntropy, Trainer
from nnlite.cli import command_line as cli
from nnlite.config import training_config
from nnlite.data import Splits
from nnlite.runs import outlying, results
from nnlite.runs.folder import RunFolder
from tests.conftest import ROOT

CONFIGS = ROOT / "configs"


def strict(path):
    """The JSON in a file; Python reads NaN too, which is none."""

    def refuse(constant):
        raise AssertionError(f"{path} has {constant}")

    return json.loads(Path(path).read_text(), parse_constant=refuse)


@pytest.fixture
def rows(here):
    """A config over 60 rows, of which the test rows are the last 12; a function writes it, and returns its path."""

    def write(x, y, loss, units, task="classification"):
        np.savez("own.npz", x=x, y=y)
        Path("own.toml").write_text(
            f"""
            [data]
            source = "npz"
            path = "own.npz"
            task = "{task}"
            shuffle = false
            [model]
            layers = [{{ type = "Dense", units = 8 }}, {{ type = "Dense", units = {units} }}, {loss}]
            [training]
            epochs = 2
            """
        )
        return "own.toml"

    return write


LOSSES = {
    "softmax": ('{ type = "SoftmaxCrossEntropy" }', 2, "classification"),
    "binary": ('{ type = "BinaryCrossEntropy" }', 1, "classification"),
    "labels": ('{ type = "BinaryCrossEntropy" }', 2, "multi-label"),
    "numbers": ('{ type = "MeanSquaredError" }', 1, "regression"),
}


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("where", [-1, 45], ids=["test", "validation"])
def test_a_row_without_a_finite_output_is_said_and_written_as_null(kind, where, rows, capsys):
    loss, units, task = LOSSES[kind]
    x = np.random.default_rng(0).normal(size=(60, 3))
    y = np.random.default_rng(1).integers(0, 2, (60, 2)) if kind == "labels" else np.arange(60) % 2
    x[where] = [3e38, -3e38, 3e38]
    assert cli.main(["train", rows(x, y, loss, units, task), "--out", "run"]) == 3
    said = capsys.readouterr()
    part = "test" if where == -1 else "validation"
    assert f"error: undefined, and null in metrics.json: {part} loss" in said.err
    found = strict("run/metrics.json")[part]
    strict("run/environment.json")
    assert found["loss"] is None and found["rmse" if kind == "numbers" else "accuracy"] is None
    assert cli.main(["train", "--resume", "run"]) == 0 and "this run is finished" in capsys.readouterr().out
    if part == "test":
        assert "the model has no finite output for 1 of the test rows" in " ".join(said.err.split())
        assert re.search(rf"^{'rmse' if kind == 'numbers' else 'accuracy'} +undefined", said.out, re.MULTILINE)
        assert found["rows_without_prediction"] == 1 and "verdict" not in found


@pytest.mark.usefixtures("without_pictures")
def test_a_model_that_knows_the_majority_alone_is_said_to_be_no_better(rows, capsys):
    y = np.where(np.arange(60) % 12 == 11, "spam", "ham")
    path = rows(np.zeros((60, 3)), y, LOSSES["softmax"][0], 2)
    assert cli.main(["train", path, "--out", "run"]) == 0
    said = capsys.readouterr().out
    shown = [line.split() for line in said.splitlines()]
    assert ["test", "95", "%", "interval", "always", "'ham'", "validation"] in shown
    assert ["accuracy", "0.9167", "0.6461", "to", "0.9851", "0.9167"] in [line[:6] for line in shown]
    assert ["balanced_accuracy", "0.5000", "0.5000"] in shown
    assert "! The model is no better than always answering 'ham'.\n" in said
    found = strict("run/metrics.json")["test"]
    assert found["verdict"] == "The model is no better than always answering 'ham'."
    assert found["classes"][1]["precision"] is None  # nothing was called spam
    assert all(len(line) <= 80 for line in said.splitlines())


@pytest.mark.usefixtures("without_pictures")
def test_class_weights_by_name_in_a_config_and_the_log_loss_beside_the_weighted_loss(rows, capsys):
    draw = np.random.default_rng(0)
    y = np.where(np.arange(60) % 4 == 3, "spam", "ham")
    x = draw.normal(size=(60, 3)) + (y == "spam")[:, None]
    named = '{ type = "SoftmaxCrossEntropy", class_weight = { spam = 5, ham = 1 } }'
    ordered = named.replace("{ spam = 5, ham = 1 }", "[1, 5]")
    outs = []
    for number, loss in enumerate((named, ordered)):
        assert cli.main(["train", rows(x, y, loss, 2), "--out", f"run{number}"]) == 0
        outs.append(strict(f"run{number}/metrics.json"))
    assert outs[0] == outs[1] and outs[0]["test"]["log_loss"] != outs[0]["test"]["loss"]
    said = capsys.readouterr().out
    assert re.search(rf"^log_loss +{outs[0]['test']['log_loss']:.4f} ", said, re.MULTILINE)
    assert cli.main(["train", "run0/config.toml", "--out", "again"]) == 0  # it holds the names
    assert strict("again/metrics.json") == outs[0]
    wrong = named.replace("spam", "spamm")
    assert cli.main(["train", rows(x, y, wrong, 2), "--out", "wrong"]) == 2
    assert "class_weight has 'spamm', which is no class; did you mean 'spam'" in capsys.readouterr().err


def test_json_has_null_where_a_number_is_none():
    document = {"a": [1.5, float("nan")], "b": {"c": (float("inf"), 2)}, "d": "NaN"}
    assert json.loads(results.as_json(document)) == {"a": [1.5, None], "b": {"c": [None, 2]}, "d": "NaN"}


@pytest.mark.usefixtures("without_pictures")
def test_a_class_without_test_rows_is_said(rows, capsys):
    """The balanced accuracy is then that of the other classes."""
    x = np.random.default_rng(0).normal(size=(60, 3))
    y = np.where(np.arange(60) < 48, np.arange(60) % 2, 0)
    path = rows(x, y, '{ type = "SoftmaxCrossEntropy" }', 2)
    assert cli.main(["train", path, "--out", "run", "--quiet"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "no test row is of class 1: the balanced accuracy is that of the other classes" in said
    assert strict("run/metrics.json")["test"]["classes"][1]["recall"] is None


@pytest.mark.usefixtures("without_pictures")
def test_the_figures_of_a_run_are_in_the_models_order_of_names(tmp_path):
    """Test rows whose columns and classes come the other way round give the same figures."""
    x = np.random.default_rng(0).normal(size=(90, 2)) * [5, 1]
    y = (x[:, 0] > 0).astype(int)
    train = Dataset(x[:60], y[:60], classes=("a", "b"), feature_names=("p", "q"))
    straight = Dataset(x[60:], y[60:], classes=("a", "b"), feature_names=("p", "q"))
    turned = Dataset(x[60:, ::-1], 1 - y[60:], classes=("b", "a"), feature_names=("q", "p"))
    trainer = Trainer(Sequential([Dense(2), SoftmaxCrossEntropy()]), SGD(0.5), epochs=9)
    trainer.fit(train, progress=False)
    config = training_config.load(CONFIGS / "iris.toml")
    found = []
    for test in (straight, turned):
        folder = RunFolder(tmp_path)
        trained = results.Trained(trainer.model, {"iris": trainer.history}, trainer.thread_count)
        found.append(results.write(folder, config, Splits(train, None, test), trained, {})["test"])
    assert found[0] == found[1] and found[0]["balanced_accuracy"] > 0.9


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("part", ["test", "validation"])
def test_rows_without_which_a_loss_would_be_as_usual_are_named(kind, part, rows, capsys):
    """They are far beyond all others, but not so far that an output would not be finite."""
    loss, units, task = LOSSES[kind]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    y = (x[:, :1] + [0.0, 0.5] > 0).astype(int)[:, : 2 if kind == "labels" else 1]
    y = y if kind == "labels" else y[:, 0]
    beyond = [51, 59] if part == "test" else [45]
    shift = 1 - 2 * (y[beyond] if y.ndim == 1 else y[beyond, 0])  # to the side of the other label
    x[beyond, 0] = shift * 1e15
    code = cli.main(["train", rows(x, y, loss, units, task), "--out", "run", "optimizer.learning_rate=0.1"])
    assert code == 0
    found = strict("run/metrics.json")
    assert sorted(found[part]["outlying_rows"]) == beyond
    assert "outlying_rows" not in found["validation" if part == "test" else "test"]
    out = " ".join(capsys.readouterr().out.split())
    named = ", ".join(map(str, found[part]["outlying_rows"]))
    said = f"because of row{'s' * (len(beyond) > 1)} {named} of the data, counted from 0: look at"
    assert f"the {part} loss is {found[part]['loss']:.4g} {said}" in out


def test_rows_whose_loss_is_not_finite_are_named_and_rows_of_weight_0_are_not():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    y = (x[:, 0] > 0).astype(int)
    model = Sequential([Dense(2), SoftmaxCrossEntropy()])
    trainer = Trainer(model, SGD(0.1), epochs=2)
    trainer.fit(Dataset(x, y))
    history = trainer.history
    x[[3, 8, 30]] = [3e38, -3e38, 3e38]
    weights = np.arange(40) != 8
    with np.errstate(all="ignore"):
        found = outlying.outlying(model, Dataset(x, y, weights).rows(slice(2, None)), np.nan, history)
        assert sorted(found) == [3, 30]
        assert sorted(outlying.outlying(model, Dataset(x, y), np.inf, history)) == [3, 8, 30]
        assert outlying.outlying(model, Dataset(x, y, np.zeros(40)), np.nan, history) == []
        x[:20] = [3e38, -3e38, 3e38]
        found = outlying.outlying(model, Dataset(x, y), np.inf, history)
    assert len(found) == outlying.MOST + 1
    assert "and others of the data" in outlying.in_words("test", np.inf, found)
    assert outlying.outlying(model, Dataset(x, y), 1.0, history) == []


@pytest.mark.usefixtures("without_pictures")
def test_a_quiet_run_says_its_figures_and_files_alone(rows, capsys):
    x = np.random.default_rng(0).normal(size=(60, 3))
    path = rows(x, np.arange(60) % 2, *LOSSES["softmax"][:2])
    assert (
        cli.main(["train", path, "--out", "quiet", "--quiet", "early_stopping.patience=1", "training.epochs=99"]) == 0
    )
    out, err = capsys.readouterr()
    assert err == ""
    first, *_ = lines = out.splitlines()
    assert first.startswith("test loss ") and lines[-2].startswith("quiet: config.toml, confusion.svg,")
    assert "Dense" not in out and "to train" not in out
    assert max(map(len, lines)) <= 80


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.filterwarnings("default")
def test_no_line_is_longer_than_80_characters(here, capsys):
    """Class weights by long names, a rare class and the list of files made longer ones."""
    names = np.array([f"a long name of the class number {index}" for index in range(5)])
    y = np.append(np.arange(200) % 4, [4, 4])
    np.savez("own.npz", x=np.random.default_rng(0).normal(size=(202, 4)), y=names[y])
    weights = ", ".join(f'"{name}" = {index + 1}' for index, name in enumerate(names))
    Path("own.toml").write_text(
        '[data]\nsource = "npz"\npath = "own.npz"\n[model]\nlayers = [{ type = "Dense", units = 5 }, '
        f'{{ type = "SoftmaxCrossEntropy", class_weight = {{ {weights} }} }}]\n[training]\nepochs = 2\n'
    )
    assert cli.main(["train", "own.toml", "--out", "run"]) == 0
    out, err = capsys.readouterr()
    assert max(map(len, [*out.splitlines(), *err.splitlines()])) <= 80
    assert "SoftmaxCrossEntropy(class_weight={'a long name of" in out
    said = "warning: the class 'a long name of the class number 4' has fewer rows than there are parts of the data,"
    assert said in " ".join(err.split()) and ".py" not in err  # of nnlite's own warnings the place says nothing


def test_the_rest_of_many_outlying_rows_is_mentioned_only_if_there_is_one():
    assert "because of rows 1, 2, 3, 4, 5 of the data" in outlying.in_words("test", 1e9, [1, 2, 3, 4, 5])
    assert "because of rows 1, 2, 3, 4, 5 and others of the data" in outlying.in_words(
        "test", 1e9, [1, 2, 3, 4, 5, 6]
    )
