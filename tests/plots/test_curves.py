"""Curves of runs, over their epochs."""

import math
from itertools import pairwise
from pathlib import Path

import pytest
from matplotlib.text import Text

from nnlite import plots
from nnlite.cli import command_line as cli
from nnlite.plots.figure import DPI
from nnlite.plots.style import _apart
from nnlite.runs.folder import RunFolder
from nnlite.training.history import History
from tests.conftest import ROOT
from tests.helpers.histories import history_of

CONFIG = str(ROOT / "configs/iris.toml")
FEW = ["training.epochs=3"]


@pytest.mark.slow
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
    picture = plots.curves({"run": history})
    (axes,) = picture.axes
    assert axes.get_xlabel() == "epoch" and axes.get_title() == "loss" and axes.get_legend() is None
    assert words_beside(axes) == {"training": (3, 0.3), "validation": (3, 0.6), "best: 0.4": (2, 0.4)}
    assert axes.lines[1].get_ydata().tolist() == [0.9, 0.4, 0.6]
    assert axes.lines[2].get_xydata().tolist() == [[2, 0.4]]  # the mark
    assert picture.get_suptitle() == "run\nbest epoch 2 (lowest validation loss)"


def words_beside(axes):
    """Each word that stands at a line, and the point that it is of."""
    return {text.get_text(): text.xy for text in axes.texts}


@pytest.mark.parametrize(
    ("kept", "said", "lines"),
    [
        (2, "best epoch 2 (lowest validation loss), its weights kept", [2]),
        (3, "best epoch 2 (lowest validation loss), weights of epoch 3 kept", [2, 3]),
    ],
)
def test_the_epoch_whose_weights_were_kept_is_marked(kept, said, lines):
    history = history_of(*({"training_loss": loss, "validation_loss": loss} for loss in (0.9, 0.4, 0.6)))
    picture = plots.curves({"run": history}, kept=kept)
    assert picture.get_suptitle() == f"run\n{said}"
    through = [line.get_xdata() for line in picture.axes[0].lines if len(line.get_xdata()) == 2]
    assert through == [[epoch, epoch] for epoch in lines]


def test_the_baseline_is_a_line_where_the_curves_are_near_it_and_else_words():
    history = history_of(*({"training_loss": 1.0, "training_accuracy": share} for share in (0.5, 0.9)))
    near, far = (plots.curves({"run": history}, baseline={"accuracy": each}).axes[1] for each in (0.4, -2.0))
    assert [line.get_ydata()[0] for line in near.lines if line.get_label() == "baseline"] == [0.4]
    assert words_beside(near)["baseline 0.4"][1] == 0.4
    assert not [line for line in far.lines if line.get_label() == "baseline"]
    assert "baseline -2, below" in words_beside(far) and far.get_ylim()[0] > 0


def test_the_learning_rate_has_a_panel_where_it_changes():
    rows = [{"training_loss": 1.0, "learning_rate": rate} for rate in (0.1, 0.05, 0.01)]
    picture = plots.curves({"run": history_of(*rows)})
    assert [axes.get_title() for axes in picture.axes] == ["loss", "learning rate"]
    assert picture.axes[1].lines[0].get_ydata().tolist() == [0.1, 0.05, 0.01]
    assert picture.axes[1].get_position().height < picture.axes[0].get_position().height / 2
    steady = [row | {"learning_rate": 0.1} for row in rows]
    assert [axes.get_title() for axes in plots.curves({"run": history_of(*steady)}).axes] == ["loss"]


def test_each_of_several_runs_is_named_at_its_line_the_first_twelve():
    histories = {
        f"run {index}": history_of({"training_loss": 1.0 + index}, {"training_loss": 0.5 + index})
        for index in range(20)
    }
    picture = plots.curves(histories)
    assert words_beside(picture.axes[0]) == {f"run {index}": (2, 0.5 + index) for index in range(12)}
    assert picture.get_suptitle() == "validation solid, training dashed; 8 more runs grey"
    heights = sorted(text.xyann[1] for text in picture.axes[0].texts)
    assert min(b - a for a, b in pairwise(heights)) > 0.06  # no word stands over another


def test_words_beside_lines_move_no_farther_than_they_must():
    assert _apart([0.1, 0.5, 0.9], 0.1) == pytest.approx([0.1, 0.5, 0.9])
    assert _apart([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.4, 0.5, 0.6])
    assert _apart([1.0, 1.0], 0.1) == pytest.approx([0.9, 1.0])
    assert _apart([0.0, 0.0, 0.05, 0.9], 0.1) == pytest.approx([0.0, 0.1, 0.2, 0.9])


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
    axes = plots.curves({"run": history_of(*steep)}).axes[0]
    assert axes.get_yscale() == "log" and axes.get_title() == "loss (logarithmic)"
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


def test_a_loss_that_ends_in_nan_cuts_no_other_curve_off():
    losses = (1.0, 0.5, math.nan, math.nan, math.nan)
    history = history_of(*({"training_loss": loss, "training_accuracy": 0.5} for loss in losses))
    loss, accuracy = plots.curves({"run": history}).axes
    assert loss.get_xlim() == accuracy.get_xlim() and accuracy.get_xlim()[1] > 5


@pytest.mark.parametrize("histories", [{}, {"run": History()}])
def test_without_an_epoch_there_is_an_empty_picture(histories):
    (axes,) = plots.curves(histories).axes
    assert axes.get_title() == "loss" and axes.get_xlabel() == "epoch"


def test_the_axis_of_a_single_epoch_has_its_number_alone():
    history = History()
    history.append({"epoch": 1, "training_loss": 1.0})
    for picture in (plots.curves({"run": history}), plots.seeds({"run": [history, history]})):
        assert [tick for tick in picture.axes[-1].get_xticks() if 0.5 <= tick <= 1.5] == [1.0]


def test_the_power_of_ten_of_an_axis_stands_beside_the_title_not_over_it():
    picture = plots.curves({"run": history_of(*({"training_loss": loss} for loss in (3e9, 2e9, 2.5e9)))})
    picture.set_dpi(DPI)
    plots.as_png(picture)  # computes the layout
    (axes,) = picture.axes
    power = axes.yaxis.get_offset_text()
    title = next(text for text in axes.findobj(Text) if text.get_text() == "loss")
    assert power.get_text() == "1e9"
    assert not power.get_window_extent().overlaps(title.get_window_extent())


def test_the_time_of_a_long_history_does_not_grow_with_its_square():
    class Counted(History):
        looked = 0

        def __contains__(self, column):
            Counted.looked += 1
            return super().__contains__(column)

    history = Counted()
    for epoch in range(1, 301):
        history.append({"epoch": epoch, "training_loss": 1 / epoch, "validation_loss": 1 / epoch})
    plots.curves({"run": history})
    assert Counted.looked < 100  # each look goes through the rows
