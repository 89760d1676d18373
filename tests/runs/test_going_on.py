"""A run that was stopped goes on as if it never had been, with its own config and rows, or not at all."""

import csv
import errno
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite import Dataset, clock
from nnlite.cli import command_line as cli
from nnlite.core import cost, snapshot
from nnlite.core.state import State
from nnlite.data import Splits
from nnlite.errors import ConfigError
from nnlite.runs import environment, weight_hashes
from nnlite.runs.changes import differences
from nnlite.runs.checkpoints import Checkpoints
from nnlite.runs.folder import RunFolder
from nnlite.saving import checkpoint
from nnlite.saving.checkpoint_times import CheckpointTimes
from nnlite.training import full_batch
from tests.conftest import ROOT
from tests.helpers import processes

pytestmark = pytest.mark.slow  # 57 runs; tests/training/test_resume.py has the fast ones

CONFIG = str(ROOT / "configs/iris.toml")
OWN = """
[data]
source = "npz"
path = "rows.npz"
[model]
layers = [
  { type = "Standardize" },
  { type = "Dense", units = 8 },
  { type = "BatchNorm" },
  { type = "ReLU" },
  { type = "Dropout" },
  { type = "Dense", units = 3 },
  { type = "SoftmaxCrossEntropy" },
]
[optimizer]
type = "Adam"
[training]
epochs = 12
batch_size = 16
[checkpoints]
every_steps = 3
"""


@pytest.fixture
def here(tmp_path, monkeypatch, without_pictures):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    np.savez("rows.npz", x=rng.normal(size=(90, 4)) + y[:, None], y=y)
    Path("own.toml").write_text(OWN)
    return tmp_path


def killed(step, *words):
    """A run that was killed after this step."""
    assert (
        processes.finish(Path(), ["train", "own.toml", *words], kill_at_step=step, pictures=False) == -signal.SIGKILL
    )


def content(folder):
    """What every file in the folder holds, but for the seconds of each epoch, and the process that began it."""
    apart = ("history.csv", "environment.json", "report.html")  # a report names seconds too
    found = {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.name not in apart}
    rows = [row[:-1] for row in csv.reader((Path(folder) / "history.csv").read_text().splitlines())]
    return found | {"history.csv": rows}


@pytest.mark.parametrize("step", [1, 17, 47, *(pytest.param(step, marks=pytest.mark.slow) for step in (2, 3, 5, 30))])
def test_a_killed_run_resumed_leaves_what_one_leaves_that_was_not(here, step, capsys):
    killed(step)
    left = {path.name for path in (here / "runs/own").iterdir()}
    assert "metrics.json" not in left and "model.safetensors" not in left
    assert cli.main(["train", "own.toml", "--resume"]) == 0
    out = capsys.readouterr().out
    assert f"runs/own: going on from {'the beginning' if step < 4 else 'checkpoint-'}" in out
    assert cli.main(["train", "own.toml", "--out", "whole"]) == 0
    assert content("runs/own") == content("whole")


def test_lbfgs_goes_on_too(here):
    words = [
        'optimizer={type="LBFGS", weight_decay=0.01}',
        "model.layers[4].rate=0",
        "model.layers[2]={type='LayerNorm'}",
    ]
    words += ["training.epochs=40"]
    killed(25, *words)
    assert cli.main(["train", "own.toml", *words, "--resume"]) == 0
    assert cli.main(["train", "own.toml", *words, "--out", "whole"]) == 0
    assert content("runs/own") == content("whole")


# Sends a signal once, in the first of the portions of rows that are validated or (full-batch) trained on.
SIGNAL = """if {} and not os.path.exists("sent"):
            open("sent", "x").close()
            signal.raise_signal(signal.SIGTERM)"""


@pytest.mark.parametrize("average", [[], ["training.average=0.9"]])
def test_a_signal_in_the_middle_of_a_validation_is_heard_there(here, monkeypatch, capsys, average):
    monkeypatch.setattr(cost, "MOST_ROWS", 2)
    Path("layers.py").write_text("import os, signal" + ODD.format(SIGNAL.format("self.count == 20 and not training")))
    words = [*WITH_ODD, *average, "early_stopping.patience=4", "checkpoints.every_steps=100"]
    assert cli.main(words) == 143
    assert "\ninterrupted in epoch 5, after step 4 of 4\nto go on" in capsys.readouterr().err
    assert checkpoint.paths(Path("runs/own"))[-1].name == "checkpoint-4-4.safetensors"
    assert cli.main(["train", "--resume", "runs/own"]) == 0
    assert cli.main([*words, "--out", "whole"]) == 0
    assert content("runs/own") == content("whole")


