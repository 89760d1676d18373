"""A callback that would write over a file of the run's own is refused before training, with its name."""

import re
from pathlib import Path

import pytest

import nnlite
from nnlite import ConfigError, FigureLog
from nnlite.cli import main
from nnlite.runs import own_files
from tests.conftest import ROOT
from tests.helpers.mistakes import WRONG_CONFIG, config, write

TRAIN = ["train", "c.toml", "--quiet"]


def callback(path, kind="FigureLog"):
    return f'callbacks=[{{type="{kind}",path="{path}"}}]'


@pytest.mark.parametrize("path", ["history.csv", "./weights.csv", "x/../history.csv", "History.csv"])
def test_a_log_of_figures_does_not_write_over_what_the_run_writes(here, refused, path):
    write(config())
    refused(WRONG_CONFIG, [*TRAIN, callback(path)], f"the callback FigureLog has path = '{path}' … the run itself")
    refused(WRONG_CONFIG, [*TRAIN, "--out", "r", callback(f"{here}/r/history.csv")], "writes history.csv there")
    assert not Path("runs").exists()


@pytest.mark.parametrize("path", ["metrics.json", "model.safetensors", "checkpoint-1-0.safetensors", "member-1/x"])
def test_nor_does_a_folder_of_files_stand_in_its_place(here, refused, path):
    write(config())
    name = path.partition("/")[0]
    refused(WRONG_CONFIG, [*TRAIN, callback(path, "PredictionSnapshots")], f"the run itself writes {name} there")


def test_an_ensemble_and_a_callback_of_a_plugin_are_looked_at_too(here, refused):
    write("from nnlite import Callback\n\n\nclass Own(Callback):\n"
          "    def __init__(self, table: str = 'weights.csv'):\n        self.table = table\n\n"
          "    def end(self, fit):\n        pass\n", "own.py")  # fmt: skip
    write(config('plugins = ["own.py"]'))
    for more in ([], ["training.members=2"]):
        refused(WRONG_CONFIG, [*TRAIN, 'callbacks=[{type="Own"}]', *more], "Own has table = 'weights.csv'")
    with pytest.raises(ConfigError, match="Own has table"):
        nnlite.train("c.toml", callbacks=[{"type": "Own"}], progress=False)


def test_other_paths_are_the_callbacks_to_choose(here):
    write(config(rest="[output]\npictures = false"))
    for number, path in enumerate(["figures.csv", "deep/history.csv", f"{here}/history.csv", "../history.csv"]):
        assert main([*TRAIN, "--out", f"runs/{number}", callback(path)]) == 0
    assert Path("history.csv").exists() and Path("runs/history.csv").exists()


def test_all_that_a_run_leaves_is_known():
    """As docs/config.md lists it."""
    page = (ROOT / "docs" / "config.md").read_text().partition("## What a run leaves")[2].partition("\n### ")[0]
    names = [name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall("`(.*?)`", row)]
    assert len(names) > 12 and "metrics.json" in names
    for name in names:
        with pytest.raises(ConfigError, match=re.escape(name.rstrip("/"))):
            callback = FigureLog()
            vars(callback)["path"] = name
            own_files.check(callback, Path("runs/x"))
