"""An error in the code of a plug-in names its class, its method and the line of the file, whatever kind it is of."""

import re
import sys
from pathlib import Path

import pytest

import nnlite
from nnlite import PluginError
from nnlite.cli import command_line as cli

PLUGIN = """
import builtins

import nnlite
import numpy as np
from nnlite import SGD, Callback, Loss, Metric, Schedule, SoftmaxCrossEntropy

from beside import halved


class Told(Callback):
    def __init__(self, event="after_epoch", error="ValueError", at=1):
        if event == "__init__":
            raise ValueError("no such event")
        self.event, self.error, self.at = event, error, at

    def begin(self, fit):
        self._at("begin", self.at)

    def after_step(self, fit):
        self._at("after_step", fit.epoch + 1)

    def before_portion(self, fit):
        self._at("before_portion", fit.epoch + 1)

    def after_epoch(self, fit, row):
        self._at("after_epoch", fit.epoch)

    def end(self, fit):
        self._at("end", self.at)

    def _at(self, event, epoch):
        if event == self.event and epoch == self.at:
            if self.error == "numpy":
                np.fft.fft(np.zeros(0))
            elif self.error == "beside":
                halved(None)
            elif self.error == "nnlite":
                nnlite.evaluate(3, 4)
            elif self.error == "exit":
                raise SystemExit(0)
            raise getattr(builtins, self.error)("as asked")


class Figure(Metric):
    tasks, rising = ("classification",), True

    def compute(self, predictions, targets, weights):
        return predictions[0, 7]


class Rule(SGD):
    def update(self, values, grads, decayed, learning_rate, *memory):
        values += "a"


class Rate(Schedule):
    def multiplier(self, moment):
        return {}["rate"]


class Own(nnlite.Layer):
    def forward(self, x, *, training=False):
        return x

    def backward(self, dy):
        return dy / None


class Wrong(SoftmaxCrossEntropy):
    def backward(self):
        return [][0]
"""

BESIDE = """
def halved(number):
    return number / 2
"""

