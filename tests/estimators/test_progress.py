"""`verbose=1` shows progress on a pipe too, in lines that name the member; 0 shows nothing."""

import re
import subprocess
import sys

import numpy as np
import pytest

from nnlite import NNClassifier
from tests.conftest import ROOT

X, Y = np.random.default_rng(0).normal(size=(60, 2)), np.arange(60) % 2


@pytest.mark.parametrize("verbose", [1, True, 2])
def test_lines_where_there_is_no_terminal(capsys, verbose):
    NNClassifier(ensemble=1, epochs=3, verbose=verbose, random_state=0).fit(X, Y)
    said = capsys.readouterr()
    assert not said.out
    assert [line[:9] for line in said.err.splitlines()] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]


def test_a_member_is_named(capsys):
    NNClassifier(ensemble=2, epochs=100, patience=100, verbose=1, random_state=0).fit(X, Y)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("member 1 of 2, epoch   1/100  ") and lines[-1].startswith("member 2 of 2, epoch 100/")
    assert len(lines) == 2 * 26  # about 50 of both


def test_without_it_nothing_is_said(capsys):
    NNClassifier(ensemble=2, epochs=3, random_state=0).fit(X, Y)
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
def test_members_side_by_side_are_shown_too():
    script = (
        "import numpy as np; from nnlite import NNRegressor; x = np.random.default_rng(0).normal(size=(60, 2))\n"
        "NNRegressor(ensemble=2, epochs=2, n_jobs=2, verbose=1, random_state=0).fit(x, x[:, 0])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert sorted(re.findall(r"member \d of 2, epoch \d/2", done.stderr)) == [
        f"member {member} of 2, epoch {epoch}/2" for member in (1, 2) for epoch in (1, 2)
    ]
