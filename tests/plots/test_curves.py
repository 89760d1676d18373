"""Curves of runs, over their epochs."""

import math
from pathlib import Path

import pytest

from nnlite import plots
from nnlite.cli import command_line as cli
from nnlite.runs.folder import RunFolder
from nnlite.training.history import History
from tests.conftest import ROOT
from tests.helpers.histories import history_of

CONFIG = str(ROOT / "configs/iris.toml")
FEW = ["training.epochs=3"]


@pytest.mark.parametrize("ending", ["svg", *(pytest.param(each, marks=pytest.mark.slow) for each in ("png", "pdf"))])
def test_runs_are_drawn_over_each_other(here, capsys, ending):
    for seed in (1, 2):
        cli.main(["train", CONFIG, *FEW, f"seed={seed}"])
    assert cli.main(["plot", "runs/iris", "runs/iris-2", "-o", f"both.{ending}"]) == 0
    assert (here / f"both.{ending}").stat().st_size > 1000


def test_a_curve_shows_both_parts_and_marks_the_best_epoch():
    history = History()
    for epoch, loss in enumerate([0.9, 0.4, 0.6], start=1):
        history.append({"epoch": epoch, "training_loss": loss / 2, "validation_loss": loss})
    axes = plots.curves({"run": history}).axes[0]
    assert axes.get_xlabel() == "epoch" and axes.get_ylabel() == "loss"
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["training", "validation", "best epoch 2 (lowest validation loss): loss 0.4"]
    assert axes.lines[1].get_ydata().tolist() == [0.9, 0.4, 0.6]


def test_two_runs_of_different_metrics_share_a_picture():
    one, other = History(), History()
    one.append({"epoch": 1, "training_loss": 1.0, "training_accuracy": 0.5})
    other.append({"epoch": 1, "training_loss": 2.0})
    assert [axes.get_title() for axes in plots.curves({"a": one, "b": other}).axes] == ["loss", "accuracy"]


def test_a_single_figure_is_drawn_as_a_point():
    history = history_of({"training_loss": 0.5}, {"training_loss": 0.4, "validation_loss": 0.7})
    training, validation = plots.curves({"run": history}).axes[0].lines[:2]
    assert training.get_marker() != "." == validation.get_marker()


def test_figures_that_are_no_numbers_do_not_decide_the_scale():
    steep = [{"training_loss": loss, "validation_loss": loss} for loss in (1e5, math.nan, 1.0)]
    assert plots.curves({"run": history_of(*steep)}).axes[0].get_yscale() == "log"
    assert plots.curves({"run": history_of({"training_loss": math.nan})}).axes[0].get_yscale() == "linear"


def test_the_figure_that_a_run_monitored_is_not_needed_to_draw_it(here):
    cli.main(["train", CONFIG, *FEW, "early_stopping.monitor=training_loss"])
    assert RunFolder(Path("runs/iris")).read_history().monitor == "training_loss"
    config = here / "runs/iris/config.toml"
    for text in (
        "[",
        "early_stopping = 3",
        "[early_stopping]\nmonitor = 7",
        "[early_stopping]\nmonitor = 'x_loss'",
        None,
    ):
        if text is None:
            config.unlink()
        else:
            config.write_text(text)
        assert RunFolder(Path("runs/iris")).read_history().monitor is None


def test_the_curves_of_a_regression_are_its_loss_and_r2():
    history = history_of({f"training_{name}": 1.0 for name in ("loss", "r2", "mae", "rmse")})
    assert [axes.get_title() for axes in plots.curves({"run": history}).axes] == ["loss", "r2"]


def test_epochs_in_which_a_callbacks_figure_is_unknown_are_left_out_of_its_curve():
    history = History()
    for epoch in range(1, 8):
        rare = 0.5 * epoch if epoch % 3 == 0 else math.nan
        history.append({"epoch": epoch, "training_loss": 1.0, "seconds": 0.1, "rare": rare, "never": math.nan})
    for histories in ({"run": history}, {"one": history, "other": history}):
        axes = {each.get_title(): each for each in plots.curves(histories).axes}
        assert axes["rare"].lines[0].get_xydata().tolist() == [[3, 1.5], [6, 3.0]]
        assert axes["never"].lines[0].get_xydata().tolist() == []
