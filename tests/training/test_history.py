"""The history of a fit: its columns, its best epoch, and its CSV."""

import math

import numpy as np
import pytest

from nnlite import plots
from nnlite.training.history import History
from tests.helpers.histories import history_of


def test_the_history_comes_back_from_its_csv_to_the_last_bit():
    history = History()
    history.append({"epoch": 1, "training_loss": 0.1 + 0.2, "seconds": 1e-17})
    history.append({"epoch": 2, "training_loss": 1 / 3, "seconds": 2.5})
    assert History.from_csv(history.to_csv()).rows == history.rows


def test_figures_that_only_some_epochs_have_are_kept_as_they_are():
    history = history_of(
        {"training_loss": 0.5, "seconds": 1.0},
        {"training_loss": 0.4, "validation_loss": 0.7, "seconds": 1.0},
        {"training_loss": 0.3, "validation_loss": 0.6, "seconds": 1.0},
        {"training_loss": 0.2, "seconds": 1.0},
    )
    assert history.columns == ["epoch", "training_loss", "seconds", "validation_loss"]
    assert "validation_loss" in history and "validation_accuracy" not in history
    column = history["validation_loss"]
    assert np.isnan([column[0], column[3]]).all() and column[1:3] == [0.7, 0.6]
    with pytest.raises(KeyError):
        history["validation_accuracy"]
    lines = history.to_csv().splitlines()
    assert lines[1] == "1,0.5,1.0," and lines[2] == "2,0.4,1.0,0.7"
    assert History.from_csv(history.to_csv()).rows == history.rows
    assert history.best_epoch == 3
    for histories in ({"run": history}, {"run": history, "other": history}):
        axes = plots.curves(histories).axes[0]
        assert [line.get_ydata().tolist() for line in axes.lines[:2]] == [[0.5, 0.4, 0.3, 0.2], [0.7, 0.6]]
        assert axes.lines[1].get_xdata().tolist() == [2, 3]


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        ([{"training_loss": 0.1}, {"training_loss": 0.3}], 1),
        # The lowest validation loss stands elsewhere than the lowest training loss.
        ([{"training_loss": loss, "validation_loss": 1 - loss} for loss in (0.3, 0.5, 0.4, 0.1)], 2),
        ([{"training_loss": 0.1, "validation_loss": 0.5}, {"training_loss": 0.2, "validation_loss": 0.5}], 1),
        ([{"training_loss": 0.1, "validation_loss": loss} for loss in (math.nan, 0.5, 0.4, math.nan)], 3),
        ([{"training_loss": 0.1, "validation_loss": math.nan}] * 2, None),
        ([], None),
    ],
)
def test_the_best_epoch_is_that_of_the_lowest_validation_loss(rows, best):
    history = history_of(*rows)
    assert history.best_epoch == best
    if rows:
        labels = [line.get_label() for line in plots.curves({"run": history}).axes[0].lines]
        marked = [label for label in labels if "best epoch" in label]
        assert len(marked) == (best is not None and "validation_loss" in rows[0])