def test_a_signal_in_the_middle_of_an_iteration_is_heard_there(here, monkeypatch, capsys):
    monkeypatch.setattr(full_batch, "ROWS_AT_ONCE", 16)
    Path("layers.py").write_text("import os, signal" + ODD.format(SIGNAL.format("self.count == 61")))
    words = [*WITH_ODD, "training.epochs=40", 'optimizer={type="LBFGS", weight_decay=0.01}', "model.layers[4].rate=0"]
    words.append("model.layers[2]={type='LayerNorm'}")
    assert cli.main(words) == 143
    err = capsys.readouterr().err
    assert "\ninterrupted after epoch " in err
    epochs = len(RunFolder(Path("runs/own")).read_history())
    assert f"epoch {epochs:>2}/40 " in err and f"interrupted after epoch {epochs}\n" in err
    model = nnlite.load("runs/own/model.safetensors", plugins=["layers.py"]).model
    assert snapshot.digest(model) == RunFolder(Path("runs/own")).read_weight_hashes()[-1]  # not of a trial
    assert cli.main(["train", "--resume", "runs/own"]) == 0
    assert cli.main([*words, "--out", "whole"]) == 0
    assert content("runs/own") == content("whole")


def test_progress_goes_on_from_where_it_stood(here, capsys, monkeypatch):
    killed(4 * 4 + 1)
    shutil.copytree("runs/own", "other")
    cli.main(["train", "--resume", "other"])
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("epoch ")]
    assert [line.partition("/")[0] for line in lines] == [f"epoch {epoch:>2}" for epoch in range(4, 13)]
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    cli.main(["train", "--resume", "runs/own"])
    err = capsys.readouterr().err
    assert "|  31% " in err and "| 100% " in err and "|   6% " not in err


def test_a_finished_run_is_left_as_it_is(here, capsys):
    assert cli.main(["train", "own.toml"]) == 0
    before = content("runs/own")
    checkpoint.path_in(Path("runs/own"), 1, 0).touch()  # it was killed right before this was to go
    capsys.readouterr()
    for words in (["own.toml", "--resume"], ["--resume", "runs/own"], ["--resume", "own.toml"]):
        assert cli.main(["train", *words]) == 0
        assert capsys.readouterr().out == "runs/own: this run is finished\n"
    assert content("runs/own") == before
    assert cli.main(["train", "own.toml", "--resume", "seed=1"]) == 0  # another training
    assert RunFolder(Path("runs/own-2")).finished


