"""The findings of a run: written into its folder, read again, and the same bytes whatever happened on the way."""

import json
import shutil

import numpy as np
import pytest

import nnlite
from nnlite import RunError
from nnlite.cli import command_line as cli
from nnlite.config import training_config
from nnlite.config.overrides import of_python
from nnlite.diagnosis import Finding, looking
from nnlite.runs import findings, start
from nnlite.runs.folder import RunFolder
from nnlite.runs.signals import Interrupted, Signals
from tests.conftest import ROOT
from tests.runs.test_members import StopsAt

pytestmark = pytest.mark.usefixtures("without_pictures")

IRIS = ROOT / "configs/iris.toml"
BAD = {"optimizer.learning_rate": 8.0, "training.epochs": 8, "model.layers[0]": {"type": "Rescale", "scale": 30}}


def test_a_run_has_its_findings_in_its_folder_and_in_python(here):
    run = nnlite.train(IRIS, BAD, out="run")
    written = json.loads((here / "run/findings.json").read_text())
    assert list(written) == ["findings"] and written["findings"]
    assert [*written["findings"][0]] == ["name", "severity", "sentence", "evidence", "change"]
    assert run.findings == tuple(Finding(**each) for each in written["findings"])
    assert run.findings[0].name == "unscaled_inputs" and run.findings[0].severity == "high"
    assert "optimizer.learning_rate = 0.8" in {finding.change for finding in run.findings}


def test_a_run_that_was_left_and_gone_on_with_has_the_same_findings_to_the_byte(here):
    nnlite.train(IRIS, BAD, out="whole")
    signals = Signals()
    config = training_config.load(IRIS, [of_python(key, value) for key, value in BAD.items()])
    with start.run_of(config, None, here / "left", signals) as run, pytest.raises(Interrupted):
        run.train([StopsAt(9, signals)])
    nnlite.train("left", resume=True)
    assert (here / "left/findings.json").read_bytes() == (here / "whole/findings.json").read_bytes()


def test_a_verified_run_keeps_its_findings(here, capsys):
    nnlite.train(IRIS, BAD, out="run")
    before = (here / "run/findings.json").read_bytes()
    assert cli.main(["verify", "run"]) == 0
    assert (here / "run/findings.json").read_bytes() == before


def test_of_an_ensemble_is_told_what_at_least_half_of_the_members_have(here):
    run = nnlite.train(IRIS, {**BAD, "training.members": 3}, out="run")
    of_training = [finding for finding in run.findings if finding.name in looking.OF_TRAINING]
    assert of_training and all(" of 3 members; in the first of these: " in each.evidence for each in of_training)
    assert len({finding.name for finding in run.findings}) == len(run.findings)
    assert not (here / "run/member-1/findings.json").exists()


def test_a_diagnosis_that_fails_spoils_no_run(here, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("a bug")

    monkeypatch.setattr(findings, "diagnosis", broken)
    run = nnlite.train(IRIS, training__epochs=2, out="run")
    assert run.findings == () and run.figures["test"]["accuracy"] > 0
    written = json.loads((here / "run/findings.json").read_text())
    assert written == {"findings": [], "failed": {"all": "RuntimeError: a bug"}}


def test_a_run_of_an_older_nnlite_has_none_and_a_damaged_file_is_said(here):
    nnlite.train(IRIS, training__epochs=2, out="run")
    file = here / "run/findings.json"
    for wrong in ("{", "[]", '{"findings": [{"name": "a"}]}', '{"findings": 3}', "[" * 100_000):
        file.write_text(wrong)
        with pytest.raises(RunError, match=r"findings\.json is damaged"):
            findings.read(RunFolder(here / "run"))
    file.unlink()
    assert findings.read(RunFolder(here / "run")) == ()
    assert nnlite.train("run", resume=True).findings == ()


def test_a_run_that_was_stopped_before_its_first_epoch_has_none(here):
    (here / "stop.py").write_text(
        "from nnlite import Callback\n\n\nclass Stop(Callback):\n    def begin(self, fit):\n        fit.stop('now')\n"
    )
    run = nnlite.train(IRIS, {"plugins": ["stop.py"], "callbacks": [{"type": "Stop"}]}, out="run")
    assert len(run.history) == 0 and run.findings == ()


def test_rows_of_a_table_are_looked_at_with_the_names_of_its_columns(here):
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    rows = ["age,paid_on,paid"]
    rows += [f"{rng.integers(18, 80)},{20 * label + rng.integers(0, 19)},{'no' if label else 'yes'}" for label in y]
    (here / "own.csv").write_text("\n".join(rows))
    with pytest.warns(UserWarning, match="alone it tells"):
        run = nnlite.train("own.csv", target="paid", training__epochs=3, training__members=1)
    (told,) = (finding for finding in run.findings if finding.name == "column_tells_target")
    assert told.sentence.startswith("'paid_on' alone tells the target") and told.change == 'data.drop = ["paid_on"]'
    shutil.rmtree(run.folder)
    with np.errstate(all="ignore"):
        again = nnlite.train(
            "own.csv", target="paid", training__epochs=3, training__members=1, data__drop=["paid_on"]
        )
    assert "column_tells_target" not in {finding.name for finding in again.findings}
