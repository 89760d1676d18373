"""A history shows itself: as a data frame, as curves, and in a notebook as a picture with its last epochs."""

import base64
import re

import pytest

from nnlite import History


def of(epochs, **columns):
    history = History()
    for epoch in range(1, epochs + 1):
        history.append({"epoch": epoch, **{name: figure(epoch) for name, figure in columns.items()}})
    return history


def test_a_loop_goes_through_its_rows_which_are_copies():
    history = of(3, training_loss=lambda epoch: 1 / epoch)
    rows = list(history)
    assert rows == history.rows
    rows[0]["training_loss"] = 9.0
    assert history["training_loss"][0] == 1.0 and "training_loss" in history


def test_it_is_a_data_frame():
    pandas = pytest.importorskip("pandas")
    history = of(3, training_loss=lambda epoch: 1 / epoch)
    history.append({"epoch": 4, "training_loss": 0.2, "validation_loss": 0.5})
    for frame in (history.frame(), pandas.DataFrame(history)):
        assert list(frame.columns) == history.columns and frame["epoch"].tolist() == [1, 2, 3, 4]
        assert frame["training_loss"].tolist() == history["training_loss"]
        assert frame["validation_loss"].isna().tolist() == [True, True, True, False]
    assert len(History().frame()) == 0


def test_its_curves_are_a_figure(tmp_path):
    from nnlite import plots

    figure = of(5, training_loss=lambda epoch: 1 / epoch, validation_loss=lambda epoch: 2 / epoch).plot()
    plots.save(figure, tmp_path / "curves.svg")
    assert "loss" in (tmp_path / "curves.svg").read_text()


def test_a_notebook_shows_the_curves_the_last_epochs_and_the_best_one():
    history = of(30, training_loss=lambda epoch: 1 / epoch, validation_loss=lambda epoch: abs(epoch - 7) + 0.125)
    shown = history._repr_html_()
    assert "30 epochs, the best was epoch 7" in shown
    picture = base64.b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', shown)[1]).decode()
    assert picture.startswith("<?xml") and "validation" in picture
    rows = re.findall("<tr>(.*?)</tr>", shown)
    assert len(rows) == 1 + 1 + 5 and "<strong>0.125</strong>" in rows[1] and "<strong>" not in rows[2]
    assert re.findall("<td>(.*?)</td>", rows[-1])[0] == "30"
    assert history._repr_html_() == shown


def test_names_of_figures_are_no_tags_and_an_empty_history_is_shown_as_text():
    history = of(2, training_loss=lambda epoch: 1.0)
    history.rows[-1]["<script>alert(1)</script>"] = 1.0
    assert "<script" not in history._repr_html_()
    assert History()._repr_html_() == "History(0 epochs)"