def test_a_finished_run_in_a_read_only_folder_is_finished_too(here, monkeypatch, capsys):
    assert cli.main(["train", "own.toml"]) == 0
    checkpoint.path_in(Path("runs/own"), 1, 0).touch()

    def read_only(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("nnlite.runs.lock._take", read_only)
    capsys.readouterr()
    assert cli.main(["train", "--resume", "runs/own"]) == 0
    assert capsys.readouterr() == ("runs/own: this run is finished\n", "")


@pytest.mark.parametrize("odd", ["config", "hashes", "shape"])
def test_a_whole_checkpoint_of_no_run_is_told(here, capsys, odd):
    killed(20)
    path = checkpoint.paths(Path("runs/own"))[-1]
    state, header = checkpoint.load(path)
    if odd == "hashes":
        del state.arrays["hashes"]
    elif odd == "shape":
        state.arrays["hashes"] = np.zeros(3)
    checkpoint.save(path, state, {} if odd == "config" else header)
    for words in (["train", "--resume", "runs/own"], ["verify", "runs/own"]):
        assert cli.main(words) == 4
        assert f"{path}: the checkpoint is not that of a run" in capsys.readouterr().err
    assert path.exists()


def test_the_latest_unfinished_run_of_the_name_goes_on(here):
    for _ in range(3):
        killed(9)
    (here / "own-2.toml").write_text(OWN)
    assert cli.main(["train", "own-2.toml", "--resume"]) == 0  # runs/own-2 is a run of own.toml
    assert RunFolder(Path("runs/own-2-2")).finished
    for name in ("own-3", "own-2", "own"):
        assert cli.main(["train", "own.toml", "--resume"]) == 0
        assert RunFolder(Path("runs", name)).finished
    assert len(list(Path("runs").iterdir())) == 4


def test_without_a_run_to_go_on_with_one_is_begun(here):
    assert cli.main(["train", "own.toml", "--resume"]) == 0
    assert cli.main(["train", "own.toml", "--resume", "--out", "there"]) == 0
    assert RunFolder(Path("runs/own")).finished and RunFolder(Path("there")).finished


def test_a_folder_without_a_run_is_not_resumed(here, capsys):
    Path("empty").mkdir()
    for name in ("nope", "empty", "own.toml/x"):
        assert cli.main(["train", "--resume", name]) == 4
        assert f"{name} is not a run folder: it has no config.toml" in capsys.readouterr().err
    assert not any(Path("empty").iterdir())


@pytest.mark.parametrize("step", [1, 9])
def test_a_changed_config_is_refused_with_what_was_changed(here, capsys, step):
    killed(step)
    before = {path: path.read_bytes() for path in Path("runs/own").iterdir()}
    words = ["training.epochs=13", "model.layers[4].rate=0.25", "schedule.type=OneCycle"]
    assert cli.main(["train", "own.toml", "--resume", *words]) == 2
    err = capsys.readouterr().err
    assert "the run in runs/own has another config" in err and "to go on" not in err
    for line in ("training.epochs: 12 -> 13", "model.layers[4].rate: 0.5 -> 0.25", "schedule: nothing -> { type"):
        assert f"\n  {line}" in err
    assert cli.main(["train", "--resume", "runs/own", "seed=3"]) == 2
    assert "\n  seed: 0 -> 3" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in Path("runs/own").iterdir() if path.name != ".lock"} | {
        Path("runs/own/.lock"): b""
    } == before | {Path("runs/own/.lock"): b""}
    assert cli.main(["train", "own.toml", "--resume", "checkpoints.every_steps=2"]) == 0  # changes no weight


BY_NAME = '{ type = "SoftmaxCrossEntropy", class_weight = {%s} }'


def test_class_weights_by_name_in_another_order_are_the_same(here, capsys):
    weights = ["0 = 1.0", "1 = 2.0", "2 = 5.0"]
    killed(9, f"model.layers[6]={BY_NAME % ', '.join(weights)}")
    other = f"model.layers[6]={BY_NAME % ', '.join(reversed(weights))}"
    assert cli.main(["train", "own.toml", "--resume", other]) == 0
    assert cli.main(["train", "own.toml", other, "--out", "whole"]) == 0
    assert content("runs/own") | {"config.toml": b""} == content("whole") | {"config.toml": b""}


def test_another_class_weight_is_refused_with_that_alone(here, capsys):
    names = ", ".join(f"{name} = 1.5" for name in range(2))
    killed(9, f"model.layers[6]={BY_NAME % f'{names}, 2 = 3'}")
    assert cli.main(["train", "own.toml", "--resume", f"model.layers[6]={BY_NAME % f'2 = 4, {names}'}"]) == 2
    assert "\n  model.layers[6].class_weight.2: 3.0 -> 4.0\n" in capsys.readouterr().err


def test_long_values_in_a_refusal_are_cut_around_the_place_where_they_differ():
    long = "a" * 200
    (line,) = differences({"name": long + "b"}, {"name": long + "c"})
    assert len(line) < 200 and 'ab" -> ...' in line and line.endswith('ac"')


OLDER = "warning: the run was begun with an older nnlite, in which "


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["model.layers[6].class_weight=balanced"], "class weights counted less in small batches"),
        (["training.average=0.9"], "averaged weights had the running statistics (BatchNorm) of the last step"),
        (["training.average=0.9", "model.layers[2]={type='LayerNorm'}"], ""),
        ([], ""),
    ],
)
def test_a_run_that_an_older_nnlite_trained_by_another_rule_is_told(here, capsys, words, said):
    killed(9, *words)
    path = Path("runs/own/environment.json")
    today = path.read_text()
    path.write_text(json.dumps({name: of for name, of in json.loads(today).items() if name != "numpy_simd"}))
    assert cli.main(["train", "--resume", "runs/own", "training.epochs=12"]) == 0
    err = " ".join(capsys.readouterr().err.split())
    assert (f"{OLDER}{said}: from here on today's rule holds" in err) if said else "older nnlite" not in err
    if said:
        csv_file = Path("runs/own/weights.csv")
        csv_file.write_text(re.sub("[0-9a-f]{64}", "0" * 64, csv_file.read_text()))
        assert cli.main(["verify", "runs/own"]) == 1
        assert f"an older nnlite, in which {said}" in " ".join(capsys.readouterr().out.split())


