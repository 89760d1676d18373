"""Progress: a bar on a terminal and in a notebook, lines in a log, and nothing where none is wanted."""

import re
import sys
import types

import numpy as np
import pytest

from nnlite import LBFGS, SGD, Callback, Dense, EarlyStopping, Sequential, SoftmaxCrossEntropy, Trainer, evaluate
from nnlite.cli.terminal import BestEpoch
from nnlite.training import progress_bar
from nnlite.training.progress_lines import MOST_LINES, ProgressLines
from tests.helpers.terminal import run_in_terminal


def trainer(**given):
    model = Sequential([Dense(3), SoftmaxCrossEntropy()])
    return Trainer(model, SGD(0.1), **({"epochs": 4, "batch_size": 30} | given))


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(progress_bar, "possible", lambda: True)


def last_bar(err):
    return err.replace("\n", "\r").rstrip("\r").rpartition("\r")[2].rstrip()


@pytest.mark.usefixtures("terminal")
def test_a_fit_shows_a_bar_on_a_terminal_with_what_matters_first(blobs, capsys):
    trainer().fit(blobs, blobs)
    assert re.match(
        r"epoch 4/4 validation loss [\d.]+ accuracy [\d.]+ \|█+\| 100% ", last_bar(capsys.readouterr().err)
    )


