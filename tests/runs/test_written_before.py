"""What nnlite wrote before its code moved into folders (commit 9db813e): runs go on, models load.

`oracles/golden/run-0.1.0` holds, for a config each, a run that was killed in the middle of training, and the model
and the history of the same run that was not.
"""

import shutil

import numpy as np
import pytest

import nnlite
from nnlite.cli import main
from nnlite.core import snapshot
from nnlite.runs.folder import RunFolder
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
        for column in row.keys() - {"seconds"}:
            assert row[column] == pytest.approx(other[column], rel=1e-9), (row["epoch"], column)