def test_a_run_of_today_is_told_nothing_of_older_rules(here, capsys):
    killed(9, "training.average=0.9", "model.layers[6].class_weight=balanced")
    assert cli.main(["train", "--resume", "runs/own"]) == 0
    assert "older" not in capsys.readouterr().err


def test_a_config_file_of_a_run_that_somebody_changed_is_noticed(here, capsys):
    killed(9)
    path = Path("runs/own/config.toml")
    path.write_text(path.read_text().replace("units = 8", "units = 9"))
    assert cli.main(["train", "--resume", "runs/own"]) == 2
    assert "model.layers[1].units: 8 -> 9" in capsys.readouterr().err


@pytest.mark.parametrize("step", [1, 9])
def test_changed_rows_are_refused_and_moved_ones_are_not(here, capsys, step):
    killed(step)
    x, y = (np.load("rows.npz")[name] for name in "xy")
    Path("rows.npz").rename("moved.npz")
    assert cli.main(["train", "--resume", "runs/own"]) == 3
    assert "rows.npz cannot be read: No such file" in " ".join(capsys.readouterr().err.split())
    np.savez("rows.npz", x=np.vstack([x, x[:3]]), y=np.append(y, y[:3]))
    assert cli.main(["train", "--resume", "runs/own"]) == 3
    err = capsys.readouterr().err
    assert (
        "the data differs from that of the run in runs/own:\n  rows.train: 63 -> 65" in err and "data_sha256" in err
    )
    assert cli.main(["train", "--resume", "runs/own", "data.path=moved.npz"]) == 0


def warnings_in(said):
    """The warnings on the terminal, each in one line again."""
    return [line for line in said.replace("\n  ", " ").splitlines() if line.startswith("warning")]


def test_another_environment_is_told(here, capsys):
    killed(9)
    path = Path("runs/own/environment.json")
    described = json.loads(path.read_text())
    described["packages"]["numpy"], described["machine"] = "1.26.0", "alpha"
    path.write_text(json.dumps(described))
    assert cli.main(["train", "--resume", "runs/own"]) == 0
    warnings = warnings_in(capsys.readouterr().err)
    assert len(warnings) == 2 and 'packages.numpy: "1.26.0" -> ' in warnings[0] and "machine: " in warnings[1]


def test_libraries_that_older_versions_recorded_beside_numpys_are_no_other_environment(here, capsys):
    killed(9)
    path = Path("runs/own/environment.json")
    described = json.loads(path.read_text())
    numpys = described["thread_pools"]
    assert [pool["user_api"] for pool in numpys] == ["blas"]
    scipys = {**numpys[0], "version": "0.3.1"}
    openmp = {"user_api": "openmp", "internal_api": "openmp", "version": None, "num_threads": 2, "architecture": None}
    path.write_text(json.dumps({**described, "thread_pools": [*numpys, scipys, openmp]}))
    assert cli.main(["train", "--resume", "runs/own"]) == 0
    assert "warning" not in capsys.readouterr().err


def test_another_library_that_multiplies_matrices_is_told(here, capsys):
    killed(9)
    path = Path("runs/own/environment.json")
    described = json.loads(path.read_text())
    described["thread_pools"][0]["version"] = "0.3.1"
    path.write_text(json.dumps(described))
    assert cli.main(["train", "--resume", "runs/own"]) == 0
    warnings = warnings_in(capsys.readouterr().err)
    assert len(warnings) == 2 and all("thread_pools." in line for line in warnings)


@pytest.mark.parametrize("text", [None, "", "[", "[1]", "\xff"])
def test_a_run_whose_environment_is_gone_or_damaged_is_refused(here, capsys, text):
    killed(9)
    path = Path("runs/own/environment.json")
    path.unlink() if text is None else path.write_bytes(text.encode("latin-1"))
    assert cli.main(["train", "--resume", "runs/own"]) == 4
    assert "environment.json" in capsys.readouterr().err


def test_a_run_killed_between_its_first_two_files_begins_again(here):
    killed(1)
    Path("runs/own/environment.json").unlink()
    assert cli.main(["train", "--resume", "runs/own"]) == 0
    assert Path("runs/own/environment.json").exists()


