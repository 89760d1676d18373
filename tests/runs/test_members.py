"""A run of an ensemble: members one after another, each resumed and verified to the bit, their mean the model."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite import Callback, RunError
from nnlite.cli import command_line as cli
from nnlite.config import training_config
from nnlite.runs import start
from nnlite.runs.folder import RunFolder
from nnlite.runs.signals import Interrupted, Signals
from nnlite.runs.verify import verify

CONFIG = """
[data]
source = "iris"
validation_fraction = 0.2
[model]
layers = [
  {{ type = "Standardize" }}, {{ type = "Dense", units = 4 }}, {{ type = "Tanh" }},
  {{ type = "Dropout", rate = 0.1 }}, {{ type = "Dense" }}, {{ type = "{loss}" }},
]
[optimizer]
type = "Adam"
learning_rate = 0.02
[early_stopping]
patience = 2
[training]
epochs = 4
members = 3
[checkpoints]
every_steps = 2
"""


class StopsAt(Callback):
    """Sends a signal after so many steps of all members together."""

    def __init__(self, steps, signals):
        self.steps, self.signals, self.made = steps, signals, 0

    def after_step(self, fit):
        self.made += 1
        if self.made == self.steps:
            self.signals.came = 15


@pytest.fixture
def config(tmp_path, monkeypatch, without_pictures):
    monkeypatch.chdir(tmp_path)
    Path("e.toml").write_text(CONFIG.format(loss="SoftmaxCrossEntropy"))
    return training_config.load("e.toml")


def run(config, out, stops=()):
    """Trains in this folder, interrupted after these numbers of steps; returns what metrics.json says."""
    folder = RunFolder(Path(out))
    for steps in stops:
        signals = Signals()
        starting = start.resumed(config, folder, signals) if folder.begun else start.new(config, folder.path, signals)
        with pytest.raises(Interrupted), starting as going:
            going.train([StopsAt(steps, signals)])
    with start.resumed(config, folder) if folder.begun else start.new(config, folder.path) as going:
        going.train()
        return going.finish()


def files(folder):
    """All files but those that name the time, the seconds or the machine."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
    rows = {name: content for name, content in found.items() if not re.search("history|lock|report", name)}
    return {name: content for name, content in rows.items() if name != "environment.json"}


@pytest.mark.parametrize("stops", [[14, 3, 9], *(pytest.param([at], marks=pytest.mark.slow) for at in (1, 7, 30))])
def test_a_run_that_is_interrupted_in_any_member_leaves_the_same_files(config, stops):
    whole = run(config, "whole")
    assert run(config, "parted", stops) == whole
    one, other = files("whole"), files("parted")
    assert one.keys() == other.keys() and all(one[name] == other[name] for name in one)
    assert {f"member-{k}/{name}" for k in (1, 2, 3) for name in ("model.safetensors", "weights.csv")} <= one.keys()
    assert not [name for name in other if "checkpoint" in name]


def test_the_model_of_the_run_is_the_mean_of_members_that_differ(config):
    figures = run(config, "whole")
    predictor = nnlite.load("whole")
    x = config.load_data().test.x
    alone = [nnlite.load(f"whole/member-{k}/model.safetensors").predict_proba(x) for k in (1, 2, 3)]
    assert predictor.predict_proba(x) == pytest.approx(np.mean(alone, axis=0), rel=1e-6)
    assert len({member.tobytes() for member in alone}) == 3
    data = config.read_data()
    parts = [config.split_data(data, member) for member in range(3)]
    assert len({part.test.x.tobytes() for part in parts}) == 1
    assert len({part.validation.x.tobytes() for part in parts}) == 3
    assert figures["test"]["loss"] == nnlite.evaluate(predictor.model, parts[0].test)["loss"]
    losses = [each["validation"]["loss"] for each in figures["members"]]
    assert figures["validation"]["loss"] == pytest.approx(np.mean(losses))
    for member, part in enumerate(parts):
        assert losses[member] == nnlite.evaluate(predictor.members[member], part.validation)["loss"]
    assert json.loads(Path("whole/metrics.json").read_text())["members"][2]["best_epoch"] >= 1


def test_members_start_with_weights_and_shuffle_by_seeds_of_their_own(config):
    built = [config.build(member)[1] for member in range(3)]
    assert [trainer.seed for trainer in built] == [0, 1, 2]
    assert len({trainer.model.parameters.values.tobytes() for trainer in built}) == 3


def test_verify_trains_all_members_again_and_names_the_one_that_differs(config):
    run(config, "whole")
    seen = []
    found = verify(Path("whole"), lambda epoch, epochs: seen.append((epoch, epochs)))
    assert not found.differs and found.epochs == seen[-1][0] == seen[-1][1]
    weights = Path("whole/member-2/weights.csv")
    text = weights.read_text()
    weights.write_text(text.replace(text.split(",")[2].split()[0], "0" * 64))
    assert verify(Path("whole"), lambda *_: None).differs.startswith("member 2: the weights differ from epoch 1 on")
    weights.write_text(text)
    Path("whole/model.safetensors").write_bytes(Path("whole/member-1/model.safetensors").read_bytes())
    assert verify(Path("whole"), lambda *_: None).differs == "model.safetensors holds other weights"


def test_an_interrupted_ensemble_goes_on_on_the_command_line_and_is_drawn(config, capsys):
    with pytest.raises(Interrupted), start.new(config, Path("runs/e"), signals := Signals()) as going:
        going.train([StopsAt(20, signals)])
    assert cli.main(["train", "--resume", "runs/e"]) == 0
    said = capsys.readouterr()
    assert "runs/e: going on from member 2 of 3" in said.out
    assert "member 1 of 3" not in said.err and "member 2 of 3" in said.err and "member 3 of 3" in said.err
    assert [*RunFolder(Path("runs/e")).read_histories()] == ["member 1", "member 2", "member 3"]
    assert cli.main(["plot", "runs/e"]) == 0 and "member 3" in Path("curves.svg").read_text()
    with start.resumed(config, RunFolder(Path("runs/e"))) as finished:
        assert finished is None


def test_a_damaged_member_is_named(config):
    with pytest.raises(Interrupted), start.new(config, Path("e"), signals := Signals()) as going:
        going.train([StopsAt(20, signals)])
    Path("e/member-1/metrics.json").write_text("{")
    with pytest.raises(RunError, match=r"member-1/metrics\.json cannot be read"):
        run(config, "e")


@pytest.mark.parametrize("value", [0, "two", 2000])
def test_a_wrong_number_of_members_is_told(value, config):
    document = config.document | {"training": config.document["training"] | {"members": value}}
    with pytest.raises(nnlite.ConfigError, match=r"training\.members = "):
        training_config.check(document, Path("e.toml"))
