"""The environment of a run is told truly."""

import json
import os
import platform
import subprocess
import sys

import numpy as np
import pytest

from nnlite import Dataset
from nnlite.data import Splits
from nnlite.runs import environment
from nnlite.runs.changes import environment_changes
from tests.conftest import ROOT


def test_the_hash_of_the_data_tells_rows_targets_and_parts_apart():
    def hashed(x, y, test=None):
        data = Dataset(np.array(x, float), np.array(y))
        return environment.data_hash(Splits(data, None, test))

    first = hashed([[1], [2]], [0, 1])
    others = [hashed([[1], [3]], [0, 1]), hashed([[1], [2]], [1, 1]), hashed([[1, 2]], [0])]
    others.append(hashed([[1], [2]], [0, 1], Dataset(np.array([[5.0]]), np.array([0]))))
    assert first == hashed([[1], [2]], [0, 1])
    assert len({first, *others}) == 5


EXTENSIONS = np.show_config(mode="dicts").get("SIMD Extensions", {})


@pytest.mark.slow
@pytest.mark.skipif(not EXTENSIONS.get("found"), reason="NumPy uses nothing here that can be disabled")
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the name of a processor of this kind")
def test_the_processor_that_numpy_and_its_library_see_is_recorded_and_named(tmp_path):
    hidden = {"NPY_DISABLE_CPU_FEATURES": " ".join(EXTENSIONS["found"]), "OPENBLAS_CORETYPE": "Prescott"}
    words = ["-m", "nnlite", "train", str(ROOT / "configs/iris.toml"), "training.epochs=1", "--out"]
    described = []
    for name, variables in (("whole", {}), ("hidden", hidden)):
        subprocess.run(
            [sys.executable, *words, name],
            env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
        described.append(json.loads((tmp_path / name / "environment.json").read_text()))
    assert described[0]["numpy_simd"] == [*EXTENSIONS["baseline"], *EXTENSIONS["found"]]
    assert described[1]["numpy_simd"] == EXTENSIONS["baseline"]
    lines = environment_changes(*described)
    assert f"numpy_simd: NumPy computes without {', '.join(EXTENSIONS['found'])} now" in lines
    if described[0]["thread_pools"][0]["internal_api"] == "openblas":
        assert any(".architecture: " in line for line in lines)


def test_extensions_that_an_older_run_has_not_recorded_are_no_difference():
    assert environment_changes({}, {"numpy_simd": ["X86_V2"]}) == []
    assert environment_changes({"numpy_simd": ["A", "B"]}, {"numpy_simd": ["B", "C"]}) == [
        "numpy_simd: NumPy computes without A and with C now"
    ]