CONFIG = """
plugins = ["own.py"]
[data]
source = "iris"
[model]
layers = [{ type = "Standardize" }, { type = "Dense", units = 3 }, { type = "SoftmaxCrossEntropy" }]
[training]
epochs = 3
[output]
pictures = false
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    Path("own.py").write_text(PLUGIN)
    Path("beside.py").write_text(BESIDE)
    Path("c.toml").write_text(CONFIG)
    return tmp_path


def line_of(text, file="own.py"):
    return next(number for number, line in enumerate(Path(file).read_text().splitlines(), 1) if text in line)


def in_a_line(text):
    return " ".join(text.split())


CASES = {
    'callbacks=[{type="Told"}]': ("Told.after_epoch", "as asked", "ValueError: as asked"),
    'callbacks=[{type="Told",event="begin"}]': ("Told.begin", "as asked", "ValueError: as asked"),
    'callbacks=[{type="Told",event="after_step"}]': ("Told.after_step", "as asked", "ValueError: as asked"),
    'callbacks=[{type="Told",event="before_portion"}]': ("Told.before_portion", "as asked", "ValueError"),
    'callbacks=[{type="Told",event="end"}]': ("Told.end", "as asked", "ValueError: as asked"),
    'callbacks=[{type="Told",event="__init__"}]': ("Told.__init__", "no such event", "ValueError: no such event"),
    'callbacks=[{type="Told",error="OSError"}]': ("Told.after_epoch", "as asked", "OSError: as asked"),
    'callbacks=[{type="Told",error="numpy"}]': ("Told.after_epoch", "np.fft.fft", "ValueError: Invalid number"),
    'training.metrics=["Figure"]': ("Figure.compute", "predictions[0, 7]", "IndexError: index 7 is out of bounds"),
    'optimizer.type="Rule"': ("Rule.update", 'values += "a"', ""),
    'schedule={type="Rate"}': ("Rate.multiplier", '{}["rate"]', "KeyError: 'rate'"),
    'model.layers=[{type="Dense",units=3},{type="Own"},{type="SoftmaxCrossEntropy"}]': (
        "Own.backward",
        "dy / None",
        "TypeError: unsupported operand",
    ),
    'model.layers[2]={type="Wrong"}': ("Wrong.backward", "return [][0]", "IndexError: list index out of range"),
}


@pytest.mark.parametrize("change", CASES)
def test_an_error_in_a_plugin_is_one_message_with_the_line_of_the_users_file(folder, capsys, change):
    place, text, said = CASES[change]
    assert cli.main(["train", "c.toml", "--quiet", change]) == 1
    found = in_a_line(capsys.readouterr().err)
    assert found.startswith(f"error: own.py: {place} fails in line {line_of(text)}: {said}"), found
    assert "Traceback" not in found


def test_in_python_the_error_itself_is_the_cause(folder):
    said = r"own\.py: Told\.after_epoch fails in line \d+: ValueError: as asked$"
    with pytest.raises(PluginError, match=said) as told:
        nnlite.train("c.toml", callbacks=[{"type": "Told"}], progress=False)
    assert type(told.value.__cause__) is ValueError and str(told.value.__cause__) == "as asked"
    assert not Path("runs").exists()  # there was no checkpoint to go on from


def test_a_run_that_a_plugin_ended_still_says_how_to_go_on(folder, capsys):
    changes = ['callbacks=[{type="Told",at=3}]', "training.epochs=900", "checkpoints.every_steps=1"]
    assert cli.main(["train", "c.toml", "--quiet", *changes]) == 1
    assert "to go on: nnlite train --resume runs/c" in capsys.readouterr().err


def test_the_line_is_that_of_a_file_beside_the_plugin_where_that_fails(folder, capsys):
    assert cli.main(["train", "c.toml", "--quiet", 'callbacks=[{type="Told",error="beside"}]']) == 1
    found = in_a_line(capsys.readouterr().err)
    assert found.startswith("error: beside.py: Told.after_epoch fails in line 3: TypeError: unsupported operand")


def test_what_is_raised_below_the_plugin_names_that_place_too(folder, capsys):
    """It may be a fault of the library that was called, be it nnlite."""
    assert cli.main(["train", "c.toml", "--quiet", 'callbacks=[{type="Told",error="numpy"}]']) == 1
    assert re.search(r"\(raised by \S*numpy\S*\.py, line \d+\)", in_a_line(capsys.readouterr().err))


def test_other_commands_tell_it_too(folder, capsys):
    layers = 'model.layers=[{type="Dense",units=3},{type="Own"},{type="SoftmaxCrossEntropy"}]'
    assert cli.main(["lr-find", "c.toml", layers]) == 1
    assert "own.py: Own.backward fails in line" in in_a_line(capsys.readouterr().err)


def test_an_exit_in_a_plugin_does_not_end_the_program_as_if_all_were_done(folder, capsys):
    assert cli.main(["train", "c.toml", "--quiet", 'callbacks=[{type="Told",error="exit"}]']) == 1
    found = in_a_line(capsys.readouterr().err)
    line = line_of("raise SystemExit")
    assert f"own.py: Told.after_epoch fails in line {line}: it raises SystemExit(0), which would end" in found
    with pytest.raises(PluginError, match=r"SystemExit\(0\)"):
        nnlite.train("c.toml", callbacks=[{"type": "Told", "error": "exit"}], progress=False)


def test_what_is_no_fault_of_the_plugin_passes_as_it_is(folder, monkeypatch, capsys):
    def change(error):
        return ["train", "c.toml", "--quiet", f'callbacks=[{{type="Told",error="{error}"}}]']

    assert cli.main(change("KeyboardInterrupt")) == 130
    assert cli.main(change("MemoryError")) == 2
    assert cli.main(change("nnlite")) == 2  # a ConfigError of nnlite's, which says what came
    assert "expected a Sequential" in in_a_line(capsys.readouterr().err)
    # a fault of nnlite's own stays visible as one
    monkeypatch.setattr("nnlite.training.fit.Fit.end_epoch", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["train", "c.toml", "--quiet"])
    with pytest.raises(ZeroDivisionError):
        nnlite.train("c.toml", progress=False)
