"""What nnlite wrote before its code moved into folders (commit 9db813e): runs go on, models load.

`oracles/golden/run-0.1.0` holds, for a config each, a run that was killed in the middle of training, and the model
and the history of the same run that was not.
"""

import hashlib
import json
import shutil

import numpy as np
import pytest

import nnlite
from nnlite.cli import main
from nnlite.core import snapshot
from nnlite.runs.folder import RunFolder
from nnlite.runs.verify import verify
from tests.conftest import ROOT

RECORDED = ROOT / "tests/oracles/golden/run-0.1.0"


@pytest.mark.parametrize("name", ["adam", "lbfgs"])
def test_a_run_that_was_left_goes_on_and_ends_with_the_same_weights(name, tmp_path, monkeypatch, without_pictures):
    monkeypatch.chdir(tmp_path)
    # Averaged weights then had the running statistics of the last step: they were validated with other figures.
    monkeypatch.delattr(nnlite.BatchNorm, "estimate")
    shutil.copytree(RECORDED / name / "left", "left")
    assert main(["train", "--resume", "left", "--quiet"]) == 0
    ours, theirs = (
        nnlite.load(path / "model.safetensors").model for path in (tmp_path / "left", RECORDED / name / "whole")
    )
    found, expected = snapshot.take(ours), snapshot.take(theirs)
    assert found.keys() == expected.keys()
    for path, array in expected.items():
        assert np.allclose(found[path], array, rtol=1e-9, atol=1e-9), path  # processors differ in the last bits
    found, expected = (RunFolder(path).read_history().rows for path in (tmp_path / "left", RECORDED / name / "whole"))
    assert len(found) == len(expected)
    for row, other in zip(found, expected, strict=True):
        assert not other.keys() - row.keys()  # there are more today: log_loss
        for column in other.keys() - {"seconds"}:
            assert row[column] == pytest.approx(other[column], rel=1e-9), (row["epoch"], column)


def test_a_run_whose_config_lacks_a_key_of_today_is_verified(tmp_path, monkeypatch, without_pictures):
    """The key did then what it does by default, so the config is the same."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(
        '[data]\nsource = "iris"\n'
        '[model]\nlayers = [{ type = "Dense", units = 3 }, { type = "SoftmaxCrossEntropy" }]\n'
        "[training]\nepochs = 2\n[early_stopping]\n"
    )
    assert main(["train", "small.toml", "--quiet", "--out", "run"]) == 0
    folder = RunFolder(tmp_path / "run")
    older = folder.config.read_text().replace('ties = "first"\n', "")
    folder.config.write_text(older)
    described = folder.read_environment() | {"config_sha256": hashlib.sha256(older.encode()).hexdigest()}
    folder.environment.write_text(json.dumps(described))
    verdict = verify(tmp_path / "run", lambda epoch, epochs: None)
    assert not verdict.differs and verdict.changes == []