FITS = """
from nnlite import EarlyStopping
from tests.conftest import make_blobs
from tests.training.test_progress import trainer
trainer(epochs=1000).fit(make_blobs(), make_blobs())
stopping = EarlyStopping(5, monitor="validation_accuracy")
trainer(epochs=1000, early_stopping=stopping).fit(make_blobs(), make_blobs())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "rows"),
    [(0, 0), *(pytest.param(*each, marks=pytest.mark.slow) for each in ((80, 24), (0, 24), (80, 0)))],
)
def test_a_bar_fits_a_terminal_of_80_columns_also_where_its_size_is_unknown(columns, rows):
    code, bars = run_in_terminal([sys.executable, "-c", FITS], columns, rows)
    assert code == 0 and max(map(len, bars)) < 80
    assert any(re.match(r"epoch 1000/1000 validation loss \S+ accuracy 1.0000 \|█+\| 100% ", bar) for bar in bars)
    assert re.match(r"epoch \d+: validation accuracy has not risen for 5 epochs \|█+\| \d\d:\d\d", bars[-2])


class StopAt(Callback):
    def __init__(self, step: int):
        self.step = step

    def after_step(self, fit):
        if fit.epoch * fit.steps + fit.step == self.step:
            fit.stop("enough")


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("at", [4, 6])
def test_after_an_early_end_the_bar_is_complete(blobs, capsys, at):
    fitted = trainer()
    fitted.fit(blobs, callbacks=[StopAt(at)])
    assert len(fitted.history) == 2
    # Neither "/4" nor a percentage: of how much would it be?
    assert re.match(r"epoch 2 training loss [\d.]+ .*: enough \|█+\| \d\d:\d\d$", last_bar(capsys.readouterr().err))


@pytest.mark.usefixtures("terminal")
def test_why_a_fit_ended_is_cut_to_the_width_of_the_terminal(blobs, capsys):
    class Talks(Callback):
        def begin(self, fit):
            fit.stop("a long reason\n" * 10)

    trainer().fit(blobs, callbacks=[Talks()])
    said = last_bar(capsys.readouterr().err)
    assert re.match(r"epoch 0: stopped before the first epoch: a long reason a… \|█+\| ", said) and len(said) < 80


@pytest.mark.usefixtures("terminal")
def test_a_fit_that_is_interrupted_leaves_the_bar_where_it_was(blobs, capsys):
    class Interrupt(Callback):
        def after_step(self, fit):
            if fit.epoch == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer().fit(blobs, callbacks=[Interrupt()])
    assert " 25% " in last_bar(capsys.readouterr().err)  # the step that was interrupted is not counted


@pytest.mark.usefixtures("terminal")
def test_no_progress_is_no_output(blobs, capsys):
    trainer().fit(blobs, progress=False)
    assert capsys.readouterr().err == ""


def test_elsewhere_a_fit_says_nothing(blobs, capsys):
    trainer().fit(blobs)
    assert capsys.readouterr() == ("", "")


def test_a_notebook_has_a_bar_too(blobs, capsys, monkeypatch):
    shell = types.SimpleNamespace(config={"IPKernelApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    assert progress_bar.possible()
    shell.config = {}  # IPython in a terminal
    assert not progress_bar.possible()


def lines(blobs, capsys, epochs, validation=None, **given):
    fitted = trainer(epochs=epochs, **given)
    fitted.fit(blobs, validation or blobs, callbacks=[ProgressLines(), BestEpoch()])
    return fitted, capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("epochs", [1, 7, 50, 51, 99, 300, 1000])
def test_a_log_has_about_fifty_lines_at_most_the_first_and_the_last_among_them(blobs, capsys, epochs):
    fitted, said = lines(blobs, capsys, epochs)
    numbers = [int(re.match(r"epoch +(\d+)/", line)[1]) for line in said]  # the last epoch is the best
    assert len(said) <= MOST_LINES + 2 and numbers == sorted(set(numbers))
    assert numbers[0] == 1 and numbers[-1] == epochs == fitted.history.best_epoch
    assert epochs > MOST_LINES or numbers == list(range(1, epochs + 1))
    assert max(map(len, said)) <= 80


@pytest.mark.parametrize(("stopping", "left"), [(None, "epoch 205"), (EarlyStopping(204), "that epoch")])
def test_the_best_epoch_is_told_after_the_last_and_of_which_one_the_model_is(blobs, capsys, stopping, left):
    noisy = type(blobs)(blobs.x, np.roll(blobs.y, 1), classes=blobs.classes)
    fitted, said = lines(blobs, capsys, 205, noisy, early_stopping=stopping)
    best, last = fitted.history.best_epoch, len(fitted.history)
    assert best < last == 205
    assert said[-2].startswith("epoch 205/205  validation loss ")
    figure = min(fitted.history["validation_loss"])
    assert said[-1] == f"best was epoch {best} (validation loss {figure:.4f}); the model is of {left}"
    assert not any("best" in line for line in said[:-1])
    found = evaluate(fitted.model, noisy)["loss"]
    assert found == pytest.approx(figure if stopping else fitted.history["validation_loss"][-1])


def test_after_an_interruption_nothing_is_said_of_the_model(blobs, capsys):
    class Interrupt(Callback):
        def after_step(self, fit):
            if fit.epoch == 2:
                raise KeyboardInterrupt

    noisy = type(blobs)(blobs.x, np.roll(blobs.y, 1), classes=blobs.classes)
    with pytest.raises(KeyboardInterrupt):
        trainer().fit(blobs, noisy, callbacks=[ProgressLines(), BestEpoch(), Interrupt()])
    assert [line[:9] for line in capsys.readouterr().err.splitlines()] == ["epoch 1/4", "epoch 2/4"]


def test_a_line_says_what_decides_then_the_training_rows(blobs, capsys):
    fitted, said = lines(blobs, capsys, 1, early_stopping=EarlyStopping(monitor="validation_accuracy"))
    row = fitted.history.rows[0]
    assert said == [
        f"epoch 1/1  validation accuracy {row['validation_accuracy']:.4f} loss {row['validation_loss']:.4f}"
        f"  training {row['training_accuracy']:.4f} {row['training_loss']:.4f}"
    ]


@pytest.mark.usefixtures("terminal")
def test_where_a_full_batch_method_converges_the_bar_is_complete(blobs, capsys):
    model = Sequential([Dense(3), SoftmaxCrossEntropy()])
    fitted = Trainer(model, LBFGS(weight_decay=1.0), epochs=300)
    fitted.fit(blobs)
    done, said = len(fitted.history), last_bar(capsys.readouterr().err)
    assert re.match(rf"epoch {done}: converged after {done} iterations \|█+\| ", said)
    fitted.fit(blobs)  # it looks once, which is an epoch
    said = last_bar(capsys.readouterr().err)
    assert re.match(r"epoch 1: converged before the first iteration \|█+\| ", said) and len(said) < 80