def test_a_damaged_checkpoint_is_told_and_the_one_before_it_taken(here, capsys):
    killed(20)
    newest = checkpoint.paths(Path("runs/own"))[-1]
    newest.write_bytes(newest.read_bytes()[:-1])
    assert cli.main(["train", "--resume", "runs/own"]) == 0
    assert f"warning: {newest}" in capsys.readouterr().err
    cli.main(["train", "own.toml", "--out", "whole"])
    assert content("runs/own") == content("whole")


def test_after_a_damaged_checkpoint_the_good_one_stays(here):
    killed(20)
    good, damaged = checkpoint.paths(Path("runs/own"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    words = ["--resume", "runs/own", "checkpoints={every_steps=1}"]
    assert processes.finish(Path(), ["train", *words], kill_at_step=2, pictures=False) == -signal.SIGKILL
    kept = checkpoint.paths(Path("runs/own"))
    assert damaged not in kept and kept[0] == good and len(kept) == 2


def test_checkpoints_of_which_none_can_be_read_are_told_and_stay(here, capsys):
    killed(20)
    for path in checkpoint.paths(Path("runs/own")):
        path.write_bytes(path.read_bytes()[:-1])
    before = {path: path.read_bytes() for path in Path("runs/own").iterdir() if path.name != ".lock"}
    assert cli.main(["train", "--resume", "runs/own"]) == 4
    err = " ".join(capsys.readouterr().err.split())
    assert (
        err.startswith("error: none of the checkpoints in runs/own can be read: ")
        and "warning" not in err
        and "to go on" not in err
    )
    assert {path: path.read_bytes() for path in Path("runs/own").iterdir()} == before


def fail_from(monkeypatch, number, name, error):
    """Every write to a file of such a name fails from the one of this number on."""
    replace, count = os.replace, 0

    def failing(source, target):
        nonlocal count
        count += Path(target).name.startswith(name)
        if count >= number and Path(target).name.startswith(name):
            raise error
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)


@pytest.mark.parametrize(("number", "name"), [(3, "checkpoint"), (1, "model"), (1, "loss.svg"), (1, "metrics.json")])
def test_a_full_disk_keeps_the_run_and_its_checkpoint(here, monkeypatch, capsys, number, name):
    with monkeypatch.context() as broken:
        fail_from(broken, number, name, OSError(errno.ENOSPC, "No space left on device"))
        assert cli.main(["train", "own.toml"]) == 4
    err = capsys.readouterr().err
    assert "error: cannot write runs/own/" in err and "No space left on device" in err and "Traceback" not in err
    assert err.endswith("to go on: nnlite train --resume runs/own\n")
    assert not [path for path in Path("runs/own").iterdir() if path.suffix == ".tmp"]
    assert cli.main(["train", "--resume", "runs/own"]) == 0
    cli.main(["train", "own.toml", "--out", "whole"])
    assert content("runs/own") == content("whole")


def test_a_full_disk_at_the_beginning_leaves_nothing(here, monkeypatch, capsys):
    for name in ("environment.json", "config.toml"):
        with monkeypatch.context() as broken:
            fail_from(broken, 1, name, OSError(errno.ENOSPC, "No space left on device"))
            assert cli.main(["train", "own.toml"]) == 4
        assert not Path("runs").exists()


ODD = """
from pathlib import Path
from nnlite import Layer
class Odd(Layer):
    count = 0
    def forward(self, x, *, training=False):
        self.count += training
        {}
        return x
    def backward(self, dy):
        return dy
"""
WITH_ODD = ["train", "own.toml", 'plugins=["layers.py"]', "model.layers[3]={type='Odd'}"]


DIVERGES = "x = x * (float('inf') if self.count > 20 else 1)"
AGAIN = "going on would diverge again, so begin a new run with another config"


def test_a_divergence_takes_a_new_run_away_that_has_no_checkpoint(here, monkeypatch, capsys):
    monkeypatch.setattr(CheckpointTimes, "after_epoch", lambda self: False)
    Path("layers.py").write_text(ODD.format(DIVERGES))
    assert cli.main([*WITH_ODD, "checkpoints={every_steps=100}", "training.epochs=6"]) == 5
    assert "keeps" not in capsys.readouterr().err and not Path("runs").exists()


def test_a_divergence_takes_no_checkpoint_away(here, capsys):
    Path("layers.py").write_text(
        ODD.format("x = x * (float('inf') if self.count > 20 and Path('late').exists() else 1)")
    )
    assert processes.finish(Path(), [*WITH_ODD, "--out", "old"], kill_at_step=9, pictures=False) == -signal.SIGKILL
    Path("late").touch()
    assert cli.main([*WITH_ODD, "--out", "new"]) == 5
    assert capsys.readouterr().err.endswith(f"\nnew keeps its checkpoints, history; {AGAIN}\n")
    assert cli.main(["train", "--resume", "old", "training.threads=1"]) == 2  # another config
    assert "keeps" not in capsys.readouterr().err
    assert cli.main(["train", "--resume", "old"]) == 5
    err = capsys.readouterr().err
    assert f"\nold keeps its checkpoints, history; {AGAIN}\n" in err and "to go on" not in err
    for folder in map(Path, ("old", "new")):
        names = {path.name for path in folder.iterdir()}
        assert {"config.toml", "environment.json", "history.csv", "weights.csv"} <= names
        assert "model.safetensors" not in names and checkpoint.newest(folder) is not None


def test_after_a_divergence_early_stopping_has_left_the_best_model(here, capsys):
    Path("layers.py").write_text(ODD.format(DIVERGES))
    assert cli.main([*WITH_ODD, "early_stopping={}"]) == 5
    assert f"runs/own keeps its checkpoints, history, model; {AGAIN}" in capsys.readouterr().err
    history = RunFolder(Path("runs/own")).read_history()
    model = nnlite.load("runs/own/model.safetensors", plugins=["layers.py"]).model
    assert len(history) == 5 and history.best_epoch is not None
    assert snapshot.digest(model) == RunFolder(Path("runs/own")).read_weight_hashes()[history.best_epoch - 1]


@pytest.mark.parametrize("every", [3, 100])
def test_a_signal_while_weights_are_spoilt_writes_no_model_of_them(here, monkeypatch, capsys, every):
    monkeypatch.setattr(CheckpointTimes, "after_epoch", lambda self: False)
    after_step = Checkpoints.after_step
    counts = itertools.count(1)

    def spoilt(self, fit):
        if next(counts) == 18:
            fit.model.parameters.values[0] = np.nan
            signal.raise_signal(signal.SIGTERM)
        after_step(self, fit)

    monkeypatch.setattr(Checkpoints, "after_step", spoilt)
    assert cli.main(["train", "own.toml", f"checkpoints={{every_steps={every}}}"]) == 143
    err = capsys.readouterr().err
    if every == 100:
        assert "after step 2 of 4: nothing was written\n" in err and not Path("runs").exists()
    else:
        assert "after step 2 of 4\nto go on: " in err and not Path("runs/own/model.safetensors").exists()
        assert checkpoint.newest(Path("runs/own")).path.name == "checkpoint-3-3.safetensors"


def test_a_python_warning_is_a_line_and_an_error_where_it_shall_be_one(here, capsys):
    Path("layers.py").write_text(ODD.format("__import__('warnings').warn('odd numbers')"))
    assert cli.main(WITH_ODD) == 2  # the tests make warnings errors
    err = capsys.readouterr().err
    assert "error: odd numbers" in err and "Traceback" not in err
    assert processes.finish(Path(), WITH_ODD) == 0
    said = " ".join(Path("stderr").read_text().split())  # a long path is on a line of its own
    assert said.count("warning: odd numbers (") == 1 and "layers.py, line 8)" in said


def test_a_plug_in_that_fails_late_keeps_the_run(here, capsys):
    Path("layers.py").write_text(ODD.format("assert self.count < 20 or Path('mended').exists()"))
    assert cli.main(WITH_ODD) == 1
    said = "error: layers.py: Odd.forward fails in line 8: AssertionError\nto go on: nnlite train --resume runs/own\n"
    assert capsys.readouterr().err.endswith(said)
    Path("mended").touch()
    assert cli.main([*WITH_ODD, "--resume"]) == 0


def test_the_run_of_a_resolved_config_has_the_first_ones_name(here):
    assert cli.main(["train", "own.toml", "training.epochs=1"]) == 0
    assert cli.main(["train", "runs/own/config.toml"]) == 0
    assert {path.name for path in Path("runs").iterdir()} == {"own", "own-2"}
    assert cli.main(["train", "own.toml", "name=mine", "training.epochs=1"]) == 0
    assert RunFolder(Path("runs/mine")).finished
    with pytest.raises(ConfigError, match=r"name = .* without /"):
        nnlite.config.training_config.load("own.toml", ["name=a/b"])


def test_wrong_words_about_resuming_end_with_the_usage(here, capsys):
    for words in (["train", "--resume"], ["train", "--resume", "runs/own", "--out", "there"]):
        with pytest.raises(SystemExit, match="2"):
            cli.main(words)
        assert capsys.readouterr().err.startswith("usage: ")


def test_checkpoints_are_due_after_steps_and_seconds_and_epochs_that_were_long_enough(monkeypatch):
    now = 0.0
    monkeypatch.setattr(clock, "seconds", lambda: now)
    times = CheckpointTimes(every_steps=3, every_seconds=10.0)
    assert [times.after_step() for _ in range(3)] == [False, False, True]
    times.written(1.0)
    assert not times.after_step() and not times.after_epoch()
    now = 9.9
    assert not times.after_epoch() and not times.after_step()
    now = 10.1
    assert times.after_epoch() and times.after_step()
    times.written(0.0)
    assert times.after_epoch() and not times.after_step()


def test_differences_are_told_key_by_key():
    old, new = {"a": {"b": (1, 2)}, "c": None, "d": [1]}, {"a": {"b": [1, 2]}, "d": [1, 2], "e": "x" * 100}
    assert differences(old, new) == ["d: [1] -> [1, 2]", f'e: nothing -> "{"x" * 76}...']
    assert differences(old, new, leaving_out=["d", "e"]) == []


def test_a_history_of_very_many_epochs_fits_a_checkpoint(here):
    history = nnlite.History()
    for epoch in range(1, 50_001):
        history.append(
            {"epoch": epoch, "training_loss": 1 / epoch, **({"validation_loss": 0.5} if epoch > 2 else {})}
        )
    hashes = [f"{epoch:064x}" for epoch in range(50_000)]
    state = State.of(history=history.state, hashes=State(arrays={"all": weight_hashes.to_array(hashes)}))
    checkpoint.save(path := checkpoint.path_in(here, 50_000, 0), state, {})
    read, _ = checkpoint.load(path)
    again = nnlite.History()
    again.state = read.part("history")
    assert again.rows == history.rows and isinstance(again.rows[0]["epoch"], int)
    assert again.to_csv() == history.to_csv()
    assert weight_hashes.from_array(read.arrays["hashes/all"]) == hashes


def test_other_names_of_the_same_rows_are_refused_but_for_a_run_that_has_not_recorded_them(here, capsys):
    rows = dict(np.load("rows.npz"))
    np.savez("rows.npz", x=rows["x"], y=np.array(["a", "b", "c"])[rows["y"]])
    killed(9)
    np.savez("rows.npz", x=rows["x"], y=np.array(["a", "b", "d"])[rows["y"]])
    assert cli.main(["train", "--resume", "runs/own"]) == 3
    err = " ".join(capsys.readouterr().err.split())
    assert "the data differs from that of the run in runs/own: names_sha256: " in err and "data_sha256" not in err
    path = Path("runs/own/environment.json")
    described = json.loads(path.read_text())
    del described["names_sha256"]
    path.write_text(json.dumps(described))
    assert cli.main(["train", "--resume", "runs/own"]) == 3  # the model knows them too
    assert "the classes are not the model's (unknown: 'd')" in capsys.readouterr().err
    kept = checkpoint.paths(Path("runs/own"))[-1]
    state, header = checkpoint.load(kept)
    for name in ("classes", "feature_names"):
        del state.values["model"][name]
    checkpoint.save(kept, state, header)
    assert cli.main(["train", "--resume", "runs/own"]) == 0


def test_names_are_those_of_classes_and_of_columns():
    x, y = np.eye(2), np.arange(2)
    several = [{}, {"classes": (0, 1)}, {"classes": ("0", "1")}, {"classes": (1, 0)}, {"feature_names": ("0", "1")}]
    assert len({environment.names_hash(Splits(Dataset(x, y, **names), None, None)) for names in several}) == 5


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores are chosen like this on Linux only")
def test_other_cores_and_thread_variables_are_no_other_environment(here):
    killed(9)
    code = "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); import nnlite.cli as cli; "
    code += "sys.exit(cli.main(['train', '--resume', 'runs/own']))"
    variables = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | variables, capture_output=True, text=True)
    assert done.returncode == 0 and "warning" not in done.stderr
