"""`nnlite verify` trains a run again: every epoch is the same, or it says which is not, and what may explain it."""

import json
import re
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from nnlite.cli import command_line as cli
from nnlite.core import snapshot
from nnlite.saving import model_file as storage
from tests.conftest import ROOT
from tests.helpers import processes

CONFIG = str(ROOT / "configs/iris.toml")
EPOCHS = "training.epochs=5"


@pytest.fixture
def here(tmp_path, monkeypatch, without_pictures):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["train", CONFIG, EPOCHS, "--out", "run"]) == 0
    return tmp_path


def hashes():
    return [line.partition(",")[2] for line in Path("run/weights.csv").read_text().splitlines()[1:]]


def test_a_run_that_can_be_repeated_is_identical_and_nothing_is_written(here, capsys):
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert cli.main(["verify", "run"]) == 0
    assert capsys.readouterr().out == f"identical: 5 epochs, sha256 {hashes()[-1]}\n"
    assert len(set(hashes())) == 5
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


def in_whole_lines(out):
    """What was printed, lines that were parted at 80 characters joined; only a hash may make one longer."""
    assert all(len(line) <= 80 or re.search("[0-9a-f]{64}", line) for line in out.splitlines()), out
    return re.sub(r"\n  (?! )", " ", out)


def test_the_last_hash_is_that_of_the_saved_model(here):
    assert hashes()[-1] == snapshot.digest(storage.load("run/model.safetensors").model)


def test_the_first_epoch_that_differs_is_named_with_what_differs_in_the_environment(here, capsys):
    rows = Path("run/weights.csv").read_text().splitlines()
    for row in (3, 4):
        rows[row] = f"{row},{'0' * 64}"
    Path("run/weights.csv").write_text("\n".join(rows) + "\n")
    assert cli.main(["verify", "run"]) == 1
    out = in_whole_lines(capsys.readouterr().out)
    assert re.search(rf"different: the weights differ from epoch 3 on: {'0' * 64} -> [0-9a-f]{{64}}\n", out)
    assert "the environment is the same" in out
    described = json.loads(Path("run/environment.json").read_text())
    described["packages"]["numpy"], described["threads"], described["python"] = "1.26.0", 7, "3.10.1"
    for pool in described["thread_pools"]:
        pool["architecture"] = "Alpha"
    Path("run/environment.json").write_text(json.dumps(described))
    assert cli.main(["verify", "run"]) == 1
    out = in_whole_lines(capsys.readouterr().out)
    for line in (
        'python: "3.10.1" -> ',
        'packages.numpy: "1.26.0" -> ',
        "threads: 7 -> 1",
        'architecture: "Alpha" -> ',
    ):
        assert line in out and "the environment is the same" not in out


def test_a_training_that_ended_elsewhere_or_left_another_model_is_different(here, capsys):
    text = Path("run/weights.csv").read_text()
    Path("run/weights.csv").write_text(f"{text}6,{'0' * 64}\n")
    assert cli.main(["verify", "run"]) == 1
    assert "training ended after epoch 5 of 6" in capsys.readouterr().out
    Path("run/weights.csv").write_text("".join(text.splitlines(keepends=True)[:5]))
    assert cli.main(["verify", "run"]) == 1
    assert "training did not end after epoch 4" in capsys.readouterr().out
    Path("run/weights.csv").write_text(text)
    cli.main(["train", CONFIG, EPOCHS, "seed=1", "--out", "other"])
    shutil.copy("other/model.safetensors", "run/model.safetensors")
    assert cli.main(["verify", "run"]) == 1
    out = in_whole_lines(capsys.readouterr().out)
    assert "different: model.safetensors holds other weights" in out
    assert "every epoch came out as it was recorded" in out and "the environment is the same" not in out


def test_a_config_that_was_edited_is_named_as_what_may_explain_it(here, capsys):
    path = Path("run/config.toml")
    recorded = json.loads(Path("run/environment.json").read_text())["config_sha256"]
    assert recorded == sha256(path.read_bytes()).hexdigest()
    path.write_text(re.sub("learning_rate = .*", "learning_rate = 0.07", path.read_text()))
    assert cli.main(["verify", "run"]) == 1
    out = in_whole_lines(capsys.readouterr().out)
    assert "the weights differ from epoch 1 on" in out and "the environment is another: config_sha256: " in out


def test_a_second_training_that_diverges_is_different(here, capsys):
    path = Path("run/config.toml")
    path.write_text(re.sub("learning_rate = .*", "learning_rate = 1e30", path.read_text()))
    capsys.readouterr()
    assert cli.main(["verify", "run"]) == 1
    out, err = map(in_whole_lines, capsys.readouterr())
    assert re.match(
        r"different: training diverged in epoch 1: .+ in epoch 1, step \d, with learning rate 1e\+30\n", out
    )
    assert "the environment is another: config_sha256: " in out and "ten times smaller" not in out + err


def test_early_stopping_and_averages_are_verified_too(here, capsys):
    words = ["training.epochs=60", "training.average=0.9", "early_stopping.patience=3"]
    cli.main(["train", CONFIG, *words, "early_stopping.monitor=validation_accuracy", "--out", "early"])
    capsys.readouterr()
    assert cli.main(["verify", "early"]) == 0
    assert "identical: " in capsys.readouterr().out


@pytest.mark.slow
def test_a_run_that_is_not_over_is_verified_as_far_as_it_has_come(here, capsys):
    words = ["train", CONFIG, "--out", "part", "checkpoints.every_steps=1"]
    assert processes.finish(Path(), words, kill_at_step=4 * 4 + 2, pictures=False) == -9
    assert cli.main(["verify", "part"]) == 0
    assert f"identical: 4 epochs, sha256 {hashes()[3]}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ("timed", 2, "cannot be repeated: training.max_seconds = 60"),
        ("nothing", 4, "nope is not a run folder"),
        ("no epoch", 4, "run has no weights of any epoch yet"),
        ("table", 4, "weights.csv is damaged"),
        ("bytes", 4, "weights.csv cannot be read"),
        ("data", 3, "the data differs from that of the run in run"),
    ],
)
def test_what_cannot_be_verified_is_said(here, capsys, change, code, said):
    config, weights, environment = (Path("run", name) for name in ("config.toml", "weights.csv", "environment.json"))
    if change == "timed":
        config.write_text(config.read_text().replace("[training]", "[training]\nmax_seconds = 60"))
    elif change == "no epoch":
        weights.unlink()
    elif change == "table":
        weights.write_text("epoch,sha256\n2," + "0" * 64 + "\n")
    elif change == "bytes":
        weights.write_bytes(b"\xff")
    elif change == "data":
        environment.write_text(environment.read_text().replace('"data_sha256": "', '"data_sha256": "0'))
    assert cli.main(["verify", "nope" if change == "nothing" else "run"]) == code
    assert said in capsys.readouterr().err


def test_a_hash_covers_names_dtypes_shapes_and_every_array():
    class Model:
        layers, criterion = (), None

    found = set()
    for arrays in (
        {"a": np.zeros(4)},
        {"b": np.zeros(4)},
        {"a": np.zeros((2, 2))},
        {"a": np.zeros(8, np.float32)},
        {"a": np.zeros(4), "b": np.zeros(0)},
        {"a": np.ones(4)},
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(snapshot, "arrays_of", lambda _, arrays=arrays: arrays)
            found.add(snapshot.digest(Model()))
    assert len(found) == 6
