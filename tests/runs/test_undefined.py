"""A figure that is undefined leaves a run as null, and is said; so is a model that is no better than a constant."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnlite import SGD, Dataset, Dense, Sequential, SoftmaxCrossEntropy, Trainer
from nnlite.cli import command_line as cli
from nnlite.config import training_config
from nnlite.data import Splits
from nnlite.runs import results
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
        assert "the model has no finite output for 1 of the test rows" in said.err
        assert f"test {'rmse' if kind == 'numbers' else 'accuracy'} nan\n" in said.out
        assert found["rows_without_prediction"] == 1 and "verdict" not in found


@pytest.mark.usefixtures("without_pictures")
def test_a_model_that_knows_the_majority_alone_is_said_to_be_no_better(rows, capsys):
    y = np.where(np.arange(60) % 12 == 11, "spam", "ham")
    path = rows(np.zeros((60, 3)), y, LOSSES["softmax"][0], 2)
    assert cli.main(["train", path, "--out", "run"]) == 0
    said = capsys.readouterr().out
    assert "test accuracy 0.9167 (95 % interval 0.6461 to 0.9851)\ntest balanced_accuracy 0.5000\n" in said
    assert "baseline, always 'ham': accuracy 0.9167, balanced_accuracy 0.5000\n" in said
    assert "The model is no better than always answering 'ham'.\n" in said
    found = strict("run/metrics.json")["test"]
    assert found["verdict"] == "The model is no better than always answering 'ham'."
    assert found["classes"][1]["precision"] is None  # nothing was called spam
    assert all(len(line) <= 80 for line in said.splitlines() if line[:4] in ("test", "base", "The "))


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
    assert f"test log_loss {outs[0]['test']['log_loss']:.4f}\n" in said
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
        found.append(results.write(folder, config, Splits(train, None, test), trainer)["test"])
    assert found[0] == found[1] and found[0]["balanced_accuracy"] > 0.9
