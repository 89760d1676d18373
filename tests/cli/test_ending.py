"""The end of a training on a terminal: ten lines at most, of 80 characters, that say what matters."""

import re

import numpy as np
import pytest

from nnlite.cli import main
from nnlite.cli.ending import MOST_LINES, ending
from nnlite.diagnosis import Finding
from nnlite.text import printable
from tests.conftest import ROOT
from tests.helpers.diagnosed import history_of

LONG = Finding(
    "rate_too_high",
    "high",
    "The learning rate seems too high: it ruined the weights at once, and nothing was learnt.",
    "the training loss was 9",
    "optimizer.learning_rate = 0.01",
)
SHORT = Finding("constant_columns", "low", "'a' has the same value in every training row.", "1 of 3 columns")
FIGURES = {
    "test": {
        "loss": 0.1,
        "accuracy": 0.9667,
        "balanced_accuracy": 0.9667,
        "classes": [],
        "accuracy_interval": [0.8333, 0.9941],
        "baseline": {"answer": "setosa", "accuracy": 0.3333, "balanced_accuracy": 0.3333},
    },
    "validation": {"loss": 0.0304, "accuracy": 1.0},
}
REGRESSION = {
    "test": {
        "loss": 0.4709,
        "r2": 0.388,
        "mae": 43.2496,
        "rmse": 53.9466,
        "r2_interval": [0.1979, 0.5365],
        "rmse_interval": [45.2483, 62.4576],
        "baseline": {"answer": 153.4, "mae": 58.9209, "rmse": 70.0885},
    },
    "validation": {"loss": 0.6444, "r2": 0.3229, "mae": 54.8784, "rmse": 63.1055},
}


def lines(history=None, why="", figures=FIGURES, findings=(), notes=(), folder="runs/iris", best_kept=False):
    if history is None:
        history = history_of([0.5, 0.4, 0.3], [0.6, 0.5, 0.55], seconds=[0.1, 0.1, 0.2])
    histories = history if isinstance(history, list) else [history]
    found = ending(histories, why, figures, findings, notes, folder, best_kept=best_kept)
    assert len(found) <= MOST_LINES and max(map(len, found)) <= 80
    assert found[-1] == printable(folder)
    return found


def test_it_says_how_it_went_the_figures_beside_the_baseline_two_findings_and_the_folder():
    assert lines(findings=[LONG, SHORT, LONG]) == [
        "3 epochs in 0.4 s; best epoch 2 (validation loss 0.5000), model of epoch 3",
        "                     test     95 % interval  always 'setosa'  validation",
        "loss               0.1000                                         0.0304",
        "accuracy           0.9667  0.8333 to 0.9941           0.3333      1.0000",
        "balanced_accuracy  0.9667                             0.3333",
        "! The learning rate seems too high: it ruined the weights at once, and nothing",
        "  was learnt. Try optimizer.learning_rate = 0.01",
        "! 'a' has the same value in every training row.",
        "runs/iris",
    ]


def test_of_a_regression_too_and_findings_get_what_room_is_left():
    found = lines(figures=REGRESSION, findings=[LONG, LONG])
    assert found[1].split() == "test 95 % interval always the mean validation".split()
    assert found[3].split() == "r2 0.3880 0.1979 to 0.5365 0.3229".split()
    assert len(found) == MOST_LINES and found[-2] == "! The learning rate seems too high."
    many = {"test": {f"figure_{index}": 0.5 for index in range(20)}}
    found = lines(figures=many, findings=[LONG, SHORT])
    assert "… and 15 more figures in metrics.json" in found and found[-2] == "! The learning rate seems too high."


@pytest.mark.parametrize("count", range(12))
def test_it_never_has_more_lines_however_many_notes_and_findings_there_are(count):
    figures = {"test": {f"figure_{index}": 0.5 for index in range(count)}}
    lines(figures=figures, findings=[LONG, LONG])
    lines(figures=REGRESSION, findings=[LONG, SHORT], notes=["no test row is of class 'a'"] * min(count, 2))


def test_it_says_why_a_training_ended_early_and_of_which_epoch_the_model_is():
    why = "stopped after epoch 3: validation loss has not fallen for 1 epochs; weights of epoch 2"
    assert " ".join(lines(why=why, best_kept=True)).replace("   ", " ").startswith(f"{why}; 0.4 s")
    assert lines(why="stopped after epoch 3: enough")[0].startswith(
        "stopped after epoch 3: enough; 0.4 s; best epoch 2"
    )
    assert lines(best_kept=True)[0].endswith("best epoch 2 (validation loss 0.5000), model of it")
    falling = history_of([0.5, 0.4], [0.6, 0.5], seconds=[60.0, 65.4])
    assert lines(falling)[0] == "2 epochs in 2 min 5 s"
    assert lines(history_of([0.5, 0.4], seconds=[7000.0, 200.0]))[0] == "2 epochs in 2 h 0 min"
    assert (
        lines([history_of([1] * 9, seconds=[1.0] * 9), history_of([1] * 12)])[0]
        == "2 networks, 9 to 12 epochs each, in 9.0 s"
    )


def test_undefined_figures_long_and_hostile_names_are_fit_to_read():
    figures = {
        "test": {
            "loss": float("nan"),
            "accuracy": float("nan"),
            "balanced_accuracy": 0.5,
            "accuracy_interval": [float("nan"), float("nan")],
            "baseline": {"answer": "\x1b[31m" + "a very long name of a class " * 9, "accuracy": 0.5},
        },
        "validation": {"loss": 1.0, "accuracy": 1.0},
    }
    hostile = Finding("a", "low", "\x1b[31m 'x' is constant.", "b")
    found = lines(figures=figures, findings=[hostile], folder="runs/\u202ea", notes=["a\x1b"])
    assert found[2].split() == ["loss", "undefined", "1.0000"]
    assert all(line.isprintable() for line in found)


def test_without_test_rows_or_epochs_it_says_less(here):
    assert lines(figures={"validation": {"loss": 0.5}})[1:] == ["      validation", "loss      0.5000", "runs/iris"]
    assert lines(figures={})[1:] == ["runs/iris"]
    empty = history_of([])
    assert lines(empty, "stopped before the first epoch: now", figures={}) == [
        "stopped before the first epoch: now; 0.0 s",
        "runs/iris",
    ]


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize("name", ["iris", "diabetes", "wine"])
def test_the_command_ends_with_it_and_a_quiet_one_says_no_finding(name, here, capsys):
    words = ["train", str(ROOT / f"configs/{name}.toml"), "training.epochs=7", "optimizer.learning_rate=1e-6"]
    assert main([*words, "--out", "run"]) == 0
    out = capsys.readouterr().out.splitlines()
    end = out[next(index for index, line in enumerate(out) if re.match(r"7 epochs in ", line)) :]
    assert len(end) <= MOST_LINES and max(map(len, end)) <= 80 and end[-1] == "run/report.html"
    assert any(line.startswith("! ") for line in end)
    assert main([*words, "--out", "quiet", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "\n! " not in said and "epochs in" not in said and said.startswith("test loss ")
    assert np.isfinite(float(said.split()[2]))
